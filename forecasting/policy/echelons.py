"""Where in a chain of stages to keep stock: components and what is made of them, decided together.

**Guaranteed service** (Simpson 1958; Graves and Willems 2000, Manuf. Serv. Oper. Manag. 2): every stage promises those it
supplies a service time and keeps the stock that covers its net time, what it waits for plus what it takes less what it promises. A
stage that promises to wait keeps none; one that promises at once keeps all of its echelon's. Service times are chosen so that the
safety stock costs the least. It suits plants because demand that a bound does not cover is met by other means (overtime, an express
delivery) rather than waited for at every stage. Stages that no chain of uses joins are decided apart. For trees the optimum is found by
dynamic programming over the tree, for other nets by improvement from two starts, with so many changes tried and no more, so that a plant
of any size has an answer.
"""

import math
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Final

WORK: Final = 400_000
"""Stages looked at while one net that is no tree is improved, a few seconds; then the best so far stands."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One item as a stage.

    :ivar days: that it takes to make or buy, :ivar holding_cost: of a unit over a year, whatever its unit;
    :ivar safety: the stock over so many days that covers its own demand, as a multiple of ``deviation`` times the root of the days;
    :ivar deviation: of a day's demand for it alone; :ivar mean: likewise; what others need of it is added from ``uses``;
    :ivar inbound: service time of what it is made of from outside, :ivar promise: the longest service time that its customers bear, None
        where nobody but other stages asks for it; :ivar uses: by the name of a stage that supplies it, units per unit.
    """

    name: str
    days: int
    holding_cost: float
    deviation: float = 0.0
    mean: float = 0.0
    safety: float = 1.645
    inbound: int = 0
    promise: int | None = None
    uses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a stage keeps.

    :ivar service_days: that it promises, :ivar waits_days: for what it is made of; :ivar net_days: that its stock covers;
    :ivar base_stock: the position that it orders up to, of its own, :ivar echelon_base_stock: with all that is below it in the chain.
    """

    name: str
    service_days: int
    waits_days: int
    net_days: int
    mean: float
    deviation: float
    safety_stock: float
    base_stock: float
    echelon_base_stock: float
    cost: float


class _Chain:
    """Stages with what they need of each other, in an order in which suppliers come first."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = {stage.name: stage for stage in stages}
        self.order = self._sorted()
        self.customers: dict[str, list[str]] = {name: [] for name in self.stages}
        for stage in stages:
            for supplier in stage.uses:
                self.customers[supplier].append(stage.name)
        self.means, self.deviations = self._demand()
        self.longest: dict[str, int] = {}
        for name in self.order:
            stage = self.stages[name]
            waits = max([stage.inbound, *(self.longest[supplier] for supplier in stage.uses)])
            self.longest[name] = waits + stage.days

    def _sorted(self) -> list[str]:
        done: dict[str, None] = {}
        open_ones: set[str] = set()

        def visit(name: str) -> None:
            if name in done:
                return
            if name in open_ones:
                raise ValueError(f"{name} is made of itself.")
            open_ones.add(name)
            for supplier in self.stages[name].uses:
                visit(supplier)
            done[name] = None

        for name in self.stages:
            visit(name)
        return list(done)

    def _demand(self) -> tuple[dict[str, float], dict[str, float]]:
        """Mean and deviation of a day's demand for each stage: independent demands add up by their variances.

        What reaches a stage by several ways is counted as one demand: the same product asks for both.
        """
        means = {name: stage.mean for name, stage in self.stages.items()}
        needed: dict[str, dict[str, float]] = {name: {name: 1.0} for name in self.stages}
        for name in reversed(self.order):
            for supplier, units in self.stages[name].uses.items():
                means[supplier] += units * means[name]
                for product, each in needed[name].items():
                    needed[supplier][product] = needed[supplier].get(product, 0.0) + units * each
        deviations = {
            name: math.sqrt(
                sum((units * self.stages[product].deviation) ** 2 for product, units in asked.items())
            )
            for name, asked in needed.items()
        }
        if not all(map(math.isfinite, (*means.values(), *deviations.values()))):
            raise OverflowError("more would be needed than there are numbers")
        return means, deviations

    @cached_property
    def is_tree(self) -> bool:
        """Whether no two stages are joined by more than one way; of a chain that hangs together."""
        return sum(len(stage.uses) for stage in self.stages.values()) == len(self.stages) - 1

    @cached_property
    def place(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.order)}

    def most(self, name: str) -> int:
        """The longest service time that a stage may promise."""
        promise = self.stages[name].promise
        return self.longest[name] if promise is None else min(promise, self.longest[name])

    def cost(self, name: str, net_days: int) -> float:
        stage = self.stages[name]
        return stage.holding_cost * stage.safety * self.deviations[name] * math.sqrt(net_days)

    def waits(self, name: str, promised: Mapping[str, int]) -> int:
        stage = self.stages[name]
        return max([stage.inbound, *(promised[supplier] for supplier in stage.uses)])

    def net(self, name: str, promised: Mapping[str, int]) -> int:
        return self.waits(name, promised) + self.stages[name].days - promised[name]


