"""What netting is told: items with their rules, the bill, what comes and what is asked for.

Days are whole numbers from 0 (today), quantities in the item's unit, money in any one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

NOTHING: Final = 1e-6
"""Less than this is no quantity."""

NEVER: Final = 2**30


class CircularBill(ValueError):
    """An item is, at some level, a component of itself."""

    def __init__(self, items: Sequence[str]) -> None:
        self.items = tuple(items)
        super().__init__(f"A bill of material goes in a circle: {', '.join(self.items)}.")


class Sizing(IntEnum):
    """How much one replenishment brings."""

    PERIOD = 0  # demand of ``cover_days``; one day is lot for lot
    FIXED = 1  # whole multiples of ``fixed_lot``
    LEAST_COST = 2  # Wagner and Whitin: the days of ordering with the least set-up and holding cost
    JOINT = 3  # together with its family: Silver and Meal on the cost of them all


@dataclass(frozen=True, slots=True)
class Part:
    """``product`` takes ``quantity`` of ``component`` for each unit."""

    product: str
    component: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How an item is replenished; 0 = no such limit, no such cost.

    :param margin: lost with each unit that could not be sold; a component without one takes that of what is made of it.
    :param deviation: standard deviation of demand over ``deviation_days``.
    """

    item: str
    lead_days: int = 0
    safety_stock: float = 0.0
    cover_days: int = 1  # days of demand that one replenishment covers; 1 is lot for lot
    minimum: float = 0.0
    multiple: float = 0.0
    batch_maximum: float = 0.0  # the vessel, the furnace, the pallet
    most: float = 0.0  # never hold more than this (shelf life, warehouse)
    inspection_days: int = 0  # from its arrival until it may be used
    sizing: Sizing = Sizing.PERIOD
    fixed_lot: float = 0.0
    order_cost: float = 0.0  # of one set-up or order
    holding_cost: float = 0.0  # of one unit over one day
    family: str = ""  # those that are set up together
    family_cost: float = 0.0  # of setting up for the family, however many of its items follow
    margin: float = 0.0
    deviation: float = 0.0
    deviation_days: int = 1


@dataclass(frozen=True, slots=True)
class Supply:
    """Stock (day 0) or an open order that brings ``quantity``, usable from ``day`` to ``last_day``.

    :param key: by which whoever asked finds it again, :param stays: nobody would have it come sooner, later, less or not at all.
    """

    item: str
    day: int
    quantity: float
    what: str = "stock"
    last_day: int = NEVER
    key: int = 0
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """``quantity`` asked for on ``day``; forecast demand is lost if it meets no stock, other demand waits.

    :param late_cost: of one unit that waits one day, :param key: by which whoever asked finds it again.
    """

    item: str
    day: int
    quantity: float
    what: str = "forecast"
    is_forecast: bool = True
    late_cost: float = 0.0
    key: int = 0
