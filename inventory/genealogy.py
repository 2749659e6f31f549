"""Where lots came from and what became of them.

A lot descends from another when one transformation consumed the one and made, or is making, the other. Nothing is stored for it: the
moves of transformations are the genealogy, less those that were reversed. A trace is one recursive query over lots reached, each
once, so that neither a lot reworked into itself nor many ways to the same lot make it longer.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import Max, Sum
from django.utils import timezone

from inventory.models import Lot, Move, Transformation
from inventory.quantities import plain

_STANDING = (
    "reverses_id IS NULL AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = {0}.id)"
)

# The acts in which a lot that was reached was used, and the lots that came out of them: also one that is still being made.
_DOWN = f"""
    JOIN LATERAL (
        SELECT transformation_id AS id FROM inventory_move used
        WHERE used.lot_id = reached.lot_id AND used.kind = 'issue' AND {_STANDING.format("used")}
    ) act ON true
    JOIN LATERAL (
        SELECT lot_id FROM inventory_move made
        WHERE made.transformation_id = act.id AND made.kind = 'output' AND {_STANDING.format("made")}
        UNION ALL
        SELECT lot_id FROM inventory_transformation making WHERE making.id = act.id AND making.lot_id IS NOT NULL
    ) beyond ON true
"""
_UP = f"""
    JOIN LATERAL (
        SELECT transformation_id AS id FROM inventory_move made
        WHERE made.lot_id = reached.lot_id AND made.kind = 'output' AND {_STANDING.format("made")}
        UNION
        SELECT id FROM inventory_transformation making WHERE making.lot_id = reached.lot_id
    ) act ON true
    JOIN LATERAL (
        SELECT lot_id FROM inventory_move used
        WHERE used.transformation_id = act.id AND used.kind = 'issue' AND {_STANDING.format("used")}
    ) beyond ON true
"""
_WALK = """
    WITH RECURSIVE reached (lot_id) AS (
        SELECT unnest(%s::bigint[])
        UNION
        SELECT beyond.lot_id FROM reached {steps}
    )
"""
_REACHED = _WALK + "SELECT lot_id FROM reached ORDER BY lot_id"
_LINKS = (
    _WALK
    + f"""
    SELECT consumed.lot_id, made.lot_id, act.id, consumed.quantity, made.quantity
    FROM (SELECT DISTINCT act.id FROM reached {{steps}}) act
    JOIN LATERAL (
        SELECT lot_id, sum(quantity) AS quantity FROM inventory_move used
        WHERE used.transformation_id = act.id AND used.kind = 'issue' AND {_STANDING.format("used")} GROUP BY 1
    ) consumed ON true
    JOIN LATERAL (
        SELECT lot_id, sum(quantity) AS quantity FROM (
            SELECT lot_id, quantity FROM inventory_move out
            WHERE out.transformation_id = act.id AND out.kind = 'output' AND {_STANDING.format("out")}
            UNION ALL
            SELECT lot_id, 0 FROM inventory_transformation making
            WHERE making.id = act.id AND making.lot_id IS NOT NULL
        ) coming GROUP BY 1
    ) made ON made.lot_id <> consumed.lot_id
    JOIN reached ON reached.lot_id = {{near}}.lot_id
    ORDER BY act.id, consumed.lot_id, made.lot_id
