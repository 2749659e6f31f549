"""The whole trace of a lot as a table: what it was made of and what became of it, with everything that is known about how.

One row a lot, suppliers' lots first, what customers have last. All of it is asked for in a dozen queries, however many lots there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from inventory.balancing import LotBalance, balances_of
from inventory.genealogy import Link, trace_down, trace_up
from inventory.models import Lot, Move, Transformation
from inventory.models.items import unit_of
from mes.core.sheets import Sheet
from orders.models import CustomerReturn, ShipmentLine
from production.recalling import Making, makings_of
from quality.models import Measurement

DIRECTIONS = ("both", "up", "down")


@dataclass(frozen=True)
class Handed:
    """Part of a lot at a customer.

    :ivar back: of the quantity, what they sent back.
    """

    customer: str
    shipment: str
    quantity: Decimal
    back: Decimal
    at: datetime


@dataclass(frozen=True)
class Judged:
    """What was measured of a lot: how many results stand, how many of them do not conform, and with which gauges."""

    results: int
    failed: int
    gauges: tuple[str, ...]


@dataclass(frozen=True)
class TracedLot:
    """A lot with its place in the trace.

    :ivar depth: below zero what it was made of, zero the lot itself, above zero what became of it; transformations away.
    :ivar code: traceability lot code, with who gave it in `code_source`.
    :ivar through: what brought it: the act and its number, or the delivery.
    :ivar parents: numbers of the lots it was made of, of those in the trace.
    """

    lot: int
    number: str
    depth: int
    item: str
    description: str
    unit: str
    status: str
    code: str
    code_source: str
    balance: LotBalance
    at: datetime
    by: str
    through: str
    parents: tuple[str, ...]
    supplier: str
    supplier_lot: str
    making: Making | None
    judged: Judged
    handed: tuple[Handed, ...]


def trace_table(lot: Lot, direction: str = "both") -> list[TracedLot]:
    """Every lot of the trace with all that is known of it, nearest to the suppliers first.

    :param direction: one of `DIRECTIONS`.
    """
    up = trace_up(lot) if direction != "down" else []
    down = trace_down(lot) if direction != "up" else []
    depths = {lot.pk: 0}
    for link in up:
        depths.setdefault(link.parent, -link.depth)
    for link in down:
        depths.setdefault(link.child, link.depth)
    return described(depths, [*up, *down])


def described(depths: Mapping[int, int], links: Iterable[Link] = ()) -> list[TracedLot]:
    """These lots, by key with their depths, with all that is known of them."""
    keys = sorted(depths)
    # Hundreds of lots are of a few items: each of these is read once.
    found = Lot.objects.filter(pk__any_of=keys).prefetch_related("item__site", "supplier")
    lots = {lot.pk: lot for lot in found}
    balances, arrivals, makings = balances_of(keys), _arrivals(keys), makings_of(keys)
    judged, handed = _judged(keys), _handed(keys)
    parents: dict[int, list[str]] = defaultdict(list)
    for link in links:
        parents[link.child].append(lots[link.parent].number)
    rows = [
        _row(
            lots[key],
            depths[key],
            balances[key],
            arrivals.get(key),
            makings.get(key),
            judged.get(key, _NONE),
            handed.get(key, ()),
            tuple(dict.fromkeys(parents[key])),
        )
        for key in keys
    ]
    return sorted(rows, key=lambda row: (row.depth, row.at, row.lot))


def trace_sheet(rows: Sequence[TracedLot], title: str = "Trace") -> Sheet:
    """The table as a spreadsheet's page, one row a lot."""
    return Sheet(
        title, [heading for heading, _ in _COLUMNS], [[told(row) for _, told in _COLUMNS] for row in rows]
    )


