"""The one place where moves are written.

Whoever takes stock locks its lot first, so that two who want the last of it are served one after the other, and the second
is told. Several lots are locked in the order of their keys, before anything is moved.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, IntegerField, Sum, Value, When

from inventory.facts import StockMoved
from inventory.models import Balance, Item, Location, Lot, Move, Site, Transformation
from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, Stale

TAKEN_FIRST = (
    Location.Kind.WIP,
    Location.Kind.FINISHED,
    Location.Kind.STORAGE,
    Location.Kind.RECEIVING,
    Location.Kind.QUARANTINE,
)

DISPOSITION = ("status", "hold_reason", "expires_on", "is_recalled")


class InsufficientStock(DomainError):
    code = "inventory.insufficient_stock"
    title = "Not enough stock"


class NoSuchLocation(DomainError):
    code = "inventory.no_such_location"
    title = "The site has no such location"


class LotNotUsable(DomainError):
    code = "inventory.lot_not_usable"
    title = "This lot may not be used"


class SerialIsOnePiece(DomainError):
    code = "inventory.serial_is_one_piece"
    title = "A serial number is one piece"


class NotAPlace(DomainError):
    code = "inventory.not_a_place"
    title = "Nothing can be there"


def lock_lots(lots: Iterable[Lot]) -> None:
    """Lock these lots until the transaction ends and refresh their disposition, in the order of their keys.

    Whoever is going to issue or ship several lots in one transaction calls this first, so that nobody deadlocks. One query.

    :raises Lot.DoesNotExist: for one that is not there any more.
    """
    known = list(lots)
    if not known:
        return
    rows = Lot.objects.filter(pk__any_of=[lot.pk for lot in known]).order_by("pk")
    found = {row.pop("pk"): row for row in rows.select_for_update(no_key=True).values("pk", *DISPOSITION)}
    for lot in known:
        if lot.pk not in found:
            raise Lot.DoesNotExist(f"Lot {lot} is not there any more.")
        for name, value in found[lot.pk].items():
            setattr(lot, name, value)


def require_usable(lot: Lot, at: datetime) -> None:
    """:raises LotNotUsable: unless the lot is released and not expired, on the calendar of its item's site."""
    if because := lot.unusable_because(at.astimezone(lot.item.site.zone).date()):
        reason, remedy = because
        raise LotNotUsable(reason, remedy=remedy, see=[lot])


def require_real(location: Location) -> None:
    """:raises NotAPlace: for a boundary."""
    if not location.is_real:
        raise NotAPlace(
            f"{location} is the edge of the plant ({location.get_kind_display().lower()}), not a place in it.",
            remedy="Choose a receiving, quarantine, storage, work-in-process or finished goods location.",
        )


def require_same_unit(item: Item) -> None:
    """Once a first lot, purchase or order of the item is put in, its unit stays; until then somebody may have changed it while this was entered.

    :raises Stale: when the unit is another one than that in which the quantity was meant.
    """
    stored = Item.objects.get(pk=item.pk)
    if stored.uom != item.uom:
        raise Stale(
            f"{item} is counted in {stored.unit} since, no longer in {item.unit}.",
            remedy=f"Enter the quantity in {stored.unit}.",
        )


def boundary(site: Site, kind: str) -> Location:
    """The edge of `site` of this kind.

    :raises NoSuchLocation: when the site was never given one.
    """
    found = Location.objects.filter(site=site, kind=kind).first()
    if found is None:
        raise NoSuchLocation(
            f"Site {site} has no {Location.Kind(kind).label.lower()} location.",
            remedy="Add one: every site has one location of each boundary kind.",
        )
    return found


def first_of(site: Site, kinds: Iterable[str]) -> Location:
    """The first location of the first of these kinds that the site has.

    :raises NoSuchLocation: when it has none of them.
    """
    wanted = list(kinds)
    order = Case(
        *[When(kind=kind, then=Value(rank)) for rank, kind in enumerate(wanted)], output_field=IntegerField()
    )
    found = Location.objects.filter(site=site, kind__in=wanted).order_by(order, "pk").first()
    if found is None:
        raise NoSuchLocation(
            f"Site {site} has no {Location.Kind(wanted[0]).label.lower()} location.",
            remedy="Add one, or say where the lot goes.",
        )
    return found


