"""What customers asked for, what was promised, who gets what.

An order line states what the customer wants; its requirements are stated once here and handed down to production at
confirmation. A peg is a line's claim on a lot in stock or on a production order. What a line's status is, is worked out
from what happened (`OrderLine.objects.with_progress()`), never typed in.
"""

from orders.models.amendments import Amendment, Evidence
from orders.models.fulfilment import CustomerReturn, Peg, Promise, Shipment, ShipmentLine
from orders.models.offers import Offer, OfferedStock
from orders.models.orders import Customer, CustomOrder, OrderLine, Requirement
from orders.models.position import Position
from orders.models.progress import State
from orders.models.recalls import RecallNotice, RecallNoticeLine

__all__ = [
    "Amendment",
    "CustomOrder",
    "Customer",
    "CustomerReturn",
    "Evidence",
    "Offer",
    "OfferedStock",
    "OrderLine",
    "Peg",
    "Position",
    "Promise",
    "RecallNotice",
    "RecallNoticeLine",
    "Requirement",
    "Shipment",
    "ShipmentLine",
    "State",
]
