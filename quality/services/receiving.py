"""Deliveries: taken in, inspected where their item asks for it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Location, Lot, Supplier
from mes.core.models import User
from quality.models import InspectionPlan, Stage
from quality.services.inspecting import open_inspection


@transaction.atomic
def receive(
    item: Item,
    quantity: Decimal,
    *,
    number: str | None = None,
    supplier: Supplier | None = None,
    supplier_lot: str = "",
    attributes: Mapping[str, Any] | None = None,
    expires_on: date | None = None,
    expected_receipt: ExpectedReceipt | None = None,
    location: Location | None = None,
    reference: str = "",
    by: User,
    at: datetime,
) -> Lot:
    """Take in a delivery. Where the item has a receiving plan in force its inspection opens and the lot waits in quarantine;
    otherwise the lot is released at once and put where its item is kept, unless its release is to be signed.

    Raises what `inventory.services.receive` raises.
    """
    plan = InspectionPlan.objects.effective().filter(item=item, stage=Stage.RECEIVING).first()
    lot = inventory.receive(
        item,
        quantity,
        number=number,
        supplier=supplier,
        supplier_lot=supplier_lot,
        attributes=attributes,
        expires_on=expires_on,
        expected_receipt=expected_receipt,
        location=location,
        reference=reference,
        status=Lot.Status.QUARANTINE if plan or item.is_under_rules else Lot.Status.RELEASED,
        by=by,
        at=at,
    )
    if plan is not None:
        open_inspection(
            plan,
            lot,
            lot_quantity=Decimal(quantity),
            reference=expected_receipt.number if expected_receipt else reference,
            may_skip=True,
            by=by,
            at=at,
        )
    elif lot.status == Lot.Status.QUARANTINE and inventory.pass_lot(lot, by=by, at=at):
        inventory.put_away(lot, by=by, at=at)
    return lot