_NONE = Judged(0, 0, ())
_COLUMNS: Sequence[tuple[str, Any]] = (
    ("Step", lambda row: row.depth),
    ("Lot", lambda row: row.number),
    ("Item", lambda row: row.item),
    ("Description", lambda row: row.description),
    ("Disposition", lambda row: str(Lot.Status(row.status).label)),
    ("Traceability lot code", lambda row: row.code),
    ("Code given by", lambda row: row.code_source),
    ("Made of", lambda row: ", ".join(row.parents)),
    ("Received or made", lambda row: row.balance.came),
    ("On hand", lambda row: row.balance.on_hand),
    ("Used", lambda row: row.balance.used),
    ("Shipped", lambda row: row.balance.shipped),
    ("Returned", lambda row: row.balance.returned),
    ("Scrapped", lambda row: row.balance.scrapped),
    ("Unit", lambda row: row.unit),
    ("When", lambda row: row.at),
    ("Who", lambda row: row.by),
    ("Through", lambda row: row.through),
    ("Batch", lambda row: row.making.number if row.making else ""),
    ("Process plan", lambda row: row.making.plan if row.making else ""),
    ("Machines", lambda row: ", ".join(row.making.machines) if row.making else ""),
    ("Results", lambda row: row.judged.results),
    ("Not conforming", lambda row: row.judged.failed),
    ("Gauges", lambda row: ", ".join(row.judged.gauges)),
    ("Supplier", lambda row: row.supplier),
    ("Supplier's lot", lambda row: row.supplier_lot),
    ("Customers", lambda row: ", ".join(dict.fromkeys(each.customer for each in row.handed))),
    ("Shipments", lambda row: ", ".join(dict.fromkeys(each.shipment for each in row.handed))),
)


def _row(
    lot: Lot,
    depth: int,
    balance: LotBalance,
    arrival: tuple[datetime, str, str] | None,
    making: Making | None,
    judged: Judged,
    handed: tuple[Handed, ...],
    parents: tuple[str, ...],
) -> TracedLot:
    at, by, through = arrival or (lot.made_at, "", f"Batch {making.number}" if making else "")
    is_bought = balance.received > 0
    return TracedLot(
        lot=lot.pk,
        number=lot.number,
        depth=depth,
        item=str(lot.item),
        description=lot.item.description,
        unit=unit_of(lot.item.uom),
        status=lot.status,
        code=lot.code,
        code_source=str(lot.code_source),
        balance=balance,
        at=at,
        by=by,
        through=through,
        parents=parents,
        supplier=str(lot.supplier) if lot.supplier and is_bought else "",
        supplier_lot=lot.supplier_lot if is_bought else "",
        making=making,
        judged=judged,
        handed=handed,
    )


def _arrivals(lots: Sequence[int]) -> dict[int, tuple[datetime, str, str]]:
    """When each lot first came, by whom, and through what."""
    first = (
        Move.objects.standing()
        .filter(lot__any_of=lots, kind__in=[Move.Kind.RECEIPT, Move.Kind.OUTPUT, Move.Kind.ADJUSTMENT])
        .order_by("lot", "pk")
        .distinct("lot")
        .values_list(
            "lot",
            "at",
            "by__username",
            "by__first_name",
            "by__last_name",
            "kind",
            "reference",
            "transformation__kind",
            "transformation__reference",
            "transformation",
        )
    )
    found = {}
    for lot, at, username, first_name, last_name, kind, reference, act, act_reference, act_key in first:
        if act:
            through = f"{Transformation.Kind(act).label} {act_reference or act_key}"
        else:
            through = f"{Move.Kind(kind).label} {reference}".strip()
        found[lot] = (at, f"{first_name} {last_name}".strip() or username, through)
    return found


def _judged(lots: Sequence[int]) -> dict[int, Judged]:
    standing = Measurement.objects.standing().filter(inspection__lot__any_of=lots).order_by()
    counts = standing.values_list("inspection__lot").annotate(
        results=Count("pk"), failed=Count("pk", filter=Q(conforms=False))
    )
    gauges: dict[int, list[str]] = defaultdict(list)
    named = standing.filter(gauge__isnull=False).values_list("inspection__lot", "gauge__number").distinct()
    for lot, number in named.order_by("inspection__lot", "gauge__number"):
        gauges[lot].append(number)
    return {lot: Judged(results, failed, tuple(gauges[lot])) for lot, results, failed in counts}


def _handed(lots: Sequence[int]) -> dict[int, tuple[Handed, ...]]:
    back: dict[int, Decimal] = defaultdict(Decimal)
    for line, quantity in (
        CustomerReturn.objects.standing().filter(shipped__lot__any_of=lots).values_list("shipped", "quantity")
    ):
        back[line] += quantity
    rows = (
        ShipmentLine.objects.standing()
        .filter(lot__any_of=lots)
        .order_by("shipment__shipped_at", "pk")
        .values_list(
            "pk",
            "lot",
            "shipment__order__customer__name",
            "shipment__number",
            "quantity",
            "shipment__shipped_at",
        )
    )
    found: dict[int, list[Handed]] = defaultdict(list)
    for line, lot, customer, shipment, quantity, at in rows:
        found[lot].append(Handed(customer, shipment, quantity, back[line], at))
    return {lot: tuple(parts) for lot, parts in found.items()}