def guaranteed_service(stages: Sequence[Stage], *, work: int = WORK) -> list[Kept]:
    """What each stage keeps, in the order given, so that the safety stock of all costs the least.

    :param work: stages looked at for each net that is no tree, after which the best found stands; the answer does not depend
        on how fast the machine is.
    :raises ValueError: where a stage is made of itself, or of one that is not there.
    :raises OverflowError: where more of a stage is needed than there are numbers.
    """
    known = {stage.name for stage in stages}
    for stage in stages:
        if missing := stage.uses.keys() - known:
            raise ValueError(f"{stage.name} is made of {min(missing)}, which is no stage.")
    made = {kept.name: kept for part in joined(stages) for kept in _kept(_Chain(part), work)}
    return [made[stage.name] for stage in stages]


def joined(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Stages that some chain of uses joins, apart from those that none does; in the order given."""
    joined: dict[str, list[str]] = {stage.name: list(stage.uses) for stage in stages}
    for stage in stages:
        for supplier in stage.uses:
            joined[supplier].append(stage.name)
    part_of: dict[str, int] = {}
    parts: list[list[Stage]] = []
    for stage in stages:
        if stage.name not in part_of:
            reach = [stage.name]
            while reach:
                one = reach.pop()
                if one not in part_of:
                    part_of[one] = len(parts)
                    reach += joined[one]
            parts.append([])
        parts[part_of[stage.name]].append(stage)
    return parts


def _kept(chain: _Chain, work: int) -> list[Kept]:
    promised = _over_tree(chain) if chain.is_tree else _improved(chain, work)
    made: dict[str, Kept] = {}
    for name in reversed(chain.order):
        stage = chain.stages[name]
        waits = chain.waits(name, promised)
        net = waits + stage.days - promised[name]
        safety = stage.safety * chain.deviations[name] * math.sqrt(net)
        base = chain.means[name] * net + safety
        below = sum(
            made[other].echelon_base_stock * chain.stages[other].uses[name] for other in chain.customers[name]
        )
        made[name] = Kept(
            name=name,
            service_days=promised[name],
            waits_days=waits,
            net_days=net,
            mean=chain.means[name],
            deviation=chain.deviations[name],
            safety_stock=safety,
            base_stock=base,
            echelon_base_stock=base + below,
            cost=chain.cost(name, net),
        )
    return list(made.values())


def _over_tree(chain: _Chain) -> dict[str, int]:
    """The best service times of a tree: each branch answers what it costs for every time it may promise or be promised."""
    promised: dict[str, int] = {}
    asked: dict[tuple[str, str | None, int], tuple[float, dict[str, int]]] = {}

    def branch(name: str, parent: str | None, given: int) -> tuple[float, dict[str, int]]:
        """Cost and service times of what hangs on ``name`` away from ``parent``, which is promised, or promises, ``given``."""
        key = name, parent, given
        if key not in asked:
            asked[key] = _best_of_branch(chain, name, parent, given, branch)
        return asked[key]

    for name in chain.order:
        if name not in promised:
            promised |= branch(name, None, 0)[1]
    return promised


def _best_of_branch(
    chain: _Chain,
    name: str,
    parent: str | None,
    given: int,
    branch: Callable[[str, str | None, int], tuple[float, dict[str, int]]],
) -> tuple[float, dict[str, int]]:
    stage = chain.stages[name]
    suppliers = [one for one in stage.uses if one != parent]
    customers = [one for one in chain.customers[name] if one != parent]
    supplied_by_parent, promises_parent = (
        parent in stage.uses,
        parent is not None and parent not in stage.uses,
    )
    least = max(stage.inbound, given if supplied_by_parent else 0)
    most_waits = max(chain.longest[name] - stage.days, least)
    most = min(chain.most(name), given) if promises_parent else chain.most(name)
    best: tuple[float, dict[str, int]] = (math.inf, {})
    # Suppliers that promise more than is waited for break their word; fewer days cost more, so both are tried in full.
    for waits in range(least, most_waits + 1):
        above = [branch(one, name, waits) for one in suppliers]
        dear = sum(cost for cost, _ in above)
        if dear >= best[0]:
            continue
        for service in range(min(most, waits + stage.days) + 1):
            below = [branch(one, name, service) for one in customers]
            cost = dear + chain.cost(name, waits + stage.days - service) + sum(cost for cost, _ in below)
            if cost < best[0] - 1e-12:
                times = {name: service}
                for _, more in (*above, *below):
                    times |= more
                best = cost, times
    return best


def _improved(chain: _Chain, work: int) -> dict[str, int]:
    """Good service times of a net that is no tree: one stage's or two stages' changed wherever that saves anything, from two starts.

    What one stage does is tried before what two do, and every saving is taken at once, so that work that ends early has found most of it.
    """
    found = []
    for start in (0, max(chain.longest.values())):
        search = _Search(chain, start, work // 2)
        while search.improves(_changes(chain, search.wished)):
            pass
        found.append((search.cost, search.promised))
    return min(found, key=lambda one: one[0])[1]


class _Search:
    """Service times wished and promised, their cost, and the work that is left; a change costs only what it moves."""

    def __init__(self, chain: _Chain, start: int, work: int) -> None:
        self.chain, self.left = chain, work
        self.wished = dict.fromkeys(chain.order, start)
        self.promised: dict[str, int] = {}
        self.costs: dict[str, float] = {}
        for name in chain.order:
            self.promised[name] = self._promise(name, self.wished, self.promised)
            self.costs[name] = chain.cost(name, chain.net(name, self.promised))

    @property
    def cost(self) -> float:
        return sum(self.costs.values())

    def improves(self, changes: Iterable[Mapping[str, int]]) -> bool:
        """Whether any of the changes, each tried after those before it that saved, did; they end with the work."""
        before = self.cost
        for change in changes:
            if self.left <= 0:
                return False
            self._try(change)
        return self.cost < before - 1e-9

    def _try(self, change: Mapping[str, int]) -> None:
        """Take a change if it saves anything."""
        wished = ChainMap(dict(change), self.wished)
        promised = ChainMap[str, int]({}, self.promised)
        costs: dict[str, float] = {}
        due = [(self.chain.place[name], name) for name in change]
        heapify(due)
        while due:
            _, name = heappop(due)
            if name in costs:
                continue
            self.left -= 1
            promises = self._promise(name, wished, promised)
            if promises != self.promised[name]:
                promised[name] = promises
                for customer in self.chain.customers[name]:
                    heappush(due, (self.chain.place[customer], customer))
            costs[name] = self.chain.cost(name, self.chain.net(name, promised))
        if sum(costs.values()) >= sum(self.costs[name] for name in costs) - 1e-9:
            return
        self.wished |= change
        self.promised |= promised.maps[0]
        self.costs |= costs

    def _promise(self, name: str, wished: Mapping[str, int], promised: Mapping[str, int]) -> int:
        """As wished, where it can be: no longer than a stage takes, nor than its customers bear."""
        whole = self.chain.waits(name, promised) + self.chain.stages[name].days
        return min(wished[name], whole, self.chain.most(name))


def _changes(chain: _Chain, wished: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Nothing, everything, or as long as another stage: an optimum has no other service times."""
    everything = max(chain.longest.values())
    times = sorted(
        {0, everything, *wished.values(), *chain.longest.values()}
        | {stage.days for stage in chain.stages.values()}
    )
    for name in chain.order:
        yield from ({name: time} for time in times)
    for place, name in enumerate(chain.order):
        for other in chain.order[place + 1 :]:
            yield from ({name: time, other: time} for time in times)
            yield {name: 0, other: everything}
            yield {name: everything, other: 0}
