"""Ways out for a late order: what the chain of its causes suggests, each tried against the plan, the cheapest first.

What a remedy (`production.remedies`) is worth nobody can say from the chain alone, because what else stands in the plan moves too; so each
is planned (`production.trials`), and what it saves is what the order is less late than planning again without it would make it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from production.changes import Overtime
from production.comparison import OrderChange
from production.explanation import Explanation
from production.movements import Place as Planned
from production.remedies import Proposal, Stretch, full_hours, proposals_for
from production.snapshot import Snapshot
from production.trials import try_out

SEARCH_SECONDS = 1.0
HELPS = 0.1  # hours
HARDLY_MORE = 0.5  # hours


@dataclass(frozen=True)
class Way:
    """A proposal that was tried: what it saves this order, whom it makes late, and why it cannot be where it cannot."""

    proposal: Proposal
    saved_hours: float = 0.0
    late_after_hours: float = 0.0
    harmed: tuple[OrderChange, ...] = ()
    moved: int = 0
    refusals: tuple[str, ...] = ()

    @property
    def harm_hours(self) -> float:
        """By how much other orders are later, in all."""
        return sum(order.late_after_hours - order.late_before_hours for order in self.harmed)

    @property
    def costs_others_more(self) -> bool:
        """Whether other orders lose more hours by it than this one wins."""
        return self.harm_hours > self.saved_hours

    @property
    def helps(self) -> bool:
        return not self.refusals and self.saved_hours >= HELPS


@dataclass
class Search:
    """Proposals for one order and what became of those tried so far; it can be put aside and taken up again."""

    order: int
    proposals: Sequence[Proposal]
    ways: list[Way] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return len(self.ways) == len(self.proposals)

    def try_next(self, plant: Snapshot, *, seconds: float = SEARCH_SECONDS) -> Way:
        """Try the next proposal on the plant."""
        way = _try(self.order, self.proposals[len(self.ways)], plant, seconds)
        self.ways.append(way)
        return way

    @property
    def found(self) -> list[Way]:
        """What helps more than planning again alone, and than cheaper overtime, the cheapest first; of the same price, what harms others least.

        What costs others more than it saves stands last, whatever its price.
        """
        alone = max((way.saved_hours for way in self.ways if way.proposal.is_baseline), default=0.0)
        helping = [
            way
            for way in self.ways
            if way.helps and (way.proposal.is_baseline or way.saved_hours >= alone + HELPS)
        ]
        worth_it = [way for way in helping if not any(_is_dearer(way, other) for other in helping)]
        return sorted(worth_it, key=_price)

    @property
    def idle(self) -> list[Way]:
        """What was tried and does not help, or no more than what is cheaper, or cannot be."""
        found = self.found
        return [way for way in self.ways if way not in found and not way.proposal.is_baseline]


def search_for(explanation: Explanation) -> Search:
    """What to try for an order, by its causes; nothing is tried yet. In about five queries."""
    return Search(explanation.order.pk, proposals_for(explanation))


def _price(way: Way) -> tuple[bool, int, Decimal, float, float]:
    cost = way.proposal.cost
    unknown = cost is None
    return (
        way.costs_others_more,
        0 if cost == 0 else 1 if unknown else 2,
        cost if cost is not None else Decimal(0),
        way.harm_hours,
        -way.saved_hours,
    )


def _is_dearer(way: Way, other: Way) -> bool:
    """Whether it is overtime that costs more than other overtime and saves hardly more."""
    cost, others = way.proposal.cost, other.proposal.cost
    both = (*way.proposal.changes, *other.proposal.changes)
    if cost is None or others is None or not all(isinstance(change, Overtime) for change in both):
        return False
    return cost > others and way.saved_hours < other.saved_hours + HARDLY_MORE


def _try(order: int, proposal: Proposal, plant: Snapshot, seconds: float) -> Way:
    trial = try_out(proposal.changes, at=plant.at, seconds=seconds, plant=plant, also_unaided=False)
    own = next((each for each in trial.comparison.orders if each.order == order), None)
    others = trial.comparison.orders
    return Way(
        _without_idle(proposal, trial.places) if own is not None else proposal,
        saved_hours=own.late_before_hours - own.late_after_hours if own is not None else 0.0,
        late_after_hours=own.late_after_hours if own is not None else 0.0,
        harmed=tuple(
            each for each in others if each.order != order and each.late_after_hours > each.late_before_hours
        ),
        moved=trial.comparison.moved,
        refusals=trial.refusals,
    )


def _without_idle(proposal: Proposal, places: Iterable[Planned]) -> Proposal:
    """The proposal without the overtime that the plan makes nothing of, and without what that would cost."""
    if proposal.extra is None:
        return proposal
    busy: dict[int | None, list[Stretch]] = {}
    for place in places:
        busy.setdefault(place.machine, []).append((place.starts_at, place.ends_at))
    used = [
        (place, tuple(_used(hours, busy.get(place.machine.pk, []))))
        for place, hours in proposal.extra.shifts
        if place.machine is not None
    ]
    worked = tuple((place, hours) for place, hours in used if hours)
    return replace(proposal.extra, shifts=worked).proposal() if worked else proposal


def _used(hours: Iterable[Stretch], busy: Sequence[Stretch]) -> Iterator[Stretch]:
    """Of overtime the part in which there is work, in full hours from its start."""
    for start, end in hours:
        ends = [min(last, end) for first, last in busy if first < end and last > start]
        if ends:
            yield start, min(start + full_hours(max(ends) - start), end)
