"""When the plan must be made anew: when something happened since it was made, when the plant drifts from it, and now and then.

What happened is read from the log of facts, so nothing need be remembered and no wish gets lost: a plan names the last fact it
knew. Many facts at once make one plan.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Q

from inventory.facts import LotQuarantined, LotReceived, LotReleased, PurchaseCancelled, PurchaseExpected
from mes.core.models import Fact
from production.facts import (
    BatchSplit,
    DowntimePlanned,
    MachineBroken,
    MachineRestored,
    OperationPinned,
    OrderPlanned,
    OrderReprioritised,
    OvertimePlanned,
    ProductionHoldEnded,
    ProductionOrderCancelled,
)
from production.models import Operation, Schedule, Slot
from production.planning import reschedule
from quality.facts import InspectionFailed, NonconformanceDecided

URGENT = {
    MachineBroken.name: "a machine broke down",
    MachineRestored.name: "a machine works again",
    OperationPinned.name: "an operation was pinned",
}
REASONS = URGENT | {
    DowntimePlanned.name: "maintenance was planned",
    OvertimePlanned.name: "overtime was planned",
    OrderReprioritised.name: "an order was given another priority or date",
    BatchSplit.name: "a batch was split",
    OrderPlanned.name: "an order was planned",
    ProductionOrderCancelled.name: "an order was cancelled",
    ProductionHoldEnded.name: "held capacity became free",
    InspectionFailed.name: "an inspection failed",
    NonconformanceDecided.name: "a nonconformance was decided",
    LotReceived.name: "material arrived",
    LotReleased.name: "a lot was released",
    LotQuarantined.name: "a lot was quarantined",
    PurchaseExpected.name: "a purchase was noted",
    PurchaseCancelled.name: "a purchase was cancelled",
}
SETTLE = timedelta(minutes=2)  # what is not urgent waits for company
DRIFT = timedelta(minutes=15)
NEVER_OLDER_THAN = timedelta(hours=1)
_UNDER_WAY = "production.replanning"
_AT_MOST = 600  # seconds; a worker that was killed lets the next one plan after that


def why_replan(*, at: datetime) -> str:
    """Why the published plan should be made anew, in a few words; empty while it stands."""
    schedule = Schedule.objects.order_by("-version").first()
    if schedule is None:
        return "there is no plan yet" if Operation.objects.unfinished().exists() else ""
    age = at - schedule.made_at
    if news := _news_since(schedule, REASONS if age >= SETTLE else URGENT):
        return news
    if age >= DRIFT and (drift := _drift(at)):
        return drift
    if age >= NEVER_OLDER_THAN and Operation.objects.unfinished().exists():
        return "the plan was an hour old"
    return ""


def replan_if_needed(*, at: datetime, seconds: float | None = None) -> Schedule | None:
    """Make the plan anew if there is a reason to, unless somebody is at it; safe to repeat."""
    reason = why_replan(at=at)
    if not reason or not cache.add(_UNDER_WAY, True, timeout=_AT_MOST):
        return None
    try:
        return reschedule(reason=reason[0].upper() + reason[1:], at=at, seconds=seconds)
    finally:
        cache.delete(_UNDER_WAY)


def _news_since(schedule: Schedule, reasons: Mapping[str, str]) -> str:
    known = schedule.figures.get("facts_until") or 0
    names = (
        Fact.objects.filter(name__in=reasons, pk__gt=known)
        .order_by("name")
        .values_list("name", flat=True)
        .distinct()
    )
    return ", ".join(reasons[name] for name in names)


def _drift(at: datetime) -> str:
    """Operations that should have started, or ended, a while ago."""
    overdue = Q(operation__status=Operation.Status.WAITING, starts_at__lt=at - DRIFT) | Q(
        operation__status=Operation.Status.RUNNING, ends_at__lt=at - DRIFT
    )
    count = Slot.objects.published().filter(overdue).count()
    if not count:
        return ""
    return f"{count} operation{'s' if count > 1 else ''} did not go as planned"
