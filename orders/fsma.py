"""The electronic sortable spreadsheet that 21 CFR 1.1455(b)(3) asks for within 24 hours: receiving, transformation and shipping.

Each row is a critical tracking event of one traceability lot code with its key data elements: receiving 1.1345, transformation 1.1350,
shipping 1.1340. Reversed moves are left out: they did not happen. A lot code is the supplier's as long as it is the supplier's lot, and
ours from a transformation on (1.1320); splits and serial numbers are no transformation and keep it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from inventory.models import Item, Lot, Move, Site, Supplier, Transformation
from mes.core.sheets import Sheet
from orders.models import Customer, ShipmentLine

RENUMBERS: Final = (Transformation.Kind.SPLIT, Transformation.Kind.SERIALISATION)
_KEY_DATA: Final = (
    "Traceability lot code",
    "Quantity",
    "Unit of measure",
    "Product description",
    "Traceability lot code source",
    "Source location",
    "Reference document type",
    "Reference document number",
)


@dataclass(frozen=True)
class Asked:
    """Which events are wanted: of these lots, of these items, in this time; what is left out does not narrow it."""

    lots: Sequence[int] | None = None
    items: Sequence[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


def tracking_sheets(asked: Asked) -> list[Sheet]:
    """Three pages, one for each kind of event, and first one that holds all of them, for sorting and for CSV."""
    pages = [_receiving(asked), _transformation(asked), _shipping(asked)]
    return [_together(pages), *pages]


def _receiving(asked: Asked) -> Sheet:
    moves = _moves(asked).filter(kind=Move.Kind.RECEIPT).order_by("at", "pk")
    headings = [
        *_KEY_DATA[:4],
        "Previous source",
        "Location received",
        "Date received",
        *_KEY_DATA[4:],
    ]
    rows = [
        [
            *_product(move.lot, move.quantity),
            _party(move.lot.supplier) if move.lot.supplier else "unknown",
            _party(move.destination.site),
            _day(move),
            *_code_source(move.lot),
            "Delivery note" if move.reference else "Receipt",
            move.reference or f"move {move.pk}",
        ]
        for move in moves
    ]
    return Sheet("Receiving", headings, rows)


def _transformation(asked: Asked) -> Sheet:
    wanted = _moves(asked).filter(transformation__isnull=False)
    acts = wanted.exclude(transformation__kind__in=RENUMBERS).values("transformation")
    moves = _with_names(Move.objects.standing().filter(transformation__in=acts)).order_by(
        "transformation__started_at", "transformation", "kind", "pk"
    )
    completed: dict[int | None, date] = {}
    for move in moves:
        if move.kind == Move.Kind.OUTPUT:
            day = _day(move)
            completed[move.transformation_id] = max(completed.get(move.transformation_id, day), day)
    headings = [
        *_KEY_DATA[:4],
        "Input or output",
        "Location of transformation",
        "Date completed",
        *_KEY_DATA[4:],
    ]
    rows = [
        [
            *_product(move.lot, move.quantity),
            "Output" if move.kind == Move.Kind.OUTPUT else "Input",
            _party(move.site),
            completed.get(move.transformation_id),
            *_code_source(move.lot),
            str(move.transformation.get_kind_display()) if move.transformation else "",
            (move.transformation.reference or str(move.transformation_id)) if move.transformation else "",
        ]
        for move in moves
    ]
    return Sheet("Transformation", headings, rows)


def _shipping(asked: Asked) -> Sheet:
    moves = list(_moves(asked).filter(kind=Move.Kind.SHIPMENT).order_by("at", "pk"))
    recipients = {
        line.move_id: line.shipment.order.customer
        for line in ShipmentLine.objects.filter(move__in=[move.pk for move in moves]).select_related(
            "shipment__order__customer"
        )
    }
    headings = [*_KEY_DATA[:4], "Recipient", "Shipped from", "Date shipped", *_KEY_DATA[4:]]
    rows = [
        [
            *_product(move.lot, move.quantity),
            _party(recipients[move.pk]) if move.pk in recipients else "unknown",
            _party(move.source.site),
            _day(move),
            *_code_source(move.lot),
            "Shipment",
            move.reference,
        ]
        for move in moves
    ]
    return Sheet("Shipping", headings, rows)


def _together(pages: Iterable[Sheet]) -> Sheet:
    """All events under the same columns: from whom or to whom, where, when."""
    headings = [
        "Critical tracking event",
        *_KEY_DATA[:4],
        "Previous source, recipient or role",
        "Location",
        "Date",
        *_KEY_DATA[4:],
    ]
    return Sheet("All events", headings, [[page.title, *row] for page in pages for row in page.rows])


def _moves(asked: Asked) -> QuerySet[Move]:
    wanted = Q()
    if asked.lots is not None:
        wanted &= Q(lot__in=asked.lots)
    if asked.items is not None:
        wanted &= Q(lot__item__in=asked.items)
    if asked.since is not None:
        wanted &= Q(at__gte=asked.since)
    if asked.until is not None:
        wanted &= Q(at__lt=asked.until)
    return _with_names(Move.objects.standing().filter(wanted))


def _with_names(moves: QuerySet[Move]) -> QuerySet[Move]:
    return moves.select_related(
        "lot__item__site", "lot__supplier", "source__site", "destination__site", "transformation"
    )


def _product(lot: Lot, quantity: Decimal) -> list[Any]:
    return [lot.code, quantity, lot.item.unit, _description(lot.item)]


def _description(item: Item) -> str:
    return f"{item.description} ({item}{f', GTIN {item.gtin}' if item.gtin else ''})"


def _code_source(lot: Lot) -> list[str]:
    source = lot.code_source
    return [source.name, f"GLN {source.gln}" if source.gln else source.code]


def _party(who: Site | Supplier | Customer) -> str:
    return f"{who.name} ({f'GLN {who.gln}' if who.gln else who.code})"


def _day(move: Move) -> date:
    return move.at.astimezone(move.site.zone).date()
