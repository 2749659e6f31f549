"""Full pegging of a plan: what each demand uses, and whom a supply serves in the end, however many levels up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from forecasting.netting.book import NOTHING
from forecasting.netting.kernel import tables
from forecasting.netting.plan import Plan

MADE = -3
"""What a use is for, where it is no demand from outside, no forecast and no safety stock: a product that is to be made."""


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a supply that serves a part of a demand.

    :ivar item: whose both are, :ivar what: what asks, :ivar first_day: and :ivar last_day: on which days.
    :ivar demand: its place among the plan's demands, or `FORECAST`, `SAFETY` or `MADE`, :ivar made_by: the proposal that takes it, or -1.
    :ivar supply: its place among the plan's supplies, or -1 - the number of a proposal, :ivar supply_day: from which it can be used.
    """

    item: str
    what: str
    first_day: int
    last_day: int
    quantity: float
    demand: int
    made_by: int
    supply: int
    supplied_by: str
    supply_day: int


@dataclass(frozen=True, slots=True)
class End:
    """Somebody who is served in the end: a demand from outside, the forecast, or the safety stock, of an item and in its unit."""

    item: str
    what: str
    demand: int
    first_day: int
    last_day: int
    quantity: float


class Trace:
    """The pegs of a plan, followed both ways.

    :param taken_by: of demands from outside that are the components of a supply (an order that is to be made, say): by the demand's place,
        the places of those supplies.
    """

    def __init__(self, plan: Plan, taken_by: Mapping[int, Sequence[int]] | None = None) -> None:
        self.plan = plan
        self.taken_by = taken_by or {}
        self._known: dict[int, tuple[End, ...]] = {}

    @cached_property
    def _all(self) -> list[Use]:
        return list(self._read())

    @cached_property
    def _by_supply(self) -> dict[int, list[Use]]:
        found: dict[int, list[Use]] = {}
        for use in self._all:
            found.setdefault(use.supply, []).append(use)
        return found

    def _read(self) -> Iterator[Use]:
        plan = self.plan
        columns = (
            plan.pegged[name].tolist() for name in ("item", "supply", "demand", "quantity", "first", "last")
        )
        for item, supply, row, quantity, first, last in zip(*columns, strict=True):
            what, demand, made_by = self._asks(row)
            if supply >= 0:
                source = plan.supplies[supply]
                supplied_by, day = source.what, max(source.day, 0)
            else:
                day = int(plan.drafts["due"][-1 - supply])
                supplied_by = "proposal"
            yield Use(
                plan.names[item], what, first, last, quantity, demand, made_by, supply, supplied_by, day
            )

    def _asks(self, row: int) -> tuple[str, int, int]:
        if row == tables.FORECAST:
            return "forecast", row, -1
        if row == tables.SAFETY:
            return "safety stock", row, -1
        source = int(self.plan.called["source"][row])
        if source >= 0:
            product = self.plan.names[self.plan.drafts["item"][source]]
            return product, MADE, source
        return self.plan.demands[-1 - source].what, -1 - source, -1

    def uses(self, item: str) -> list[Use]:
        """Which stock, receipt or proposal each demand of an item uses, by the day of the demand."""
        own = [use for use in self._all if use.item == item]
        return sorted(own, key=lambda use: (use.first_day, use.supply_day))

    def ends(self, supply: int) -> tuple[End, ...]:
        """Whom a supply serves in the end; what of it serves nobody within the horizon is kept as safety stock.

        :param supply: its place among the plan's supplies, or -1 - the number of a proposal.
        """
        if supply not in self._known:
            self._known[supply] = ()  # an order that waits for itself ends here
            self._known[supply] = tuple(self._climb(supply))
        return self._known[supply]

    def _climb(self, supply: int) -> list[End]:
        found: dict[tuple[str, int], End] = {}
        left = self.plan.supplies[supply].quantity if supply >= 0 else 0.0
        for use in self._by_supply.get(supply, ()):
            left -= use.quantity
            for end in self._served(use):
                _run_together(found, end)
        if left > NOTHING:
            source = self.plan.supplies[supply]
            day = max(source.day, 0)
            _run_together(found, End(source.item, "safety stock", tables.SAFETY, day, day, left))
        return list(found.values())

    def _served(self, use: Use) -> Iterator[End]:
        """So many of a component go into the whole of what its product's supply brings."""
        if use.made_by >= 0:
            asked = self._called[use.made_by, use.item]
            yield from _parts(self.ends(-1 - use.made_by), use.quantity / asked)
        elif makers := self.taken_by.get(use.demand, ()):
            asked = self.plan.demands[use.demand].quantity * len(makers)
            for maker in makers:
                yield from _parts(self.ends(maker), use.quantity / asked)
        else:
            yield End(use.item, use.what, use.demand, use.first_day, use.last_day, use.quantity)

    @cached_property
    def _called(self) -> dict[tuple[int, str], float]:
        """How much of each component each proposal calls for."""
        plan = self.plan
        found: dict[tuple[int, str], float] = {}
        columns = (plan.called[name].tolist() for name in ("source", "item", "quantity"))
        for source, item, quantity in zip(*columns, strict=True):
            if source >= 0:
                key = (source, plan.names[item])
                found[key] = found.get(key, 0.0) + quantity
        return found


def _parts(ends: Sequence[End], share: float) -> Iterator[End]:
    for end in ends:
        yield replace(end, quantity=end.quantity * share)


def _run_together(found: dict[tuple[str, int], End], end: End) -> None:
    key = (end.item, end.demand)
    if (known := found.get(key)) is not None:
        end = replace(
            known,
            first_day=min(known.first_day, end.first_day),
            last_day=max(known.last_day, end.last_day),
            quantity=known.quantity + end.quantity,
        )
    found[key] = end
