"""The genealogy of a lot as a drawing in layers: from suppliers at the left to customers at the right.

Every link leads to the right: nodes stand in layers by longest path, each as near to its first use as it can. Within a layer nodes are ordered by the mean place of their neighbours (Sugiyama's
barycentre heuristic); a link that skips layers has a place of its own in each of them, so that it passes behind no box. Lots that cannot be told apart by item, status and neighbours, like the serial numbers of one batch, share one box.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, pairwise
from statistics import fmean
from typing import Any, Final

from django.urls import reverse

from inventory.models import Lot
from inventory.models.items import UNITS
from mes.console.levels import LOT

BOX_WIDTH: Final = 196
BOX_HEIGHT: Final = 46
COLUMN: Final = BOX_WIDTH + 64
ROW: Final = BOX_HEIGHT + 16
SHARE_A_BOX_FROM: Final = 4
SWEEPS: Final = 4
MOST_LABELS: Final = 24
_ENDS = {"supplier": "Supplier", "customer": "Shipped"}


@dataclass
class Place:
    """Where a box stands, or a link passes through a layer."""

    layer: int = field(default=0, kw_only=True)
    row: float = field(default=0.0, kw_only=True)

    @property
    def x(self) -> int:
        return self.layer * COLUMN

    @property
    def y(self) -> float:
        return self.row * ROW

    @property
    def middle(self) -> float:
        return self.y + BOX_HEIGHT / 2


@dataclass
class Box(Place):
    """One node as drawn; `members` are the keys of the nodes it stands for, `depth` how many links away from the lot."""

    label: str
    detail: str
    url: str
    level: str
    word: str
    is_own: bool
    members: list[str]
    depth: int

    @property
    def title(self) -> str:
        return f"{self.label} · {self.detail} · {self.word}"

    @property
    def line(self) -> str:
        """What is written below the label; a disposition that is as it should be goes without saying."""
        return self.detail if self.level == "done" else f"{self.word} · {self.detail}"


@dataclass(frozen=True)
class Curve:
    """One link as drawn, from the right edge of a box to the left edge of another; `by_way_of` the layers in between."""

    source: Box
    target: Box
    quantity: str
    through: str
    is_fan: bool
    by_way_of: list[Place] = field(default_factory=list)

    @property
    def path(self) -> str:
        x, y = self.source.x + BOX_WIDTH, self.source.middle
        drawn = f"M{x},{y:.1f}"
        for place in (*self.by_way_of, self.target):
            bend = (place.x - x) / 2
            drawn += f" C{x + bend:.0f},{y:.1f} {place.x - bend:.0f},{place.middle:.1f} {place.x},{place.middle:.1f}"
            x, y = place.x + BOX_WIDTH, place.middle
            drawn += f" H{x}" if place is not self.target else ""
        return drawn

    @property
    def label(self) -> tuple[float, float, str]:
        """Where the quantity is written, x, y and anchor: at the end with fewer links, where it meets no other."""
        if self.is_fan:
            return self.target.x - 6, self.target.middle - 5, "end"
        if self.by_way_of:
            return self.by_way_of[0].x + 6, self.by_way_of[0].middle - 5, "start"
        return self.source.x + BOX_WIDTH + 6, self.source.middle - 5, "start"


@dataclass
class Drawing:
    """Boxes and curves with the size they take, in pixels; `left_out` nodes are too far from the lot to be drawn."""

    boxes: list[Box] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    left_out: int = 0

    @property
    def width(self) -> int:
        return max((box.x for box in self.boxes), default=0) + BOX_WIDTH

    @property
    def height(self) -> float:
        passed = (place.y for curve in self.curves for place in curve.by_way_of)
        return max(max((box.y for box in self.boxes), default=0), max(passed, default=0)) + BOX_HEIGHT

    @property
    def has_labels(self) -> bool:
        return len(self.curves) <= MOST_LABELS


def draw_genealogy(
    graph: Mapping[str, Sequence[Mapping[str, Any]]], lot: Lot, *, most: int | None = None
) -> Drawing:
    """Lay out what `inventory.genealogy.graph(lot)` answers.

    :param most: how many boxes are drawn at most, those nearest to the lot; all when left out.
    """
    ends = [(link["source"], link["target"]) for link in graph["links"]]
    boxes = sorted(_boxes(graph["nodes"], ends, lot), key=lambda box: box.depth)
    drawn = boxes[:most]
    box_of = {member: box for box in drawn for member in box.members}
    leaving, arriving = Counter(source for source, _ in ends), Counter(target for _, target in ends)
    shared: dict[tuple[int, int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for link in graph["links"]:
        source, target = box_of.get(link["source"]), box_of.get(link["target"])
        if source and target:
            shared[id(source), id(target), link["through"]].append(link)
    curves = []
    for (_, _, through), links in shared.items():
        source, target = box_of[links[0]["source"]], box_of[links[0]["target"]]
        is_fan = leaving[links[0]["source"]] > arriving[links[0]["target"]]
        curves.append(Curve(source, target, _quantity(links, source, target), through, is_fan))
    drawing = Drawing(drawn, curves, left_out=sum(len(box.members) for box in boxes[len(drawn) :]))
    _put_into_layers(drawing)
    _lead_past_boxes(drawing)
    _put_into_rows(drawing)
    return drawing


def _quantity(links: Sequence[Mapping[str, Any]], source: Box, target: Box) -> str:
    """What went along these links: what each took or gave where a box stands for several lots."""
    amounts = sorted({str(link["quantity"]) for link in links}, key=Decimal)
    span = amounts[0] if len(amounts) == 1 else f"{amounts[0]} to {amounts[-1]}"
    alike = len(source.members) > 1 or len(target.members) > 1
    return f"{span} {UNITS.get(links[0]['uom'], links[0]['uom'])}" + (" each" if alike else "")


def _boxes(nodes: Sequence[Mapping[str, Any]], ends: Sequence[tuple[str, str]], lot: Lot) -> list[Box]:
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for source, target in ends:
        before[target].add(source)
        after[source].add(target)
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for node in nodes:
        own = node["id"] if node["type"] != "lot" or node["lot"] == lot.pk else ""
        alike[
            own,
            node.get("item"),
            node.get("status"),
            frozenset(before[node["id"]]),
            frozenset(after[node["id"]]),
        ].append(node)
    boxes: list[Box] = []
    for group in alike.values():
        if len(group) < SHARE_A_BOX_FROM:
            boxes += [_box([node], lot) for node in group]
        else:
            boxes.append(_box(sorted(group, key=lambda node: str(node["label"])), lot))
    return boxes


def _box(group: Sequence[Mapping[str, Any]], lot: Lot) -> Box:
    first, last = group[0], group[-1]
    is_lot = first["type"] == "lot"
    url = reverse("console:genealogy", args=[first["lot"]]) if is_lot else ""
    return Box(
        label=first["label"] if len(group) == 1 else f"{first['label']} … {last['label']}",
        detail=first["detail"] if len(group) == 1 else f"{len(group)} × {first['detail']}",
        url=url,
        level=LOT[Lot.Status(first["status"])] if is_lot else "planned",
        word=Lot.Status(first["status"]).label if is_lot else _ENDS[first["type"]],
        is_own=is_lot and first["lot"] == lot.pk,
        members=[node["id"] for node in group],
        depth=abs(first["depth"]),
    )


def _put_into_layers(drawing: Drawing) -> None:
    boxes, curves = drawing.boxes, drawing.curves
    # As many rounds as there are boxes settle every longest path; a circle of lots would go on, and stops here.
    for _ in boxes:
        moved = False
        for curve in curves:
            if curve.target.layer <= curve.source.layer < len(boxes):
                curve.target.layer = curve.source.layer + 1
                moved = True
        if not moved:
            break
    for box in sorted(boxes, key=lambda box: -box.layer):
        uses = [curve.target.layer for curve in curves if curve.source is box]
        box.layer = max(min(uses) - 1, box.layer) if uses else box.layer


def _lead_past_boxes(drawing: Drawing) -> None:
    """Give links that skip layers a place in each of them; what leaves the same box passes a layer at the same place."""
    places: dict[tuple[int, int], Place] = {}
    for curve in drawing.curves:
        for layer in range(curve.source.layer + 1, curve.target.layer):
            curve.by_way_of.append(places.setdefault((id(curve.source), layer), Place(layer=layer)))


def _put_into_rows(drawing: Drawing) -> None:
    stops = [[curve.source, *curve.by_way_of, curve.target] for curve in drawing.curves]
    layers: dict[int, list[Place]] = defaultdict(list)
    for place in {id(each): each for each in (*drawing.boxes, *chain(*stops))}.values():
        layers[place.layer].append(place)
    beside: dict[int, list[Place]] = defaultdict(list)
    for way in stops:
        for one, next_one in pairwise(way):
            beside[id(one)].append(next_one)
            beside[id(next_one)].append(one)
    tallest = max((len(layer) for layer in layers.values()), default=0)
    for layer in layers.values():
        _space_out(layer, tallest)
    for _ in range(SWEEPS):
        for number in sorted(layers):
            near = {
                id(place): fmean([other.row for other in beside[id(place)]] or [place.row])
                for place in layers[number]
            }
            layers[number].sort(key=lambda place: near[id(place)])
            _space_out(layers[number], tallest)


def _space_out(layer: Sequence[Place], tallest: int) -> None:
    """Give what is in a layer its rows, in the middle of the drawing."""
    top = (tallest - len(layer)) / 2
    for number, place in enumerate(layer):
        place.row = top + number
