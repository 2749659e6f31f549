"""Stock that comes in, and what is expected to."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.facts import LotReceived
from inventory.models import ExpectedReceipt, Item, Location, Lot, Move, Site, Supplier
from inventory.numbering import numbered
from inventory.quantities import check_quantity
from inventory.services.ledger import (
    boundary,
    first_of,
    post,
    require_real,
    require_same_unit,
)
from inventory.services.reserving import take_away
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError

HOMES: Mapping[str, tuple[str, ...]] = {
    Lot.Status.IN_PROCESS: (Location.Kind.WIP,),
    Lot.Status.QUARANTINE: (Location.Kind.QUARANTINE, Location.Kind.RECEIVING),
    Lot.Status.HELD: (Location.Kind.QUARANTINE, Location.Kind.RECEIVING),
    Lot.Status.REJECTED: (Location.Kind.QUARANTINE, Location.Kind.RECEIVING),
}


class LotExists(DomainError):
    code = "inventory.lot_exists"
    title = "There is a lot of this number"


class WrongItem(DomainError):
    code = "inventory.wrong_item"
    title = "Not the item that was expected"


def ensure_locations(site: Site) -> None:
    """Give a site one location of every kind it has none of; safe to repeat."""
    present = set(site.locations.values_list("kind", flat=True))
    Location.objects.bulk_create(
        Location(site=site, code=kind.value, name=kind.label, kind=kind)
        for kind in Location.Kind
        if kind not in present
    )


@transaction.atomic
def create_lot(
    item: Item,
    *,
    number: str | None,
    status: str,
    hold_reason: str = "",
    attributes: Mapping[str, Any] | None = None,
    expires_on: date | None = None,
    supplier: Supplier | None = None,
    supplier_lot: str = "",
    is_serial: bool = False,
    is_recalled: bool = False,
    traceability_code: str = "",
    by: User | None = None,
    at: datetime,
) -> Lot:
    """A lot without a quantity yet: that of a running batch, or the child of a split. Unless it is in process, its first move must
    follow in the same transaction: the database lets no lot stand that came from nowhere.

    :param number: drawn from a sequence when None or empty.
    :param expires_on: defaults to the item's shelf life from `at`, on the calendar of its site.
    :raises LotExists: when the item has a lot of this number.
    """
    if number and item.lots.filter(number=number).exists():
        raise LotExists(
            f"{item} already has a lot {number}.",
            remedy="Give this lot a number of its own, or leave it empty.",
        )
    if expires_on is None and item.shelf_life_days is not None:
        expires_on = at.astimezone(item.site.zone).date() + timedelta(days=item.shelf_life_days)
    return Lot.objects.create(
        item=item,
        **({"number": number} if number else numbered(Lot, "L", digits=6)),
        status=status,
        hold_reason=hold_reason,
        attributes=dict(attributes or {}),
        expires_on=expires_on,
        supplier=supplier,
        supplier_lot=supplier_lot,
        is_serial=is_serial,
        is_recalled=is_recalled,
        traceability_code=traceability_code,
        made_at=at,
    )


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
    status: str = Lot.Status.QUARANTINE,
    location: Location | None = None,
    reference: str = "",
    by: User,
    at: datetime,
) -> Lot:
    """Take in a delivery as a new lot. It may be put where there is no room: a truck that stands at the door is unloaded.

    :param location: defaults to receiving for a lot in quarantine, else to where lots of that disposition are kept.
    :param expected_receipt: the open purchase that this delivers, in part or in whole.
    :raises LotExists: when the item has a lot of this number.
    :raises WrongItem: when `expected_receipt` is of another item.
    :raises InvalidQuantity: when it is no quantity of this item.
    :raises Stale: when the item is counted in another unit since.
    """
    quantity = check_quantity(item, quantity)
    if expected_receipt is not None:
        _take_from_expected(expected_receipt, item, quantity)
        supplier = supplier or expected_receipt.supplier
        reference = reference or expected_receipt.number
    lot = create_lot(
        item,
        number=number,
        status=status,
        attributes=attributes,
        expires_on=expires_on,
        supplier=supplier or item.supplier,
        supplier_lot=supplier_lot,
        at=at,
    )
    require_same_unit(item)
    place = location or arrival_of(lot)
    require_real(place)
    edge = boundary(place.site, Location.Kind.SUPPLIER)
    post(lot, quantity, edge, place, Move.Kind.RECEIPT, by=by, at=at, reference=reference)
    record(LotReceived(lot=lot.pk, item=item.pk, quantity=quantity))
    return lot


@transaction.atomic
def return_to_supplier(
    lot: Lot,
    quantity: Decimal,
    *,
    source: Location | None = None,
    reason: str = "",
    reference: str = "",
    by: User,
    at: datetime,
) -> list[Move]:
    """Send material back, whatever its disposition; reservations that it no longer covers are cut.

    :raises InsufficientStock: when there is less of it.
    """
    quantity = check_quantity(lot.item, quantity)
    written = {"by": by, "at": at, "reference": reference, "reason": reason}
    return take_away(lot, quantity, source, Location.Kind.SUPPLIER, Move.Kind.RETURN, **written)


def home_of(lot: Lot) -> Location:
    """Where lots of this disposition are kept at the item's site.

    :raises NoSuchLocation: when the site has no such place.
    """
    storage = (Location.Kind.STORAGE, Location.Kind.FINISHED)
    finished = (Location.Kind.FINISHED, Location.Kind.STORAGE)
    released = finished if lot.item.kind == lot.item.Kind.FINISHED else storage
    return first_of(lot.item.site, HOMES.get(lot.status, released))


def arrival_of(lot: Lot) -> Location:
    """Where a delivery is set down: receiving until it is judged, its home when nobody need judge it."""
    if lot.status == Lot.Status.QUARANTINE:
        return first_of(lot.item.site, (Location.Kind.RECEIVING, Location.Kind.QUARANTINE))
    return home_of(lot)


def _take_from_expected(expected: ExpectedReceipt, item: Item, quantity: Decimal) -> None:
    expected.refresh_from_db(from_queryset=ExpectedReceipt.objects.select_for_update(no_key=True))
    if expected.item_id != item.pk:
        raise WrongItem(
            f"{expected} expects {expected.item}, not {item}.",
            remedy="Choose the purchase that this delivery belongs to, or none.",
        )
    arrived = expected.received_quantity + quantity
    done = arrived >= expected.quantity
    if done or expected.status != ExpectedReceipt.Status.OPEN:
        expected.move_to(ExpectedReceipt.Status.RECEIVED, received_quantity=arrived)
    else:
        expected.received_quantity = arrived
        expected.save(update_fields=["received_quantity"])
