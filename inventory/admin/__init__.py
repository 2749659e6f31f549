"""The console of stock. Lots have their page in quality's console, which knows what was found about them."""

from inventory.admin.master import ItemAdmin, LocationAdmin, SiteAdmin, SupplierAdmin
from inventory.admin.stock import (
    BalanceAdmin,
    ExpectedReceiptAdmin,
    MoveAdmin,
    ReservationAdmin,
    StockCountAdmin,
    TransformationAdmin,
)

__all__ = [
    "BalanceAdmin",
    "ExpectedReceiptAdmin",
    "ItemAdmin",
    "LocationAdmin",
    "MoveAdmin",
    "ReservationAdmin",
    "SiteAdmin",
    "StockCountAdmin",
    "SupplierAdmin",
    "TransformationAdmin",
]
