"""The plan: proposals, stock by day, and what uses what.

Everything is kept by column, so that a plan of a million proposals fits; `Proposal`s and their sentences are made when they are
looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forecasting.netting.book import Demand, Rule, Supply
from forecasting.netting.costs import Costs, cost_of_doing_nothing
from forecasting.netting.kernel import tables
from forecasting.netting.kernel.tables import Draft
from forecasting.netting.sentences import why, why_it_costs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = Callable[[str, int], str]
"""How sentences about an item call a day."""

_MADE_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Peg:
    """What part of a supply serves what demand, over which days."""

    what: str
    first_day: int
    last_day: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Make or buy ``quantity``: begin on ``start_day`` to have it on ``due_day``."""

    item: str
    quantity: float
    start_day: int
    due_day: int
    needed_day: int
    """The day on which it would really be needed; before ``due_day`` where the lead time leaves no time."""
    stockout_day: int | None
    """The day on which stock runs out without it, where that is within the horizon."""
    why: str
    pegs: tuple[Peg, ...]
    cost: float = 0.0
    """What doing nothing is expected to cost."""
    cost_why: str = ""
    number: int = 0
    """Its place in the plan."""


@dataclass(eq=False)
class Table:
    """Rows that are added level by level and read as columns."""

    parts: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0

    def add(self, **columns: Any) -> None:
        for name, column in columns.items():
            self.parts[name].append(column)
        self.size += len(next(iter(columns.values())))

    def __getitem__(self, name: str) -> Any:
        found = self.parts[name]
        if len(found) > 1:
            self.parts[name] = found = [np.concatenate(found)]
        return found[0] if found else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Plan:
    """All proposals, products before components; and the stock at the end of each day with them done.

    :ivar names: of the items, in the order in which they were netted, :ivar drafts: proposals by column.
    :ivar by_day: and :ivar asked: by item (in that order) and day: stock at its end, and what is asked for on it.
    """

    names: Sequence[str]
    levels: Mapping[str, int]
    drafts: Table
    by_day: Floats
    asked: Floats
    worth: Floats
    rules: Sequence[Rule]
    supplies: Sequence[Supply]
    demands: Sequence[Demand]
    pegged: Table
    called: Table
    name_of_day: Days

    @cached_property
    def places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def stock(self) -> "Stocks":
        return Stocks(self)

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        return tuple(self.between(0, self.drafts.size))

    @cached_property
    def costs(self) -> Costs:
        return cost_of_doing_nothing(self.drafts, self.rules, self.worth)

    def proposal(self, number: int) -> Proposal:
        return next(self.between(number, number + 1))

    def between(self, start: int, stop: int) -> Iterator[Proposal]:
        """Proposals from one place in the plan to before another, each with its reason and what it serves."""
        for first in range(start, stop, _MADE_AT_ONCE):
            yield from self._made(first, min(first + _MADE_AT_ONCE, stop))

    def _made(self, start: int, stop: int) -> Iterator[Proposal]:
        rows = zip(*(self.drafts[name][start:stop].tolist() for name in tables.Drafts._fields), strict=True)
        costs = self.costs.between(start, stop)
        for number, row, priced, served in zip(
            range(start, stop), rows, costs, self._served(start, stop), strict=True
        ):
            draft = Draft(*row)
            rule = self.rules[draft.item]
            yield Proposal(
                item=rule.item,
                quantity=draft.quantity,
                start_day=max(draft.due - rule.inspection_days - rule.lead_days, 0),
                due_day=max(draft.due - rule.inspection_days, 0),
                needed_day=draft.needed,
                stockout_day=None if draft.out < 0 else draft.out,
                why=why(draft, rule, partial(self.name_of_day, rule.item)),
                pegs=served,
                cost=priced.total,
                cost_why=why_it_costs(priced),
                number=number,
            )

    def proposals_of(self, item: str) -> list[Proposal]:
        first, stop = np.searchsorted(self.drafts["item"], [self.places[item], self.places[item] + 1])
        return list(self.between(int(first), int(stop)))

    @cached_property
    def _by_proposal(self) -> tuple[Ints, Ints]:
        """Pegs in the order of the proposals they come from, and where each proposal's begin."""
        supply = self.pegged["supply"]
        order = np.flatnonzero(supply < 0)
        order = order[np.argsort(-1 - supply[order], kind="stable")]
        return order, np.searchsorted(-1 - supply[order], np.arange(self.drafts.size + 1))

    def _served(self, start: int, stop: int) -> Iterator[tuple[Peg, ...]]:
        """What each of these proposals serves; needs of one name and day run together."""
        order, first = self._by_proposal
        bounds = first[start : stop + 1].tolist()
        pegs = list(self._pegs(order[bounds[0] : bounds[-1]]))
        for low, high in pairwise(bounds):
            found: dict[tuple[str, int], Peg] = {}
            for demand, peg in pegs[low - bounds[0] : high - bounds[0]]:
                _run_together(found, (peg.what, -1 if demand == tables.FORECAST else peg.first_day), peg)
            yield tuple(found.values())

    def _pegs(self, rows: Ints) -> Iterator[tuple[int, Peg]]:
        """Pegs by their rows, each with the demand's row."""
        columns = (self.pegged[name][rows].tolist() for name in ("demand", "first", "last", "quantity"))
        for demand, first, last, quantity in zip(*columns, strict=True):
            yield demand, Peg(self._asks(demand), first, last, quantity)

    def _asks(self, demand: int) -> str:
        if demand == tables.FORECAST:
            return "forecast"
        if demand == tables.SAFETY:
            return "safety stock"
        source = int(self.called["source"][demand])
        if source >= 0:
            return f"{self.names[self.drafts['item'][source]]} due day {self.drafts['due'][source]}"
        return self.demands[-1 - source].what


def _run_together(found: dict[tuple[str, int], Peg], key: tuple[str, int], peg: Peg) -> None:
    known = found.get(key)
    if known is not None:
        peg = Peg(peg.what, known.first_day, peg.last_day, known.quantity + peg.quantity)
    found[key] = peg


class Stocks(Mapping[str, tuple[float, ...]]):
    """Stock at the end of each day, by item."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __getitem__(self, item: str) -> tuple[float, ...]:
        return tuple(self._plan.by_day[self._plan.places[item]].tolist())

    def __iter__(self) -> Iterator[str]:
        return iter(self._plan.names)

    def __len__(self) -> int:
        return len(self._plan.names)
