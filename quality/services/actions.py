"""Corrective actions: opened, analysed, planned, implemented, judged, closed. Each step locks the action first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format

from inventory.numbering import numbered
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from quality.facts import ActionJudged, ActionOpened
from quality.models import AnalysisEntry, CauseCategory, CorrectiveAction, Nonconformance
from quality.models.actions import day_of_plants

Status = CorrectiveAction.Status
QUESTIONS = {
    CorrectiveAction.Method.FIVE_WHYS: ("why1", "why2", "why3", "why4", "why5"),
    CorrectiveAction.Method.EIGHT_D: ("d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"),
}
NEEDED = {
    CorrectiveAction.Method.FIVE_WHYS: ("why1", "why2"),
    CorrectiveAction.Method.EIGHT_D: ("d1", "d2", "d3", "d4"),
}
ROOT = {CorrectiveAction.Method.FIVE_WHYS: "why5", CorrectiveAction.Method.EIGHT_D: "d4"}
LONGEST_AHEAD = timedelta(days=3660)


class NotAnalysed(DomainError):
    code = "quality.not_analysed"
    title = "The cause is not known yet"


class TooEarly(DomainError):
    code = "quality.too_early"
    title = "It cannot be judged yet"


class OwnAction(DomainError):
    code = "quality.own_action"
    title = "Somebody else judges it"


class ActionClosed(DomainError):
    code = "quality.action_closed"
    title = "The action is closed"


@transaction.atomic
def open_action(
    title: str,
    *,
    owner: User,
    due_date: date,
    nonconformances: Sequence[Nonconformance] = (),
    kind: str = CorrectiveAction.Kind.CORRECTIVE,
    method: str = CorrectiveAction.Method.FIVE_WHYS,
    by: User,
    at: datetime,
) -> CorrectiveAction:
    """Open an action for nonconformances, or a preventive one for none.

    :param due_date: by when it is to be implemented.
    :raises InvalidInput: without a title, for a day that is past, and for a corrective action of nothing.
    """
    if not title.strip():
        raise InvalidInput.at_field("title", "Say what is to be achieved.")
    _require_ahead("due_date", due_date, day_of_plants(nonconformances, at))
    if kind == CorrectiveAction.Kind.CORRECTIVE and not nonconformances:
        raise InvalidInput.at_field("nonconformances", "Name what it corrects, or open a preventive action.")
    action = CorrectiveAction.objects.create(
        **numbered(CorrectiveAction, "CA"),
        title=title.strip(),
        kind=kind,
        method=method,
        owner=owner,
        due_date=due_date,
        opened_by=by,
        opened_at=at,
    )
    action.nonconformances.set(nonconformances)
    record(ActionOpened(action=action.pk, owner=owner.pk, by=by.pk))
    return action


@transaction.atomic
def open_action_for(
    nonconformance: Nonconformance,
    title: str,
    *,
    owner: User,
    due_date: date,
    method: str = CorrectiveAction.Method.FIVE_WHYS,
    by: User,
    at: datetime,
) -> CorrectiveAction:
    """Open a corrective action for one nonconformance. Raises what `open_action` raises."""
    return open_action(
        title, owner=owner, due_date=due_date, nonconformances=[nonconformance], method=method, by=by, at=at
    )


@transaction.atomic
def answer_question(
    action: CorrectiveAction, question: str, answer: str, *, by: User, at: datetime
) -> AnalysisEntry:
    """Answer one question of the analysis; an earlier answer stays readable.

    :param question: why1 to why5, or d1 to d8, as the action's method has them.
    :raises InvalidInput: for a question of another method, or without an answer.
    :raises ActionClosed: once it is closed.
    """
    _lock(action)
    asked = QUESTIONS[CorrectiveAction.Method(action.method)]
    if question not in asked:
        raise InvalidInput.at_field("question", f"{action.get_method_display()} asks {', '.join(asked)}.")
    if not answer.strip():
        raise InvalidInput.at_field("answer", "Write the answer down.")
    if action.status == Status.CLOSED:
        raise ActionClosed(f"{action} is closed.", remedy="Open another action.")
    return AnalysisEntry.objects.create(action=action, question=question, answer=answer.strip(), by=by, at=at)


@transaction.atomic
def plan_action(
    action: CorrectiveAction,
    plan: str,
    *,
    cause: str = "",
    cause_category: str,
    check_date: date,
    owner: User | None = None,
    due_date: date | None = None,
    by: User,
    at: datetime,
) -> CorrectiveAction:
    """Say what will be done against the root cause, by when, and when it will be seen whether it helped.

    :param cause: the root cause in a sentence; by default the last answer of the analysis.
    :param cause_category: one of `CauseCategory`.
    :param due_date: by when it is implemented; by default the day that it has, unless that has passed.
    :param check_date: on or after which it is judged; after the day by which it is implemented.
    :raises NotAnalysed: while the questions that lead to the cause are not answered.
    :raises InvalidInput: naming the field.
    :raises IllegalTransition: unless it is open, or was found not effective.
    """
    _lock(action)
    if not plan.strip():
        raise InvalidInput.at_field("plan", "Say what will be done.")
    if cause_category not in CauseCategory.values:
        raise InvalidInput.at_field("cause_category", f"Choose one of {', '.join(CauseCategory.values)}.")
    due = due_date or action.due_date
    if action.may_move_to(Status.PLANNED):
        today = action.local_date(at)
        if due_date is None and due < today:
            raise InvalidInput.at_field(
                "due_date", f"It was due by {date_format(due)}: say by when it is done now."
            )
        _require_ahead("due_date", due, today)
        if not due < check_date <= today + LONGEST_AHEAD:
            raise InvalidInput.at_field(
                "check_date", f"Whether it helped is seen after it is implemented ({due})."
            )
        answers = standing_answers(action)
        method = CorrectiveAction.Method(action.method)
        missing = [each for each in NEEDED[method] if each not in answers]
        if missing:
            named = ", ".join(str(AnalysisEntry.Question(each).label) for each in missing)
            raise NotAnalysed(
                f"{action} is not analysed: {named} {'is' if len(missing) == 1 else 'are'} unanswered.",
                remedy="Answer first.",
            )
        cause = cause.strip() or answers.get(ROOT[method]) or answers[max(answers)]
    action.move_to(
        Status.PLANNED,
        plan=plan.strip(),
        cause=cause[:300],
        cause_category=cause_category,
        check_date=check_date,
        owner=owner or action.owner,
        due_date=due,
        judgement="",
        judged_by=None,
        judged_at=None,
    )
    return action


@transaction.atomic
def implement_action(action: CorrectiveAction, done: str, *, by: User, at: datetime) -> CorrectiveAction:
    """Say what was done.

    :raises InvalidInput: without words.
    :raises IllegalTransition: unless it is planned.
    """
    _lock(action)
    if not done.strip():
        raise InvalidInput.at_field("done", "Say what was done.")
    action.move_to(Status.IMPLEMENTED, done=done.strip(), implemented_at=at)
    return action


@transaction.atomic
def judge_action(
    action: CorrectiveAction, is_effective: bool, judgement: str, *, by: User, at: datetime
) -> CorrectiveAction:
    """Say whether it helped, on or after the day set for that. One that did not is planned anew, or closed with another in its place.

    :param judgement: what shows it.
    :raises InvalidInput: without words.
    :raises TooEarly: before the day of the check.
    :raises OwnAction: for whoever owns it.
    :raises IllegalTransition: unless it is implemented.
    """
    _lock(action)
    if not judgement.strip():
        raise InvalidInput.at_field("judgement", "Say what shows it.")
    status = Status.EFFECTIVE if is_effective else Status.NOT_EFFECTIVE
    if action.may_move_to(status) and (refusal := why_not_to_judge(action, by=by, at=at)):
        raise refusal
    action.move_to(status, judgement=judgement.strip(), judged_by=by, judged_at=at)
    record(ActionJudged(action=action.pk, is_effective=is_effective, by=by.pk))
    return action


def why_not_to_judge(action: CorrectiveAction, *, by: User, at: datetime) -> DomainError | None:
    """Why somebody may not judge now whether an implemented action helped; None where they may."""
    if action.check_date is not None and action.local_date(at) < action.check_date:
        day = date_format(action.check_date)
        return TooEarly(f"Whether {action} helped is to be seen from {day} on.", remedy="Judge it then.")
    if action.owner_id == by.pk:
        return OwnAction(f"{action} is yours.", remedy="Let somebody else judge whether it helped.")
    return None


@transaction.atomic
def close_action(action: CorrectiveAction, *, by: User, at: datetime) -> CorrectiveAction:
    """Nothing is left to do about it.

    :raises IllegalTransition: unless it was judged.
    """
    _lock(action)
    action.move_to(Status.CLOSED, closed_at=at)
    return action


def standing_answers(action: CorrectiveAction) -> dict[str, str]:
    """The latest answer to each question."""
    rows = action.analysis.order_by("pk").values_list("question", "answer")
    return dict(sorted(dict(rows).items()))


def _lock(action: CorrectiveAction) -> None:
    action.refresh_from_db(from_queryset=CorrectiveAction.objects.select_for_update(no_key=True))


def _require_ahead(name: str, day: date, today: date) -> None:
    if not today <= day <= today + LONGEST_AHEAD:
        raise InvalidInput.at_field(name, f"{day} is past, or too far ahead. Choose a day to come.")
