"""Where in a chain of stages to keep stock: components and what is made of them, decided together.

Two models. **Guaranteed service** (Simpson 1958; Graves and Willems 2000, Manuf. Serv. Oper. Manag. 2): every stage promises those it
supplies a service time and keeps the stock that covers its net time, what it waits for plus what it takes less what it promises. A
stage that promises to wait keeps none; one that promises at once keeps all of its echelon's. Service times are chosen so that the
safety stock costs the least. It suits plants because demand that a bound does not cover is met by other means (overtime, an express
delivery) rather than waited for at every stage. For trees the optimum is found by dynamic programming over the tree, for other nets by
improvement from two starts. **Clark and Scarf** (1960, Manag. Sci. 6) is exact for stages in series
whose unmet demand waits at a cost; it checks the other and serves where one line feeds one product.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray


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
        return means, deviations

    @cached_property
    def is_tree(self) -> bool:
        """Whether no two stages are joined by more than one way."""
        arcs = sum(len(stage.uses) for stage in self.stages.values())
        return arcs == len(self.stages) - len(self._parts())

    def _parts(self) -> list[set[str]]:
        parts, seen = [], set[str]()
        for name in self.stages:
            if name in seen:
                continue
            part, reach = set[str](), [name]
            while reach:
                one = reach.pop()
                if one not in part:
                    part.add(one)
                    reach += [*self.stages[one].uses, *self.customers[one]]
            seen |= part
            parts.append(part)
        return parts

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

    def total(self, promised: Mapping[str, int]) -> float:
        net = {
            name: self.waits(name, promised) + self.stages[name].days - promised[name] for name in self.order
        }
        return math.inf if min(net.values()) < 0 else sum(self.cost(name, days) for name, days in net.items())


def guaranteed_service(stages: Sequence[Stage]) -> list[Kept]:
    """What each stage keeps, in the order given, so that the safety stock of all costs the least.

    :raises ValueError: where a stage is made of itself, or of one that is not there.
    """
    chain = _Chain(stages)
    promised = _over_tree(chain) if chain.is_tree else _improved(chain)
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
    return [made[stage.name] for stage in stages]


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


def _improved(chain: _Chain) -> dict[str, int]:
    """Good service times of a net that is no tree: one stage's or two stages' changed while that saves anything, from two starts."""
    best: tuple[float, dict[str, int]] = (math.inf, {})
    for start in (0, max(chain.longest.values())):
        wished = dict.fromkeys(chain.order, start)
        cost = chain.total(_promised(chain, wished))
        while True:
            tried = (
                (chain.total(_promised(chain, changed)), changed) for changed in _neighbours(chain, wished)
            )
            least = min(tried, key=lambda one: one[0])
            if least[0] >= cost - 1e-9:
                break
            cost, wished = least
        best = min(best, (cost, _promised(chain, wished)), key=lambda one: one[0])
    return best[1]


def _neighbours(chain: _Chain, wished: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Nothing, everything, or as long as another stage: an optimum has no other service times."""
    everything = max(chain.longest.values())
    times = {
        0,
        everything,
        *_promised(chain, wished).values(),
        *(stage.days for stage in chain.stages.values()),
    }
    for place, name in enumerate(chain.order):
        for time in times:
            yield {**wished, name: time}
            for other in chain.order[place + 1 :]:
                yield {**wished, name: time, other: time}
        for other in chain.order[place + 1 :]:
            yield {**wished, name: 0, other: everything}
            yield {**wished, name: everything, other: 0}


def _promised(chain: _Chain, wished: Mapping[str, int]) -> dict[str, int]:
    """Service times as wished, where they can be: no longer than a stage takes, nor than its customers bear."""
    promised: dict[str, int] = {}
    for name in chain.order:
        whole = chain.waits(name, promised) + chain.stages[name].days
        promised[name] = min(wished[name], whole, chain.most(name))
    return promised


# --- stages in series whose unmet demand waits ----------------------------------------------------------------------

_GRID: Final = 4_000
_WIDE: Final = 8.0


@dataclass(frozen=True, slots=True)
class SeriesStage:
    """One of several stages in series.

    :ivar periods: that a shipment to it takes, :ivar echelon_cost: of holding a unit over a period, above what it costs one stage earlier.
    """

    periods: int
    echelon_cost: float


def series(
    stages: Sequence[SeriesStage], *, mean: float, deviation: float, waiting_cost: float
) -> tuple[list[float], float]:
    """Echelon base stock of each stage, the one next to the customer first, and the cost a period, for normal demand a period.

    Demand is seen before orders are placed, so that a stage's stock covers its shipping time (Snyder and Shen 2019, section 6.2).
    """
    periods = sum(stage.periods for stage in stages) + 1
    spread = _WIDE * deviation * periods**0.5
    grid = np.linspace(-spread, mean * periods + spread, _GRID)
    dear = waiting_cost + sum(stage.echelon_cost for stage in stages)
    induced = dear * np.maximum(-grid, 0.0)
    levels: list[float] = []
    cost = 0.0
    for stage in stages:
        own = stage.echelon_cost * grid + induced
        expected = _after(own, grid, mean * stage.periods, deviation * stage.periods**0.5)
        least = int(np.argmin(expected))
        levels.append(float(grid[least]))
        cost = float(expected[least])
        induced = np.where(grid < grid[least], expected, cost)
    return levels, cost


def _after(cost: FloatArray, grid: FloatArray, mean: float, deviation: float) -> FloatArray:
    """Expected cost of the position that is left of each when normal demand has come."""
    scores = np.linspace(-_WIDE / 2, _WIDE / 2, 161)
    weights = np.exp(-np.square(scores) / 2)
    weights /= weights.sum()
    step = grid[1] - grid[0]
    slope = (cost[1] - cost[0]) / step
    result = np.zeros(len(grid))
    for score, weight in zip(scores, weights, strict=True):
        left = grid - (mean + deviation * score)
        beyond = cost[0] + slope * (left - grid[0])
        result += weight * np.where(left < grid[0], beyond, np.interp(left, grid, cost))
    return result
