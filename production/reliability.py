"""How much later than planned things end, measured where there is something to measure, and what that adds to a date.

Of every operation that ended lately, its end is held against the oldest slot that is still kept: a plan made some versions before.
What four of five stayed within is the margin of their work center; delays add up along a chain, so that the widest margin on
the way counts, not their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from production.feasible import Feasible
from production.models import Operation, Slot

LOOKED_BACK = timedelta(days=30)
ENOUGH = 20  # operations measured at a work center
MOST_READ = 5000
COVERED = 0.8
STATED_SHARE = 0.1
STATED_LEAST = timedelta(hours=2)


@dataclass(frozen=True)
class Margin:
    """What is added to a planned end, and the sentence that says why it is enough. `measured`: operations behind it, 0 where stated."""

    extra: timedelta
    why: str
    measured: int


def margin_for(found: Feasible, *, at: datetime) -> Margin:
    """The margin of an answer."""
    centers = {place.piece.step.work_center_id: place.piece.step.work_center for place in found.places}
    measured = _delays(centers, at)
    known = {key: rows for key, rows in measured.items() if len(rows) >= ENOUGH}
    if not known:
        return stated_margin(sum(place.work_seconds for place in found.places))
    widest = max(known, key=lambda key: within(known[key]))
    extra, count = max(within(known[widest]), timedelta()), len(known[widest])
    hours = extra.total_seconds() / 3600
    told = f"{COVERED:.0%} of the last {count} operations at {centers[widest]} ended no more than {hours:.1f} hours after their plan"
    rest = len(centers) - len(known)
    unmeasured = f"; at {rest} of {len(centers)} work centers too few were measured" if rest else ""
    return Margin(extra, f"{told}{unmeasured}.", sum(map(len, known.values())))


def stated_margin(work_seconds: int) -> Margin:
    """The safety that is taken where nothing was measured yet."""
    extra = max(timedelta(seconds=work_seconds * STATED_SHARE), STATED_LEAST)
    hours = extra.total_seconds() / 3600
    return Margin(
        extra,
        f"A safety of {hours:.1f} hours ({STATED_SHARE:.0%} of the work, at least {STATED_LEAST.seconds // 3600}): "
        "too little was measured here yet.",
        0,
    )


def within(delays: Sequence[timedelta]) -> timedelta:
    """The delay that four of five stay within."""
    ranked = sorted(delays)
    return ranked[ceil(COVERED * len(ranked)) - 1]


def _delays(centers: Iterable[int], at: datetime) -> dict[int, list[timedelta]]:
    """By work center, how long after their oldest slot operations ended."""
    slots = (
        Slot.objects.filter(
            operation__status=Operation.Status.DONE,
            operation__finished_at__gte=at - LOOKED_BACK,
            operation__step__work_center__in=list(centers),
        )
        .order_by("operation", "pk")
        .distinct("operation")
        .values_list("operation__step__work_center", "ends_at", "operation__finished_at")
    )
    found: dict[int, list[timedelta]] = {}
    for center, planned, finished in slots[:MOST_READ]:
        if finished is not None:
            found.setdefault(center, []).append(finished - planned)
    return found
