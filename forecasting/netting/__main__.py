"""Compile netting's inner loops ahead of their first use: `python -m forecasting.netting`."""

from forecasting.netting import Demand, Part, Rule, Sizing, Supply, plan


def main() -> None:
    """Net a small plant in which every way of sizing lots is used."""
    rules = [Rule(item, sizing=sizing, family="f") for item, sizing in zip("abcd", Sizing, strict=True)]
    demands = [Demand("a", 1, 5.0), Demand("b", 1, 5.0, "order", is_forecast=False)]
    plan(
        rules,
        parts=[Part("a", "c", 1)],
        supplies=[Supply("b", 0, 1.0, last_day=0)],
        demands=demands,
        horizon=5,
    )


if __name__ == "__main__":
    main()
