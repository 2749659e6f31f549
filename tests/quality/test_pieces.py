"""Where a plan asks for each piece by its number, results belong to the piece, and the piece keeps its number when it becomes a lot of its own."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from inventory import services as inventory
from inventory.models import Lot
from inventory.renumbering import numbered_before
from production import services as production
from quality import services as quality
from quality.models import Inspection, Nonconformance, SamplePiece
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_sampling, make_user
from tests.shop import make_plan, operations_of, plan_order

pytestmark = pytest.mark.django_db


def an_inspected_batch(count: int = 3, *, sample: int | None = None) -> Inspection:
    """A finished batch of pieces known by number, whose final inspection names each piece of its sample."""
    item = make_item(tracking="serial")
    scheme = make_sampling(sample) if sample else None
    make_inspection_plan(item, identifies_pieces=True, sampling=scheme)
    make_plan(item)
    (operation,) = operations_of(plan_order(item, count))
    production.start_operation(operation, by=make_user(), at=MONDAY)
    production.finish_operation(operation, good=Decimal(count), by=make_user(), at=MONDAY)
    return Inspection.objects.select_related("plan", "lot__item__site").get(status="open")


def measure(inspection: Inspection, piece: int, identity: str, value: float = 10) -> None:
    quality.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        piece=piece,
        value=Decimal(str(value)),
        identity=identity,
        by=make_user(),
        at=MONDAY,
    )


def numbers_of(inspection: Inspection) -> list[str]:
    pieces = Lot.objects.filter(item=inspection.lot.item_id, is_serial=True)
    return list(pieces.order_by("pk").values_list("number", flat=True))


def test_the_pieces_of_a_batch_get_the_numbers_that_they_were_inspected_under():
    inspection = an_inspected_batch()
    for piece, name in enumerate(("SN-7", "SN-8", "SN-9"), start=1):
        measure(inspection, piece, name, value=10 + piece / 10)
    deliver_news()

    assert numbers_of(inspection) == ["SN-7", "SN-8", "SN-9"]
    eighth = Lot.objects.get(number="SN-8")
    (found,) = quality.results_of_piece(eighth, numbered_before(eighth.pk))
    assert found.value == Decimal("10.2")
    client = Client()
    client.force_login(make_user(is_superuser=True, is_staff=True))
    page = client.get(reverse("admin:inventory_lot_change", args=[eighth.pk])).content.decode()
    assert "Measured on this very piece" in page
    assert "10.2" in page


def test_of_a_sample_the_inspected_pieces_keep_their_numbers_and_the_rest_get_the_lots():
    inspection = an_inspected_batch(4, sample=2)
    measure(inspection, 1, "SN-1")
    measure(inspection, 2, "SN-2")
    deliver_news()

    lot = inspection.lot.number
    assert numbers_of(inspection) == ["SN-1", "SN-2", f"{lot}-001", f"{lot}-002"]


def test_the_number_of_a_piece_that_was_scrapped_is_given_to_none():
    inspection = an_inspected_batch()
    for piece, (name, value) in enumerate((("SN-1", 10), ("SN-2", 20), ("SN-3", 10)), start=1):
        measure(inspection, piece, name, value)
    found = Nonconformance.objects.get()
    quality.decide_nonconformance(found, "scrap", "Too large", quantity=Decimal(1), by=make_user(), at=MONDAY)
    deliver_news()

    assert numbers_of(inspection) == ["SN-1", "SN-3"]


def test_results_come_piece_by_piece_and_the_verdict_with_the_last():
    inspection = an_inspected_batch()
    measure(inspection, 2, "SN-2")
    measure(inspection, 1, "SN-1")
    inspection.refresh_from_db()

    assert inspection.status == "open"
    assert list(inspection.pieces.order_by("piece").values_list("piece", "identity")) == [
        (1, "SN-1"),
        (2, "SN-2"),
    ]
    with pytest.raises(quality.Incomplete, match="1 of 3 results are missing"):
        quality.conclude_inspection(inspection, by=make_user(), at=MONDAY)
    measure(inspection, 3, "SN-3")
    inspection.refresh_from_db()
    assert inspection.status == "passed"


def test_a_number_that_another_piece_bears_is_refused():
    inspection = an_inspected_batch()
    other = make_lot(inspection.lot.item, 1, number="SN-1")

    with pytest.raises(quality.PieceUnnamed, match="SN-1 is the number of another piece") as refusal:
        measure(inspection, 1, other.number)

    assert set(refusal.value.errors) == {"identity"}
    assert not SamplePiece.objects.exists()
    assert not inspection.measurements.exists()


def test_a_serial_number_is_inspected_under_its_own():
    item = make_item()
    piece = inventory.serialise(make_lot(item, 2), by=make_user(), at=MONDAY)[0]
    plan = make_inspection_plan(item, "receiving", identifies_pieces=True)
    inspection = quality.open_inspection(plan, piece, lot_quantity=Decimal(1), at=MONDAY)

    measure(inspection, 1, piece.number)

    assert Inspection.objects.get(pk=inspection.pk).status == "passed"
