"""Stock and quality through the API: the same services, refusals as problems, lists in a fixed number of queries."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.models import Location, Lot, Site
from quality import services
from quality.models import Inspection, InspectionPlan, Nonconformance, Stage
from tests import plant
from tests.clean_slate import Stand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_throttle():
    cache.clear()


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(plant.make_user(is_superuser=True))
    return client


def post(client, path, **body):
    response = client.post(f"/api/v1/{path}/", body, format="json")
    return response.status_code, response.json()


def test_a_delivery_is_received_inspected_and_released(api):
    item = plant.make_item()
    plan = plant.make_inspection_plan(item, Stage.RECEIVING, sampling=plant.make_sampling(1))

    code, lot = post(api, "lots", item=item.pk, quantity="12", attributes={"heat": "H-1"}, reference="DN-1")
    assert (code, lot["status"], lot["on_hand"]) == (201, "quarantine", "12.0000")

    [inspection] = api.get(f"/api/v1/inspections/?lot={lot['id']}&status=open").json()["results"]
    characteristic = plan.characteristics.get()
    code, measured = post(
        api, f"inspections/{inspection['id']}/measure", characteristic=characteristic.pk, value="10.2"
    )

    assert (code, measured["conforms"], measured["piece"]) == (200, True, 1)
    assert api.get(f"/api/v1/inspections/{inspection['id']}/").json()["status"] == "passed"
    assert api.get(f"/api/v1/lots/{lot['id']}/").json()["status"] == "released"


def test_the_name_of_a_line_that_nothing_could_keep_is_refused_by_field(api):
    plan = plant.make_inspection_plan()
    lot = plant.make_lot(plan.item, status=Lot.Status.QUARANTINE)
    asked = {"plan": plan.pk, "lot": lot.pk, "lot_quantity": "10"}

    code, problem = post(api, "inspections", line="L" * 41, **asked)

    assert (code, problem["errors"][0]["pointer"]) == (400, "#/line")
    code, opened = post(api, "inspections", line="L" * 40, **asked)
    assert code == 201, opened


def test_a_delivery_that_cannot_be_is_a_problem_and_receives_nothing(api):
    item = plant.make_item()

    code, problem = post(api, "lots", item=item.pk, quantity="1.5")

    assert (code, problem["code"]) == (422, "inventory.invalid_quantity")
    assert problem["errors"][0]["pointer"] == "#/quantity"
    assert not item.lots.exists()


def test_stock_is_transferred_adjusted_counted_scrapped_and_reversed(api):
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site), 10)
    shelf = plant.make_location(site)
    here = f"lots/{lot.pk}"

    assert post(api, f"{here}/transfer", quantity="4", destination=shelf.pk)[1][0]["quantity"] == "4.0000"
    assert post(api, f"{here}/adjust", location=shelf.pk, quantity_change="-1", reason="Leak")[0] == 200
    assert post(api, f"{here}/count", location=shelf.pk, counted="2")[1]["expected"] == "3.0000"
    [scrapped] = post(api, f"{here}/scrap", quantity="2", source=shelf.pk, reason="Dropped")[1]
    assert inventory.on_hand(lot) == 6
    assert post(api, f"moves/{scrapped['id']}/reverse", reason="It was fine")[0] == 200
    assert inventory.on_hand(lot) == 8
    assert (
        api.get(f"/api/v1/balances/?lot={lot.pk}&location={shelf.pk}").json()["results"][0]["quantity"]
        == "2.0000"
    )


def test_too_much_is_refused_with_what_there_is(api):
    lot = plant.make_lot(quantity=10)

    code, problem = post(api, f"lots/{lot.pk}/scrap", quantity="11", reason="Dropped")

    assert (code, problem["code"]) == (409, "inventory.insufficient_stock")
    assert problem["remedy"] == "Take at most 10, or another lot."
    assert inventory.on_hand(lot) == 10


def test_a_lot_is_held_with_a_reason_and_released(api):
    lot = plant.make_lot()

    assert post(api, f"lots/{lot.pk}/hold")[0] == 400
    assert post(api, f"lots/{lot.pk}/hold", reason="Doubt")[1]["status"] == "held"
    assert post(api, f"lots/{lot.pk}/release")[1]["status"] == "released"
    code, problem = post(api, f"lots/{lot.pk}/release")
    assert (code, problem["code"]) == (409, "illegal_transition")


def test_lots_are_split_serialised_and_merged(api):
    lot = plant.make_lot(quantity=10)

    child = post(api, f"lots/{lot.pk}/split", quantity="4")[1]
    merged = post(api, "lots/merge", lots=[lot.pk, child["id"]], number="M-1")[1]
    pieces = post(api, f"lots/{merged['id']}/serialise")[1]

    assert (child["on_hand"], merged["on_hand"], len(pieces)) == ("4.0000", "10.0000", 10)
    assert pieces[0]["number"] == "M-1-001"
    links = api.get(f"/api/v1/lots/{lot.pk}/genealogy/").json()["links"]
    # One from the supplier, one by the split, two by the merge, ten by the serialisation.
    assert len(links) == 14


def test_stock_is_reserved_and_given_up(api):
    lot = plant.make_lot(quantity=10)

    code, claim = post(api, "reservations", lot=lot.pk, quantity="7", purpose="SO-1")
    assert (code, claim["status"]) == (201, "open")
    code, problem = post(api, "reservations", lot=lot.pk, quantity="7", purpose="SO-2")
    assert (code, problem["code"]) == (409, "inventory.stock_reserved")
    assert post(api, f"reservations/{claim['id']}/release")[1]["status"] == "released"


def test_a_purchase_is_expected_and_cancelled(api):
    item = plant.make_item()

    code, expected = post(api, "expected-receipts", item=item.pk, quantity="40", due_date="2026-04-01")
    assert (code, expected["status"]) == (201, "open")
    assert api.get(f"/api/v1/items/{item.pk}/").json()["expected"] == "40.0000"
    assert post(api, f"expected-receipts/{expected['id']}/cancel")[1]["status"] == "cancelled"


def test_a_new_site_has_every_kind_of_location(api):
    code, site = post(api, "sites", code="NORTH", name="North", time_zone="UTC")

    assert code == 201
    assert Location.objects.filter(site=Site.objects.get(pk=site["id"])).count() == len(Location.Kind)


def test_a_plan_is_drafted_approved_and_then_stands(api):
    item = plant.make_item()
    plan = post(api, "inspection-plans", code="IP-A", name="Final", item=item.pk, stage="final")[1]
    code, characteristic = post(
        api, "characteristics", plan=plan["id"], number=1, name="Bore", lower_limit="9", upper_limit="11"
    )
    assert code == 201

    assert post(api, f"inspection-plans/{plan['id']}/approve")[1]["status"] == "approved"
    change = api.patch(
        f"/api/v1/characteristics/{characteristic['id']}/", {"upper_limit": "12"}, format="json"
    )
    assert (change.status_code, change.json()["code"]) == (409, "quality.plan_in_force")
    for address in (f"characteristics/{characteristic['id']}", f"inspection-plans/{plan['id']}"):
        assert api.delete(f"/api/v1/{address}/").status_code == 409
    code, draft = post(api, f"inspection-plans/{plan['id']}/revise", revision="B")
    assert (code, draft["status"], InspectionPlan.objects.filter(code="IP-A").count()) == (200, "draft", 2)


def test_a_failed_inspection_is_decided(api):
    inspection = plant.make_inspection()
    characteristic = inspection.plan.characteristics.get()
    post(api, "measurements", inspection=inspection.pk, characteristic=characteristic.pk, value="99")
    found = Nonconformance.objects.get(inspection=inspection)

    assert post(api, f"nonconformances/{found.pk}/decide", disposition="use_as_is")[0] == 400
    code, decided = post(
        api, f"nonconformances/{found.pk}/decide", disposition="rework", justification="Deburr"
    )
    assert (code, decided["status"], decided["disposition"]) == (200, "decided", "rework")
    again = Inspection.objects.get(repeats=inspection)
    assert post(api, f"inspections/{again.pk}/cancel", reason="Not yet")[1]["status"] == "cancelled"
    assert post(api, f"inspections/{inspection.pk}/repeat", note="Now")[1]["repeats"] == inspection.pk
    assert post(api, f"nonconformances/{found.pk}/close")[1]["code"] == "quality.still_open"


def test_the_customers_agreement_to_a_use_as_is_is_noted_once(api):
    lot = plant.make_lot()
    found = post(api, "nonconformances", lot=lot.pk, quantity="2", description="Scratches")[1]
    address = f"nonconformances/{found['id']}/customer_agrees"

    code, early = post(api, address, customer_agreement="MRB-7")
    assert (code, early["code"]) == (409, "quality.nothing_to_agree_to")
    assert "use as is" in early["remedy"]
    post(
        api,
        f"nonconformances/{found['id']}/decide",
        disposition="use_as_is",
        justification="Not seen when fitted",
    )
    code, wordless = post(api, address, customer_agreement=" ")
    assert (code, wordless["errors"][0]["pointer"]) == (400, "#/customer_agreement")
    code, agreed = post(api, address, customer_agreement="MRB-7 of 3 March")
    assert (code, agreed["customer_agreement"]) == (200, "MRB-7 of 3 March")
    code, again = post(api, address, customer_agreement="MRB-8")

    assert (code, again["code"]) == (409, "quality.agreed_before")
    assert "MRB-7 of 3 March" in again["detail"]
    assert Nonconformance.objects.get(pk=found["id"]).customer_agreement == "MRB-7 of 3 March"


def test_no_more_of_a_lot_is_judged_than_there_is(api):
    plan = plant.make_inspection_plan()
    lot = plant.make_lot(plan.item, 10, status=Lot.Status.QUARANTINE)

    code, problem = post(api, "inspections", plan=plan.pk, lot=lot.pk, lot_quantity="1000")
    assert (code, problem["code"]) == (422, "quality.more_than_there")
    assert problem["errors"][0]["pointer"] == "#/lot_quantity"
    assert problem["remedy"].startswith("Inspect at most 10;")
    code, problem = post(api, "inspections", plan=plan.pk, lot=lot.pk, lot_quantity="0")
    assert (code, problem["code"]) == (422, "inventory.invalid_quantity")
    assert not Inspection.objects.filter(lot=lot).exists()

    code, opened = post(api, "inspections", plan=plan.pk, lot=lot.pk, lot_quantity="10")
    assert (code, opened["sample_size"]) == (201, 10)


def test_who_may_only_report_notes_no_agreement_of_a_customer(api):
    lot = plant.make_lot()
    found = services.open_nonconformance(lot, Decimal(1), "Scratch", by=plant.make_user(), at=plant.MONDAY)
    services.decide_nonconformance(found, "use_as_is", "Cosmetic", by=plant.make_user(), at=plant.MONDAY)
    reporter = APIClient()
    reporter.force_authenticate(plant.grant(plant.make_user(), "quality.add_nonconformance"))

    assert post(reporter, f"nonconformances/{found.pk}/customer_agrees", customer_agreement="Mine")[0] == 403
    found.refresh_from_db()
    assert found.customer_agreement == ""


def test_more_than_there_is_of_a_lot_is_a_problem_of_its_quantity(api):
    lot = plant.make_lot(quantity=180)

    code, problem = post(api, "nonconformances", lot=lot.pk, quantity="500", description="Bent")

    assert (code, problem["code"]) == (422, "quality.more_than_there")
    assert problem["errors"][0]["pointer"] == "#/quantity"
    assert problem["remedy"].startswith("Report at most 180;")
    assert not Nonconformance.objects.filter(lot=lot).exists()


def test_a_measurement_is_corrected(api):
    inspection = plant.make_inspection(lot_quantity=2)
    characteristic = inspection.plan.characteristics.get()
    wrong = post(api, "measurements", inspection=inspection.pk, characteristic=characteristic.pk, value="1")[
        1
    ]

    code, right = post(api, f"measurements/{wrong['id']}/correct", value="10", note="Wrong scale")

    assert (code, right["corrects"], right["conforms"]) == (200, wrong["id"], True)
    assert post(api, f"inspections/{inspection.pk}/conclude")[1]["code"] == "quality.incomplete"


def test_anybody_may_report_a_nonconformance_who_may_add_one():
    lot = plant.make_lot()
    client = APIClient()
    client.force_authenticate(plant.grant(plant.make_user(), "quality.add_nonconformance"))

    code, found = post(client, "nonconformances", lot=lot.pk, quantity="2", description="Scratches")

    assert (code, found["status"]) == (201, "open")
    assert Lot.objects.get(pk=lot.pk).status == Lot.Status.HELD
    assert (
        post(client, f"nonconformances/{found['id']}/decide", disposition="scrap", justification="Bad")[0]
        == 403
    )
    assert post(client, f"lots/{lot.pk}/release")[0] == 403


def build():
    """A row and more for each list."""
    plant.make_supplier()
    plant.make_sampling()
    item = plant.make_item()
    plan = plant.make_inspection_plan(item, Stage.RECEIVING)
    inventory.expect_receipt(item, Decimal(5), plant.MONDAY.date())
    lot = services.receive(item, Decimal(1), by=plant.make_user(), at=plant.MONDAY)
    plant.measure_all(plan.inspections.get())
    inventory.reserve(lot, Decimal(1), "SO-1", at=plant.MONDAY)
    services.open_nonconformance(lot, Decimal(1), "Scratches", by=plant.make_user(), at=plant.MONDAY)


@pytest.fixture(scope="class")
def rows(standing_for_class: Stand) -> None:
    def fill():
        for _ in range(3):
            build()

    standing_for_class(fill)


class TestEveryList:
    @pytest.mark.parametrize(
        "prefix",
        [
            "sites",
            "items",
            "suppliers",
            "locations",
            "lots",
            "moves",
            "balances",
            "reservations",
            "expected-receipts",
            "sampling-schemes",
            "inspection-plans",
            "characteristics",
            "inspections",
            "measurements",
            "nonconformances",
        ],
    )
    def test_takes_three_queries_at_most(self, rows, api, prefix):
        with CaptureQueriesContext(connection) as captured:
            response = api.get(f"/api/v1/{prefix}/")

        assert response.status_code == 200
        assert response.json()["results"]
        assert len(captured) <= 3


def test_lots_are_found_by_what_may_be_done_with_them(api):
    item = plant.make_item()
    good = plant.make_lot(item)
    plant.make_lot(item, status=Lot.Status.QUARANTINE)

    found = api.get(f"/api/v1/lots/?item={item.pk}&usable=true&in_stock=true").json()["results"]

    assert [lot["id"] for lot in found] == [good.pk]


def test_lots_are_found_by_what_may_not_be_done_with_them(api):
    item = plant.make_item()
    good = plant.make_lot(item)
    waiting = plant.make_lot(item, status=Lot.Status.QUARANTINE)
    inventory.scrap(good, Decimal(10), reason="Dropped", by=plant.make_user(), at=plant.MONDAY)

    unusable = api.get(f"/api/v1/lots/?item={item.pk}&usable=false").json()["results"]
    gone = api.get(f"/api/v1/lots/?item={item.pk}&in_stock=false").json()["results"]

    assert [lot["id"] for lot in unusable] == [waiting.pk]
    assert [lot["id"] for lot in gone] == [good.pk]


def test_a_plant_keeps_to_a_time_zone_that_there_is(api):
    code, refused = post(api, "sites", code="MARS", name="Mars", time_zone="Mars/Base")

    assert (code, refused["errors"][0]["pointer"]) == (400, "#/time_zone")
    assert "Europe/Berlin" in refused["errors"][0]["detail"]
    assert not Site.objects.filter(code="MARS").exists()


def test_a_place_that_stock_was_in_does_not_become_an_edge_of_the_plant(api):
    place = plant.make_lot().balances.on_hand().get().location
    Location.objects.filter(site=place.site, kind=Location.Kind.SCRAP).delete()
    address = f"/api/v1/locations/{place.pk}/"

    refused = api.patch(address, {"kind": "scrap"}, format="json")
    other = api.patch(address, {"kind": "finished"}, format="json")

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/kind")
    assert (other.status_code, other.json()["kind"]) == (200, "finished")
