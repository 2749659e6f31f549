"""The traveler: the routing that goes along with the parts, with a barcode for each operation."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from inventory.on_paper import amount, issuer_of, listed, moment, provenance
from inventory.quantities import plain
from mes.papers.drawing.document import (
    Cell,
    Column,
    Field,
    Fields,
    Part,
    Section,
    Sheet,
    Statement,
    Symbol,
    Symbology,
    Table,
)
from production.handing_on import transfer_quantity_of
from production.instructions import Binding, bindings_of
from production.models import (
    Batch,
    Component,
    MaterialClaim,
    Operation,
    ProductionOrder,
    Specification,
    ToolNeed,
)

LONGEST_INSTRUCTION = 400


def batches_of(order: ProductionOrder) -> list[Batch]:
    """Batches that travel: released, with their lot."""
    batches = order.batches.exclude(status=Batch.Status.CANCELLED).filter(lot__isnull=False)
    return list(batches.select_related("plan__item__site", "lot", "order").order_by("number"))


def traveler(order: ProductionOrder, batches: Sequence[Batch], zone: tzinfo, *, at: datetime) -> Sheet:
    """The routing of every batch of an order; nine queries, however many there are.

    :param batches: as `batches_of` finds them; at least one.
    :param at: whose instructions in force are told.
    """
    item = batches[0].plan.item
    operations = _by_batch(
        Operation.objects.filter(batch__in=batches)
        .exclude(status=Operation.Status.CANCELLED)
        .with_slot()
        .select_related("step__work_center", "step__inspection_plan", "machine")
        .order_by("batch", "sequence")
    )
    plans = {batch.plan_id for batch in batches}
    components = list(
        Component.objects.filter(plan__in=plans)
        .select_related("item", "step")
        .order_by("step__sequence", "pk")
    )
    claims = list(
        MaterialClaim.objects.filter(batch__in=batches).select_related("reservation__lot").order_by("pk")
    )
    tools: dict[int, list[str]] = {}
    for need in ToolNeed.objects.filter(plan__in=plans).select_related("tool").order_by("tool__code"):
        tools.setdefault(need.step_id, []).append(f"{need.quantity} × {need.tool.code}")
    binding = bindings_of(
        sorted({each.step_id for found in operations.values() for each in found}), reader=None, at=at
    )
    asked = list(Specification.objects.filter(order=order).select_related("step").order_by("pk"))
    return Sheet(
        title="Traveler",
        issuer=issuer_of(item.site),
        about=f"{item} · {item.description}",
        summary=[
            Field("order", "Production order", order.number),
            Field("quantity", "Quantity", amount(order.quantity, item)),
            Field("due", "Due", moment(order.due_at, zone)),
            Field("batches", "Batches", str(len(batches))),
            Field("reason", "Made for", order.reason or order.get_strategy_display(), is_wide=True),
        ],
        sections=[
            Section(
                f"batch_{batch.number}",
                _parts(batch, operations.get(batch.pk, []), components, claims, tools, binding, asked, zone),
                heading=f"Batch {batch.number}",
                on_new_page=index > 0,
            )
            for index, batch in enumerate(batches)
        ],
        is_landscape=True,
    )


def _parts(
    batch: Batch,
    operations: Sequence[Any],
    components: Sequence[Component],
    claims: Sequence[MaterialClaim],
    tools: dict[int, list[str]],
    binding: Mapping[int, Sequence[Binding]],
    asked: Sequence[Specification],
    zone: tzinfo,
) -> list[Part]:
    item = batch.plan.item
    lot = batch.lot.number if batch.lot else ""
    head = Fields(
        "batch",
        [
            Field("lot", "Lot", lot),
            Field("quantity", "Quantity", amount(batch.quantity, item)),
            Field("plan", "Process plan", f"{batch.plan} ({batch.plan.get_status_display().lower()})"),
            Field("status", "Status when printed", batch.get_status_display()),
        ],
        columns=4,
    )
    requirements = [
        Statement(
            "requirements",
            [
                f"{each.get_kind_display()}: {each.text}{f' (step {each.step})' if each.step else ''}"
                for each in asked
            ],
            heading="What the customer asks beyond the drawing",
        )
    ]
    return [
        head,
        *(requirements if asked else []),
        _routing(batch, operations, tools, binding, zone),
        _material(batch, _taken_by(operations, components), claims),
    ]


def _routing(
    batch: Batch,
    operations: Sequence[Any],
    tools: dict[int, list[str]],
    binding: Mapping[int, Sequence[Binding]],
    zone: tzinfo,
) -> Table:
    columns = [
        Column("step", "Step", 2.4),
        Column("place", "Where and when", 1.7),
        Column("needs", "Needs", 1.4),
        Column("scan", "Scan", 1.9),
        Column("good", "Good", 0.6),
        Column("scrap", "Scrap", 0.6),
        Column("signed", "Initials, date", 1),
    ]
    rows: list[list[Cell]] = []
    for operation in operations:
        step = operation.step
        rows.append(
            [
                f"{step.sequence} {step.name}"
                + (f"\n{_shortened(step.instruction)}" if step.instruction else "")
                + "".join(f"\n{_told(each, zone)}" for each in binding.get(step.pk, ())),
                _lines(
                    step.work_center.name,
                    *_slot(operation, zone),
                    _times(operation, batch),
                    _handing_on(operation, batch),
                ),
                _lines(
                    listed(tools.get(step.pk, [])),
                    step.required_qualification,
                    step.special_process,
                    f"Then {step.inspection_plan}" if step.inspection_plan else "",
                ),
                Symbol(Symbology.CODE_128, f"{batch.number}/{operation.sequence}"),
                *_came_of(operation, zone),
            ]
        )
    return Table("routing", columns, rows, heading="Routing", empty="This batch has no steps.")


def _lines(*texts: str) -> str:
    """Those that say something, below each other."""
    return "\n".join(filter(None, texts))


def _came_of(operation: Any, zone: tzinfo) -> list[str]:
    """Good, scrap and when, of what is done already; what is not is filled in by hand."""
    if operation.status != Operation.Status.DONE:
        return ["", "", ""]
    quantities = [plain(operation.good_quantity), plain(operation.scrap_quantity)]
    return [*quantities, f"done {moment(operation.finished_at, zone)}"]


def _told(each: Binding, zone: tzinfo) -> str:
    """Which version of an instruction the step is worked to, and since when."""
    if each.version is None:
        return f"Work instruction {each.instruction}: no version in force"
    read = "; to be read before the start" if each.version.must_be_read else ""
    since = moment(each.version.effective_from, zone)
    return (
        f"Work instruction {each.instruction}, revision {each.version.revision}, in force since {since}{read}"
    )


def _taken_by(operations: Sequence[Any], components: Sequence[Component]) -> list[Component]:
    """What the steps take that are on the traveler; rework takes nothing once more."""
    steps = {each.step_id for each in operations}
    return [each for each in components if each.step_id in steps]


def _slot(operation: Any, zone: tzinfo) -> list[str]:
    if operation.machine is not None and operation.started_at is not None:
        is_done = operation.status == Operation.Status.DONE
        return [operation.machine.name + ("" if is_done else f", {operation.get_status_display().lower()}")]
    if operation.slot_starts_at is None:
        return []
    return [operation.slot_machine_name or "", f"planned {moment(operation.slot_starts_at, zone)}"]


def _times(operation: Any, batch: Batch) -> str:
    """Standard minutes: set-up, then what the whole batch takes."""
    step = operation.step
    run = Decimal(step.fixed_seconds) + step.run_seconds * batch.quantity
    return f"set-up {round(step.setup_seconds / 60)} min, run {round(run / 60)} min"


def _handing_on(operation: Any, batch: Batch) -> str:
    quantity = transfer_quantity_of(operation, batch)
    return "" if quantity is None else f"hand on {amount(quantity, batch.plan.item)} at a time"


def _material(batch: Batch, components: Sequence[Component], claims: Sequence[MaterialClaim]) -> Table:
    columns = [
        Column("step", "At step", 1),
        Column("item", "Component", 2.4),
        Column("quantity", "Needed", 1, is_number=True),
        Column("lots", "Kept for this batch", 2.4),
    ]
    kept: dict[int, list[str]] = {}
    for claim in claims:
        if claim.batch_id == batch.pk:
            lot = claim.reservation.lot
            of_origin = provenance(lot)
            kept.setdefault(claim.component_id, []).append(
                f"{lot.number}{f' ({of_origin})' if of_origin else ''}"
            )
    rows = [
        [
            str(each.step),
            f"{each.item} · {each.item.description}",
            amount(each.quantity_per * batch.quantity, each.item),
            listed(kept.get(each.pk, [])),
        ]
        for each in components
        if each.plan_id == batch.plan_id
    ]
    return Table("material", columns, rows, heading="Material", empty="No material is issued to this batch.")


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_INSTRUCTION else f"{flat[:LONGEST_INSTRUCTION]}…"


def _by_batch(operations: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for operation in operations:
        found.setdefault(operation.batch_id, []).append(operation)
    return found
