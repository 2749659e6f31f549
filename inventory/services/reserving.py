"""Claims on stock. What is reserved of a lot, over all who claim it, never exceeds what is on hand of it.

A claim may run out by itself: from then on it binds nobody, and whoever locks the lot next lets it go.

Stock that is issued or shipped for a purpose uses up that purpose's reservations; stock reserved for anybody else is refused. What
nobody can refuse (scrap, a count, a rejection) cuts the youngest reservations, and says so in a fact.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from inventory.facts import ReservationCut
from inventory.models import Item, Location, Lot, Move, Reservation, Site
from inventory.quantities import check_quantity, plain
from inventory.services.ledger import InsufficientStock, lock_lots, on_hand, require_usable, take_out
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError


class StockReserved(DomainError):
    code = "inventory.stock_reserved"
    title = "This stock is kept for something else"


class ReservationGone(DomainError):
    code = "inventory.reservation_gone"
    title = "This stock is not kept any more"


@transaction.atomic
def reserve(
    lot: Lot,
    quantity: Decimal,
    purpose: str,
    *,
    expires_at: datetime | None = None,
    by: User | None = None,
    at: datetime,
) -> Reservation:
    """Keep part of a usable lot for `purpose`: the number of an order or batch.

    :param expires_at: until when; None for as long as it takes.
    :raises LotNotUsable: when the lot is not released, or expired.
    :raises StockReserved: when less than `quantity` of it is free.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    _let_go([lot], at)
    require_usable(lot, at)
    free = on_hand(lot) - reserved(lot)
    if quantity > free:
        raise StockReserved(
            f"{plain(max(free, Decimal(0)))} {lot.item.unit} of lot {lot} are free, not {plain(quantity)}.{_kept_for(lot)}",
            remedy="Reserve less, or another lot.",
        )
    return Reservation.objects.create(
        lot=lot, quantity=quantity, purpose=purpose, made_at=at, expires_at=expires_at
    )


@transaction.atomic
def reserve_item(
    item: Item,
    quantity: Decimal,
    purpose: str,
    *,
    site: Site | None = None,
    attributes: Mapping[str, str] | None = None,
    expires_at: datetime | None = None,
    by: User | None = None,
    at: datetime,
) -> list[Reservation]:
    """Keep up to `quantity` of an item for `purpose`, over usable lots, first expired first.

    :param site: only lots that are somewhere at this site.
    :param attributes: what a lot must carry, by name; an empty value asks only that there is one.
    :param expires_at: until when; None for as long as it takes.
    :return: one reservation per lot; together less than `quantity` where free stock does not reach, perhaps none.
    """
    missing = check_quantity(item, quantity)
    today = at.astimezone(item.site.zone).date()
    lots = item.lots.usable(today).carrying(attributes or {}).in_stock(site).select_related("item__site")
    candidates = list(lots.first_expired_first())
    lock_lots(candidates)
    _let_go(candidates, at)
    sums: Any = Lot.objects.filter(pk__any_of=[lot.pk for lot in candidates]).with_on_hand()
    free = {lot: on_hand - kept for lot, on_hand, kept in sums.values_list("pk", "on_hand", "reserved")}
    made = []
    for lot in candidates:
        share = min(free[lot.pk], missing) if lot.status == Lot.Status.RELEASED else Decimal(0)
        if share > 0:
            made.append(
                Reservation(lot=lot, quantity=share, purpose=purpose, made_at=at, expires_at=expires_at)
            )
            missing -= share
        if not missing:
            break
    return Reservation.objects.bulk_create(made)


@transaction.atomic
def release_reservation(
    reservation: Reservation, *, by: User | None = None, at: datetime | None = None
) -> Reservation:
    """Give the stock up again.

    :raises IllegalTransition: when it was used or given up before.
    """
    reservation.refresh_from_db()
    reservation.move_to(Reservation.Status.RELEASED)
    return reservation


@transaction.atomic
def keep_reservation(
    reservation: Reservation, purpose: str = "", *, by: User | None = None, at: datetime
) -> Reservation:
    """Make a claim that would run out last, if need be for another purpose.

    :raises ReservationGone: when it ran out, was used or was given up before.
    """
    lock_lots([reservation.lot])
    found = Reservation.objects.binding(at).filter(pk=reservation.pk)
    if not found.update(expires_at=None, purpose=purpose or reservation.purpose):
        raise ReservationGone(
            f"{reservation} is not kept any more.", remedy="Reserve what is free now, or make more."
        )
    reservation.refresh_from_db()
    return reservation


