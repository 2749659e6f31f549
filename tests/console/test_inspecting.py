"""The quality desk and the page on which an inspector enters results."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Lot
from production import services as production
from quality import services
from quality.models import Inspection, SamplingScheme, SamplingSource, Stage
from tests import plant, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def inspector() -> Client:
    client = Client()
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))
    return client


def enter(client, inspection, value, *, piece=1, number=1, **typed):
    characteristic = inspection.plan.characteristics.get(number=number)
    body = {"piece": piece, "characteristic": characteristic.pk, "value": value} | typed
    return client.post(reverse("console:inspect-enter", args=[inspection.pk]), body)


def page(client, inspection, **asked):
    return client.get(reverse("console:inspect", args=[inspection.pk]), asked)


def test_an_inspector_enters_one_result_after_the_other_until_the_verdict(inspector):
    plan = plant.make_inspection_plan(
        characteristics=[
            {"lower_limit": 9, "upper_limit": 11, "uom": "mm", "name": "Bore"},
            {"name": "Surface"},
        ]
    )
    inspection = plant.make_inspection(plan, lot_quantity=2)
    shown = page(inspector, inspection).content.decode()
    assert "1 Bore" in shown
    assert "9 to 11" in shown
    assert "Piece 1 of 2" in shown

    answer = enter(inspector, inspection, "10,2")
    assert answer.status_code == 302
    following = inspector.get(answer.url).content.decode()
    assert "2 Surface" in following
    enter(inspector, inspection, "yes", number=2)
    enter(inspector, inspection, "10", piece=2)
    answer = enter(inspector, inspection, "yes", piece=2, number=2)

    inspection.refresh_from_db()
    assert inspection.status == Inspection.Status.PASSED
    assert "may go on" in inspector.get(answer.url).content.decode()
    assert inspection.measurements.get(piece=1, characteristic__number=1).value == Decimal("10.2")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"value": "ten"}, "“ten” is not a number"),
        ({"value": ""}, "Enter the value measured"),
        ({"value": "10", "uom": "kg"}, "kg cannot become mm"),
        ({"value": "999"}, "is hardly possible"),
    ],
)
def test_what_is_refused_stands_there_still_with_the_reason(inspector, typed, told):
    plan = plant.make_inspection_plan(
        characteristics=[{"lower_limit": 9, "uom": "mm", "plausible_upper": 100}]
    )
    inspection = plant.make_inspection(plan, lot_quantity=2)

    answer = enter(inspector, inspection, **typed, note="by daylight")

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert told in shown
    assert f'value="{typed["value"]}"' in shown
    assert 'value="by daylight"' in shown
    assert not inspection.measurements.exists()


def test_what_is_hardly_possible_is_taken_once_it_is_said_to_be_real(inspector):
    plan = plant.make_inspection_plan(characteristics=[{"lower_limit": 9, "plausible_upper": 100}])
    inspection = plant.make_inspection(plan, lot_quantity=2)
    assert "I looked again" in enter(inspector, inspection, "999").content.decode()

    answer = enter(inspector, inspection, "999", is_real="1")

    assert answer.status_code == 302
    assert inspection.measurements.get().is_confirmed_real


def test_what_was_typed_for_a_piece_that_a_colleague_measured_is_told_and_does_not_stand_in_the_next_field(
    inspector,
):
    inspection = plant.make_inspection(lot_quantity=2)
    services.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        value=Decimal(10),
        by=plant.make_user(),
        at=plant.MONDAY,
    )

    answer = enter(inspector, inspection, "10.5")

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "piece 1 (10.5) was not recorded" in shown
    assert "was measured already" in shown
    assert "Piece 2 of 2" in shown
    assert 'value="10.5"' not in shown
    assert inspection.measurements.count() == 1


def test_a_piece_that_is_not_in_the_sample_is_refused_and_another_is_offered(inspector):
    inspection = plant.make_inspection(lot_quantity=2)

    answer = enter(inspector, inspection, "10", piece=77)

    assert answer.status_code == 422
    assert "piece 77 (10) was not recorded" in (shown := answer.content.decode())
    assert "pieces 1 to 2" in shown
    assert 'name="value" value="10"' not in shown


def test_a_result_that_comes_after_the_inspection_was_concluded_is_told_as_not_recorded(inspector):
    inspection = plant.make_inspection(lot_quantity=1)
    enter(inspector, inspection, "10")

    answer = enter(inspector, inspection, "10.5")

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in shown
    assert "(10.5) was not recorded" in shown
    assert "is passed" in shown
    assert inspection.measurements.count() == 1


def test_all_that_are_left_conform_at_a_glance(inspector):
    plan = plant.make_inspection_plan(characteristics=[{}], sampling=plant.make_sampling(20))
    inspection = plant.make_inspection(plan, lot_quantity=100)
    enter(inspector, inspection, "yes", piece=3)

    inspector.post(
        reverse("console:inspect-rest", args=[inspection.pk]),
        {"characteristic": plan.characteristics.get().pk},
    )

    inspection.refresh_from_db()
    assert (inspection.status, inspection.measurements.count()) == (Inspection.Status.PASSED, 20)


def test_a_second_person_confirms_on_the_same_page(inspector):
    plan = plant.make_inspection_plan(characteristics=[{"upper_limit": 11, "needs_second_person": True}])
    inspection = plant.make_inspection(plan)
    measurement = services.record_measurement(
        inspection, plan.characteristics.get(), value=Decimal(10), by=plant.make_user(), at=plant.MONDAY
    )
    assert "For you to confirm" in page(inspector, inspection).content.decode()

    inspector.post(reverse("console:inspect-confirm", args=[measurement.pk]))

    inspection.refresh_from_db()
    assert inspection.status == Inspection.Status.PASSED


def test_a_passed_inspection_of_a_lot_that_something_else_holds_does_not_say_that_it_may_go_on(inspector):
    plan = plant.make_inspection_plan(stage=Stage.IN_PROCESS)
    inspection = plant.make_inspection(plan)
    found = services.open_nonconformance(
        inspection.lot, Decimal(1), "Scratched", by=plant.make_user(), at=plant.MONDAY
    )

    answer = enter(inspector, inspection, "10")
    shown = inspector.get(answer.url).content.decode()

    assert f"is held all the same by {found}" in shown
    assert "may go on" not in shown


def test_whoever_may_only_look_enters_nothing():
    inspection = plant.make_inspection()
    reader = Client()
    reader.force_login(plant.grant(plant.make_user(is_staff=True), "quality.view_inspection"))

    assert "You may look" in page(reader, inspection).content.decode()
    assert enter(reader, inspection, "10").status_code == 403
    assert not inspection.measurements.exists()


def test_the_desk_says_what_is_due_who_waits_and_what_does_not_conform(inspector):
    item = plant.make_item(supply="make", unit_cost=Decimal(12))
    center = shop.make_work_center("Lathe", site=item.site)
    first = plant.make_inspection_plan(item, Stage.FIRST_PIECE)
    gate = plant.make_inspection_plan(item, Stage.IN_PROCESS)
    shop.make_plan(
        item,
        [
            {"work_center": center, "first_piece_plan": first, "inspection_plan": gate},
            {"work_center": center, "name": "Grind"},
        ],
    )
    by = plant.make_user()
    operation = shop.operations_of(shop.plan_order(item, 10))[0]
    production.start_operation(operation, by=by, at=plant.MONDAY)
    shown = inspector.get(reverse("console:quality")).content.decode()
    assert "First piece" in shown
    assert str(operation) in shown

    plant.measure_all(operation.checkpoints.get().inspection)
    production.finish_operation(operation, good=Decimal(10), by=by, at=plant.MONDAY)
    shown = inspector.get(reverse("console:quality")).content.decode()
    assert f"Grind of {operation.batch}" in shown

    inspection = Inspection.objects.get(plan=gate)
    plant.measure_all(inspection, 99)
    shown = inspector.get(reverse("console:quality")).content.decode()
    assert str(inspection.nonconformance) in shown
    assert "120" in shown  # ten pieces at twelve


def test_a_periodic_sample_that_no_operation_asked_for_says_when_it_was_opened(inspector):
    plant.make_inspection(plant.make_inspection_plan(stage=Stage.PERIODIC, every_minutes=15))

    shown = inspector.get(reverse("console:quality")).content.decode()

    assert "Periodic" in shown
    assert "Opened " in shown
    assert "Due None" not in shown


def test_the_desk_names_sources_that_are_inspected_more_strictly(inspector):
    SamplingSource.objects.create(
        plan_code="RI-1",
        item=plant.make_item(),
        severity="tightened",
        since=plant.MONDAY,
        because="2 of 3 lots failed",
    )

    assert "2 of 3 lots failed" in inspector.get(reverse("console:quality")).content.decode()


def test_the_desk_takes_as_many_queries_for_many_as_for_few(inspector):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert inspector.get(reverse("console:quality")).status_code == 200
        return len(captured)

    def fill():
        item = plant.make_item(kind="raw")
        plan = plant.make_inspection_plan(item, Stage.RECEIVING)
        for _ in range(2):
            lot = services.receive(item, Decimal(1), by=plant.make_user(), at=plant.MONDAY)
        plant.measure_all(plan.inspections.get(lot=lot), 99)

    fill()
    few = queries()
    fill()
    fill()

    assert queries() == few


def test_the_page_of_an_inspection_takes_as_many_queries_for_many_results_as_for_few(inspector):
    plan = plant.make_inspection_plan(characteristics=[{}, {}], sampling=plant.make_sampling(50))
    inspection = plant.make_inspection(plan, lot_quantity=100)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert page(inspector, inspection).status_code == 200
        return len(captured)

    enter(inspector, inspection, "yes")
    few = queries()
    for piece in range(2, 12):
        enter(inspector, inspection, "yes", piece=piece)

    assert queries() == few
    assert inspection.lot.status == Lot.Status.QUARANTINE


def test_the_page_tells_with_how_many_the_lot_is_accepted_and_an_extra_sample_why_it_is_taken(inspector):
    plan = plant.make_inspection_plan(sampling=plant.make_sampling(8, accept=1))
    drawn = plant.make_inspection(plan, lot_quantity=40)
    because = "Another sample, as large as the subgroup of point 1 of Bore, which signalled: one point beyond 3 sigma."
    extra = plant.make_inspection(
        plan, drawn.lot, lot_quantity=40, reference="Signal", sample_size=5, cause=because
    )

    assert "8 pieces, accepted with up to 1 nonconforming, rejected from 2 on" in text_of(
        page(inspector, drawn)
    )
    for shown in (page(inspector, extra), inspector.get(table_of(extra))):
        assert "5 pieces, accepted with no nonconforming, rejected from 1 on" in text_of(shown)
        assert f"{because} 5 instead of what the plan draws; none may fail." in text_of(shown)


def test_while_the_source_is_discontinued_no_result_is_offered_and_the_page_says_what_to_do(inspector):
    scheme = SamplingScheme.objects.create(name="AQL 2.5", kind="single", aql="2.5", level="II")
    plan = plant.make_inspection_plan(
        stage=Stage.RECEIVING,
        characteristics=[{"name": "Surface", "needs_second_person": True}],
        sampling=scheme,
    )
    lot = services.receive(plan.item, Decimal(60), by=plant.make_user(), at=plant.MONDAY)
    inspection = Inspection.objects.get(lot=lot)
    enter(inspector, inspection, "yes")
    assert "✓ Conforms" in text_of(page(inspector, inspection))
    assert inspection.source_id is not None
    SamplingSource.objects.filter(pk=inspection.source_id).update(
        is_discontinued=True, because="5 lots were not accepted on tightened inspection"
    )
    colleague = Client()
    colleague.force_login(plant.make_user(is_staff=True, is_superuser=True))

    for shown in (page(colleague, inspection), colleague.get(table_of(inspection))):
        text = text_of(shown)
        assert "No result is taken." in text
        assert "are not judged any more: 5 lots were not accepted" in text
        assert "restart its inspection with a reason." in text
        assert reverse("admin:quality_samplingsource_change", args=[inspection.source_id]) in text
        assert "that are left conform" not in text
        assert reverse("console:inspect-enter", args=[inspection.pk]) not in text
        assert 'name="_measure"' not in text
        assert "/confirm/" not in text


def text_of(response) -> str:
    return unescape(response.content.decode())


def table_of(inspection: Inspection) -> str:
    return reverse("admin:quality_inspection_change", args=[inspection.pk])


def strip_of(shown: str) -> list[str]:
    """What the strip of pieces says of each piece or run of pieces."""
    return re.findall(r'title="(Pieces? [^"]+)"', unescape(shown))


def test_the_strip_shows_every_piece_of_both_samples_those_far_away_in_runs(inspector):
    scheme = SamplingScheme.objects.create(name="Double", kind="double", aql=Decimal("1.0"))
    plan = plant.make_inspection_plan(sampling=scheme, characteristics=[{"name": "Surface"}])
    inspection = plant.make_inspection(plan, lot_quantity=1000)
    assert [each.size for each in inspection.sampling_plan] == [50, 50]
    for piece in range(1, 51):
        enter(inspector, inspection, "no" if piece in {3, 4} else "yes", piece=piece)

    strip = strip_of(page(inspector, inspection, piece=70).content.decode())

    assert strip[:4] == [
        "Pieces 1–2: conforms",
        "Pieces 3–4: does not conform",
        "Pieces 5–39: conforms",
        "Piece 40: conforms",
    ]
    assert strip[-2:] == ["Piece 99: to do", "Piece 100: to do"]
    assert strip_of(page(inspector, inspection, piece=51).content.decode())[-1] == "Pieces 81–100: to do"


def test_the_dialog_that_cancels_an_inspection_names_what_either_button_does(inspector):
    inspection = plant.make_inspection(lot_quantity=2)
    address = f"/admin/quality/inspection/{inspection.pk}/do/cancel/"

    dialog = inspector.get(address, headers={"HX-Request": "true"}).content.decode()

    buttons = [" ".join(each.split()) for each in re.findall(r">([^<>]*(?:Cancel|Keep)[^<>]*)<", dialog)]
    assert "Keep it" in buttons
    assert "Cancel the inspection" in buttons
    assert "Cancel" not in buttons


def test_an_inspection_that_is_concluded_as_failed_is_not_told_in_green(inspector):
    plan = plant.make_inspection_plan(characteristics=[{"name": "Surface"}])
    inspection = plant.make_inspection(plan, lot_quantity=3)
    enter(inspector, inspection, "no")

    answer = inspector.post(reverse("console:inspect-conclude", args=[inspection.pk]))

    *_, told = get_messages(answer.wsgi_request)
    assert (told.level_tag, str(told).partition(":")[0]) == ("error", "The inspection failed")
