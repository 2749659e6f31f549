"""Stock policies replayed on real demand: what service each gives, and what the stock for it costs.

    python -m bench.replenish DEMAND.csv --freq M --service 0.9,0.95,0.98,0.99 --lead 1 --review 1 --seed 1 [--items ITEMS.csv]

DEMAND has columns ``item,date,quantity``, ITEMS ``item,unit_cost``. The last third of the history is replayed period by period; each
policy sees only what was known then. A period begins with what arrives, then a review may order up to the policy's level, then demand
comes; what is not there is not sold. Stock starts at the first level. One JSON line is printed for each policy and service asked:

* ``fixed``: average of the last 3 months times one cover for all items, the cover that in hindsight gives the fill rate asked;
* ``textbook``: 12-month moving average, and safety stock from its standard deviation by the normal distribution;
* ``mes``: ours, the code that plans: `forecasting.methods` and `forecasting.policy`, all items one class that shares the service asked.

``--compare`` adds, to the error stream, what ``mes`` saves at equal fill rates, read off curves through more services than those asked, and how
far its fill rates are from what was asked.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting import policy
from forecasting.methods import Bucket, Series, SeriesForecast, forecast_many
from forecasting.methods.series import FloatArray

HOLDING_A_YEAR: Final = 0.25
OBSOLETE_MONTHS: Final = 6
REPLAYED_SHARE: Final = 1 / 3
WORTH: Final = 1_000.0
"""Of one period's mean demand of every item, where no unit costs are given."""

