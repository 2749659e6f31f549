"""Stock in several stages: the published answers, and no other choice of service times costs less."""

import itertools
import math

import numpy as np
import pytest

from forecasting.policy.echelons import Stage, guaranteed_service
from tests.forecasting.textbook.serial import SeriesStage, series


def promises(stages: list[Stage]) -> dict[str, int]:
    return {kept.name: kept.service_days for kept in guaranteed_service(stages)}


def cost(stages: list[Stage]) -> float:
    return sum(kept.cost for kept in guaranteed_service(stages))


def test_example_6_5_of_snyder_and_shen_is_solved_as_published():
    stages = [
        Stage("1", 2, 1, safety=1, inbound=1),
        Stage("3", 1, 2, safety=1, uses={"1": 1}),
        Stage("2", 1, 3, safety=1, deviation=1, promise=0, uses={"3": 1}),
        Stage("4", 1, 3, safety=1, deviation=1, promise=1, uses={"3": 1}),
    ]
    assert promises(stages) == {"1": 0, "3": 0, "2": 0, "4": 1}
    assert cost(stages) == pytest.approx(8.277916867529369)


def test_the_assembly_of_graves_and_willems_in_snyder_and_shen_figure_6_14():
    rows = {  # days, holding cost, suppliers
        "1": (2, 0.01, ()),
        "2": (3, 0.03, ("1",)),
        "3": (2, 0.04, ("2",)),
        "4": (4, 0.06, ()),
        "5": (2, 0.12, ("3", "4")),
        "6": (3, 0.13, ("5",)),
        "7": (6, 0.2, ()),
        "8": (4, 0.08, ()),
        "9": (3, 0.04, ()),
        "10": (2, 0.5, ("7", "6", "8", "9")),
    }
    stages = [
        Stage(
            name,
            days,
            holding,
            safety=1.6448536269514722,
            deviation=10 if name == "10" else 0,
            promise=2 if name == "10" else None,
            uses=dict.fromkeys(suppliers, 1),
        )
        for name, (days, holding, suppliers) in rows.items()
    ]
    assert cost(stages) == pytest.approx(18.824004472592172)
    assert promises(stages)["10"] == 2


def test_problems_6_7_and_6_9_of_snyder_and_shen_are_solved_as_published():
    line = [
        Stage("3", 1, 2, safety=4, inbound=1),
        Stage("2", 1, 3, safety=4, uses={"3": 1}),
        Stage("1", 2, 4, safety=4, deviation=10, promise=0, uses={"2": 1}),
    ]
    assert promises(line) == {"3": 2, "2": 3, "1": 0}
    assert cost(line) == pytest.approx(357.77087639996637)
    tree = [
        Stage("1", 7, 0.12054794520547946, safety=4, deviation=4.1, promise=3, uses={"3": 1}),
        Stage("2", 7, 0.07671232876712329, safety=4, deviation=6.2, promise=3, uses={"3": 1}),
        Stage("3", 21, 0.049315068493150684, safety=4, uses={"4": 1, "5": 1}),
        Stage("4", 3, 0.0027397260273972603, safety=4),
        Stage("5", 8, 0.010958904109589041, safety=4, uses={"6": 1}),
        Stage("6", 2, 0.00410958904109589, safety=4),
    ]
    assert cost(tree) == pytest.approx(15.649530249501026)
    assert promises(tree) == {"1": 3, "2": 3, "3": 0, "4": 0, "5": 0, "6": 2}


def by_trying_all(stages: list[Stage]) -> float:
    """Every service time of every stage."""
    by_name = {stage.name: stage for stage in stages}
    asked = {stage.name: stage.deviation**2 for stage in stages}
    for stage in reversed(stages):  # built so that suppliers stand first
        for supplier, units in stage.uses.items():
            asked[supplier] += units**2 * asked[stage.name]
    best = math.inf
    longest = sum(stage.days for stage in stages)
    ranges = [range((stage.promise if stage.promise is not None else longest) + 1) for stage in stages]
    for times in itertools.product(*ranges):
        told = dict(zip(by_name, times, strict=True))
        total = 0.0
        for stage in stages:
            waits = max([stage.inbound, *(told[one] for one in stage.uses)])
            net = waits + stage.days - told[stage.name]
            total += (
                math.inf
                if net < 0
                else stage.holding_cost * stage.safety * math.sqrt(asked[stage.name] * net)
            )
        best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_other_service_times_cost_less_in_a_tree(seed):
    drawn = np.random.default_rng(seed)
    stages: list[Stage] = []
    for number in range(4):
        supplier = {str(drawn.integers(number)): float(drawn.integers(1, 3))} if number else {}
        stages.append(
            Stage(
                str(number),
                int(drawn.integers(1, 4)),
                float(drawn.uniform(0.1, 1) * (number + 1)),
                deviation=float(drawn.uniform(1, 5)) if number >= 2 else 0.0,
                promise=int(drawn.integers(0, 2)) if number >= 2 else None,
                uses=supplier,
            )
        )
    assert cost(stages) == pytest.approx(by_trying_all(stages))