def on_hand(lot: Lot) -> Decimal:
    """Quantity of the lot in real locations, in the item's unit."""
    total = Balance.objects.on_hand().filter(lot=lot).aggregate(total=Sum("quantity"))["total"]
    return total or Decimal(0)


def is_being_made(lot: Lot) -> bool:
    """Whether nothing of the lot has come out of production yet; what is scrapped on the way leaves with its output."""
    on_the_way = [Move.Kind.OUTPUT, Move.Kind.SCRAP]
    return not on_hand(lot) and not lot.moves.exclude(kind__in=on_the_way).exists()


def draw(
    lot: Lot, quantity: Decimal, source: Location | None, *, but: Location | None = None
) -> list[tuple[Location, Decimal]]:
    """From where to take `quantity` of a locked lot: all from `source`, or from wherever it is, nearest to use first.

    :param but: a place that nothing is taken from.
    :raises InsufficientStock: when there is less.
    """
    if source is not None:
        require_real(source)
    rank = Case(*[When(location__kind=kind, then=Value(rank)) for rank, kind in enumerate(TAKEN_FIRST)])
    balances = Balance.objects.on_hand().filter(lot=lot).select_related("location__site").order_by(rank, "pk")
    if source is not None:
        balances = balances.filter(location=source)
    if but is not None:
        balances = balances.exclude(location=but)
    parts, missing = [], quantity
    for balance in balances:
        taken = min(missing, balance.quantity)
        parts.append((balance.location, taken))
        missing -= taken
        if not missing:
            return parts
    there = quantity - missing
    where = f"at {source}" if source else f"elsewhere than at {but}" if but else "on hand"
    raise InsufficientStock(
        f"Lot {lot} of {lot.item} has {plain(there)} {lot.item.unit} {where}, not {plain(quantity)}.",
        remedy=f"Take at most {plain(there)}, or another lot." if there else "Take another lot.",
    )


def post(
    lot: Lot,
    quantity: Decimal,
    source: Location,
    destination: Location,
    kind: str,
    *,
    by: User,
    at: datetime,
    transformation: Transformation | None = None,
    reverses: Move | None = None,
    reference: str = "",
    reason: str = "",
) -> Move:
    """Write one move; the database keeps the balances and refuses one below zero in a real location.

    :raises SerialIsOnePiece: when a second piece of a serial number would come in.
    """
    if lot.is_serial and destination.is_real and not source.is_real and on_hand(lot) + quantity > 1:
        raise SerialIsOnePiece(
            f"{lot} is the serial number of one piece, which is here already."
            if on_hand(lot)
            else f"{lot} is the serial number of one piece, not of {plain(quantity)}.",
            remedy="Give every piece a number of its own.",
        )
    move = Move.objects.create(
        lot=lot,
        quantity=quantity,
        source=source,
        destination=destination,
        kind=kind,
        at=at,
        by=by,
        transformation=transformation,
        reverses=reverses,
        reference=reference,
        reason=reason,
    )
    record(StockMoved(move=move.pk, lot=lot.pk, item=lot.item_id, kind=kind, quantity=quantity))
    return move


def take_out(
    lot: Lot,
    quantity: Decimal,
    source: Location | None,
    edge: str,
    kind: str,
    *,
    by: User,
    at: datetime,
    transformation: Transformation | None = None,
    reference: str = "",
    reason: str = "",
) -> list[Move]:
    """Move `quantity` of a locked lot out over the boundary `edge` of wherever it is: one move per location it came from."""
    return [
        post(
            lot,
            part,
            place,
            boundary(place.site, edge),
            kind,
            by=by,
            at=at,
            transformation=transformation,
            reference=reference,
            reason=reason,
        )
        for place, part in draw(lot, quantity, source)
    ]
