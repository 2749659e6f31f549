"""Ways out for a late order: what the chain of its causes suggests, each tried against the plan, the cheapest first.

What a remedy (`production.remedies`) is worth nobody can say from the chain alone, because what else stands in the plan moves too; so each
is planned (`production.trials`), and what it saves is what the order is less late than planning again without it would make it.

First each is planned close to the plan in force. Where nothing saves much so, each is tried once more on a plan that may move
everything: material that comes a week sooner is no use to a batch while all the machines on its way are taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from production.changes import Overtime
from production.comparison import OrderChange
from production.explanation import Explanation
from production.movements import Place as Planned
from production.remedies import Proposal, Stretch, full_hours, proposals_for
from production.snapshot import Snapshot
from production.trials import try_out

SEARCH_SECONDS = 1.0
FREE_SECONDS = 2.0  # of search where everything may move
MUCH = 0.5  # of the lateness; what saves less leaves it to be tried whether more may move
WORTH_MOVING_ALL = 0.2  # of the lateness; what moving everything must save beyond all else
LONG = 4.0  # hours late; for less nobody turns the plan over
HELPS = 0.1  # hours
HARDLY_MORE = 0.5  # hours

Try = tuple[int, bool]
"""The place of a proposal, and whether everything may move for it."""


@dataclass(frozen=True)
class Way:
    """A proposal that was tried: what it saves this order, whom it makes late, and why it cannot be where it cannot.

    `freely`: in a plan that may move everything, not in one close to the plan in force.
    """

    proposal: Proposal
    freely: bool = False
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
    """Proposals for one order, `late_hours` late, and what became of those tried so far; it can be put aside and taken up again."""

    order: int
    proposals: Sequence[Proposal]
    late_hours: float = 0.0
    ways: list[Way] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many tries there are, as far as is known by now."""
        return len(self._tries)

    @property
    def is_over(self) -> bool:
        return len(self.ways) == self.count

    def try_next(self, plant: Snapshot, *, seconds: float | None = None) -> Way:
        """Try the next proposal on the plant.

        :param seconds: of search; by default what it takes to find something.
        """
        number, freely = self._tries[len(self.ways)]
        usual = FREE_SECONDS if freely else SEARCH_SECONDS
        seconds = usual if seconds is None else seconds
        way = _try(self.order, self.proposals[number], plant, seconds, freely=freely)
        self.ways.append(way)
        return way

    @property
    def found(self) -> list[Way]:
        """What helps more than planning again alone, and than cheaper overtime, the cheapest first; of the same price, what harms others least.

        What costs others more than it saves stands last, whatever its price.
        """
        return sorted(self._found.values(), key=_price)

    @property
    def idle(self) -> list[Way]:
        """What was tried and does not help, or no more than what is cheaper, or cannot be; each once."""
        found = self._found
        numbers = {number for number, _ in found}
        known = {way.proposal.changes for way in found.values()}
        close = enumerate(self.ways[: len(self.proposals)])
        return [
            way
            for number, way in close
            if number not in numbers and way.proposal.changes not in known and not way.proposal.is_baseline
        ]

    @property
    def _found(self) -> dict[Try, Way]:
        ways = dict(zip(self._tries, self.ways, strict=False))
        helping = {
            each: way
            for each, way in ways.items()
            if way.helps and way.saved_hours >= self._least(each, ways)
        }
        return {
            each: way
            for each, way in helping.items()
            if not any(_is_dearer(way, other) for other in helping.values())
            and each == _best_of_the_same(way, helping)
        }

    @property
    def _tries(self) -> list[Try]:
        """Every proposal close to the plan in force; where that saves little, each that can be once more, everything free to move."""
        close = [(number, False) for number in range(len(self.proposals))]
        ways = self.ways[: len(close)]
        saved = _most(way.saved_hours for way in ways if way.helps)
        if len(ways) < len(close) or self.late_hours < LONG or saved >= MUCH * self.late_hours:
            return close
        return close + [(number, True) for number, way in enumerate(ways) if not way.refusals]

    def _least(self, each: Try, ways: Mapping[Try, Way]) -> float:
        """The hours that a way must save: more than planning again does, and than the same where few others move."""
        number, freely = each
        is_baseline = self.proposals[number].is_baseline
        alone = _most(
            way.saved_hours
            for (other, free), way in ways.items()
            if way.proposal.is_baseline and free <= freely and (other, free) != each
        )
        if not freely:
            return 0.0 if is_baseline else alone + HELPS
        return max(alone, ways[number, False].saved_hours) + WORTH_MOVING_ALL * self.late_hours


def _most(hours: Iterable[float]) -> float:
    return max(hours, default=0.0)


def search_for(explanation: Explanation) -> Search:
    """What to try for an order, by its causes; nothing is tried yet. In about five queries."""
    late = explanation.lateness or timedelta()
    return Search(explanation.order.pk, proposals_for(explanation), late / timedelta(hours=1))


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
    is_overtime = all(isinstance(change, Overtime) for change in both)
    if cost is None or others is None or not is_overtime or way.freely != other.freely:
        return False
    return cost > others and way.saved_hours < other.saved_hours + HARDLY_MORE


def _best_of_the_same(way: Way, ways: Mapping[Try, Way]) -> Try:
    """Of ways that come to the same changes, as overtime does once what it is not used for is left out, the one that saves most."""
    same = {
        each: other.saved_hours
        for each, other in ways.items()
        if (other.freely, other.proposal.changes) == (way.freely, way.proposal.changes)
    }
    return max(same, key=lambda each: (same[each], -each[0]))


def _try(order: int, proposal: Proposal, plant: Snapshot, seconds: float, *, freely: bool) -> Way:
    trial = try_out(
        proposal.changes, at=plant.at, seconds=seconds, freely=freely, plant=plant, also_unaided=False
    )
    own = next((each for each in trial.comparison.orders if each.order == order), None)
    others = trial.comparison.orders
    return Way(
        _without_idle(proposal, trial.places) if own is not None else proposal,
        freely=freely,
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