@pytest.mark.parametrize("seed", range(8))
def test_no_other_service_times_cost_less_where_products_share_two_components(seed):
    drawn = np.random.default_rng(seed)
    parts = [Stage(name, int(drawn.integers(1, 5)), float(drawn.uniform(0.1, 1))) for name in "ab"]
    products = [
        Stage(
            name,
            int(drawn.integers(1, 3)),
            2.0,
            deviation=float(drawn.uniform(1, 4)),
            promise=0,
            uses={"a": 1, "b": 1},
        )
        for name in "xy"
    ]
    assert cost(parts + products) == pytest.approx(by_trying_all(parts + products))


def net(count: int, seed: int = 1) -> list[Stage]:
    """A plant of so many stages, each product made of three shared components."""
    drawn = np.random.default_rng(seed)
    parts = [
        Stage(f"part {number}", int(drawn.integers(1, 30)), float(drawn.uniform(0.5, 4)))
        for number in range(count // 3)
    ]
    products = [
        Stage(
            f"product {number}",
            int(drawn.integers(1, 15)),
            float(drawn.uniform(2, 5)),
            deviation=float(drawn.uniform(1, 5)),
            promise=0,
            uses={parts[int(place)].name: 1.0 for place in drawn.choice(len(parts), 3, replace=False)},
        )
        for number in range(count - len(parts))
    ]
    return parts + products


def test_one_shared_pair_of_components_leaves_the_rest_of_the_plant_a_tree():
    lines = [
        stage
        for number in range(150)
        for stage in (
            Stage(f"in {number}", 5, 0.1),
            Stage(f"out {number}", 2, 2, deviation=3, promise=0, uses={f"in {number}": 1}),
        )
    ]
    shared = [Stage("a", 3, 0.2), Stage("b", 4, 0.3)]
    shared += [Stage(name, 2, 2.0, deviation=2, promise=0, uses={"a": 1, "b": 1}) for name in "xy"]

    together = guaranteed_service([*shared, *lines], work=4_000)

    assert together == [*guaranteed_service(shared), *guaranteed_service(lines)]
    assert sum(kept.cost for kept in together[:4]) == pytest.approx(by_trying_all(shared))


def test_the_work_on_a_net_of_hundreds_of_stages_ends_and_what_was_found_holds():
    stages = net(300)

    kept = guaranteed_service(stages, work=20_000)
    told = {one.name: one for one in kept}

    assert [one.name for one in kept] == [stage.name for stage in stages]
    assert all(one.net_days >= 0 for one in kept)
    assert all(told[stage.name].service_days == 0 for stage in stages if stage.uses)
    assert all(
        told[stage.name].waits_days == max(told[part].service_days for part in stage.uses)
        for stage in stages
        if stage.uses
    )
    nothing = sum(
        stage.holding_cost * stage.safety * told[stage.name].deviation * stage.days**0.5 for stage in stages
    )
    assert sum(one.cost for one in kept) < nothing  # of every stage promising at once


def test_more_work_finds_nothing_dearer():
    costs = [
        sum(kept.cost for kept in guaranteed_service(net(24), work=work)) for work in (10, 2_000, 400_000)
    ]

    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1]


def test_a_stage_made_of_one_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="x is made of y, which is no stage"):
        guaranteed_service([Stage("x", 1, 1, uses={"y": 1})])


def test_shared_components_pool_the_variation_of_what_they_go_into():
    part = Stage("part", 10, 0.1)
    products = [Stage(name, 2, 10, mean=5, deviation=3, promise=0, uses={"part": 2}) for name in ("x", "y")]

    kept = {one.name: one for one in guaranteed_service([part, *products])}

    assert kept["part"].mean == 20
    assert kept["part"].deviation == pytest.approx(2 * (9 + 9) ** 0.5)
    assert kept["part"].service_days == 0
    assert kept["part"].safety_stock == pytest.approx(1.645 * kept["part"].deviation * 10**0.5)
    assert kept["x"].net_days == 2
    below = kept["x"].echelon_base_stock + kept["y"].echelon_base_stock
    assert kept["part"].echelon_base_stock == pytest.approx(kept["part"].base_stock + 2 * below)


def test_a_stage_that_is_made_of_itself_is_refused():
    with pytest.raises(ValueError, match="is made of itself"):
        guaranteed_service([Stage("x", 1, 1, uses={"y": 1}), Stage("y", 1, 1, uses={"x": 1})])


def test_stages_in_series_have_the_published_echelon_base_stock():
    """Snyder and Shen, example 6.1."""
    levels, spent = series(
        [SeriesStage(1, 3), SeriesStage(1, 2), SeriesStage(2, 2)], mean=5, deviation=1, waiting_cost=37.12
    )
    assert levels == pytest.approx([6.5144, 12.0123, 22.7002], rel=0.01)
    assert spent == pytest.approx(47.6687, rel=0.005)
