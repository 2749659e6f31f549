"""When the plan must be made anew: when something happened since it was made, when the plant drifts from it, and now and then.

What happened is read from the log of facts (`production.news`), so no wish gets lost, and many facts at once make one plan. What
is urgent is planned for at once and quickly, close to the plan in force; the long search is for the hourly plan, and for the
one after repairs that made orders late or much later, or that go by other rules, as soon as the plant is quiet.
"""

from datetime import datetime, timedelta

from django.conf import settings

from production.conditions import rules_differ
from production.models import Operation, Schedule
from production.news import late_operations, misplaced_operations, news_since, sentence
from production.planning import reschedule
from production.under_way import planning

SETTLE = timedelta(minutes=2)  # what is not urgent waits for company
MUCH_LATER = 24  # hours of all orders together
NEVER_OLDER_THAN = timedelta(hours=1)


def why_replan(*, at: datetime) -> str:
    """Why the published plan should be made anew, in a few words; empty while it stands."""
    schedule = Schedule.objects.latest_known()
    return _why_repair(schedule, at) or _why_plan(schedule, at)


def replan_if_needed(*, at: datetime, seconds: float | None = None) -> Schedule | None:
    """Make the plan anew if there is a reason to, unless somebody is at it; safe to repeat.

    :param seconds: that the search may take; by default what the settings say of a repair, or of a plan from time to time.
    """
    if not why_replan(at=at):
        return None
    with planning() as is_alone:
        if not is_alone:
            return None
        # Whoever was at it until now may have made the plan already.
        schedule = Schedule.objects.latest_known()
        repair = _why_repair(schedule, at)
        reason = repair or _why_plan(schedule, at)
        if not reason:
            return None
        if seconds is None:
            seconds = settings.MES["REPAIR_SECONDS" if repair else "SCHEDULE_SECONDS"]
        told = reason[0].upper() + reason[1:]
        return reschedule(reason=told, at=at, seconds=seconds, repair=bool(repair))


def _why_repair(schedule: Schedule | None, at: datetime) -> str:
    """What happened that the plan in force does not know of."""
    if schedule is None:
        return ""
    news = [*news_since(schedule), *misplaced_operations(at)]
    if any(each.is_urgent for each in news) or (news and at - schedule.made_at >= SETTLE):
        return sentence(news)
    return sentence(late_operations(at))


def _why_plan(schedule: Schedule | None, at: datetime) -> str:
    """Why a plan is due although nothing happened."""
    if schedule is None:
        return "there is no plan yet" if Operation.objects.unfinished().exists() else ""
    searched = Schedule.objects.searched().latest_known() or schedule
    if at - searched.made_at >= NEVER_OLDER_THAN:
        return "the plan was an hour old" if Operation.objects.unfinished().exists() else ""
    if at - schedule.made_at < SETTLE:
        return ""
    if rules_differ(searched.figures.get("conditions", {}), schedule.figures.get("conditions", {})):
        return "the rules of planning are others than at the last search"
    spoilt = len(set(schedule.figures.get("late", ())) - set(searched.figures.get("late", ())))
    if spoilt:
        return f"repairs in a hurry left {spoilt} more order{'s' * (spoilt > 1)} late"
    later = schedule.figures.get("tardiness_hours", 0) - searched.figures.get("tardiness_hours", 0)
    return f"repairs in a hurry left orders {later:.0f} h later in all" if later >= MUCH_LATER else ""
