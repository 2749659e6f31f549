"""The batch record says what the records say, exceptions first, and waits until there is nothing left to do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item, Lot, Site
from mes.core import signing
from mes.papers import services as papers
from mes.papers.models import Paper
from mes.papers.services import NotReadyForPaper
from production import services
from production.models import (
    Batch,
    Cleaning,
    CleaningCheck,
    Downtime,
    GateOverride,
    ProductionOrder,
    StepInstruction,
)
from production.papers.batch_record import batch_record
from production.papers.batch_records import gather, lots_of
from production.papers.inspected import requirement_of
from production.review import oddities
from quality import services as quality
from quality.models import Characteristic, Inspection, Nonconformance, Stage, Tightening
from tests.papers.reading import cells_of, pages_of, part_of, scanned, summary_of
from tests.plant import (
    MONDAY,
    make_gauge,
    make_inspection_plan,
    make_item,
    make_lot,
    make_site,
    make_supplier,
    make_user,
    measure_all,
)
from tests.production.gated import answer, finish, needing, start
from tests.records.people import a_signer, signing_as
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_limit_that_a_customer_narrowed_on_one_side_stands_beside_the_other_one_of_the_plan():
    bore = Characteristic(lower_limit=Decimal(9), upper_limit=Decimal(11), uom="mm")

    assert requirement_of(bore, Tightening(upper_limit=Decimal("10.5"))) == "9 to 10.5 mm"
    assert requirement_of(bore, Tightening(lower_limit=Decimal(8))) == "9 to 11 mm"


def test_of_what_is_counted_none_is_allowed_where_no_limit_says_more():
    blemishes = Characteristic(kind=Characteristic.Kind.COUNT)

    assert requirement_of(blemishes) == "at most 0"
    assert requirement_of(Characteristic(kind=Characteristic.Kind.ATTRIBUTE)) == "Conforms"


def a_part(**fields: Any) -> tuple[Item, Item]:
    """A bracket of two steps from a bar, hardness measured in between, its bore at the end."""
    site = make_site(name="Northgate", address="Unit 4\nSheffield")
    bar = make_item(site=site, supply="buy", kind="raw", description="Titanium bar")
    item = make_item(site=site, description="Hinge bracket", **fields)
    gate = make_inspection_plan(
        item,
        Stage.IN_PROCESS,
        characteristics=[
            {"name": "Hardness", "lower_limit": 36, "upper_limit": 42, "plausible_upper": 100, "uom": "HRC"}
        ],
    )
    make_inspection_plan(
        item, Stage.FINAL, characteristics=[{"name": "Bore", "lower_limit": 9, "upper_limit": 11}]
    )
    center = make_work_center(site=site, machines=2)
    steps = [
        {"work_center": center, "name": "Saw"},
        {"work_center": center, "name": "Turn", "inspection_plan": gate, "instruction": "Deburr all edges."},
    ]
    make_plan(item, steps, {bar: 2})
    return item, bar


def lot_of(batch: Batch) -> Lot:
    assert batch.lot is not None
    return batch.lot


def make_batch(item: Item, quantity: int = 10, *, scrap: int = 0, finish: int = 2) -> Batch:
    """A batch of which so many steps are done; the first of them scraps what is said."""
    order = plan_order(item, quantity)
    worker = make_user(first_name="Ann", last_name="Baker")
    for number, operation in enumerate(operations_of(order)[:finish]):
        machine = operation.step.work_center.machines.first()
        services.start_operation(operation, machine=machine, by=worker, at=MONDAY + number * HOUR)
        good, lost = (quantity - scrap, scrap) if number == 0 else (quantity - scrap, 0)
        services.finish_operation(
            operation, good=Decimal(good), scrap=Decimal(lost), by=worker, at=MONDAY + (number + 1) * HOUR
        )
    return Batch.objects.select_related("lot", "order").get(order=order)


def pass_all(batch: Batch, hardness: float = 38) -> None:
    for _ in range(2):
        for inspection in Inspection.objects.open().filter(lot=batch.lot).select_related("plan", "lot"):
            measure_all(inspection, hardness if inspection.plan.stage == Stage.IN_PROCESS else 10)
        services.clear_batch(batch, by=make_user(), at=MONDAY)


def record_of(batch: Batch, **more: Any) -> Paper:
    return services.issue_batch_record(batch, by=make_user(), at=MONDAY + 5 * HOUR, **more)


def finished_batch(**more: Any) -> Batch:
    item, bar = a_part(**more)
    make_lot(
        bar,
        100,
        supplier=make_supplier(name="Titan Mill"),
        attributes={"heat": "H-4711", "certificate": "3.1-08"},
    )
    batch = make_batch(item)
    pass_all(batch)
    return batch


def test_a_batch_whose_step_is_not_finished_has_no_record():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item, finish=1)

    with pytest.raises(NotReadyForPaper) as refusal:
        record_of(batch)

    assert (
        refusal.value.detail
        == f"The record of batch {batch} waits. Step 20 Turn of batch {batch} is waiting."
    )
    assert refusal.value.remedy == "Finish the step."
    assert not Paper.objects.exists()


def test_an_open_inspection_is_named():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item)
    inspection = Inspection.objects.open().get(lot=batch.lot)

    with pytest.raises(NotReadyForPaper) as refusal:
        record_of(batch)

    assert refusal.value.detail == f"The record of batch {batch} waits. Inspection {inspection} is open."
    assert refusal.value.remedy == "Record its results."


def test_a_nonconformance_keeps_the_record_waiting_until_it_is_closed():
    batch = finished_batch()
    report = quality.open_nonconformance(lot_of(batch), Decimal(1), "Scratch", by=make_user(), at=MONDAY)

    with pytest.raises(NotReadyForPaper, match=f"Nonconformance {report} of lot {batch.lot} is undecided."):
        record_of(batch)
    quality.decide_nonconformance(
        report, "use_as_is", "Within the visual standard", by=make_user(), at=MONDAY
    )
    with pytest.raises(NotReadyForPaper, match=r"is decided \(use as is\) but not closed"):
        record_of(batch)
    report.refresh_from_db()
    quality.close_nonconformance(report, by=make_user(), at=MONDAY)

    rows = cells_of(record_of(batch).content, "exceptions")
    assert [row[:4] for row in rows] == [
        ["Nonconformance", report.number, f"Lot {batch.lot}", "Scratch (1 pcs)"]
    ]
    assert rows[0][4].startswith("Use as is: Within the visual standard (")


def test_a_held_lot_keeps_the_record_waiting():
    batch = finished_batch()
    inventory.hold_lot(lot_of(batch), "Customer asked", by=make_user(), at=MONDAY)

    with pytest.raises(NotReadyForPaper, match=f"Lot {batch.lot} is held \\(Customer asked\\)."):
        record_of(batch)


def test_a_batch_that_is_not_released_has_no_record():
    item, _ = a_part()
    batch = Batch.objects.get(order=plan_order(item, released=False))

    with pytest.raises(NotReadyForPaper, match=f"Batch {batch} is planned."):
        record_of(batch)


def test_the_record_of_a_batch_without_exceptions_says_so_first():
    paper = record_of(finished_batch())
    first = paper.content["document"]["sections"][0]

    assert first["heading"] == "Exceptions and deviations"
    assert first["parts"][0]["paragraphs"][0].startswith("None. Every step was done in order")


def test_the_record_says_what_the_records_say():
    batch = finished_batch()
    paper = record_of(batch)
    content = paper.content

    told = summary_of(content)
    assert (told["batch"], told["lot"], told["good"]) == (batch.number, batch.lot.number, "10 pcs (100.0 %)")
    assert cells_of(content, "yields") == [
        ["10 Saw", "10", "10", "0", "0", "100.0", "100.0"],
        ["20 Turn", "10", "10", "0", "0", "100.0", "100.0"],
    ]
    (issued,) = cells_of(content, "components")
    assert issued[1:4] == ["20 pcs", "20 pcs", "0.0"]
    assert issued[5] == "Titan Mill\nheat: H-4711, certificate: 3.1-08"
    bore, hardness = sorted(cells_of(content, "measurements"), key=lambda row: row[2])
    assert hardness[2:5] == ["Hardness", "36 to 42 HRC", "38, 38, 38, 38, 38, 38, 38, 38, 38, 38"]
    assert bore[4:7] == ["10, 10, 10, 10, 10, 10, 10, 10, 10, 10", "", "Conforms"]
    steps = cells_of(content, "steps")
    assert [row[4:7] for row in steps] == [["60", "10", "Ann Baker"], ["60", "10", "Ann Baker"]]
    assert "Ann Baker" in [row[0] for row in cells_of(content, "people")]


def test_scrap_corrections_and_breakdowns_come_first():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item, scrap=2)
    operation = batch.operations.earliest("sequence")
    assert operation.machine is not None
    Downtime.objects.create(
        machine=operation.machine,
        kind=Downtime.Kind.BREAKDOWN,
        starts_at=MONDAY + HOUR / 4,
        ends_at=MONDAY + HOUR / 2,
        reason="Coolant pump",
    )
    inspection = Inspection.objects.open().select_related("plan", "lot").get(lot=batch.lot)
    characteristic = inspection.plan.characteristics.get()
    inspector = make_user(first_name="Cy", last_name="Dent")
    wrong = quality.record_measurement(
        inspection, characteristic, piece=1, value=Decimal(37), by=inspector, at=MONDAY
    )
    quality.correct_measurement(wrong, value=Decimal(39), note="Misread", by=inspector, at=MONDAY)
    for piece in range(2, inspection.sample_size + 1):
        quality.record_measurement(
            inspection, characteristic, piece=piece, value=Decimal(38), by=inspector, at=MONDAY
        )
    pass_all(batch)

    rows = cells_of(record_of(batch).content, "exceptions")
    assert [row[0] for row in rows] == ["Scrap", "Corrected result", "Machine down"]
    assert rows[0][3] == "2 pcs scrapped: Scrap of 10 Saw"
    assert rows[1][3] == "Hardness: 37 (Cy Dent) became 39"
    assert rows[1][4].startswith("Misread (Cy Dent, ")
    assert rows[2][3] == "Breakdown, 2 Mar 2026, 08:15 to 2 Mar 2026, 08:30"


def test_a_failed_inspection_is_told_with_its_values():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item)
    measure_all(Inspection.objects.open().select_related("plan", "lot").get(lot=batch.lot), 50)
    report = Nonconformance.objects.get(lot=batch.lot)
    quality.decide_nonconformance(report, "use_as_is", "The customer agreed", by=make_user(), at=MONDAY)
    quality.close_nonconformance(report, by=make_user(), at=MONDAY)
    pass_all(batch)

    rows = cells_of(record_of(batch).content, "exceptions")
    assert [row[0] for row in rows] == ["Nonconformance", "Failed inspection"]
    assert rows[1][3] == "Hardness: 50, 50, 50, 50, 50, 50, 50, 50, 50, 50; asked 36 to 42 HRC"


def test_a_result_names_its_gauge():
    site = make_site()
    gauge = make_gauge(kind="micrometer", site=site)
    item = make_item(site=site)
    make_inspection_plan(
        item,
        Stage.FINAL,
        characteristics=[{"name": "Bore", "lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer"}],
    )
    make_plan(item, [make_work_center(site=site)])
    batch = make_batch(item, 1, finish=1)
    inspection = Inspection.objects.open().select_related("plan", "lot").get(lot=batch.lot)
    quality.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        piece=1,
        value=Decimal(10),
        gauge=gauge,
        by=make_user(),
        at=MONDAY,
    )

    (bore,) = cells_of(record_of(batch).content, "measurements")
    assert bore[5] == gauge.number


def test_the_record_of_a_serialised_batch_lists_its_serial_numbers():
    batch = finished_batch(tracking="serial")
    pieces = services.hand_out(lot_of(batch), by=make_user(), at=MONDAY)
    paper = record_of(batch)

    told = part_of(paper.content, "numbers")["fields"][0]
    assert told["label"] == "10 numbers"
    assert told["value"] == ", ".join(piece.number for piece in pieces)
    assert Paper.objects.about(pieces[3]).get() == paper
    assert Paper.objects.naming(pieces[3].number).get() == paper


def queries_to_tell(batch: Batch) -> int:
    batch = Batch.objects.select_related(
        "order", "plan__item__site", "plan__approved_by", "lot__item", "transformation"
    ).get(pk=batch.pk)
    with CaptureQueriesContext(connection) as seen:
        batch_record(gather(batch, lots_of(batch)))
    return len(seen)


def test_the_record_of_a_large_batch_takes_no_more_queries_than_that_of_a_small_one():
    item, bar = a_part(tracking="serial")
    make_lot(bar, 400)
    counts = []
    for quantity in (2, 30):
        batch = make_batch(item, quantity)
        pass_all(batch)
        services.hand_out(lot_of(batch), by=make_user(), at=MONDAY)
        counts.append(queries_to_tell(batch))

    assert counts[0] == counts[1]
    assert counts[0] <= 60


def test_the_pages_of_a_record_show_all_of_it():
    pages = pages_of(papers.printed(record_of(finished_batch())))

    text = "\n".join(pages)
    for heading in (
        "Exceptions and deviations",
        "Yield, step by step",
        "Components",
        "People",
        "Review and release",
    ):
        assert heading in text
    assert "Northgate" in pages[0]


def a_released_order() -> ProductionOrder:
    item, bar = a_part()
    make_lot(bar, 100, attributes={"heat": "H-9"})
    return plan_order(item, 10)


def test_a_traveler_has_a_barcode_for_each_operation():
    order = a_released_order()
    batch = order.batches.get()
    paper = services.issue_traveler(order, by=make_user(), at=MONDAY)

    codes = {found.text for found in scanned(papers.printed(paper))}
    assert codes == {f"{batch}/10", f"{batch}/20", f"{paper.number}/1"}
    rows = cells_of(paper.content, "routing")
    assert rows[1][0] == "20 Turn\nDeburr all edges."
    assert cells_of(paper.content, "material")[0][2] == "20 pcs"


def test_a_traveler_printed_on_the_way_says_what_came_of_the_steps_that_are_done():
    order = a_released_order()
    first, _ = operations_of(order)
    machine, maker = first.step.work_center.machines.first(), make_user()
    services.start_operation(first, machine=machine, by=maker, at=MONDAY)
    services.finish_operation(first, good=Decimal(9), scrap=Decimal(1), by=maker, at=MONDAY + HOUR)

    sawn, turned = cells_of(services.issue_traveler(order, by=maker, at=MONDAY + HOUR).content, "routing")

    assert (sawn[4], sawn[5], turned[4:]) == ("9", "1", ["", "", ""])
    assert sawn[6].startswith("done 2 Mar 2026")
    assert f"{machine.name}\n" in sawn[1]


def test_the_page_of_a_paper_leads_to_what_it_tells_of():
    order = a_released_order()
    batch = order.batches.select_related("lot").get()
    paper = services.issue_traveler(order, by=make_user(), at=MONDAY)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    page = client.get(reverse("admin:papers_paper_change", args=[paper.pk])).content.decode()

    for thing in (order, batch, batch.lot):
        assert thing is not None
        kind = thing._meta
        assert reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=[thing.pk]) in page


def test_an_order_that_is_not_released_has_no_traveler():
    item, _ = a_part()
    order = plan_order(item, released=False)

    with pytest.raises(NotReadyForPaper) as refusal:
        services.issue_traveler(order, by=make_user(), at=MONDAY)

    assert refusal.value.detail == f"No batch of {order} is released."
    assert refusal.value.remedy == "Release the order first."


def test_an_overridden_gate_and_the_cleaning_before_are_told():
    item, bar = a_part()
    make_lot(bar, 100)
    order = plan_order(item, 10)
    first, second = operations_of(order)
    machine = first.step.work_center.machines.earliest("pk")
    cleaner, checker = (
        make_user(first_name="Eve", last_name="Fox"),
        make_user(first_name="Gil", last_name="Hay"),
    )
    cleaning = Cleaning.objects.create(machine=machine, kind="Line clearance", by=cleaner, at=MONDAY - HOUR)
    CleaningCheck.objects.create(cleaning=cleaning, is_clean=True, by=checker, at=MONDAY - HOUR / 2)
    GateOverride.objects.create(
        operation=first,
        gate="qualification",
        subject="NDT",
        refusal="Ann Baker is not qualified for NDT.",
        reason="Trained yesterday, papers to follow",
        person=cleaner,
        by=checker,
        at=MONDAY,
    )
    for operation in (first, second):
        services.start_operation(operation, machine=machine, by=cleaner, at=MONDAY)
        services.finish_operation(operation, good=Decimal(10), by=cleaner, at=MONDAY + HOUR)
    batch = Batch.objects.select_related("lot", "order").get(order=order)
    pass_all(batch)
    content = record_of(batch).content

    (row,) = cells_of(content, "exceptions")
    assert row[:3] == ["Gate overridden", "Qualification", "Step 10 Saw"]
    assert row[4].startswith("Trained yesterday, papers to follow (Gil Hay, ")
    (clean,) = cells_of(content, "cleanings")
    assert clean[1] == "Line clearance"
    assert clean[4].startswith("Clean: Gil Hay, ")


def test_a_signature_that_failed_is_told_among_the_exceptions_as_its_review_tells_it():
    operation, worker, boss = needing(), make_user(), a_signer()
    with pytest.raises(signing.WrongCredentials):
        answer(operation, "qualification", worker, boss, credentials=signing_as(boss, password="guess"))
    answer(operation, "qualification", worker, boss)
    finish(start(operation, worker))
    batch = Batch.objects.select_related("lot", "order").get(pk=operation.batch_id)

    rows = cells_of(record_of(batch).content, "exceptions")

    (row,) = [row for row in rows if row[0] == "Signature failed"]
    (told,) = [each for each in oddities(batch) if each.kind == "Signature failed"]
    assert row[1:3] == ["", f"Step {operation.step}"]
    assert row[3] == told.what == "Override: wrong user name or password"
    assert row[4].startswith(f"{boss}, ")


def test_the_audit_trail_of_the_batch_is_in_its_record_with_who_old_new_and_why():
    batch = finished_batch()
    ada = make_user(first_name="Ada", last_name="Byron")
    with pghistory.context(user=ada.pk, reason="Letter of the mill"):
        Lot.objects.filter(pk=lot_of(batch).pk).update(attributes={"heat": "H-4712"})
    with pghistory.context(user=ada.pk):
        Batch.objects.filter(pk=batch.pk).update(quantity=11)

    told = [row[1:] for row in cells_of(record_of(batch).content, "audit_trail")]

    lot, name = lot_of(batch), f"Ada Byron ({ada.username})"
    assert [f"Lot {lot}", "Attributes", "{}", "{'heat': 'H-4712'}", name, "Letter of the mill"] in told
    assert [f"Batch {batch}", "Quantity", "10", "11", name, ""] in told
    assert not [row for row in told if row[0].startswith("Operation")]


@pytest.mark.parametrize("reader", ["UTC", "Asia/Tokyo"])
def test_the_record_tells_all_times_in_the_plants_zone_and_names_it(reader: str):
    batch = finished_batch()
    Site.objects.update(time_zone="America/New_York")
    with pghistory.context(user=make_user().pk, reason="The clock was wrong"):
        Batch.objects.filter(pk=batch.pk).update(started_at=MONDAY - HOUR)

    with timezone.override(reader):
        paper = record_of(batch)

    there = (MONDAY - HOUR).astimezone(ZoneInfo("America/New_York"))
    (changed,) = [row for row in cells_of(paper.content, "audit_trail") if row[2] == "Started at"]
    assert changed[4] == f"{there:%d %b %Y, %H:%M:%S} EST"
    assert {cell.rsplit(" ", 1)[-1] for cell in (changed[0], changed[3])} <= {"EST", "EDT"}
    assert summary_of(paper.content)["zone"] == "America/New_York"
    assert "America/New_York" in " ".join(pages_of(bytes(paper.print.pdf)))


def test_a_traveler_names_the_version_of_each_work_instruction_that_is_in_force():
    center = make_work_center()
    item = make_item(site=center.site)
    plan = make_plan(item, [center, center], approved=False)
    step = plan.steps.get(sequence=20)
    version = services.write_instruction(
        "WI-7", "Deburring", text="By hand.", revision="B", by=make_user(), at=MONDAY
    )
    StepInstruction.objects.create(plan=plan, step=step, instruction=version.instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    order = plan_order(item)

    before = cells_of(services.issue_traveler(order, by=make_user(), at=MONDAY).content, "routing")
    services.approve_instruction(version, by=make_user(), at=MONDAY)
    paper = services.issue_traveler(order, reason="Instruction approved", by=make_user(), at=MONDAY + HOUR)
    after = cells_of(paper.content, "routing")

    assert "Work instruction WI-7 Deburring: no version in force" in before[1][0]
    assert "Work instruction WI-7 Deburring, revision B, in force since" in after[1][0]
    assert "WI-7" not in after[0][0]


def test_a_result_that_was_refused_is_told_among_the_exceptions():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item)
    inspection = Inspection.objects.open().get(lot=batch.lot)
    hardness = inspection.plan.characteristics.get()
    with pytest.raises(quality.Implausible):
        quality.record_measurement(inspection, hardness, value=Decimal(380), by=make_user(), at=MONDAY)
    pass_all(batch)

    (row,) = [row for row in cells_of(record_of(batch).content, "exceptions") if row[0] == "Refused result"]
    assert row[3].startswith("Hardness: 380 HRC was not taken. 380 is hardly possible")


def test_a_result_that_is_hardly_possible_and_was_taken_is_told_among_the_exceptions():
    item, bar = a_part()
    make_lot(bar, 100)
    batch = make_batch(item)
    inspection = Inspection.objects.open().get(lot=batch.lot)
    hardness = inspection.plan.characteristics.get()
    quality.record_measurement(
        inspection, hardness, value=Decimal(380), is_real=True, by=make_user(), at=MONDAY
    )
    quality.conclude_inspection(inspection, by=make_user(), at=MONDAY)
    assert {each.kind for each in oddities(batch)} == {"Nonconformance", "Hardly possible"}
    found = Nonconformance.objects.get(lot=batch.lot)
    quality.decide_nonconformance(found, "use_as_is", "Concession C-1", by=make_user(), at=MONDAY)
    quality.close_nonconformance(found, by=make_user(), at=MONDAY)
    pass_all(batch)

    rows = cells_of(record_of(batch).content, "exceptions")

    (row,) = [row for row in rows if row[0] == "Hardly possible"]
    assert row[3] == "Hardness: 380 HRC"
    assert row[4].startswith("Taken: looked at again, it is so (")
