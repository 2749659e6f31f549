"""The HTTP face of this app. Lots are registered by quality, which receives them: whether a delivery must be inspected is known there."""

from inventory.api import items, places, stock

VIEWSETS: dict[str, type] = {
    "sites": places.SiteViewSet,
    "items": items.ItemViewSet,
    "item-units": items.ItemUnitViewSet,
    "suppliers": places.SupplierViewSet,
    "locations": places.LocationViewSet,
    "moves": stock.MoveViewSet,
    "balances": stock.BalanceViewSet,
    "reservations": stock.ReservationViewSet,
    "expected-receipts": stock.ExpectedReceiptViewSet,
}
