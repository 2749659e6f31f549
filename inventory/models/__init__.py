from inventory.models.items import Item, Location, Site, Supplier, unit_of
from inventory.models.ledger import Balance, Move, Transformation
from inventory.models.lots import Lot
from inventory.models.stock import ExpectedReceipt, Reservation, StockCount
from inventory.models.units import ItemUnit

__all__ = [
    "Balance",
    "ExpectedReceipt",
    "Item",
    "ItemUnit",
    "Location",
    "Lot",
    "Move",
    "Reservation",
    "Site",
    "StockCount",
    "Supplier",
    "Transformation",
    "unit_of",
]
