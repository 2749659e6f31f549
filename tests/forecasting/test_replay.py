"""Stock policies replayed: the replay counts as a plain one does, sees no future, and refuses what it cannot read."""

import json
from datetime import date

import numpy as np
import pytest

from bench import replenish
from forecasting.methods import Bucket


def rows(*quantities: float, item: str = "pine") -> list[str]:
    return [
        f"{item},{2020 + number // 12}-{number % 12 + 1:02}-01,{quantity}"
        for number, quantity in enumerate(quantities)
    ]


@pytest.fixture
def demand_file(tmp_path):
    def write(*lines: str):
        path = tmp_path / "demand.csv"
        path.write_text("\n".join(["item,date,quantity", *lines]) + "\n")
        return str(path)

    return write


def replayed(path: str, *more: str) -> list[replenish.Outcome]:
    return replenish.main([path, "--freq", "M", "--lead", "1", "--review", "1", *more])


def plainly(demand: list[float], levels: list[float], lead: int, review: int) -> tuple[float, float, int]:
    """Demand missed, mean stock at the ends of periods, and orders, counted one by one."""
    coming: dict[int, float] = {}
    stock, missed, stocks, orders = levels[0], 0.0, [], 0
    for period, asked in enumerate(demand):
        if period % review == 0 and levels[period] > stock + sum(coming.values()):
            coming[period + lead] = levels[period] - stock - sum(coming.values())
            orders += 1
        stock += coming.pop(period, 0.0)
        missed += max(asked - stock, 0.0)
        stock = max(stock - asked, 0.0)
        stocks.append(stock)
    return missed, float(np.mean(stocks)), orders


@pytest.mark.parametrize(("lead", "review"), [(0, 1), (1, 1), (2, 1), (1, 3), (3, 2)])
def test_a_replay_counts_as_one_by_one(lead, review):
    drawn = np.random.default_rng(lead * 10 + review)
    demand = drawn.poisson(20.0, size=(36, 1)).astype(float)
    replay = replenish.Replay(
        items=["pine"],
        start=date(2020, 1, 1),
        bucket=Bucket.MONTH,
        demand=demand,
        unit_costs=np.array([2.0]),
        first=24,
        lead=lead,
        review=review,
    )
    levels = drawn.uniform(15, 60, size=(12, 1))
    found = replenish.outcome(replay, "any", 0.9, levels)
    missed, stock, orders = plainly(demand[24:, 0].tolist(), levels[:, 0].tolist(), lead, review)
    assert found.fill_rate == pytest.approx(1 - missed / demand[24:].sum(), abs=1e-5)
    assert found.average_stock_value == pytest.approx(2 * stock, abs=0.01)
    assert found.orders == orders


def test_stock_beyond_six_months_of_cover_is_written_off():
    replay = replenish.Replay(
        items=["pine"],
        start=date(2020, 1, 1),
        bucket=Bucket.MONTH,
        demand=np.full((18, 1), 10.0),
        unit_costs=np.array([1.0]),
        first=12,
        lead=1,
        review=1,
    )
    found = replenish.outcome(replay, "any", 0.9, np.full((6, 1), 160.0))
    holding = 0.25 * found.average_stock_value * 6 * Bucket.MONTH.days / 365.25
    # The last delivery fills up to 150 on hand with 10 on the way; 140 are left, of which 60 are six months.
    assert found.overproduction_cost == pytest.approx(holding + 80.0, abs=0.02)


def test_no_policy_sees_what_comes_after(demand_file):
    drawn = np.random.default_rng(3).poisson(50.0, size=48).astype(float)
    other = drawn.copy()
    other[-1] = 500.0
    first, second = (
        [
            policy(replenish.read(options), 0.95)
            for policy in (
                replenish.textbook,
                lambda replay, service: replenish.Planned(replay, 1).levels(replay, service),
            )
        ]
        for options in (
            replenish._options([demand_file(*rows(*values)), "--freq", "M", "--lead", "1", "--review", "1"])
            for values in (drawn, other)
        )
    )
    for ours, theirs in zip(first, second, strict=True):
        assert np.array_equal(ours, theirs)


def test_each_policy_and_service_is_one_json_line(demand_file, capsys):
    season = [60 + 40 * np.sin(number / 12 * 2 * np.pi) for number in range(72)]
    noise = np.random.default_rng(5).normal(0, 6, size=72)
    path = demand_file(*rows(*np.maximum(np.array(season) + noise, 0).round()))
    replayed(path, "--service", "0.9,0.98")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["policy"], line["service"]) for line in lines] == [
        (policy, service) for policy in ("fixed", "textbook", "mes") for service in (0.9, 0.98)
    ]
    assert list(lines[0]) == [
        "policy",
        "service",
        "fill_rate",
        "cycle_service",
        "average_stock_value",
        "overproduction_cost",
        "stockout_periods",
        "orders",
    ]
    ours, fixed = ([line for line in lines if line["policy"] == name] for name in ("mes", "fixed"))
    assert ours[1]["overproduction_cost"] < fixed[1]["overproduction_cost"]
    assert ours[1]["fill_rate"] > ours[0]["fill_rate"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["pine,2020-01-01,-3"], "row 2: a quantity is a number of zero or more"),
        (["pine,2020-01-01,10", "pine,2020-02-01,many"], "row 3: a quantity is a number of zero or more"),
        (rows(*[5.0] * 4), "4 periods are too few to replay a third of them"),
    ],
)
def test_what_cannot_be_replayed_is_said(demand_file, lines, told):
    with pytest.raises(SystemExit, match=told):
        replayed(demand_file(*lines))
