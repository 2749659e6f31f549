"""What-if plans: worked out beside the published plan, compared with it, then published or dropped.

Until one is published nothing changes for anybody. Publishing first puts in force what its changes say (pins, overtime,
priorities, splits), through the services that do so at other times, and then publishes a plan close to the one that was
looked at. So whatever is planned next keeps it, and the published plan is true of the plant as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, Stale
from production.changes import (
    Change,
    MaterialBy,
    Overtime,
    Pin,
    Reprioritise,
    Split,
    Unpin,
    UseMachine,
    from_json,
    to_json,
)
from production.models import Schedule, Slot, WhatIf
from production.movements import Place, differs
from production.planning import reschedule
from production.putting_in_force import put_in_force
from production.trials import Trial, place_of, try_out
from production.under_way import planning
from production.ways_back import ways_back, with_parts
from production.wording import caveats, sentences

SECONDS = 2.0  # of search while a planner waits for the answer
NAME_STEM = 90  # characters of a name, so that a number still fits behind


class NoPlanYet(DomainError):
    code = "production.no_plan_yet"
    title = "There is no plan to compare with"


class NoSuchChange(InvalidInput):
    code = "production.no_such_change"
    title = "The what-if plan has no such change"


class NotPossible(DomainError):
    code = "production.what_if_not_possible"
    title = "The plant cannot work to this"


class PlanMovedOn(DomainError):
    code = "production.plan_moved_on"
    title = "The plan moved on meanwhile"
    late: Sequence[str] = ()  # orders that it would make late by now


class NothingToPublish(DomainError):
    code = "production.nothing_to_publish"
    title = "Nothing of this can be put in force here"


def create_what_if(
    name: str,
    changes: Sequence[Change],
    freely: bool = False,
    *,
    seconds: float = SECONDS,
    by: User,
    at: datetime,
) -> WhatIf:
    """Work out what would become of the plan with these changes, and keep it beside the published one.

    :param name: where an open one has it already, a number is added, for people to tell them apart.
    :param freely: everything may move for them, as in the plan from hour to hour; else few operations do, as in a repair.
    :raises NoPlanYet: while nothing is published.
    """
    based_on = _latest()
    trial = try_out(changes, at=at, seconds=seconds, freely=freely)
    named = {"name": _told_apart(name), "by": by, "made_at": at}
    return WhatIf.objects.create(**named, **_asked(changes, freely), **_worked_out(trial, based_on))


def change_what_if(
    what_if: WhatIf,
    changes: Sequence[Change] = (),
    without: Sequence[int] = (),
    freely: bool | None = None,
    *,
    seconds: float = SECONDS,
    by: User,
    at: datetime,
) -> WhatIf:
    """Add changes to a what-if plan, or take some out, and work it out again on the plant as it is now; or only that.

    A change of the same thing replaces the one before: an operation has one pin, an order one priority.

    :param without: places, from 0, of the changes that are taken out.
    :param freely: whether everything may move for it; left out, as it was.
    :raises NoSuchChange: when it has none there, or none would be left.
    :raises IllegalTransition: when it was published or dropped.
    :raises Stale: when somebody else changed it at the same time.
    """
    what_if.refresh_from_db()
    _require_open(what_if)
    together = merged(_left(what_if, without), changes)
    if not together:
        raise NoSuchChange("No change would be left.", remedy="Drop the what-if plan instead.")
    based_on = _latest()
    freely = what_if.freely if freely is None else freely
    is_known = what_if.based_on_id == based_on.pk and what_if.freely == freely
    known = what_if.figures.get("unaided") if is_known else None
    trial = try_out(together, at=at, seconds=seconds, freely=freely, also_unaided=known is None)
    _keep(what_if, **_asked(together, freely), **_worked_out(trial, based_on, unaided=known))
    return what_if


def publish_what_if(what_if: WhatIf, *, by: User, at: datetime) -> WhatIf:
    """Put a what-if plan in force: its changes, then a plan close to it as the next version.

    Where the published plan has moved on since, it is worked out again first, and published only if it is no worse than what the
    planner has seen. What cannot be made lasting (see `production.wording.caveats`) is left out.

    :raises NotPossible: while something of it cannot hold.
    :raises PlanMovedOn: when it would by now make orders late that it did not when it was looked at.
    :raises NothingToPublish: when all of it is up to somebody else.
    :raises IllegalTransition: when it was published or dropped.
    """
    what_if.refresh_from_db()
    _require_open(what_if)
    seen = set(what_if.figures["after"]["late"])
    if what_if.based_on_id != _latest().pk:
        change_what_if(what_if, by=by, at=at)
        _require_no_worse(what_if, seen)
    _require_possible(what_if)
    back = ways_back([from_json(row) for row in what_if.changes])
    reason = f"What-if plan “{what_if.name}” published"
    with planning():  # else its changes, once they are known, would make a version of their own
        parts = put_in_force(what_if, by=by, at=at)
        schedule = reschedule(reason=reason, by=by, at=at, seconds=0, like=places_in(what_if), repair=True)
    what_if.published_as, what_if.figures = schedule, {**what_if.figures, "back": with_parts(back, parts)}
    WhatIf.objects.filter(pk=what_if.pk).update(published_as=schedule, figures=what_if.figures)
    return what_if


def try_changes(
    changes: Sequence[Change], what_if: WhatIf | None = None, *, seconds: float = 0, by: User, at: datetime
) -> Trial:
    """What some changes would make of the plan, or of a what-if plan that they are added to; nothing is kept.

    Where everything may move for the what-if plan it is searched in any case: not every plan that comes at once is worth its moves.
    """
    if what_if is None:
        return try_out(changes, at=at, seconds=seconds)
    together = merged([from_json(row) for row in what_if.changes], changes)
    seconds = max(seconds, SECONDS) if what_if.freely else seconds
    return try_out(together, at=at, seconds=seconds, freely=what_if.freely)


@transaction.atomic
def drop_what_if(what_if: WhatIf, *, by: User, at: datetime) -> WhatIf:
    """Decide against a what-if plan; it stays to be read.

    :raises IllegalTransition: when it was published or dropped.
    """
    what_if.refresh_from_db(fields=["status"])
    what_if.move_to(WhatIf.Status.DROPPED, decided_by=by, decided_at=at)
    return what_if


def places_in(what_if: WhatIf) -> list[Place]:
    """Where a what-if plan has its operations; each once, a split one where its first part is."""
    first: dict[int, Place] = {}
    for place in all_places_in(what_if):
        first.setdefault(place.operation, place)
    return list(first.values())


def all_places_in(what_if: WhatIf) -> list[Place]:
    """Where a what-if plan has its operations, and every part of a split one, by start."""
    return [
        Place(operation, machine, *(datetime.fromtimestamp(second, UTC) for second in moments))
        for operation, machine, *moments in what_if.places
    ]


def unlike_published(places: Iterable[Place]) -> list[Place]:
    """Those of some places that differ from the published plan, or that it does not have."""
    published = {slot.operation_id: place_of(slot) for slot in Slot.objects.published()}
    return [
        place
        for place in places
        if (former := published.get(place.operation)) is None or differs(former, place)
    ]


def merged(former: Sequence[Change], new: Sequence[Change]) -> list[Change]:
    """Changes with new ones added; one about the same thing replaces the one before."""
    replaced = {_subject(change) for change in new}
    return [*(change for change in former if _subject(change) not in replaced), *new]


# --- working out -----------------------------------------------------------------------------------------------------


def _latest() -> Schedule:
    schedule = Schedule.objects.order_by("-version").first()
    if schedule is None:
        raise NoPlanYet(
            "Nothing is published yet, so there is nothing to compare with.", remedy="Plan first."
        )
    return schedule


def _told_apart(name: str) -> str:
    """The name, with the first number that no open what-if plan of this name has."""
    taken = set(
        WhatIf.objects.open().filter(name__startswith=name[:NAME_STEM]).values_list("name", flat=True)
    )
    numbered = (f"{name[:NAME_STEM]} ({number})" for number in range(2, len(taken) + 3))
    return next(wish for wish in (name, *numbered) if wish not in taken)


def _worked_out(
    trial: Trial, based_on: Schedule, unaided: Mapping[str, Any] | None = None
) -> dict[str, object]:
    """:param unaided: what search alone makes of the same published plan, where that is known already."""
    comparison = trial.comparison.as_json()
    if unaided is not None:
        comparison["unaided"] = unaided
    return {
        "based_on": based_on,
        "worked_out_at": trial.at,
        "refusals": list(trial.refusals),
        "orders": comparison.pop("orders"),
        "figures": comparison,
        "places": [
            [
                place.operation,
                place.machine,
                *(
                    round(moment.timestamp())
                    for moment in (place.starts_at, place.setup_ends_at, place.ends_at)
                ),
            ]
            for place in sorted(trial.places, key=lambda place: place.starts_at)
        ],
    }


@transaction.atomic
def _keep(what_if: WhatIf, **values: object) -> None:
    """Write what was worked out, unless somebody was quicker."""
    same = WhatIf.objects.filter(
        pk=what_if.pk, status=WhatIf.Status.OPEN, worked_out_at=what_if.worked_out_at, changes=what_if.changes
    )
    if not same.update(**values):
        raise Stale(f"{what_if} was changed by somebody else.", remedy="Reload it and try again.")
    for name, value in values.items():
        setattr(what_if, name, value)


def _asked(changes: Sequence[Change], freely: bool) -> dict[str, object]:
    return {
        "freely": freely,
        "changes": [to_json(change) for change in changes],
        "told": sentences(changes),
        "caveats": caveats(changes),
    }


def _left(what_if: WhatIf, without: Sequence[int]) -> list[Change]:
    missing = [place for place in without if place >= len(what_if.changes)]
    if missing:
        sentence = f"it has {len(what_if.changes)} changes, counted from 0"
        raise NoSuchChange(
            f"{what_if} has no change {missing[0]}.",
            remedy="Reload it and try again.",
            errors={"without": [sentence]},
        )
    return [from_json(row) for place, row in enumerate(what_if.changes) if place not in without]


def _subject(change: Change) -> tuple[object, ...]:
    """What a change is about: two about the same thing cannot both hold."""
    match change:
        case Pin() | Unpin() | UseMachine():
            return "operation", change.operation
        case Overtime():
            return "overtime", change.machine, change.work_center, change.starts_at
        case MaterialBy():
            return "material", change.item, change.order
        case Split():
            return "batch", change.batch
        case Reprioritise():
            return "order", change.order


# --- what may be published --------------------------------------------------------------------------------------------


def _require_open(what_if: WhatIf) -> None:
    """:raises IllegalTransition: worded by the transition itself."""
    if what_if.status != WhatIf.Status.OPEN:
        what_if.move_to(WhatIf.Status.PUBLISHED)


def _require_possible(what_if: WhatIf) -> None:
    if what_if.refusals:
        raise NotPossible(
            " ".join(what_if.refusals), remedy="Change the what-if plan so that it holds, then publish it."
        )
    changes = [from_json(row) for row in what_if.changes]
    if all(isinstance(change, MaterialBy) for change in changes):
        told = " ".join(what_if.caveats) or "It changes nothing."
        raise NothingToPublish(told, remedy="The plan follows by itself; drop this what-if plan.")


def _require_no_worse(what_if: WhatIf, seen: set[str]) -> None:
    late = set(what_if.figures["after"]["late"])
    worse = sorted(late - seen - set(what_if.figures["before"]["late"]))
    if worse:
        moved_on = PlanMovedOn(
            f"The plan moved on to {what_if.based_on} since this was worked out; by now it would make "
            f"{', '.join(worse)} late too. It has been worked out again.",
            remedy="Compare it again, then publish or drop it.",
        )
        moved_on.late = worse
        raise moved_on
