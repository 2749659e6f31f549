"""Lots that go into others. Every such act is a `Transformation`; its moves are the genealogy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from inventory.genealogy import upstream
from inventory.models import Location, Lot, Move, Transformation
from inventory.quantities import check_quantity
from inventory.services.ledger import boundary, lock_lots, post, require_real, require_usable, take_out
from inventory.services.receiving import home_of
from inventory.services.reserving import take_for
from mes.core.models import User
from mes.core.refusals import DomainError


class CircularGenealogy(DomainError):
    code = "inventory.circular_genealogy"
    title = "A lot would be made of itself"


@transaction.atomic
def begin_transformation(
    kind: str, *, reference: str = "", lot: Lot | None = None, by: User, at: datetime
) -> Transformation:
    """One act of consuming some lots to produce others, to which `issue` and `output` are then told to belong.

    :param lot: what it makes, where that is known already: the genealogy then leads to it before anything comes out.
    """
    return Transformation.objects.create(kind=kind, reference=reference, lot=lot, started_at=at, by=by)


@transaction.atomic
def issue(
    lot: Lot,
    quantity: Decimal,
    *,
    source: Location | None = None,
    transformation: Transformation,
    reference: str = "",
    purpose: str = "",
    by: User,
    at: datetime,
) -> list[Move]:
    """Consume part of a lot in production: one move per place it was taken from.

    :param source: by default wherever it is, work in process first.
    :param purpose: what stock of it is reserved for; by default `reference`, else that of the transformation. Reservations of
        this purpose are used up.
    :raises LotNotUsable: unless the lot is released and not expired.
    :raises InsufficientStock: when there is less of it.
    :raises StockReserved: when it is kept for something else, which is named.
    :raises CircularGenealogy: when what the transformation makes is this lot (unless it is reworked) or went into it.
    """
    quantity = check_quantity(lot.item, quantity)
    reference = reference or transformation.reference
    lock_lots([lot])
    _require_no_circle(transformation, used=[lot.pk], made=_made_by(transformation))
    require_usable(lot, at)
    take_for(lot, quantity, purpose or reference, at=at)
    return take_out(
        lot,
        quantity,
        source,
        Location.Kind.PRODUCTION,
        Move.Kind.ISSUE,
        by=by,
        at=at,
        transformation=transformation,
        reference=reference,
    )


@transaction.atomic
def output(
    lot: Lot,
    quantity: Decimal,
    *,
    destination: Location | None = None,
    transformation: Transformation,
    reference: str = "",
    by: User,
    at: datetime,
) -> Move:
    """Take what production made into stock, whether or not there is room for it.

    :param destination: by default where lots of this disposition are kept: quarantine, work in process, storage or finished goods.
    :raises CircularGenealogy: when the lot itself went into what the transformation consumed.
    :raises SerialIsOnePiece: when it is a serial number that is here already.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    _require_no_circle(transformation, used=_used_by(transformation), made=[lot.pk])
    place = destination or home_of(lot)
    require_real(place)
    return post(
        lot,
        quantity,
        boundary(place.site, Location.Kind.PRODUCTION),
        place,
        Move.Kind.OUTPUT,
        by=by,
        at=at,
        transformation=transformation,
        reference=reference or transformation.reference,
    )


@transaction.atomic
def date_lot(lot: Lot, *, by: User, at: datetime) -> Lot:
    """What a batch made is as old as its completion: shelf life counts from here, not from the batch's release."""
    lock_lots([lot])
    lot.made_at = at
    if lot.item.shelf_life_days is not None:
        lot.expires_on = at.astimezone(lot.item.site.zone).date() + timedelta(days=lot.item.shelf_life_days)
    lot.save(update_fields=["made_at", "expires_on"])
    return lot


def _made_by(act: Transformation) -> list[int]:
    made = act.moves.standing().filter(kind=Move.Kind.OUTPUT).values_list("lot", flat=True)
    return [*made, *([act.lot_id] if act.lot_id else [])]


def _used_by(act: Transformation) -> list[int]:
    return list(act.moves.standing().filter(kind=Move.Kind.ISSUE).values_list("lot", flat=True))


def _require_no_circle(act: Transformation, *, used: Sequence[int], made: Sequence[int]) -> None:
    """:raises CircularGenealogy: when a lot made is one of those used, or went into one of them. A lot is reworked into itself."""
    into_itself, others = set(used) & set(made), set(used) - set(made)
    used_before = Move.objects.filter(lot__in=made, kind=Move.Kind.ISSUE).exclude(transformation=act)
    if into_itself and act.kind != Transformation.Kind.REWORK:
        circle = into_itself
    else:
        circle = set(made).intersection(upstream(others)) if others and used_before.exists() else set()
    if circle:
        names = ", ".join(
            Lot.objects.filter(pk__in=circle).order_by("pk").values_list("number", flat=True)[:3]
        )
        raise CircularGenealogy(
            f"{act} makes lot {names}, which is part of what would go into it.",
            remedy="Give what comes out a lot number of its own; a lot goes back into itself only by rework.",
        )
