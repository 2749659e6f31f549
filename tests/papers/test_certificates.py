"""A certificate says what was supplied and what shows it, and is refused while anything is open."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Lot
from mes.papers import services as papers
from mes.papers.models import Paper
from mes.papers.services import NotReadyForPaper, ReasonMissing
from orders import services
from orders.models import CustomOrder, Requirement, Shipment
from orders.papers.certificate import certificate
from orders.papers.certificate_records import Supply, gather
from production import services as production
from production.models import ProcessPlan
from quality import services as quality
from quality.models import Inspection, Nonconformance
from tests.clean_slate import Stand
from tests.orders.desk import (
    FRIDAY,
    Asked,
    Part,
    line_of,
    lots_of,
    make_customer,
    make_it,
    make_order,
    make_part,
    production_of,
    put_in_doubt,
)
from tests.papers.reading import cells_of, pages_of, part_of, summary_of
from tests.plant import MONDAY, make_item, make_lot, make_supplier, make_user
from tests.records.people import a_signer, signing_as

pytestmark = pytest.mark.django_db


def an_order(part: Part, quantity: int = 4, *asked: Asked) -> CustomOrder:
    """A confirmed order of an aircraft builder, made, its lot released."""
    customer = make_customer("Aero Structures")
    customer.address = "Hangar 3\nToulouse"
    customer.save()
    make_lot(
        part.bar,
        100,
        supplier=make_supplier(name="Titan Mill"),
        attributes={"heat": "H-4711", "certificate": "3.1-0815"},
    )
    order = make_order(
        (part.item, quantity, FRIDAY, 2, None, asked),
        customer=customer,
        confirmed=True,
        customer_reference="PO-7788",
    )
    make_it(order)
    return order


@pytest.fixture(scope="module")
def ordered(standing: Stand) -> tuple[Part, CustomOrder]:
    def write() -> tuple[Part, CustomOrder]:
        part = make_part()
        return part, an_order(part)

    return standing(write)


@pytest.fixture
def part(ordered: tuple[Part, CustomOrder]) -> Part:
    """What was ordered and made, of most of these tests."""
    return ordered[0]


@pytest.fixture
def order(ordered: tuple[Part, CustomOrder]) -> CustomOrder:
    """The order of it, which nothing of has left."""
    return CustomOrder.objects.get(pk=ordered[1].pk)


def shipped(order: CustomOrder) -> Shipment:
    return services.ship(order, carrier="Air Freight", by=make_user(), at=MONDAY)


def certify(shipment: Shipment, **more: Any) -> Paper:
    return services.issue_certificate(shipment, by=make_user(), at=MONDAY, **more)


def report_on(lot: Lot, text: str = "Scratch") -> Nonconformance:
    return quality.open_nonconformance(lot, Decimal(1), text, by=make_user(), at=MONDAY)


def test_the_certificate_says_what_the_records_say(part: Part, order: CustomOrder):
    shipment = shipped(order)
    (lot,) = lots_of(production_of(order))
    content = certify(shipment).content

    told = summary_of(content)
    assert told["customer"] == "Aero Structures\nHangar 3\nToulouse"
    assert (told["reference"], told["order"], told["delivery_note"]) == (
        "PO-7788",
        order.number,
        shipment.number,
    )
    (supply,) = cells_of(content, "supplies")
    assert supply[:4] == ["1", f"{part.item}\n{part.item.description}", "4 pcs", lot.number]
    (material,) = cells_of(content, "materials")
    assert material[2:] == ["Titan Mill", "heat: H-4711, certificate: 3.1-0815"]
    assert cells_of(content, "deviations") == []
    assert {row[4] for row in cells_of(content, "inspections")} == {"Passed"}
    assert "conform to them in all respects" in part_of(content, "statement")["paragraphs"][0]


def test_special_processes_are_listed_with_their_specification_whoever_does_them():
    part = make_part()
    plan = ProcessPlan.objects.get(item=part.item)
    draft = production.revise_process_plan(plan, "B", reason="Peened", by=make_user(), at=MONDAY)
    draft.steps.update(special_process="SAE AMS2430")
    production.approve_process_plan(draft, by=make_user(), at=MONDAY)

    order = an_order(part)
    processes = cells_of(certify(shipped(order)).content, "processes")

    told = {(row[0].partition("\n")[2], row[2]) for row in processes}
    assert told == {("SAE AMS2430", step.work_center.name) for step in draft.steps.all()}


def test_serial_numbers_of_one_batch_make_one_row():
    part = make_part(tracking="serial")
    order = an_order(part, 12)
    pieces = Lot.objects.filter(number__startswith=lots_of(production_of(order))[0].number + "-").order_by(
        "number"
    )
    paper = certify(shipped(order))

    (supply,) = cells_of(paper.content, "supplies")
    assert supply[2:4] == ["12 pcs", ", ".join(piece.number for piece in pieces)]
    assert Paper.objects.naming(pieces[7].number).get() == paper


def test_a_nonconformance_of_what_was_supplied_is_named_and_keeps_it_waiting(order: CustomOrder):
    shipment = shipped(order)
    (lot,) = lots_of(production_of(order))
    report = report_on(lot)

    with pytest.raises(NotReadyForPaper) as refusal:
        certify(shipment)

    assert refusal.value.detail == (
        f"The certificate of {shipment} waits. Nonconformance {report} of lot {lot} is undecided."
    )
    assert refusal.value.remedy == "Decide it, then close it."
    assert not Paper.objects.exists()


def part_shipped(order: CustomOrder, quantity: int = 3) -> tuple[Shipment, Lot]:
    """Of four pieces so many left; the rest is here."""
    (lot,) = lots_of(production_of(order))
    line = order.lines.get()
    return services.ship(order, lots=[(line, lot, Decimal(quantity))], by=make_user(), at=MONDAY), lot


def report_later(lot: Lot, quantity: int = 1) -> Nonconformance:
    return quality.open_nonconformance(
        lot, Decimal(quantity), "Scratch", by=make_user(), at=MONDAY + timedelta(days=1)
    )


def decide(report: Nonconformance, disposition: str) -> None:
    quality.decide_nonconformance(
        report, disposition, "Looked at", by=make_user(), at=MONDAY + timedelta(days=2)
    )


@pytest.mark.parametrize("disposition", ["scrap", "rework"])
def test_what_is_decided_of_the_rest_of_a_lot_does_not_keep_goods_that_had_left_waiting(
    disposition, order: CustomOrder
):
    shipment, lot = part_shipped(order)
    report = report_later(lot)
    with pytest.raises(NotReadyForPaper, match=f"Nonconformance {report} of lot {lot} is undecided."):
        certify(shipment)
    decide(report, disposition)

    content = certify(shipment).content

    assert cells_of(content, "deviations") == []
    assert "conform to them in all respects" in part_of(content, "statement")["paragraphs"][0]


def test_what_is_decided_of_goods_that_had_left_themselves_keeps_their_certificate_waiting(
    order: CustomOrder,
):
    shipment, lot = part_shipped(order, 4)
    decide(report_later(lot, 4), "scrap")

    with pytest.raises(NotReadyForPaper, match=f"Lot {lot} is rejected."):
        certify(shipment)


def test_what_a_recall_holds_keeps_it_waiting_for_that_recall(order: CustomOrder):
    shipment, lot = part_shipped(order)
    recall = services.start_recall(basis="lot", reason="Wrong alloy", lots=[lot], by=make_user(), at=MONDAY)
    quality.hold_recall(recall, by=make_user(), at=MONDAY)

    with pytest.raises(NotReadyForPaper, match=f"Lot {lot} is held .Recall {recall}") as refusal:
        certify(shipment)

    assert refusal.value.remedy == "Decide about it in its recall, and close that."


def test_a_use_as_is_decided_later_is_told_to_whoever_has_goods_of_that_lot(order: CustomOrder):
    shipment, lot = part_shipped(order)
    decide(report_later(lot), "use_as_is")

    assert len(cells_of(certify(shipment).content, "deviations")) == 1


def test_a_nonconformance_of_the_material_keeps_it_waiting_too(part: Part, order: CustomOrder):
    shipment = shipped(order)
    bar = Lot.objects.get(item=part.bar)
    report = report_on(bar, "Wrong heat treatment")

    with pytest.raises(NotReadyForPaper, match=f"Nonconformance {report} of lot {bar} is undecided."):
        certify(shipment)


def test_results_of_a_gauge_found_out_of_tolerance_keep_it_waiting_until_its_review_decides_them(
    part: Part, order: CustomOrder
):
    shipment = shipped(order)
    bar = Lot.objects.get(item=part.bar)
    review = put_in_doubt(bar)

    with pytest.raises(
        NotReadyForPaper, match=f"Lot {bar} was measured with MIC-7, found out of tolerance"
    ) as told:
        certify(shipment)
    assert "Decide the lot in the review of MIC-7" in told.value.remedy
    assert told.value.see == (review,)
    assert not Paper.objects.exists()
    said: dict[str, Any] = {"by": make_user(), "at": MONDAY + timedelta(days=1)}
    quality.clear_doubtful_lot(review, bar, "Measured again with MIC-9", **said)

    assert certify(shipment)


def test_what_certificates_wait_for_is_told_by_line_in_the_same_queries_however_many_lines():
    items = [make_item(supply="buy") for _ in range(5)]
    lots = [make_lot(item, 8) for item in items]
    missing = make_item(supply="buy")
    small, large = (
        make_order(*((item, 4) for item in found), confirmed=True)
        for found in ([items[0], missing], [*items, missing])
    )
    quality.open_nonconformance(lots[0], Decimal(1), "Scratch", by=make_user(), at=MONDAY)

    def told(order: CustomOrder) -> tuple[list[str], int]:
        """What is missing, line by line, and how many queries it took."""
        lines = list(order.lines.select_related("item__site", "order").order_by("number"))
        with CaptureQueriesContext(connection) as taken:
            found = services.what_certificates_wait_for(order, lines)
        return [found[line.pk] for line in lines], len(taken)

    _, few = told(small)
    (scratched, *ready, nothing), many = told(large)

    assert f"of lot {lots[0]} is undecided." in scratched
    assert ready == ["", "", "", ""]
    assert nothing == "Nothing is set aside for it yet."
    assert many == few


def test_an_accepted_deviation_is_told_and_the_statement_says_so(order: CustomOrder):
    shipment = shipped(order)
    report = report_on(lots_of(production_of(order))[0])
    quality.decide_nonconformance(
        report, "use_as_is", "Fit checked", customer_agreement="C-12", by=make_user(), at=MONDAY
    )
    report.refresh_from_db()
    quality.close_nonconformance(report, by=make_user(), at=MONDAY)

    content = certify(shipment).content
    (row,) = cells_of(content, "deviations")
    assert (row[0], row[2]) == (report.number, "Scratch")
    assert row[3].startswith("Use as is: Fit checked; agreed by the customer: C-12 (")
    assert (
        "save the deviations and concessions listed below" in part_of(content, "statement")["paragraphs"][0]
    )


def test_a_concession_of_what_the_customer_asked_is_told_and_the_statement_says_so():
    order = an_order(make_part(), 4, Asked("marking", "Laser marked"))
    boss = a_signer(username="boss")
    requirement = Requirement.objects.get(line__order=order)
    services.grant_concession(
        requirement,
        "Engraved instead",
        customer_agreement="mail 7",
        credentials=signing_as(boss),
        by=boss,
        at=MONDAY,
    )

    content = certify(shipped(order)).content

    (row,) = cells_of(content, "deviations")
    (lot,) = lots_of(production_of(order))
    assert row[:3] == [f"{order}/1", f"{lot}\n{lot.item}", "Not met: Marking: Laser marked"]
    assert row[3].startswith("Concession: Engraved instead. Agreed by the customer: mail 7. (")
    assert (
        "save the deviations and concessions listed below" in part_of(content, "statement")["paragraphs"][0]
    )


def test_an_open_inspection_of_what_is_set_aside_is_named(order: CustomOrder):
    (lot,) = lots_of(production_of(order))
    plan = Inspection.objects.filter(lot=lot).latest("pk").plan
    again = quality.open_inspection(plan, lot, lot_quantity=Decimal(4), reference="audit", at=MONDAY)

    with pytest.raises(NotReadyForPaper, match=f"Inspection {again} is open."):
        services.issue_line_certificate(line_of(order), by=make_user(), at=MONDAY)


def test_a_requirement_without_evidence_keeps_it_waiting():
    order = an_order(make_part(), 4, Asked("packaging", "In foam, one by one"))

    with pytest.raises(NotReadyForPaper) as refusal:
        services.issue_line_certificate(line_of(order), by=make_user(), at=MONDAY)

    assert f"{order}/1: “In foam, one by one” lacks its evidence." in refusal.value.detail
    assert refusal.value.remedy == "Complete the evidence of the order's requirements."


def test_a_requirement_that_asks_for_the_certificate_is_proven_by_it_and_the_order_ships():
    order = an_order(make_part(), 4, Asked("document", "Certificate of conformity with each delivery"))
    with pytest.raises(services.RequirementUnproven):
        shipped(order)

    paper = services.issue_line_certificate(line_of(order), by=make_user(), at=MONDAY)

    assert cells_of(paper.content, "requirements")[0][3] == "This certificate"
    assert Requirement.objects.get(line__order=order).evidence == f"Certificate {paper}"
    assert shipped(order).number


def test_nothing_set_aside_is_nothing_to_certify():
    order = make_order((make_part().item, 4), confirmed=True)

    with pytest.raises(services.NothingToCertify, match=f"Nothing is set aside for {order}/1."):
        services.issue_line_certificate(line_of(order), by=make_user(), at=MONDAY)


def test_it_is_issued_again_with_a_reason(order: CustomOrder):
    shipment = shipped(order)
    first = certify(shipment)
    with pytest.raises(ReasonMissing):
        certify(shipment)
    second = certify(shipment, reason="New address")

    assert (second.number, second.revision) == (first.number, 2)


def queries_for(supplies: int) -> int:
    part = make_part(tracking="serial")
    order = an_order(part, supplies)
    shipment = shipped(order)
    rows = shipment.lines.select_related("line__item__site", "line__order", "lot")
    told = [Supply(row.line, row.lot, row.quantity) for row in rows]
    with CaptureQueriesContext(connection) as seen:
        certificate(gather(order, told, shipment))
    return len(seen)


def test_many_serial_numbers_take_no_more_queries_than_a_few():
    few, many = queries_for(2), queries_for(8)

    assert few == many
    assert few <= 34


def test_its_pages_show_all_of_it(order: CustomOrder):
    shipment = shipped(order)
    text = "\n".join(pages_of(papers.printed(certify(shipment))))

    for heading in (
        "Supplies",
        "Statement of conformity",
        "Deviations and concessions",
        "Materials",
        "Signature",
    ):
        assert heading in text


def test_the_customer_takes_the_standing_certificate_from_the_tracking_page(
    client: Client, order: CustomOrder
):
    shipment = shipped(order)
    first = certify(shipment)
    second = certify(shipment, reason="New address")
    page = client.get(reverse("track-order", args=[order.tracking_token])).content.decode()
    link = reverse("tracked-certificate", args=[order.tracking_token, second.pk])

    assert link in page
    assert str(first) not in page
    answer = client.get(link)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == bytes(second.print.pdf)


def test_a_link_shows_no_paper_of_another_order_and_no_other_kind(client: Client):
    order, other = an_order(make_part()), an_order(make_part())
    paper = certify(shipped(order))

    foreign = client.get(reverse("tracked-certificate", args=[other.tracking_token, paper.pk]))
    unknown = client.get(reverse("tracked-certificate", args=["guessed", paper.pk]))

    assert (foreign.status_code, unknown.status_code) == (404, 404)
