"""Lots that become other lots. Every such act is a `Transformation`; its moves are the genealogy."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.genealogy import upstream
from inventory.models import Balance, Location, Lot, Move, Transformation
from inventory.numbering import STEM
from inventory.quantities import check_quantity, plain
from inventory.services.ledger import (
    InsufficientStock,
    boundary,
    lock_lots,
    on_hand,
    post,
    require_real,
    require_usable,
    take_out,
)
from inventory.services.receiving import create_lot, home_of
from inventory.services.reserving import take_for
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput

SERIALISED_AT_ONCE = 10_000


class CannotSerialise(DomainError):
    code = "inventory.cannot_serialise"
    title = "This lot cannot be serialised"


class CannotMerge(DomainError):
    code = "inventory.cannot_merge"
    title = "These lots cannot become one"


class CircularGenealogy(DomainError):
    code = "inventory.circular_genealogy"
    title = "A lot would be made of itself"


class WrongNumbers(InvalidInput):
    code = "inventory.wrong_numbers"
    title = "Not one number for each piece"


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


@transaction.atomic
def serialise(lot: Lot, *, numbers: Sequence[str] | None = None, by: User, at: datetime) -> list[Lot]:
    """Turn a lot of n pieces into n lots of one, of the same disposition and in the same places.

    :param numbers: serial numbers, one for each piece; by default the lot's number and a counter from 001.
    :raises CannotSerialise: when the lot is empty, not in whole pieces, or too large.
    :raises StockReserved: while part of the lot is reserved.
    :raises WrongNumbers: unless there is one number for each piece.
    :raises LotExists: when the item has a lot of such a number.
    """
    lock_lots([lot])
    total = on_hand(lot)
    if not total or total != int(total) or total > SERIALISED_AT_ONCE:
        raise CannotSerialise(
            f"Lot {lot} has {plain(total)} {lot.item.unit} on hand.",
            remedy=f"A lot of 1 to {SERIALISED_AT_ONCE} whole pieces can be serialised.",
        )
    count = int(total)
    names = (
        list(numbers)
        if numbers is not None
        else [f"{lot.number[:STEM]}-{n:03d}" for n in range(1, count + 1)]
    )
    if len(names) != count or len(set(names)) != count:
        raise WrongNumbers(
            f"Lot {lot} has {count} pieces; {len(set(names))} different numbers were given for them.",
            errors={"numbers": [f"give {count} different numbers"]},
        )
    act = begin_transformation(Transformation.Kind.SERIALISATION, reference=lot.number, by=by, at=at)
    places = _consume(lot, total, act, by=by, at=at)
    pieces = [place for place, quantity in places for _ in range(int(quantity))]
    children = []
    for name, place in zip(names, pieces, strict=True):
        child = _child(lot, name, is_serial=True)
        output(child, Decimal(1), destination=place, transformation=act, by=by, at=at)
        children.append(child)
    return children


@transaction.atomic
def split_lot(
    lot: Lot,
    quantity: Decimal,
    *,
    number: str | None = None,
    source: Location | None = None,
    by: User,
    at: datetime,
) -> Lot:
    """Make a lot of its own of part of a lot, of the same disposition and in the same places.

    :raises InsufficientStock: when there is not more than `quantity` of it.
    :raises StockReserved: when the rest would not cover what is reserved.
    :raises LotExists: when the item has a lot of this number.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    total = on_hand(lot)
    if quantity >= total:
        raise InsufficientStock(
            f"Lot {lot} has {plain(total)} {lot.item.unit} on hand; {plain(quantity)} would be all of it.",
            remedy="Split off less than the whole lot.",
        )
    act = begin_transformation(Transformation.Kind.SPLIT, reference=lot.number, by=by, at=at)
    places = _consume(lot, quantity, act, source=source, by=by, at=at)
    child = _child(lot, number)
    for place, part in places:
        output(child, part, destination=place, transformation=act, by=by, at=at)
    return child


@transaction.atomic
def merge_lots(lots: Sequence[Lot], *, number: str | None = None, by: User, at: datetime) -> Lot:
    """Make one lot of several of one item and disposition; it expires when the first of them would.

    Attributes that they agree on are kept.

    :raises CannotMerge: unless there are two or more, all of one item and disposition, and none is empty.
    :raises StockReserved: while part of one is reserved.
    """
    lock_lots(lots)
    _require_alike(lots)
    first = min(lots, key=lambda lot: (lot.expires_on or date.max, lot.pk))
    act = begin_transformation(Transformation.Kind.MERGE, reference=number or "", by=by, at=at)
    consumed = [part for lot in lots for part in _consume(lot, on_hand(lot), act, by=by, at=at)]
    merged = _child(first, number, attributes=_shared(lots), of=lots)
    for place, part in consumed:
        output(merged, part, destination=place, transformation=act, by=by, at=at)
    return merged


def _consume(
    lot: Lot,
    quantity: Decimal,
    act: Transformation,
    *,
    source: Location | None = None,
    by: User,
    at: datetime,
) -> list[tuple[Location, Decimal]]:
    """Take part of a locked lot of any disposition into a transformation; returns from where how much was taken."""
    take_for(lot, quantity, "", at=at)
    edge = Location.Kind.PRODUCTION
    moves = take_out(
        lot,
        quantity,
        source,
        edge,
        Move.Kind.ISSUE,
        by=by,
        at=at,
        transformation=act,
        reference=act.reference,
    )
    return [(move.source, move.quantity) for move in moves]


def _child(
    lot: Lot,
    number: str | None,
    *,
    attributes: dict[str, Any] | None = None,
    is_serial: bool = False,
    of: Sequence[Lot] = (),
) -> Lot:
    """A lot of the same origin and disposition; it is as old as its parent, so first-expired-first stays fair.

    It keeps its parent's traceability code; what was mixed `of` lots with different codes gets one of its own (21 CFR 1.1320).
    """
    parents = of or [lot]
    from_one_source = len({(each.supplier_id, each.supplier_lot) for each in parents}) == 1
    codes = {each.code for each in parents}
    return create_lot(
        lot.item,
        is_serial=is_serial,
        is_recalled=any(each.is_recalled for each in parents),
        traceability_code=codes.pop()
        if len(codes) == 1 and not (from_one_source and lot.supplier_lot)
        else "",
        number=number,
        status=lot.status,
        hold_reason=lot.hold_reason,
        attributes=lot.attributes if attributes is None else attributes,
        expires_on=lot.expires_on,
        supplier=lot.supplier if len({each.supplier_id for each in parents}) == 1 else None,
        supplier_lot=lot.supplier_lot if from_one_source else "",
        at=lot.made_at,
    )


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


def _require_alike(lots: Sequence[Lot]) -> None:
    if len({lot.pk for lot in lots}) != len(lots) or len(lots) < 2:
        raise CannotMerge("It takes two different lots or more.", remedy="Choose the lots to merge.")
    if len({(lot.item_id, lot.status) for lot in lots}) > 1:
        raise CannotMerge(
            "They are not all of one item and one disposition.",
            remedy="Merge lots of one item and disposition.",
        )
    full = set(Balance.objects.on_hand().filter(lot__in=lots).values_list("lot", flat=True))
    if empty := next((lot for lot in lots if lot.pk not in full), None):
        raise CannotMerge(f"Nothing of lot {empty} is on hand.", remedy="Leave it out.")


def _shared(lots: Sequence[Lot]) -> dict[str, Any]:
    first, *others = (lot.attributes for lot in lots)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
