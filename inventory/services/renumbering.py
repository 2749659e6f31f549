"""Lots that go on under other numbers: serialised, split off, merged. Nothing is made; who they are, and where, stays known."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.models import Balance, Location, Lot, Move, Transformation
from inventory.numbering import STEM
from inventory.quantities import check_quantity, plain
from inventory.services.ledger import InsufficientStock, lock_lots, on_hand, take_out
from inventory.services.making import begin_transformation, output
from inventory.services.receiving import create_lot
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


class WrongNumbers(InvalidInput):
    code = "inventory.wrong_numbers"
    title = "Not one number for each piece"


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
