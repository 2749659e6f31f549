"""How much stock to hold: targets from the distribution of demand over the time that stock must bridge.

A replenishment ordered now arrives after the lead time, and the next one can be ordered only at the next review: so
the stock position (on hand plus on the way) must cover demand over *lead time plus review*. Safety stock is what the
service level asks above the mean of that demand; the reorder point is mean plus safety stock; where a lot covers more than one
review, the level to order up to lies higher by the rest of the lot. Shelf life and the warehouse's volume cap it. Pure
arithmetic: no database, any unit.

Formulas after Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. 2019, chapters 3 to 5.
"""

from forecasting.policy.bridging import demand_over
from forecasting.policy.classes import FORESEEN_DAYS, Abc, Class, Usage, Xyz, by_value, classed, classify
from forecasting.policy.curves import (
    CHANCES,
    SERVICES,
    Point,
    ServiceCurve,
    Worth,
    all_alike,
    all_at_one_risk,
    point_at,
    service_curve,
    total,
    what_if,
)
from forecasting.policy.distributions import Demand, NormalDemand, PoissonDemand, QuantileDemand, mix
from forecasting.policy.echelons import Kept, Stage, guaranteed_service, joined
from forecasting.policy.hindsight import REVIEWS_LOOKED_BACK, UNTRIED, Experience, Past, experience
from forecasting.policy.lead_times import LeadTime, demand_during, later, measured, stated
from forecasting.policy.lots import economic_lot, family_cycle
from forecasting.policy.rationing import (
    MONEY,
    ROOM,
    Rationing,
    Scarce,
    fit_budget,
    fit_into,
    needed_capital,
    needed_m3,
)
from forecasting.policy.sharing import NOBODY, Served, alone, served, share, share_of, together, weight
from forecasting.policy.targets import (
    USABLE_SHARE,
    Bounds,
    Line,
    Measure,
    Question,
    Target,
    Unmet,
    lot_lines,
    lot_size,
    service_of,
    sized,
    target,
)

__all__ = [
    "CHANCES",
    "FORESEEN_DAYS",
    "MONEY",
    "NOBODY",
    "REVIEWS_LOOKED_BACK",
    "ROOM",
    "SERVICES",
    "UNTRIED",
    "USABLE_SHARE",
    "Abc",
    "Bounds",
    "Class",
    "Demand",
    "Experience",
    "Kept",
    "LeadTime",
    "Line",
    "Measure",
    "NormalDemand",
    "Past",
    "Point",
    "PoissonDemand",
    "QuantileDemand",
    "Question",
    "Rationing",
    "Scarce",
    "Served",
    "ServiceCurve",
    "Stage",
    "Target",
    "Unmet",
    "Usage",
    "Worth",
    "Xyz",
    "all_alike",
    "all_at_one_risk",
    "alone",
    "by_value",
    "classed",
    "classify",
    "demand_during",
    "demand_over",
    "economic_lot",
    "experience",
    "family_cycle",
    "fit_budget",
    "fit_into",
    "guaranteed_service",
    "joined",
    "later",
    "lot_lines",
    "lot_size",
    "measured",
    "mix",
    "needed_capital",
    "needed_m3",
    "point_at",
    "served",
    "service_curve",
    "service_of",
    "share",
    "share_of",
    "sized",
    "stated",
    "target",
    "together",
    "total",
    "weight",
    "what_if",
]
