"""What is added to a planned end so that the date can be relied on: measured where there is something to measure, stated where not.

Each work center has its habit (`production.habits`): how much longer than planned its work takes on average, and how much that varies. On
the way to the date the averages add up, the spreads as independent ones do; what nine of ten such ways stay within is the margin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from production.feasible import Feasible, Planned
from production.foresight import Habit
from production.habits import remembered

ENOUGH = 20  # operations measured at a work center
NINE_OF_TEN = 1.2816  # standard deviations of the normal distribution
STATED_SHARE = 0.1
STATED_LEAST = timedelta(hours=2)
HOUR = 3600


@dataclass(frozen=True)
class Margin:
    """What is added to a planned end, and the sentence that says why it is enough. `measured`: operations behind it, 0 where stated."""

    extra: timedelta
    why: str
    measured: int


def margin_for(found: Feasible, *, at: datetime) -> Margin:
    """The margin of an answer."""
    habits = {key: each for key, each in remembered(at=at).items() if each.count >= ENOUGH}
    centers = {place.piece.step.work_center_id: place.piece.step.work_center for place in found.places}
    known = {key: habits[key] for key in centers if key in habits}
    way = list(_longest_way(found.places))
    if not known:
        return stated_margin(sum(place.work_seconds for place in way))
    longer, variance = 0.0, 0.0
    for place in way:
        hours = place.work_seconds / HOUR
        own = known.get(place.piece.step.work_center_id, Habit(overrun=STATED_SHARE))
        longer += hours * own.overrun
        variance += (hours * own.spread) ** 2
    extra = max(longer + NINE_OF_TEN * sqrt(variance), 0.0)
    count = sum(each.count for each in known.values())
    rest = len(centers) - len(known)
    unmeasured = (
        f"; {STATED_SHARE:.0%} for {rest} work center{'s' if rest > 1 else ''} hardly measured"
        if rest
        else ""
    )
    told = f"{extra:.1f} hours on top of the plan: nine of ten stay within that, by {count} operations of the last sixty days{unmeasured}."
    return Margin(timedelta(hours=extra), told, count)


def stated_margin(work_seconds: int) -> Margin:
    """The safety that is taken where nothing was measured yet."""
    extra = max(timedelta(seconds=work_seconds * STATED_SHARE), STATED_LEAST)
    hours = extra.total_seconds() / HOUR
    return Margin(
        extra,
        f"{hours:.1f} hours on top of the plan, a stated safety ({STATED_SHARE:.0%} of the work, at least "
        f"{STATED_LEAST.seconds // HOUR} hours): too little was measured here yet.",
        0,
    )


def _longest_way(places: Iterable[Planned]) -> Iterable[Planned]:
    """Of every order the batch with most work; orders of a tree come one after the other."""
    batches: dict[tuple[int, int], list[Planned]] = {}
    for place in places:
        batches.setdefault((place.piece.order, place.piece.batch), []).append(place)
    longest: dict[int, list[Planned]] = {}
    for (order, _), row in batches.items():
        if _work(row) > _work(longest.get(order, [])):
            longest[order] = row
    return [place for row in longest.values() for place in row]


def _work(places: Iterable[Planned]) -> int:
    return sum(place.work_seconds for place in places)