"""
)

_DIVIDES = {Transformation.Kind.SERIALISATION, Transformation.Kind.SPLIT}

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Link:
    """`parent` went into `child`, lots by their keys.

    :ivar quantity: of the parent that the transformation consumed, in the parent's unit.
    :ivar made: of the child that it made, in the child's unit; zero while it is being made.
    :ivar depth: transformations between this link and the lot that was traced, from 1.
    """

    parent: int
    child: int
    transformation: int
    quantity: Decimal
    made: Decimal
    depth: int


def trace_up(lot: Lot) -> list[Link]:
    """Everything that went into a lot, nearest first."""
    return _trace(lot, "up")


def trace_down(lot: Lot) -> list[Link]:
    """Everything that a lot went into, nearest first."""
    return _trace(lot, "down")


def graph(lot: Lot) -> dict[str, list[dict[str, Any]]]:
    """Ancestors and descendants of a lot, with the suppliers and shipments at the ends, ready for JSON.

    A node has `id`, `type` (lot, supplier, customer), `label`, `detail`, `depth` (negative towards the suppliers, 0 the lot
    itself) and, for a lot, `lot` (its key), `status`, `item`. A link has `source` and `target` (ids of nodes), `quantity` with `uom`,
    `through` (the transformation or document) and `at`.
    """
    up, down = trace_up(lot), trace_down(lot)
    depths = {lot.pk: 0}
    for link in up:
        depths.setdefault(link.parent, -link.depth)
    for link in down:
        depths.setdefault(link.child, link.depth)
    found = Lot.objects.filter(pk__any_of=depths).order_by("pk").prefetch_related("item", "supplier")
    lots = {each.pk: each for each in found}
    acts = Transformation.objects.in_bulk({link.transformation for link in [*up, *down]})
    links = {(link.parent, link.child, link.transformation): link for link in [*up, *down]}
    ends = _Ends(lots, depths)
    return {
        "nodes": [*(_lot_node(each, depths[each.pk]) for each in lots.values()), *ends.nodes],
        "links": [*(_link(link, lots, acts[link.transformation]) for link in links.values()), *ends.links],
    }


def downstream(lots: Iterable[int]) -> list[int]:
    """Keys of these lots and of everything that any of them went into, in order; one query."""
    return _reached(lots, _DOWN)


def upstream(lots: Iterable[int]) -> list[int]:
    """Keys of these lots and of everything that went into any of them, in order; one query."""
    return _reached(lots, _UP)


def _reached(lots: Iterable[int], steps: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_REACHED.format(steps=steps), [list(lots)])
        return [lot for (lot,) in cursor.fetchall()]


def _trace(lot: Lot, direction: Direction) -> list[Link]:
    steps, near = (_UP, "made") if direction == "up" else (_DOWN, "consumed")
    with connection.cursor() as cursor:
        cursor.execute(_LINKS.format(steps=steps, near=near), [[lot.pk]])
        rows = cursor.fetchall()
    edges = [(child, parent) if direction == "up" else (parent, child) for parent, child, *_ in rows]
    depths = _steps_from(lot.pk, edges)
    found = [
        Link(parent, child, act, quantity, made, depths[child if direction == "up" else parent] + 1)
        for parent, child, act, quantity, made in rows
    ]
    return sorted(found, key=lambda link: (link.depth, link.transformation, link.parent, link.child))


def _steps_from(start: int, edges: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    """The least number of edges from `start` to each lot that they reach."""
    following = defaultdict(list)
    for near, beyond in edges:
        following[near].append(beyond)
    steps, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        for beyond in following[here]:
            if beyond not in steps:
                steps[beyond] = steps[here] + 1
                queue.append(beyond)
    return steps


class _Ends:
    """Suppliers that lots came from and shipments that they left by, as nodes and links of a graph."""

    def __init__(self, lots: Mapping[int, Lot], depths: Mapping[int, int]) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        self._known: set[str] = set()
        crossings = (
            Move.objects.standing()
            .filter(lot__any_of=lots, kind__in=[Move.Kind.RECEIPT, Move.Kind.SHIPMENT])
            .order_by("lot", "kind", "reference")
        )
        for row in crossings.values("lot", "kind", "reference").annotate(
            total=Sum("quantity"), last_at=Max("at")
        ):
            self._add(lots[row["lot"]], depths[row["lot"]], row)

    def _add(self, lot: Lot, depth: int, row: Mapping[str, Any]) -> None:
        arrived = row["kind"] == Move.Kind.RECEIPT
        if arrived:
            label = str(lot.supplier) if lot.supplier else "Supplier unknown"
            end = f"supplier-{lot.supplier_id or 'unknown'}"
        else:
            label = row["reference"] or "Shipped"
            end = f"customer-{label}"
        if end not in self._known:
            self._known.add(end)
            kind, step = ("supplier", -1) if arrived else ("customer", 1)
            detail = lot.supplier_lot if arrived else "Shipment"
            self.nodes.append(
                {"id": end, "type": kind, "label": label, "detail": detail, "depth": depth + step}
            )
        here = f"lot-{lot.pk}"
        source, target = (end, here) if arrived else (here, end)
        self.links.append(
            _written(source, target, row["total"], lot, row["reference"] or "Delivery", row["last_at"])
        )


def _lot_node(lot: Lot, depth: int) -> dict[str, Any]:
    return {
        "id": f"lot-{lot.pk}",
        "type": "lot",
        "label": lot.number,
        "detail": f"{lot.item}: {lot.item.description}",
        "depth": depth,
        "lot": lot.pk,
        "item": lot.item_id,
        "status": lot.status,
    }


def _link(link: Link, lots: Mapping[int, Lot], act: Transformation) -> dict[str, Any]:
    # A lot that is divided hands each part over; what is consumed otherwise goes whole into all that is made.
    handed = link.made if act.kind in _DIVIDES else link.quantity
    return _written(
        f"lot-{link.parent}", f"lot-{link.child}", handed, lots[link.parent], str(act), act.started_at
    )


def _written(
    source: str, target: str, quantity: Decimal, lot: Lot, through: str, at: datetime
) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "quantity": plain(quantity),
        "uom": lot.item.uom,
        "through": through,
        "at": timezone.localtime(at).isoformat(timespec="minutes"),
    }
