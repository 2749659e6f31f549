"""A first article accounts for every characteristic, waits while a required field is blank, and is due again after a change."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from inventory.models import Item, Lot
from mes.core.console import address_of
from mes.papers import services as papers
from mes.papers.files import workbook_file
from mes.papers.models import Paper
from mes.papers.services import NotReadyForPaper
from orders import services as orders
from production import services
from production.first_articles import due_for
from production.models import Batch, FirstArticle, ProcessPlan
from production.services import FirstArticleIncomplete, NoBaseline
from quality import services as quality
from quality.models import Inspection, Nonconformance, Stage
from tests.orders.desk import line_of, make_customer, make_it, make_order, production_of
from tests.papers.reading import cells_of, pages_of, part_of
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
from tests.shop import make_plan, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
CERTIFIED = {"certificate": "3.1-0815", "heat": "H-4711"}


def a_part(*, site: Any = None, **fields: Any) -> Item:
    """A bracket from certified bar: its bore is a key characteristic, its surface is judged; anodised by a supplier."""
    site = site or make_site(name="Northgate")
    bar = make_item(site=site, supply="buy", kind="raw", supplier=make_supplier("KELDHOLM"))
    item = make_item(site=site, revision="A", needs_first_article=True, strategy="mto", **fields)
    make_inspection_plan(
        item,
        Stage.FINAL,
        characteristics=[
            {
                "name": "Bore",
                "lower_limit": 9,
                "upper_limit": 11,
                "uom": "mm",
                "is_key": True,
                "method": "Bore gauge",
            },
            {"name": "Surface"},
        ],
    )
    anodiser = make_supplier("ANOD", name="Anodising Ltd")
    steps = [
        {"work_center": make_work_center(site=site), "name": "Mill"},
        {
            "work_center": make_work_center(site=site, kind="outside", is_unlimited=True, supplier=anodiser),
            "name": "Anodise",
        },
    ]
    make_plan(item, steps, {bar: 1}, revision="P1")
    return item


def bar_of(item: Item) -> Item:
    return Item.objects.get(kind="raw", site=item.site)


def make_batch(
    item: Item, *, bore: float | None = 10, attributes: dict[str, str] | None = None, at: datetime = MONDAY
) -> Batch:
    """A finished batch of three, inspected unless no bore is given."""
    make_lot(
        bar_of(item), 10, attributes=CERTIFIED if attributes is None else attributes, supplier=make_supplier()
    )
    order = plan_order(item, 3, at=at)
    for operation in operations_of(order):
        machine = operation.step.work_center.machines.first()
        services.start_operation(operation, machine=machine, by=make_user(), at=at)
        services.finish_operation(operation, good=Decimal(3), by=make_user(), at=at)
    if bore is not None:
        for inspection in Inspection.objects.open().filter(reference=Batch.objects.get(order=order).number):
            measure_all(inspection, bore)
    return Batch.objects.select_related("lot", "plan__item__site").get(order=order)


def issue(batch: Batch, *, at: datetime = MONDAY, **said: Any) -> Paper:
    said = {"process_certificates": {20: "ANO-88"}} | said
    return services.issue_first_article(batch, by=make_user(), at=at, **said)


def test_the_three_forms_say_what_the_records_say():
    item = a_part()
    batch = make_batch(item)
    content = issue(batch, purchase_order="PO-1", customer="Aero").content

    told = {field["key"]: field["value"] for field in part_of(content, "accountability")["fields"]}
    assert (told["part_number"], told["part_revision"], told["scope"]) == (item.number, "A", "Full")
    assert told["process_reference"] == f"{batch.plan}, batch {batch}"
    assert told["why"] == "A new part, none was done yet"
    material, process = cells_of(content, "materials")
    assert material[5] == "3.1-0815\nHeat H-4711"
    assert (process[0], process[3], process[5]) == (
        "20 Anodise (special process)",
        "Anodising Ltd (ANOD)",
        "ANO-88",
    )
    bore, surface = cells_of(content, "characteristics")
    assert bore[:1] + bore[2:7] == ["1", "Key", "Bore\n9 to 11 mm", "10", "Bore gauge", "N/A"]
    assert surface[4] == "Conforms"
    assert cells_of(content, "index") == []


def test_a_special_process_done_here_is_listed_with_its_specification_and_its_own_record():
    item = a_part()
    plan = ProcessPlan.objects.get(item=item)
    draft = services.revise_process_plan(plan, "P2", reason="Penetrant inspection", by=make_user(), at=MONDAY)
    center = make_work_center(site=item.site, name="Penetrant line")
    draft.steps.create(
        sequence=30, name="Penetrant inspection", work_center=center, special_process="ASTM E1417"
    )
    services.approve_process_plan(draft, by=make_user(), at=MONDAY)

    batch = make_batch(item)
    *_, process = cells_of(issue(batch).content, "materials")

    assert [process[0], process[1], process[3], process[5]] == [
        "30 Penetrant inspection (special process)",
        "ASTM E1417",
        "Penetrant line",
        f"{batch}, operation 30",
    ]


def test_every_blank_required_field_is_named_and_nothing_is_issued():
    item = a_part()
    batch = make_batch(item, attributes={"heat": "H-1"})
    lot = Lot.objects.get(item=bar_of(item))

    with pytest.raises(FirstArticleIncomplete) as refusal:
        services.issue_first_article(batch, by=make_user(), at=MONDAY)

    assert refusal.value.detail == (
        f"The first article of batch {batch} cannot be issued. "
        f"Form 2, field 10: lot {lot} of {lot.item} names no certificate. "
        "Form 2, field 10: step 20 Anodise done outside names no certificate."
    )
    assert refusal.value.remedy == (
        "Enter the certificate among the lot's attributes. Name the certificates of the special processes."
    )
    assert not Paper.objects.exists()
    assert not FirstArticle.objects.exists()


def test_a_characteristic_without_a_result_of_the_piece_is_blank():
    batch = make_batch(a_part())

    with pytest.raises(
        FirstArticleIncomplete, match=r"Form 3, field 9: balloon 1 Bore .* has no result of piece 9."
    ):
        issue(batch, piece=9)


def test_a_batch_that_is_not_inspected_yet_waits():
    batch = make_batch(a_part(), bore=None)

    with pytest.raises(NotReadyForPaper, match="is open"):
        issue(batch)


def test_the_dialog_says_what_it_waits_for_before_its_fields_are_filled_in(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    batch = make_batch(a_part(), bore=None)
    address = f"/admin/production/batch/{batch.pk}/do/first-article/"

    before = client.get(address).content.decode()
    for inspection in Inspection.objects.open():
        measure_all(inspection, 10)
    after = client.get(address).content.decode()

    assert f"The first article of batch {batch} waits. Inspection " in before
    assert "waits." not in after


def test_a_documented_nonconformance_is_numbered_at_its_characteristic():
    batch = make_batch(a_part(), bore=12)
    found = Nonconformance.objects.get(lot=batch.lot)
    quality.decide_nonconformance(found, "use_as_is", "Concession C-1", by=make_user(), at=MONDAY)
    quality.close_nonconformance(found, by=make_user(), at=MONDAY)
    content = issue(batch).content

    bore, surface = cells_of(content, "characteristics")
    assert (bore[6], surface[6]) == (found.number, "N/A")
    assert FirstArticle.objects.get().has_nonconformance
    remarks = {field["key"]: field["value"] for field in part_of(content, "remarks")["fields"]}
    assert remarks["contains_nonconformance"] == f"Yes: {found.number}"


def test_sub_assemblies_are_rolled_up_and_one_without_its_own_keeps_it_waiting():
    site = make_site()
    sub = a_part(site=site)
    top = make_item(site=site, revision="B", needs_first_article=True)
    make_inspection_plan(top, Stage.FINAL, characteristics=[{"name": "Fit"}])
    make_plan(top, [make_work_center(site=site)], {sub: 1})
    sub_batch = make_batch(sub)
    order = plan_order(top, 3)
    (operation,) = operations_of(order)
    services.start_operation(
        operation, machine=operation.step.work_center.machines.first(), by=make_user(), at=MONDAY
    )
    services.finish_operation(operation, good=Decimal(3), by=make_user(), at=MONDAY)
    batch = Batch.objects.get(order=order)
    measure_all(Inspection.objects.open().get(lot=batch.lot))

    with pytest.raises(FirstArticleIncomplete, match=f"Form 1, field 18: {sub} has no first article yet."):
        issue(batch)
    below = issue(sub_batch)

    (row,) = cells_of(issue(batch).content, "index")
    assert row == [str(sub), sub.description, "Made here", str(below), "No"]


def test_a_part_that_was_never_done_is_due_and_then_not():
    item = a_part()
    due = due_for(item, MONDAY)
    assert due.sentence == "First article due: a new part, none was done yet."

    issue(make_batch(item))

    assert due_for(item, MONDAY) is None


def test_an_item_that_needs_none_is_never_due():
    item = a_part()
    item.needs_first_article = False

    assert due_for(item, MONDAY) is None


def test_a_new_revision_of_the_part_is_a_change_of_design():
    first = issue(make_batch(a_part(number="NP-1")))
    other = make_item(
        "NP-1", site=FirstArticle.objects.get().item.site, revision="B", needs_first_article=True
    )
    make_plan(other, [make_work_center(site=other.site)], revision="P1")

    due = due_for(other, MONDAY)
    assert "design: revision B instead of A" in due.reasons
    assert due.sentence.endswith(f"(since {first}).")


def test_a_new_process_plan_tool_and_source_are_told_one_by_one():
    item = a_part()
    issue(make_batch(item))
    welder = make_supplier("WELD")
    center = make_work_center(site=item.site, kind="outside", is_unlimited=True, supplier=welder)
    make_plan(item, [center], {bar_of(item): 1}, revision="P2")

    reasons = due_for(item, MONDAY).reasons
    assert reasons[0] == "process: plan P2 instead of P1"
    assert any(reason.startswith("source: KELDHOLM, WELD instead of ANOD, KELDHOLM") for reason in reasons)
    assert any(reason.startswith("location: work centers") for reason in reasons)


@pytest.mark.parametrize(("later", "is_due"), [(timedelta(days=729), False), (timedelta(days=731), True)])
def test_two_years_without_production_make_it_due(later: timedelta, is_due: bool):
    item = a_part()
    issue(make_batch(item))
    due = due_for(item, MONDAY + later)

    assert (due is not None) == is_due
    if due:
        assert due.reasons[0].startswith("a lapse of 24 months: nothing was made between 2 Mar 2026 and ")


def test_what_is_made_after_a_lapse_still_calls_for_a_first_article_until_it_has_one():
    item = a_part()
    first = issue(make_batch(item))
    resumed = MONDAY + timedelta(days=800)
    batch = make_batch(item, at=resumed)

    assert due_for(item, resumed + timedelta(days=30)).reasons[0].startswith("a lapse of 24 months")
    paper = issue(batch, at=resumed + timedelta(days=30))

    told = {field["key"]: field["value"] for field in part_of(paper.content, "accountability")["fields"]}
    assert told["why"] == (
        f"A lapse of 24 months: nothing was made between 2 Mar 2026 and 10 May 2028 (since {first})"
    )
    assert due_for(item, resumed + timedelta(days=31)) is None


def test_one_issued_again_keeps_what_made_it_due():
    item = a_part()
    first = issue(make_batch(item))
    make_plan(item, [make_work_center(site=item.site)], {bar_of(item): 1}, revision="P2")
    batch = make_batch(item, at=MONDAY + timedelta(days=1))
    issue(batch, process_certificates={})

    again = issue(batch, process_certificates={}, reason="Spelling")

    told = {field["key"]: field["value"] for field in part_of(again.content, "accountability")["fields"]}
    assert told["why"].startswith("Process: plan P2 instead of P1; ")
    assert told["why"].endswith(f"(since {first})")


def test_a_full_one_that_nothing_asked_for_says_so():
    item = a_part()
    first = issue(make_batch(item))

    content = issue(make_batch(item, at=MONDAY + timedelta(days=1))).content

    told = {field["key"]: field["value"] for field in part_of(content, "accountability")["fields"]}
    assert told["why"] == f"Done anew in full; nothing changed since {first}"


def test_the_dialog_says_why_it_is_due_and_what_a_partial_one_builds_on(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    item = a_part()
    batch = make_batch(item)

    first = client.get(f"/admin/production/batch/{batch.pk}/do/first-article/").content.decode()
    assert "First article due: a new part, none was done yet." in first
    assert 'value="partial"' not in first
    paper = issue(batch)
    assert f"{paper} (full)." in client.get(str(address_of(batch))).content.decode()
    make_plan(item, [make_work_center(site=item.site)], {bar_of(item): 1}, revision="P2")
    later = make_batch(item, at=MONDAY + timedelta(days=1))

    page = client.get(f"/admin/production/batch/{later.pk}/do/first-article/").content.decode()
    assert "First article due: process: plan P2 instead of P1; " in page
    assert f"A partial one builds on {paper}, batch {batch}." in page
    assert 'value="partial"' in page
    assert "First article due: process: plan P2" in client.get(str(address_of(later))).content.decode()


def test_production_meanwhile_puts_the_lapse_off():
    item = a_part()
    issue(make_batch(item))
    make_batch(item, at=MONDAY + timedelta(days=400))

    assert due_for(item, MONDAY + timedelta(days=731)) is None


def test_a_partial_one_builds_on_a_full_one_and_refers_to_it():
    item = a_part()
    first = issue(make_batch(item))
    second = make_batch(item)
    content = issue(second, scope="partial", why="New bore gauge", piece=2).content

    told = {field["key"]: field["value"] for field in part_of(content, "accountability")["fields"]}
    assert (told["scope"], told["baseline"], told["why"]) == (
        "Partial",
        f"{item} ({first})",
        "New bore gauge",
    )
    assert FirstArticle.objects.latest("pk").baseline.paper == first
    carried = services.issue_first_article(
        second,
        scope="partial",
        why="Again",
        piece=7,
        process_certificates={20: "X"},
        reason="Shown as carried",
        by=make_user(),
        at=MONDAY,
    )
    assert {row[4] for row in cells_of(carried.content, "characteristics")} == {f"See {first}"}


def test_an_older_one_that_is_issued_again_is_not_taken_for_the_latest():
    item = a_part()
    old = make_batch(item)
    issue(old)
    make_plan(item, [make_work_center(site=item.site)], {bar_of(item): 1}, revision="P2")
    new = make_batch(item, at=MONDAY + timedelta(days=1))
    issue(new, at=MONDAY + timedelta(days=1), process_certificates={})
    assert due_for(item, MONDAY + timedelta(days=2)) is None

    issue(old, at=MONDAY + timedelta(days=2), reason="Spelling")

    assert due_for(item, MONDAY + timedelta(days=3)) is None
    with pytest.raises(NoBaseline, match="before this batch"):
        issue(old, scope="partial", why="Because", reason="Not all of it")


def test_a_partial_one_without_a_baseline_or_reason_is_refused():
    item = a_part()
    batch = make_batch(item)
    with pytest.raises(NoBaseline):
        issue(batch, scope="partial", why="Because")
    issue(batch)
    other = make_batch(item)

    with pytest.raises(
        FirstArticleIncomplete, match="Form 1, field 14: the reason for a partial first article is blank"
    ):
        issue(other, scope="partial")


def test_it_is_exported_as_a_workbook_of_three_forms_and_text_stays_text():
    paper = issue(make_batch(a_part()), comments='=HYPERLINK("http://x")')
    book = load_workbook(BytesIO(workbook_file(paper).content))

    assert [name[:6] for name in book.sheetnames] == ["Paper", "Form 1", "Form 2", "Form 3"]
    cells = [cell for row in book[book.sheetnames[1]].iter_rows() for cell in row]
    (comment,) = [cell for cell in cells if cell.value == '=HYPERLINK("http://x")']
    assert comment.data_type == "s"


def test_its_forms_begin_on_pages_of_their_own():
    pages = pages_of(papers.printed(issue(make_batch(a_part()))))

    assert len(pages) == 3
    assert [f"Form {n}" in page for n, page in enumerate(pages, start=1)] == [True, True, True]


def test_at_the_order_line_customer_and_purchase_order_are_known():
    item = a_part()
    make_lot(bar_of(item), 10, attributes=CERTIFIED, supplier=make_supplier())
    order = make_order((item, 3), customer=make_customer("Aero"), confirmed=True, customer_reference="PO-9")
    with pytest.raises(orders.NothingMadeYet, match=f"No batch for {order}/1 is done."):
        orders.issue_line_first_article(line_of(order), by=make_user(), at=timezone.now())
    make_it(order)

    paper = orders.issue_line_first_article(
        line_of(order), process_certificates={20: "ANO-1"}, by=make_user(), at=MONDAY
    )
    told = {field["key"]: field["value"] for field in part_of(paper.content, "accountability")["fields"]}
    assert told["purchase_order"] == "PO-9"
    assert Paper.objects.about(production_of(order)).filter(kind="first_article").get() == paper


def test_a_result_names_the_gauge_that_measured_it():
    site = make_site()
    item = make_item(site=site, needs_first_article=True)
    gauge = make_gauge(kind="micrometer", site=site)
    plan = make_inspection_plan(
        item,
        Stage.FINAL,
        characteristics=[{"name": "Bore", "lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer"}],
    )
    make_plan(item, [make_work_center(site=site)])
    order = plan_order(item, 1)
    (operation,) = operations_of(order)
    services.start_operation(
        operation, machine=operation.step.work_center.machines.first(), by=make_user(), at=MONDAY
    )
    services.finish_operation(operation, good=Decimal(1), by=make_user(), at=MONDAY)
    batch = Batch.objects.get(order=order)
    quality.record_measurement(
        Inspection.objects.open().get(lot=batch.lot),
        plan.characteristics.get(),
        value=Decimal(10),
        gauge=gauge,
        by=make_user(),
        at=MONDAY,
    )

    (bore,) = cells_of(
        services.issue_first_article(batch, by=make_user(), at=MONDAY).content, "characteristics"
    )
    assert bore[5] == gauge.number