def reserved(lot: Lot, *, but_for: str = "", at: datetime | None = None) -> Decimal:
    """What is reserved of a lot, leaving out what is reserved for `but_for` and, where a moment is given, what has run out by then."""
    claims = lot.reservations.open() if at is None else lot.reservations.binding(at)
    if but_for:
        claims = claims.exclude(purpose=but_for)
    return claims.aggregate(total=Sum("quantity"))["total"] or Decimal(0)


def take_for(lot: Lot, quantity: Decimal, purpose: str, *, at: datetime) -> None:
    """Make sure that taking `quantity` of a locked lot leaves every other purpose what is kept for it; use up this one's claims.

    :raises InsufficientStock: when there is less than that on hand.
    :raises StockReserved: when the rest is kept for somebody else, who is named.
    """
    _let_go([lot], at)
    present = on_hand(lot)
    free = present - reserved(lot, but_for=purpose)
    if quantity > present:
        raise InsufficientStock(
            f"Lot {lot} of {lot.item} has {plain(present)} {lot.item.unit} on hand, not {plain(quantity)}.",
            remedy=f"Take at most {plain(present)}, or another lot." if present else "Take another lot.",
        )
    if quantity > free:
        raise StockReserved(
            f"Of lot {lot} only {plain(max(free, Decimal(0)))} {lot.item.unit} are free.{_kept_for(lot, purpose)}",
            remedy="Take less, take another lot, or release the reservation first.",
        )
    for claim in lot.reservations.open().filter(purpose=purpose).order_by("made_at", "pk") if purpose else ():
        used = min(quantity, claim.quantity)
        _use(claim, used)
        quantity -= used
        if not quantity:
            break


def cut_reservations(lot: Lot, *, keep: Decimal | None = None) -> None:
    """Cut the youngest reservations of a locked lot down to `keep`, by default what is on hand."""
    excess = reserved(lot) - (on_hand(lot) if keep is None else keep)
    if excess <= 0:
        return
    for claim in lot.reservations.open().order_by("-made_at", "-pk"):
        lost = min(excess, claim.quantity)
        if lost == claim.quantity:
            claim.move_to(Reservation.Status.RELEASED)
        else:
            claim.quantity -= lost
            claim.save(update_fields=["quantity"])
        record(ReservationCut(reservation=claim.pk, lot=lot.pk, purpose=claim.purpose, quantity=lost))
        excess -= lost
        if not excess:
            return


def take_away(
    lot: Lot, quantity: Decimal, source: Location | None, edge: str, kind: str, **written: Any
) -> list[Move]:
    """Take so much of a lot out over the boundary `edge` for good; reservations that the rest no longer covers are cut.

    :param written: what the moves say: by, at, reference, reason.
    :raises InsufficientStock: when there is less of it.
    """
    lock_lots([lot])
    moves = take_out(lot, quantity, source, edge, kind, **written)
    cut_reservations(lot)
    return moves


def _let_go(lots: Iterable[Lot], at: datetime) -> None:
    """Give up the claims on locked lots that have run out; they bind nobody, so that nobody need be told."""
    Reservation.objects.run_out(at).filter(lot__in=list(lots)).update(status=Reservation.Status.RELEASED)


def _use(claim: Reservation, quantity: Decimal) -> None:
    """Use up a claim, or part of it: the rest stays open under the same row, the part used is written beside it.

    :param quantity: at most that of the claim.
    """
    if quantity == claim.quantity:
        claim.move_to(Reservation.Status.USED)
        return
    claim.quantity -= quantity
    claim.save(update_fields=["quantity"])
    Reservation.objects.create(
        lot=claim.lot,
        quantity=quantity,
        purpose=claim.purpose,
        status=Reservation.Status.USED,
        made_at=claim.made_at,
    )


def _kept_for(lot: Lot, purpose: str = "") -> str:
    """A sentence that names who keeps the rest."""
    claims = lot.reservations.open().exclude(purpose=purpose).values("purpose").annotate(kept=Sum("quantity"))
    named = [f"{plain(claim['kept'])} for {claim['purpose']}" for claim in claims.order_by("purpose")[:5]]
    return f" Kept: {', '.join(named)}." if named else ""
