"""What is on hand and what is on its way."""

from inventory.models import ExpectedReceipt, Item, Location, Lot, Supplier
from inventory.services import expect_receipt, hold_lot, receive
from mes.plant.loading.session import Loading
from mes.plant.tables import ExpectedReceiptRow, StockRow

REFERENCE = "Opening stock"


def write_stock(loading: Loading) -> None:
    """Opening stock, received as lots; a lot that exists is left."""
    locations = {location.code: location for location in Location.objects.filter(site=loading.site)}
    suppliers = {supplier.code: supplier for supplier in Supplier.objects.all()}
    known = set(Lot.objects.filter(item__site=loading.site).values_list("item", "number"))
    for row in loading.plant.of(StockRow):
        item = loading.item(row)
        if item is None or (item.pk, row.lot) in known:
            loading.count(StockRow, left=1)
            continue
        with loading.blaming(row, "quantity"):
            _receive(loading, row, item, locations.get(row.location), suppliers.get(row.supplier))
            loading.count(StockRow, written=1)


def _receive(
    loading: Loading, row: StockRow, item: Item, location: Location | None, supplier: Supplier | None
) -> None:
    held = row.status == Lot.Status.HELD
    at = loading.moment(row.received)
    lot = receive(
        item,
        row.quantity,
        number=row.lot,
        supplier=supplier,
        supplier_lot=row.supplier_lot,
        attributes=row.attributes,
        expires_on=row.expires,
        status=Lot.Status.QUARANTINE if held else row.status,
        location=location,
        reference=REFERENCE,
        by=loading.by,
        at=at,
    )
    if held:
        hold_lot(lot, row.hold_reason, by=loading.by, at=at)


def write_expected_receipts(loading: Loading) -> None:
    """Open purchases; one that exists is left."""
    suppliers = {supplier.code: supplier for supplier in Supplier.objects.all()}
    known = set(ExpectedReceipt.objects.values_list("number", flat=True))
    for row in loading.plant.of(ExpectedReceiptRow):
        item = loading.item(row)
        if item is None or row.receipt in known:
            loading.count(ExpectedReceiptRow, left=1)
            continue
        with loading.blaming(row, "quantity"):
            expect_receipt(
                item,
                row.quantity,
                row.due,
                supplier=suppliers.get(row.supplier),
                number=row.receipt,
                by=loading.by,
            )
            loading.count(ExpectedReceiptRow, written=1)
