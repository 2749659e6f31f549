"""Time-phased netting: what to make or buy, how much and when, down the bill of material.

For each item, products before their components: stock on hand and what is on its way meet demand day by day; on the first day on
which stock would end below the safety stock (and which an order placed today can still reach) a replenishment is proposed, sized by
the item's rule, raised to minimum and multiple and split so that no batch exceeds the vessel. It starts a lead time earlier, and on
that day it asks for its components. Lots that will expire before anybody asks for them do not count: first expired is first used.

Forecast demand that meets no stock is lost; demand of orders waits. Supplies are pegged to demands day by day; `Trace` follows the pegs both ways. What is on
order already and comes too late, too early or in vain is told by `changes`. Knows no Django; usable from a notebook.
"""

from forecasting.netting.book import CircularBill, Demand, Part, Rule, Sizing, Supply
from forecasting.netting.groups import Group, groups, parcels
from forecasting.netting.lots import batches, cheapest_orders, joint_orders
from forecasting.netting.making import low_levels, plan
from forecasting.netting.plan import Peg, Plan, Proposal
from forecasting.netting.tracing import End, Trace, Use

__all__ = [
    "CircularBill",
    "Demand",
    "End",
    "Group",
    "Part",
    "Peg",
    "Plan",
    "Proposal",
    "Rule",
    "Sizing",
    "Supply",
    "Trace",
    "Use",
    "batches",
    "cheapest_orders",
    "groups",
    "joint_orders",
    "low_levels",
    "parcels",
    "plan",
]
