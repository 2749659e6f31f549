"""How long netting takes by itself: so many items in a bill of so many levels, every day of a quarter.

    python -m bench.netting --items 100000 --levels 5 [--seed 1]

The items stand in equal parts on the levels. Products have a forecast for every day and some stock; each item below the first level
goes into two of the level above; a tenth come from the stock of lots that expire, a tenth are set up as families, a tenth on the
cheapest days. Prints one JSON line: what was read, what was proposed, the seconds that netting took, those that it took per 1,000
items, and the most memory the process had.
"""

import argparse
import json
import resource
import time
from collections.abc import Sequence

import numpy as np

from forecasting.netting import Part, Rule, Sizing, Supply, plan
from forecasting.netting.__main__ import main as compile_ahead

SIZINGS = (Sizing.LEAST_COST, Sizing.JOINT, *(8 * [Sizing.PERIOD]))
USERS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--levels", type=int, default=5)
    parser.add_argument("--horizon", type=int, default=91)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    compile_ahead()  # once on a machine; it is not what is measured
    rules, parts, supplies, forecasts = plant(asked.items, asked.levels, asked.horizon, asked.seed)
    begun = time.perf_counter()
    made = plan(rules, parts=parts, supplies=supplies, forecasts=forecasts, horizon=asked.horizon)
    costs = made.costs.total
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "items": len(rules),
                "levels": asked.levels,
                "parts": len(parts),
                "supplies": len(supplies),
                "horizon_days": asked.horizon,
                "proposals": made.drafts.size,
                "pegs": made.pegged.size,
                "cost_of_doing_nothing": round(float(costs.sum())),
                "seconds": round(seconds, 2),
                "seconds_per_1000_items": round(1000 * seconds / len(rules), 4),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )
    return 0


def plant(
    items: int, levels: int, horizon: int, seed: int
) -> tuple[list[Rule], list[Part], list[Supply], dict[str, np.ndarray]]:
    """A plant drawn at random: rules, bill, stock and open orders, and the forecasts of its products."""
    generator = np.random.default_rng(seed)
    width = max(items // levels, 1)
    names = [[f"{level}-{number}" for number in range(width)] for level in range(levels)]
    rules = [
        Rule(
            item=name,
            lead_days=1 + (number + level) % 9,
            inspection_days=2 * (number % 7 == 0),
            safety_stock=20.0,
            cover_days=7 + number % 14,
            minimum=10.0 * (number % 3 == 0),
            multiple=5.0 * (number % 4 == 0),
            batch_maximum=2_000.0 * (level == 1),
            sizing=SIZINGS[number % len(SIZINGS)],
            order_cost=40.0,
            holding_cost=0.02,
            family=f"family {level}-{number // 50}",
            family_cost=200.0,
            margin=3.0 * (level == 0),
            deviation=15.0,
            deviation_days=14,
        )
        for level, row in enumerate(names)
        for number, name in enumerate(row)
    ]
    parts = [
        Part(names[level - 1][(number * 7 + user * 13) % width], name, 1.0 + number % 3)
        for level in range(1, levels)
        for number, name in enumerate(names[level])
        for user in range(USERS)
    ]
    quantities = generator.uniform(0, 200, (len(rules), 2))
    supplies = [
        Supply(rule.item, 0, float(own[0]), "stock", last_day=30 if number % 10 == 0 else 2**30)
        for number, (rule, own) in enumerate(zip(rules, quantities, strict=True))
    ]
    supplies += [
        Supply(rule.item, 5, float(own[1]), "order")
        for number, (rule, own) in enumerate(zip(rules, quantities, strict=True))
        if number % 5 == 0
    ]
    means = generator.gamma(2.0, 2.5, (width, horizon))
    return rules, parts, supplies, dict(zip(names[0], means, strict=True))


if __name__ == "__main__":
    raise SystemExit(main())
