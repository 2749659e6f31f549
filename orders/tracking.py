"""What a customer sees of an order: how far it is, when it leaves, what left. Nothing of how we are organised inside.

No supplier, cost, machine, production order or other customer is named here, and no reason that is not the customer's
business; the words are chosen from what `with_progress` works out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Prefetch

from inventory.models import Item
from inventory.quantities import plain
from mes.papers.models import Paper, PaperQuerySet
from orders.models import CustomOrder, OrderLine, Peg, Shipment, ShipmentLine, State
from orders.models.progress import URGENCY
from production.models import Operation, ProductionOrder

UNITS = {
    "C62": ("piece", "pieces"),
    "KGM": ("kg", "kg"),
    "LTR": ("litre", "litres"),
    "MTR": ("metre", "metres"),
}
ON_THE_WAY = {State.HELD, State.LATE, State.AT_RISK, State.READY, State.ON_TIME}
WORDS = {
    State.HELD: "On hold",
    State.LATE: "Later than promised",
    State.AT_RISK: "Tight",
    State.READY: "Ready to leave",
    State.ON_TIME: "On time",
    State.DRAFT: "Not confirmed yet",
    State.SHIPPED: "Shipped",
    State.CANCELLED: "Cancelled",
}
LEVELS = {
    State.HELD: "held",
    State.LATE: "late",
    State.AT_RISK: "risk",
    State.READY: "done",
    State.ON_TIME: "running",
    State.DRAFT: "planned",
    State.SHIPPED: "done",
    State.CANCELLED: "planned",
}


@dataclass(frozen=True)
class Stage:
    """One stretch of the way; `status` is done, now or next."""

    name: str
    status: str

    @property
    def word(self) -> str:
        return {"done": "done", "now": "now", "next": "to come"}[self.status]


@dataclass(frozen=True)
class TrackedLine:
    """One line of the order as the customer sees it."""

    title: str
    description: str
    quantity: str
    word: str
    level: str
    sentence: str
    promised: str
    expected: str
    stages: Sequence[Stage]

    @property
    def now(self) -> str:
        """Where it is on its way: in two places, where one step works on what the one before hands on."""
        return " and ".join(stage.name for stage in self.stages if stage.status == "now")

    @property
    def done_count(self) -> int:
        return sum(stage.status == "done" for stage in self.stages)


@dataclass(frozen=True)
class TrackedLot:
    """What a shipment holds, by the number marked on it."""

    item: str
    quantity: str
    number: str


@dataclass(frozen=True)
class TrackedCertificate:
    """A certificate that the customer may take along."""

    pk: int
    name: str
    about: str
    issued_at: datetime


@dataclass(frozen=True)
class TrackedShipment:
    number: str
    shipped_at: datetime
    carrier: str
    carrier_reference: str
    lots: Sequence[TrackedLot]


@dataclass(frozen=True)
class TrackedOrder:
    """All that the tracking page shows."""

    number: str
    customer: str
    reference: str
    plant: str
    zone: Any
    word: str
    level: str
    sentence: str
    lines: Sequence[TrackedLine]
    shipments: Sequence[TrackedShipment]
    certificates: Sequence[TrackedCertificate] = ()


def certificates_of(order: CustomOrder) -> PaperQuerySet:
    """Certificates of this order that stand, newest first."""
    found: PaperQuerySet = Paper.objects.about(order).filter(kind=Paper.Kind.CERTIFICATE).current()
    return found.order_by("-issued_at", "-pk")


def tracked(order: CustomOrder, at: datetime) -> TrackedOrder:
    """The order as its customer may see it at `at`; eight queries, however large it is.

    :param order: with its customer loaded.
    """
    lines: list[Any] = list(
        OrderLine.objects.filter(order=order)
        .with_progress(at)
        .select_related("item__site", "order")
        .order_by("number")
    )
    steps = _operations_by_line(lines)
    is_cancelled = order.status == CustomOrder.Status.CANCELLED
    states = [State(line.state) for line in lines] or [State.CANCELLED if is_cancelled else State.DRAFT]
    worst = min(states, key=URGENCY.__getitem__)
    site = lines[0].item.site if lines else None
    return TrackedOrder(
        number=order.number,
        customer=order.customer.name,
        reference=order.customer_reference,
        plant=site.name if site else "",
        zone=site.zone if site else None,
        word=WORDS[worst],
        level=LEVELS[worst],
        sentence=_order_sentence(worst, lines),
        lines=[_line(line, steps.get(line.pk, [])) for line in lines],
        shipments=_shipments(order),
        certificates=[
            TrackedCertificate(each.pk, str(each), each.subject_name, each.issued_at)
            for each in certificates_of(order).without_content()
        ],
    )


def _line(line: Any, operations: Sequence[Operation]) -> TrackedLine:
    state = State(line.state)
    return TrackedLine(
        title=str(line.item),
        description=line.item.description,
        quantity=amount(line.quantity, line.item),
        word=WORDS[state],
        level=LEVELS[state],
        sentence=_line_sentence(state, line),
        promised=day(line.promised_date) if line.promised_date else "",
        expected=day(line.projected_date) if line.projected_date and state in ON_THE_WAY else "",
        stages=_stages(line, operations),
    )


def _order_sentence(worst: State, lines: Sequence[Any]) -> str:
    if not lines or worst == State.DRAFT:
        return "We have your order in front of us and will confirm it with a date."
    if worst == State.CANCELLED:
        return "This order was cancelled. If that surprises you, please call us."
    if worst == State.SHIPPED:
        return "Everything you ordered has left our plant."
    open_lines = [line for line in lines if line.state in ON_THE_WAY]
    if all(line.state == State.READY for line in open_lines):
        return "What is left of your order is packed and ready to leave."
    if worst in {State.HELD, State.LATE}:
        return _trouble(worst, open_lines)
    last = max(open_lines, key=lambda line: line.projected_date or date.max)
    if last.projected_date is None:
        return "For part of your order we are still working on a date."
    return f"We expect to ship the last of it on {day(last.projected_date)}, {_against(last.projected_date, last.wanted_date)}."


def _trouble(worst: State, open_lines: Sequence[Any]) -> str:
    """How much of what is open is on hold or late, and until when."""
    troubled = [line for line in open_lines if line.state == worst]
    all_of_it = len(troubled) == len(open_lines)
    share = "Your order" if all_of_it else f"{len(troubled)} of {len(open_lines)} lines still open"
    verb = "is" if all_of_it or len(troubled) == 1 else "are"
    if worst == State.HELD:
        return f"{share} {verb} on hold while we check something; we would rather be sure."
    dates = [line.projected_date for line in troubled]
    if None in dates:
        return f"{share} {verb} later than promised, and we are still working on a new date."
    return f"{share} {verb} later than promised. We now expect to ship on {day(max(dates))}."


def _line_sentence(state: State, line: Any) -> str:
    shipped = line.shipped_quantity
    partly = f"{amount(shipped, line.item)} already left. " if 0 < shipped < line.quantity else ""
    return partly + _POSITION[state](line)


def _on_its_way(line: Any) -> str:
    if line.projected_date is None:
        return "We are still working on a date and will tell you."
    return (
        f"We expect to ship on {day(line.projected_date)}, {_against(line.projected_date, line.wanted_date)}."
    )


def _late(line: Any) -> str:
    return f"{_on_its_way(line)} We are sorry for the wait."


def _tight(line: Any) -> str:
    return f"{_on_its_way(line)} There is little room left, so we are watching it closely."


_POSITION: dict[State, Callable[[Any], str]] = {
    State.HELD: lambda line: "We are checking it before it goes on; we would rather be sure.",
    State.LATE: _late,
    State.AT_RISK: _tight,
    State.READY: lambda line: "Made, inspected and set aside for you.",
    State.ON_TIME: _on_its_way,
    State.DRAFT: lambda line: "Waiting to be confirmed.",
    State.SHIPPED: lambda line: "All of it has left our plant.",
    State.CANCELLED: lambda line: "Will not be made.",
}


class _Mark(NamedTuple):
    """How far it is with one stretch of the way."""

    name: str
    is_done: bool
    is_under_way: bool = False


def _stages(line: Any, operations: Sequence[Operation]) -> list[Stage]:
    """Material, each step, inspection, shipped; or set aside and shipped, for what comes from stock."""
    if line.state in {State.DRAFT, State.CANCELLED}:
        return []
    is_shipped = line.shipped_quantity >= line.quantity
    is_kept = is_shipped or line.ready_quantity >= line.quantity - line.shipped_quantity
    marks = [_Mark("Set aside for you", is_kept), _Mark("Shipped", is_shipped)]
    if operations:
        begun = any(operation.started_at for operation in operations)
        marks = [
            _Mark("Material", is_kept or begun),
            *(step._replace(is_done=is_kept or step.is_done) for step in _steps(operations)),
            _Mark("Inspection", is_kept),
            _Mark("Shipped", is_shipped),
        ]
    stages = []
    reached = True
    for mark in marks:
        status = "done" if mark.is_done else "now" if reached or mark.is_under_way else "next"
        reached = reached and mark.is_done
        stages.append(Stage(mark.name, status))
    return stages


def _steps(operations: Iterable[Operation]) -> list[_Mark]:
    """Each step once: done when every batch is through with it, under way while any is at it."""
    status: dict[tuple[int, str], set[str]] = {}
    for operation in operations:
        status.setdefault((operation.sequence, operation.step.name), set()).add(operation.status)
    return [
        _Mark(name, found == {Operation.Status.DONE}, not found.isdisjoint(Operation.UNDER_WAY))
        for (_, name), found in sorted(status.items())
    ]


def _operations_by_line(lines: Sequence[Any]) -> dict[int, list[Operation]]:
    pegs = Peg.objects.of_production().filter(line__in=[line.pk for line in lines])
    pegs = pegs.exclude(production_order__status=ProductionOrder.Status.CANCELLED)
    line_of = dict(pegs.values_list("production_order", "line"))
    operations = (
        Operation.objects.filter(batch__order__in=line_of)
        .exclude(status=Operation.Status.CANCELLED)
        .select_related("step", "batch")
        .order_by("sequence", "pk")
    )
    found: dict[int, list[Operation]] = {}
    for operation in operations:
        found.setdefault(line_of[operation.batch.order_id], []).append(operation)
    return found


def _shipments(order: CustomOrder) -> list[TrackedShipment]:
    lots = ShipmentLine.objects.standing().select_related("lot__item").order_by("line", "lot__number", "pk")
    shipments = (
        Shipment.objects.filter(order=order)
        .prefetch_related(Prefetch("lines", lots))
        .order_by("-shipped_at", "-pk")
    )
    return [
        TrackedShipment(
            shipment.number,
            shipment.shipped_at,
            shipment.carrier,
            shipment.carrier_reference,
            [
                TrackedLot(str(row.lot.item), amount(row.quantity, row.lot.item), row.lot.number)
                for row in rows
            ],
        )
        for shipment in shipments
        if (rows := list(shipment.lines.all()))
    ]


def amount(quantity: Decimal, item: Item) -> str:
    """A quantity with its unit in words: `1 piece`, `2.5 kg`; `12 m³` where there are none."""
    one, many = UNITS.get(item.uom, (item.unit, item.unit))
    return f"{plain(quantity)} {one if quantity == 1 else many}"


def day(when: date) -> str:
    """`Friday 13 March`"""
    return f"{when:%A} {when.day} {when:%B}"


def _against(expected: date, promised: date) -> str:
    """How an expected date stands to the promised one, in words."""
    days = (expected - promised).days
    span = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    if days > 0:
        return f"{span} after the promised date"
    return f"{span} before the promised date" if days < 0 else "as promised"