COMPARED: Final = (0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
DRAWN: Final = (0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999)
"""Services through which curves are drawn to compare."""
LONGEST_COVER: Final = 60.0
REVIEWS_BEFORE: Final = 12
"""That the plan has made before the replay begins, at most; its stock begins at the first level all the same."""

Levels = FloatArray
"""What each item is ordered up to: [period replayed, item]."""


@dataclass(frozen=True, eq=False)
class Replay:
    """Demand by period and item, and the terms it is met on.

    :ivar demand: [period, item] over the whole history, :ivar first: number of the first period replayed,
    :ivar unit_costs: [item], :ivar lead: and :ivar review: in periods.
    """

    items: Sequence[str]
    start: date
    bucket: Bucket
    demand: FloatArray
    unit_costs: FloatArray
    first: int
    lead: int
    review: int

    @property
    def periods(self) -> int:
        return len(self.demand) - self.first

    def months(self, count: float) -> int:
        """So many months as periods, at least one."""
        return max(round(count * Bucket.MONTH.days / self.bucket.days), 1)


@dataclass(frozen=True)
class Outcome:
    """One policy at one service asked; money in the unit of the costs.

    :ivar fill_rate: share of demand met, :ivar cycle_service: share of review cycles in which all demand was met, both means over items;
    :ivar stockout_periods: periods in which demand was missed, and :ivar orders: over all items.
    """

    policy: str
    service: float
    fill_rate: float
    cycle_service: float
    average_stock_value: float
    overproduction_cost: float
    stockout_periods: int
    orders: int


def main(arguments: Sequence[str] | None = None) -> list[Outcome]:
    """Replay every policy and print what came of it."""
    options = _options(arguments)
    replay = read(options)
    services = [float(part) for part in options.service.split(",")]
    policies: dict[str, Callable[[Replay, float], Levels]] = {
        "fixed": fixed,
        "textbook": textbook,
        "mes": Planned(replay, options.workers).levels,
    }
    outcomes = []
    for name, levels in policies.items():
        for service in services:
            outcomes.append(outcome(replay, name, service, levels(replay, service)))
            print(json.dumps(asdict(outcomes[-1])), flush=True)
    if options.compare:
        more = sorted(set(DRAWN) - set(services))
        drawn = [
            outcome(replay, name, each, levels(replay, each))
            for name, levels in policies.items()
            for each in more
        ]
        for line in (*compared(outcomes + drawn), *missed_asks(outcomes)):
            print(line, file=sys.stderr)
    return outcomes


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("demand")
    parser.add_argument("--items", help="unit costs; by default every item is worth the same per period")
    parser.add_argument("--freq", required=True, choices=["D", "W", "M"])
    parser.add_argument("--service", default="0.9,0.95,0.98,0.99")
    parser.add_argument("--lead", type=int, required=True, help="lead time in periods")
    parser.add_argument("--review", type=int, required=True, help="periods between reviews")
    parser.add_argument("--seed", type=int, default=1, help="nothing here is drawn; kept with the figures")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--compare", action="store_true")
    return parser.parse_args(arguments)


def read(options: argparse.Namespace) -> Replay:
    """The demand of a file on an even grid, from the first period of any item to the last; no row is no demand.

    :raises SystemExit: where a column is missing, a quantity is no number or negative, or there is too little to replay.
    """
    table = pd.read_csv(options.demand, dtype={"item": str}, parse_dates=["date"])
    if missing := {"item", "date", "quantity"} - set(table.columns):
        raise SystemExit(f"{options.demand}: no column {', '.join(sorted(missing))}.")
    bad = table.index[~(pd.to_numeric(table["quantity"], errors="coerce") >= 0)]
    if len(bad):
        raise SystemExit(f"{options.demand}, row {bad[0] + 2}: a quantity is a number of zero or more.")
    bucket = Bucket(options.freq)
    start = table["date"].min()
    place = _places(table["date"], start, bucket)
    grid = table.assign(place=place).pivot_table(
        index="place", columns="item", values="quantity", aggfunc="sum"
    )
    demand = grid.reindex(range(int(place.max()) + 1)).fillna(0.0).to_numpy(dtype=np.float64)
    first = round(len(demand) * (1 - REPLAYED_SHARE))
    if len(demand) - first <= options.lead + options.review:
        raise SystemExit(f"{options.demand}: {len(demand)} periods are too few to replay a third of them.")
    items = [str(item) for item in grid.columns]
    return Replay(
        items=items,
        start=start.date(),
        bucket=bucket,
        demand=demand,
        unit_costs=_unit_costs(options.items, items, demand),
        first=first,
        lead=options.lead,
        review=options.review,
    )


def _places(dates: "pd.Series[pd.Timestamp]", start: pd.Timestamp, bucket: Bucket) -> "pd.Series[int]":
    if bucket is Bucket.MONTH:
        return (dates.dt.year - start.year) * 12 + dates.dt.month - start.month
    return (dates - start).dt.days // round(bucket.days)


def _unit_costs(path: str | None, items: Sequence[str], demand: FloatArray) -> FloatArray:
    equal = WORTH / np.maximum(demand.mean(axis=0), 1e-9)
    if path is None:
        return np.asarray(equal)
    known = pd.read_csv(path, dtype={"item": str})
    if not {"item", "unit_cost"} <= set(known.columns):
        return np.asarray(equal)
    costs = known.set_index("item")["unit_cost"].reindex(list(items))
    if costs.isna().any():
        raise SystemExit(f"{path}: no unit_cost for {costs.index[costs.isna()][0]}.")
    return costs.to_numpy(dtype=np.float64)


def fixed(replay: Replay, service: float) -> Levels:
    """The average of the last three months times the cover that gives the fill rate asked, found in hindsight."""
    average = _moving(replay, replay.months(3), np.mean)
    low, high = 0.0, LONGEST_COVER * replay.months(1)
    for _ in range(40):
        cover = (low + high) / 2
        reached = outcome(replay, "fixed", service, average * cover).fill_rate
        low, high = (low, cover) if reached >= service else (cover, high)
    return average * high


def textbook(replay: Replay, service: float) -> Levels:
    """Mean over lead time and review, plus z deviations; both from the last twelve months."""
    span = replay.lead + replay.review
    average = _moving(replay, replay.months(12), np.mean)
    deviation = _moving(replay, replay.months(12), np.std)
    return np.asarray(span * average + NormalDist().inv_cdf(service) * np.sqrt(span) * deviation)


def _moving(replay: Replay, window: int, figure: Callable[..., FloatArray]) -> FloatArray:
    """A figure of the last `window` periods known at the start of each period replayed."""
    ends = range(replay.first, len(replay.demand))
    return np.array([figure(replay.demand[max(end - window, 0) : end], axis=0) for end in ends])


class Planned:
    """Our own policy: at every review a new forecast of all items, and targets that share the service asked among them.

    It has planned for some reviews before the replay begins, as a plant's plan has. What is learnt from hindsight at a review
    rests on the reviews before it and on the demand until it.
    """

    def __init__(self, replay: Replay, workers: int) -> None:
        self.before = min(REVIEWS_BEFORE, replay.first // 4 // replay.review)
        self.begin = replay.first - self.before * replay.review
        self.made: list[tuple[list[policy.Question], list[policy.ServiceCurve], policy.Experience]] = []
        for end in range(self.begin, len(replay.demand), replay.review):
            questions = [
                _question(replay, end, place, one) for place, one in enumerate(_seen(replay, end, workers))
            ]
            curves = [policy.service_curve(question) for question in questions]
            self.made.append((questions, curves, self._experience(replay)))

    def levels(self, replay: Replay, service: float) -> Levels:
        at_reviews = np.array(
            [
                [made.order_up_to for made in policy.share(questions, curves, service, learnt)]
                for questions, curves, learnt in self.made[self.before :]
            ]
        )
        return np.repeat(at_reviews, replay.review, axis=0)[: replay.periods]

    def _experience(self, replay: Replay) -> policy.Experience:
        newest = self.made[-policy.REVIEWS_LOOKED_BACK :]
        if not newest:
            return policy.UNTRIED
        now = self.begin + len(self.made) * replay.review
        past = policy.Past(
            levels=np.array([[curve.stocks for curve in curves] for _, curves, _ in newest]),
            foretold=np.array([[curve.missed for curve in curves] for _, curves, _ in newest]),
            weights=np.array(
                [[policy.weight(question) for question in questions] for questions, _, _ in newest]
            ),
            demand=replay.demand[now - len(newest) * replay.review : now],
            lead=replay.lead,
            review=replay.review,
        )
        return policy.experience([past])


def _seen(replay: Replay, end: int, workers: int) -> list[SeriesForecast]:
    """Forecasts of all items over lead time and review, as made at the start of period `end`."""
    series = [
        Series(item, replay.start, replay.demand[:end, place], replay.bucket)
        for place, item in enumerate(replay.items)
    ]
    return forecast_many(series, replay.lead + replay.review, workers=workers)


def _question(replay: Replay, end: int, place: int, made: SeriesForecast) -> policy.Question:
    span = replay.lead + replay.review
    days = replay.bucket.days
    bridging = policy.demand_over(made, span)
    return policy.Question(
        item=replay.items[place],
        bridging=bridging,
        lead=policy.demand_over(made, replay.lead),
        rate=bridging.mean / (span * days),
        usual=float(replay.demand[max(end - replay.months(12), 0) : end, place].mean()) / days,
        lead_days=replay.lead * days,
        review_days=replay.review * days,
        unmet=policy.Unmet.LOST,
        cover_days=replay.review * days,
    )


def outcome(replay: Replay, name: str, service: float, levels: Levels) -> Outcome:
    """Replay one policy."""
    demand = replay.demand[replay.first :]
    stocks, missed, orders = _lived_through(replay, demand, levels)
    asked = demand.sum(axis=0)
    sold = asked > 0
    value = float((stocks * replay.unit_costs).sum(axis=1).mean())
    cycles = np.add.reduceat(missed > 0, np.arange(0, replay.periods, replay.review), axis=0) > 0
    obsolete = np.maximum(stocks[-1] - OBSOLETE_MONTHS * _monthly(replay), 0.0)
    years = replay.periods * replay.bucket.days / Bucket.YEAR.days
    return Outcome(
        policy=name,
        service=service,
        fill_rate=round(float((1 - missed.sum(axis=0)[sold] / asked[sold]).mean()), 5),
        cycle_service=round(float(1 - cycles.mean()), 5),
        average_stock_value=round(value, 2),
        overproduction_cost=round(HOLDING_A_YEAR * years * value + float(obsolete @ replay.unit_costs), 2),
        stockout_periods=int((missed > 0).sum()),
        orders=int(orders),
    )


def _monthly(replay: Replay) -> FloatArray:
    """Mean demand a month over the last twelve months."""
    last = replay.demand[-replay.months(12) :]
    return np.asarray(last.mean(axis=0) * Bucket.MONTH.days / replay.bucket.days)


def _lived_through(replay: Replay, demand: FloatArray, levels: Levels) -> tuple[FloatArray, FloatArray, int]:
    """Stock at the end of each period and demand missed in it, [period, item]; and how many orders were placed."""
    stock = levels[0].copy()
    due = np.zeros((replay.periods + replay.lead + 1, len(replay.items)))
    stocks, missed = np.empty_like(demand), np.empty_like(demand)
    orders = 0
    for period in range(replay.periods):
        if period % replay.review == 0:
            on_the_way = due[period : period + replay.lead + 1].sum(axis=0)
            wanted = np.maximum(levels[period] - stock - on_the_way, 0.0)
            due[period + replay.lead] += wanted
            orders += int((wanted > 0).sum())
        stock = stock + due[period]
        missed[period] = np.maximum(demand[period] - stock, 0.0)
        stock = np.maximum(stock - demand[period], 0.0)
        stocks[period] = stock
    return stocks, missed, orders


def compared(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What ``mes`` saves at equal fill rates, where both curves reach them."""
    curves = {
        name: _curve([each for each in outcomes if each.policy == name])
        for name in dict.fromkeys(each.policy for each in outcomes)
    }
    for other in ("fixed", "textbook"):
        for fill in COMPARED:
            ours, theirs = (_cost_at(curves[name], fill) for name in ("mes", other))
            if np.isfinite(ours) and np.isfinite(theirs):
                yield f"at fill rate {fill:.3f}: {ours:,.0f} against {other} {theirs:,.0f}, {ours / theirs - 1:+.1%}"


def missed_asks(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """How far the fill rates of ``mes`` are from what was asked of it."""
    for each in outcomes:
        if each.policy == "mes":
            yield f"asked {each.service:.3f}: reached {each.fill_rate:.4f}, {100 * (each.fill_rate - each.service):+.1f} points"


def _curve(points: Sequence[Outcome]) -> npt.NDArray[np.float64]:
    return np.array(sorted((each.fill_rate, each.overproduction_cost) for each in points))


def _cost_at(curve: npt.NDArray[np.float64], fill: float) -> float:
    return float(np.interp(fill, curve[:, 0], curve[:, 1], left=np.nan, right=np.nan))


if __name__ == "__main__":
    main()
