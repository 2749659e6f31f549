"""How much stock to hold: targets from the distribution of demand over the time that stock must bridge.

A replenishment ordered now arrives after the lead time, and the next one can be ordered only at the next review: so
the stock position (on hand plus on the way) must cover demand over *lead time plus review*. Safety stock is what the
service level asks above the mean of that demand; the reorder point is mean plus safety stock; where a lot covers more than one
review, the level to order up to lies higher by the rest of the lot. Shelf life and the warehouse's volume cap it. Pure
arithmetic: no database, any unit.

Formulas after Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. 2019, chapters 3 to 5.
"""

from forecasting.policy.bridging import demand_over
from forecasting.policy.distributions import Demand, NormalDemand, PoissonDemand, QuantileDemand, mix
from forecasting.policy.lots import (
    backorder_lot,
    economic_lot,
    newsvendor,
    newsvendor_cost,
    production_lot,
)
from forecasting.policy.targets import (
    USABLE_SHARE,
    Bounds,
    Line,
    Measure,
    Question,
    Target,
    Unmet,
    lot_size,
    service_of,
    sized,
    target,
)
from forecasting.policy.warehouse import fit_into

__all__ = [
    "USABLE_SHARE",
    "Bounds",
    "Demand",
    "Line",
    "Measure",
    "NormalDemand",
    "PoissonDemand",
    "QuantileDemand",
    "Question",
    "Target",
    "Unmet",
    "backorder_lot",
    "demand_over",
    "economic_lot",
    "fit_into",
    "lot_size",
    "mix",
    "newsvendor",
    "newsvendor_cost",
    "production_lot",
    "service_of",
    "sized",
    "target",
]
