"""Stock that changes place, leaves the plant, or turns out to be other than the books say."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Balance, Location, Lot, Move, StockCount
from inventory.quantities import check_quantity, plain
from inventory.services.ledger import (
    boundary,
    draw,
    lock_lots,
    post,
    require_real,
    require_usable,
    take_out,
)
from inventory.services.receiving import home_of
from inventory.services.reserving import cut_reservations, take_away, take_for
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said


class LocationFull(DomainError):
    code = "inventory.location_full"
    title = "No room there"


class ReasonMissing(InvalidInput):
    code = "inventory.reason_missing"
    title = "A reason is needed"


@transaction.atomic
def transfer(
    lot: Lot,
    quantity: Decimal,
    *,
    destination: Location,
    source: Location | None = None,
    reference: str = "",
    reason: str = "",
    by: User,
    at: datetime,
) -> list[Move]:
    """Bring part of a lot to another place.

    Capacity binds here and only here: people choose where they bring something, while deliveries and finished batches
    have to be put down somewhere.

    :param source: by default whatever is not at the destination yet, wherever it is.
    :raises InsufficientStock: when there is less of it to bring.
    :raises LocationFull: when it does not fit.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    require_real(destination)
    _require_room(destination, lot, quantity)
    return [
        post(
            lot,
            part,
            place,
            destination,
            Move.Kind.TRANSFER,
            by=by,
            at=at,
            reference=reference,
            reason=reason,
        )
        for place, part in draw(lot, quantity, source, but=destination)
    ]


@transaction.atomic
def put_away(lot: Lot, *, by: User, at: datetime) -> list[Move]:
    """Bring what waits in receiving or quarantine to where lots of this disposition are kept, whether or not there is room.

    Nothing is moved when it is all there; safe to repeat.
    """
    lock_lots([lot])
    home = home_of(lot)
    waiting = Balance.objects.on_hand().filter(
        lot=lot,
        location__kind__in=[Location.Kind.RECEIVING, Location.Kind.QUARANTINE],
        location__site=home.site,
    )
    return [
        post(
            lot, balance.quantity, balance.location, home, Move.Kind.TRANSFER, by=by, at=at, reason="Put away"
        )
        for balance in waiting.exclude(location=home).select_related("location").order_by("pk")
    ]


@transaction.atomic
def ship(
    lot: Lot,
    quantity: Decimal,
    *,
    source: Location | None = None,
    reference: str,
    purpose: str = "",
    by: User,
    at: datetime,
) -> list[Move]:
    """Hand part of a lot to a customer. Reservations of `purpose` (by default `reference`) are used up by it.

    :raises LotNotUsable: unless the lot is released and not expired.
    :raises InsufficientStock: when there is less of it.
    :raises StockReserved: when it is kept for somebody else.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    require_usable(lot, at)
    take_for(lot, quantity, purpose or reference, at=at)
    return take_out(
        lot, quantity, source, Location.Kind.CUSTOMER, Move.Kind.SHIPMENT, by=by, at=at, reference=reference
    )


@transaction.atomic
def scrap(
    lot: Lot,
    quantity: Decimal,
    *,
    source: Location | None = None,
    reason: str,
    reference: str = "",
    by: User,
    at: datetime,
) -> list[Move]:
    """Write off material, whatever its disposition; reservations that the rest no longer covers are cut.

    :raises InsufficientStock: when there is less of it.
    :raises ReasonMissing: without a reason.
    """
    quantity = check_quantity(lot.item, quantity)
    require_reason(reason)
    written = {"by": by, "at": at, "reference": reference, "reason": reason}
    return take_away(lot, quantity, source, Location.Kind.SCRAP, Move.Kind.SCRAP, **written)


@transaction.atomic
def adjust(
    lot: Lot, location: Location, quantity_change: Decimal, reason: str, *, by: User, at: datetime
) -> Move:
    """Bring the books to what is there: `quantity_change` is above zero for more, below for less.

    :raises InsufficientStock: when more would be taken than the books have there.
    :raises ReasonMissing: without a reason.
    """
    quantity = check_quantity(lot.item, abs(Decimal(quantity_change)), name="quantity_change")
    require_reason(reason)
    require_real(location)
    lock_lots([lot])
    edge = boundary(location.site, Location.Kind.ADJUSTMENT)
    if quantity_change > 0:
        return post(lot, quantity, edge, location, Move.Kind.ADJUSTMENT, by=by, at=at, reason=reason)
    draw(lot, quantity, location)
    move = post(lot, quantity, location, edge, Move.Kind.ADJUSTMENT, by=by, at=at, reason=reason)
    cut_reservations(lot)
    return move


@transaction.atomic
def count_stock(lot: Lot, *, location: Location, counted: Decimal, by: User, at: datetime) -> StockCount:
    """Note what was counted; a difference to the books is adjusted in the same act.

    :raises InvalidQuantity: when `counted` is no quantity of the item; zero is one.
    """
    counted = check_quantity(lot.item, counted, name="counted", allow_zero=True)
    require_real(location)
    lock_lots([lot])
    balance = Balance.objects.filter(lot=lot, location=location).first()
    expected = balance.quantity if balance else Decimal(0)
    adjustment = None
    if counted != expected:
        reason = f"Counted {plain(counted)}, the books had {plain(expected)}"
        adjustment = adjust(lot, location, counted - expected, reason, by=by, at=at)
    return StockCount.objects.create(
        lot=lot, location=location, expected=expected, counted=counted, at=at, by=by, adjustment=adjustment
    )


def _require_room(destination: Location, lot: Lot, quantity: Decimal) -> None:
    if destination.capacity_m3 is None or not lot.item.storage_volume_m3:
        return
    # Locked, so that two who fill the last room do not both find it free.
    Location.objects.select_for_update(no_key=True).get(pk=destination.pk)
    place: Any = Location.objects.with_fill().get(pk=destination.pk)
    needed = quantity * lot.item.storage_volume_m3
    free = max(place.capacity_m3 - place.filled_m3, Decimal(0))
    if needed > free:
        raise LocationFull(
            f"{plain(quantity)} {lot.item.unit} of {lot.item} take {needed:.3f} m³; {destination} has {free:.3f} m³ left.",
            remedy="Bring it elsewhere, bring less, or make room first.",
        )


def require_reason(reason: str) -> None:
    """:raises ReasonMissing: where none is given for what changes the books."""
    require_said(reason, "Say why: the books keep it for whoever asks later", refusal=ReasonMissing)
