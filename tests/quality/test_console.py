"""The console of stock and quality: every list in a fixed number of queries, every action a service."""

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import services as inventory
from inventory.models import ExpectedReceipt, Lot, Move, StockCount, Transformation
from quality import services
from quality.models import Inspection, InspectionPlan, Nonconformance, Stage
from tests import plant
from tests.clean_slate import Stand
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner() -> Client:
    client = Client()
    client.force_login(plant.make_user(is_staff=True, is_superuser=True))
    return client


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def build_everything():
    """One row and more of everything that has a page."""
    who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
    item = plant.make_item(supplier=plant.make_supplier(), storage_volume_m3=Decimal("0.1"))
    plan = plant.make_inspection_plan(item, Stage.RECEIVING, sampling=plant.make_sampling(1))
    inventory.expect_receipt(item, Decimal(5), plant.MONDAY.date())
    lot = services.receive(item, Decimal(10), **who)
    plant.measure_all(plan.inspections.get(lot=lot))
    inventory.reserve(lot, Decimal(1), "SO-1", at=plant.MONDAY)
    place = lot.balances.on_hand().get().location
    inventory.count_stock(lot, location=place, counted=Decimal(9), **who)
    act = inventory.begin_transformation(Transformation.Kind.PRODUCTION, reference="B-1", **who)
    inventory.issue(lot, Decimal(2), transformation=act, **who)
    bad = services.receive(item, Decimal(10), **who)
    plant.measure_all(plan.inspections.get(lot=bad), 99)


LISTS = [
    "inventory_site",
    "inventory_supplier",
    "inventory_item",
    "inventory_location",
    "inventory_lot",
    "inventory_balance",
    "inventory_move",
    "inventory_transformation",
    "inventory_reservation",
    "inventory_expectedreceipt",
    "inventory_stockcount",
    "quality_samplingscheme",
    "quality_samplingsource",
    "quality_inspectionplan",
    "quality_inspection",
    "quality_measurement",
    "quality_nonconformance",
]


def asked(client: Client, name: str) -> int:
    """How often a list asks the database."""
    return queries_of(client, reverse(f"admin:{name}_changelist"))


@pytest.fixture(scope="class")
def few(standing_for_class: Stand) -> dict[str, int]:
    """How often each list asked when there was little; by now there is four times as much of everything."""

    def fill():
        client = Client()
        client.force_login(plant.make_user(is_staff=True, is_superuser=True))
        build_everything()
        few = {name: asked(client, name) for name in LISTS}
        for _ in range(3):
            build_everything()
        return few

    return standing_for_class(fill)


class TestEveryList:
    @pytest.mark.parametrize("name", LISTS)
    def test_takes_as_many_queries_for_ten_rows_as_for_one(self, few, planner, name):
        # Filters by related rows (sites, locations) read those once, however many rows the list has.
        assert asked(planner, name) <= few[name]
        assert few[name] < 30

    @pytest.mark.parametrize("name", LISTS)
    def test_has_a_page_for_every_row_and_the_page_opens(self, few, planner, name):
        app, _, model = name.partition("_")

        rows = apps.get_model(app, model).objects.all()
        if model == "balance":
            rows = rows.on_hand()
        for row in rows[:3]:
            assert planner.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


def test_adding_a_lot_receives_a_delivery(planner):
    item = plant.make_item()
    plant.make_inspection_plan(item, Stage.RECEIVING)
    purchase = inventory.expect_receipt(item, Decimal(12), plant.MONDAY.date())

    response = planner.post(
        page(Lot, "add"),
        {
            "item": item.pk,
            "quantity": "12",
            "number": "H-7",
            "attributes": "heat: H-7041\ncertificate: 3.1",
            "expected_receipt": purchase.pk,
        },
    )

    assert response.status_code == 302, response.context["adminform"].errors
    lot = Lot.objects.get(number="H-7")
    assert (lot.item, lot.status, lot.attributes) == (
        item,
        Lot.Status.QUARANTINE,
        {"heat": "H-7041", "certificate": "3.1"},
    )
    assert inventory.on_hand(lot) == 12
    assert Inspection.objects.open().filter(lot=lot).exists()
    purchase.refresh_from_db()
    assert purchase.status == ExpectedReceipt.Status.RECEIVED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"number": "H-7"}, "Lot with this Item and Number already exists"),
        ({"quantity": "1.5"}, "counted in whole numbers"),
        ({"attributes": "heat H-7041"}, "is not name: value"),
    ],
)
def test_a_delivery_that_is_refused_keeps_what_was_typed(planner, given, sentence):
    item = plant.make_item()
    plant.make_lot(item, number="H-7")

    response = planner.post(
        page(Lot, "add"), {"item": item.pk, "quantity": "12", "reference": "DN-55"} | given
    )

    text = response.content.decode()
    assert response.status_code == 200
    assert sentence in text
    assert "DN-55" in text
    assert item.lots.count() == 1


def test_the_page_of_a_held_lot_says_why_it_may_not_be_used(planner):
    inspection = plant.measure_all(plant.make_inspection(), 99)

    text = planner.get(page(Lot, "change", inspection.lot.pk)).content.decode()

    assert "May not be used." in text
    assert inspection.nonconformance.number in text
    assert (
        f"{inspection.nonconformance.number} of it is undecided. Decide it: that lets the lot go on." in text
    )
    assert f"/lots/{inspection.lot.pk}/genealogy/" in text


def test_a_lots_attributes_are_corrected_but_not_its_disposition(planner):
    lot = plant.make_lot(attributes={"heat": "wrong"})

    planner.post(
        page(Lot, "change", lot.pk), {"attributes": "heat: H-1", "supplier_lot": "", "status": "held"}
    )

    lot.refresh_from_db()
    assert (lot.attributes, lot.status) == ({"heat": "H-1"}, Lot.Status.RELEASED)


def test_attributes_that_are_not_touched_stay_what_they_were(planner):
    lot = plant.make_lot(attributes={"heat": "H-1", "remaining_mm": 850})
    shown = planner.get(page(Lot, "change", lot.pk)).content.decode()

    planner.post(
        page(Lot, "change", lot.pk), {"attributes": "heat: H-2\nremaining_mm: 850", "supplier_lot": ""}
    )
    refused = planner.post(page(Lot, "change", lot.pk), {"attributes": "heat H-3", "supplier_lot": ""})

    assert "heat: H-1\nremaining_mm: 850" in shown
    lot.refresh_from_db()
    assert lot.attributes == {"heat": "H-2", "remaining_mm": 850}
    assert "is not name: value" in refused.content.decode()


def test_a_transfer_by_button_moves_the_stock(planner):
    site = plant.make_site()
    lot = plant.make_lot(plant.make_item(site=site))
    shelf = plant.make_location(site)

    dialog = planner.get(page(Lot, "do_transfer", lot.pk)).content.decode()
    planner.post(page(Lot, "do_transfer", lot.pk), {"quantity": "4", "destination": shelf.pk, "source": ""})

    assert 'value="10"' in dialog
    assert lot.balances.get(location=shelf).quantity == 4


def test_a_count_by_button_adjusts_the_books(planner):
    lot = plant.make_lot()
    balance = lot.balances.on_hand().get()

    planner.post(reverse("admin:inventory_balance_do_count", args=[balance.pk]), {"counted": "8"})

    assert StockCount.objects.get(lot=lot).adjustment.quantity == 2
    assert inventory.on_hand(lot) == 8


def test_a_move_is_reversed_with_a_reason(planner):
    move = plant.make_lot().moves.get()

    planner.post(reverse("admin:inventory_move_do_reverse", args=[move.pk]), {"reason": "Wrong truck"})

    assert Move.objects.get(reverses=move).reason == "Wrong truck"


def test_an_open_purchase_is_noted_with_the_next_number(planner):
    item = plant.make_item()

    response = planner.post(
        page(ExpectedReceipt, "add"),
        {"number": "", "item": item.pk, "supplier": "", "quantity": "5", "due_date": "2026-04-01"},
    )

    assert response.status_code == 302
    assert ExpectedReceipt.objects.get(item=item).number.startswith("PO-")


# --- inspecting ---------------------------------------------------------------------------------------------------


def cells(inspection, **values):
    """Form fields of the grid: `c1p2="10"` is characteristic 1 of piece 2."""
    keys = dict(inspection.plan.characteristics.values_list("number", "pk"))
    return {f"result-{keys[int(name[1])]}-{name[3:]}": value for name, value in values.items()} | {
        "_measure": "1"
    }


def test_an_inspector_enters_a_page_of_results_and_the_inspection_passes(planner):
    plan = plant.make_inspection_plan(characteristics=[{"lower_limit": 9, "upper_limit": 11}, {}])
    inspection = plant.make_inspection(plan, lot_quantity=2)
    address = page(Inspection, "change", inspection.pk)

    empty = planner.get(address).content.decode()
    response = planner.post(address, cells(inspection, c1p1="10,5", c2p1="yes", c1p2="9", c2p2="yes"))

    inspection.refresh_from_db()
    assert "9 to 11" in empty
    assert inspection.status == Inspection.Status.PASSED
    assert inspection.measurements.get(characteristic__number=1, piece=1).value == Decimal("10.5")
    assert said(response) == ["4 recorded.", f"The inspection passed: lot {inspection.lot} may go on."]


def test_what_is_refused_stays_typed_and_the_rest_is_recorded(planner):
    inspection = plant.make_inspection(lot_quantity=3)

    response = planner.post(
        page(Inspection, "change", inspection.pk), cells(inspection, c1p1="10", c1p2="ten")
    )

    text = response.content.decode()
    assert response.status_code == 200
    assert 'value="ten"' in text
    assert "“ten” is not a number." in text
    assert inspection.measurements.count() == 1


def test_what_is_hardly_possible_is_taken_in_the_table_from_whoever_looked_again_and_both_are_shown(planner):
    inspection = plant.make_inspection()
    address = page(Inspection, "change", inspection.pk)
    typed = cells(inspection, c1p1="1041")
    (name,) = [name for name in typed if name.startswith("result-")]

    refused = planner.post(address, typed).content.decode()
    assert "1041 is hardly possible" in refused
    assert f'name="real-{name}"' in refused
    planner.post(address, typed | {f"real-{name}": "1"})

    text = planner.get(address).content.decode()
    assert inspection.measurements.get().is_confirmed_real
    assert "looked at again: it is so" in text
    assert "Not taken" in text
    assert "1041 is hardly possible" in text


def test_a_failing_result_is_judged_at_once_and_leads_to_the_nonconformance(planner):
    inspection = plant.make_inspection()
    address = page(Inspection, "change", inspection.pk)

    response = planner.post(address, cells(inspection, c1p1="12"))

    found = Nonconformance.objects.get(inspection=inspection)
    assert found.number in said(response)[-1]
    text = planner.get(address).content.decode()
    assert "✗ does not conform" in text
    assert found.number in text


def test_the_page_of_an_inspection_reads_the_same_however_many_pieces(planner):
    plans = [plant.make_inspection_plan(characteristics=[{"lower_limit": 1}] * count) for count in (1, 6)]
    counts = []
    for plan, pieces in zip(plans, (1, 9), strict=True):
        inspection = plant.make_inspection(plan, lot_quantity=pieces)
        services.record_measurement(
            inspection,
            plan.characteristics.earliest("number"),
            value=Decimal(3),
            by=plant.make_user(),
            at=plant.MONDAY,
        )
        planner.get(page(Inspection, "change", inspection.pk))
        with CaptureQueriesContext(connection) as captured:
            planner.get(page(Inspection, "change", inspection.pk))
        counts.append(len(captured))

    assert counts[0] >= counts[1] - 1


def test_a_large_sample_is_shown_ten_pieces_at_a_time(planner):
    inspection = plant.make_inspection(lot_quantity=25)

    text = planner.get(page(Inspection, "change", inspection.pk) + "?piece=11").content.decode()

    assert "Piece 11" in text
    assert "Piece 20" in text
    assert "Piece 21<" not in text
    assert '?piece=1"' in text
    assert '?piece=21"' in text


def test_someone_who_may_only_look_records_nothing():
    inspection = plant.make_inspection()
    client = Client()
    onlooker = plant.make_user(is_staff=True)
    plant.grant(onlooker, "quality.view_inspection")
    client.force_login(onlooker)
    address = page(Inspection, "change", inspection.pk)

    assert '<input name="result' not in client.get(address).content.decode()
    assert client.post(address, cells(inspection, c1p1="10")).status_code == 403
    assert not inspection.measurements.exists()


def test_a_wrong_entry_is_corrected_by_button(planner):
    inspection = plant.make_inspection(lot_quantity=2)
    wrong = services.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        value=Decimal(1),
        by=plant.make_user(),
        at=plant.MONDAY,
    )

    planner.post(
        reverse("admin:quality_measurement_do_correct", args=[wrong.pk]),
        {"value": "10", "note": "Wrong scale"},
    )

    assert inspection.measurements.standing().get().value == 10


def test_a_nonconformance_is_decided_by_button(planner):
    found = plant.measure_all(plant.make_inspection(), 99).nonconformance

    planner.post(
        reverse("admin:quality_nonconformance_do_decide", args=[found.pk]),
        {"disposition": "use_as_is", "justification": "Customer agrees", "quantity": ""},
    )

    found.refresh_from_db()
    assert (found.status, found.disposition) == (Nonconformance.Status.DECIDED, "use_as_is")


def test_what_is_to_be_reworked_says_where_its_steps_are_chosen(planner):
    found = plant.measure_all(plant.make_inspection(), 99).nonconformance
    services.decide_nonconformance(found, "rework", "Deburr", by=plant.make_user(), at=plant.MONDAY)

    text = planner.get(page(Nonconformance, "change", found.pk)).content.decode()

    assert "Rework… on the page of the batch that made it" in text
    assert "then its repeated inspection has to pass" in text
    assert reverse("console:lot-around", args=[found.lot_id]) in text


def test_a_plan_in_force_is_shown_but_not_edited_and_can_be_revised(planner):
    plan = plant.make_inspection_plan()

    text = planner.get(page(InspectionPlan, "change", plan.pk)).content.decode()
    planner.post(reverse("admin:quality_inspectionplan_do_revise", args=[plan.pk]), {"revision": "B"})

    assert 'name="_save"' not in text
    assert InspectionPlan.objects.get(code=plan.code, revision="B").status == InspectionPlan.Status.DRAFT


def test_who_revises_a_plan_goes_on_to_the_draft_and_is_told_so(planner):
    plan = plant.make_inspection_plan()
    here = f"http://testserver{page(InspectionPlan, 'change', plan.pk)}"

    answer = planner.post(
        reverse("admin:quality_inspectionplan_do_revise", args=[plan.pk]),
        {"revision": "B"},
        headers={"HX-Request": "true", "HX-Current-URL": here},
    )

    draft = InspectionPlan.objects.get(code=plan.code, revision="B")
    assert answer["HX-Redirect"] == page(InspectionPlan, "change", draft.pk)
    assert f"stays as it is; this is {draft}." in planner.get(answer["HX-Redirect"]).content.decode()


def test_a_rule_that_a_form_would_break_is_told_as_a_sentence(planner):
    item = plant.make_item()
    typed = {
        "code": "IP-1",
        "revision": "A",
        "name": "Often",
        "item": item.pk,
        "stage": Stage.PERIODIC,
        "every_quantity": "0",
        "characteristics-TOTAL_FORMS": "0",
        "characteristics-INITIAL_FORMS": "0",
        "pictures-TOTAL_FORMS": "0",
        "pictures-INITIAL_FORMS": "0",
    }

    shown = planner.post(page(InspectionPlan, "add"), typed).content.decode()

    assert "It would break a rule: a period is above zero." in shown
    assert "Constraint" not in shown


def test_nonconformances_that_nobody_decided_are_listed_before_those_that_are_closed(planner: Client):
    who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
    closed, decided, waiting = (
        services.open_nonconformance(plant.make_lot(), Decimal(1), "Scratch", **who) for _ in range(3)
    )
    for each in (closed, decided):
        services.decide_nonconformance(each, "use_as_is", "Not seen", **who)
    services.close_nonconformance(closed, **who)

    listed = planner.get(page(Nonconformance, "changelist")).text

    places = [listed.index(each.number) for each in (waiting, decided, closed)]
    assert places == sorted(places)


def test_the_dialog_that_reverses_a_return_links_to_the_moves_that_come_first(planner):
    who: dict[str, Any] = {"by": plant.make_user(), "at": plant.MONDAY}
    lot = plant.make_lot()
    inventory.ship(lot, Decimal(6), reference="SH-1", **who)
    back = inventory.take_back(lot, Decimal(2), reason="Dented", **who)
    returned, took, gave = lot.moves.get(kind="return"), lot.moves.get(kind="issue"), back.moves.get()

    address = reverse("admin:inventory_move_do_reverse", args=[returned.pk])
    text = planner.post(address, {"reason": "Never came"}).content.decode()

    assert "Reverse first, in this order" in text
    links = [text.index(f'href="{page(type(move), "change", move.pk)}"') for move in (gave, took)]
    assert links == sorted(links)
    assert not returned.__class__.objects.filter(reverses=returned).exists()


def test_an_inspection_that_nothing_asks_for_is_asked_for_on_the_page_of_the_lot(planner):
    plan, other = plant.make_inspection_plan(), plant.make_inspection_plan()
    lot = plant.make_lot(plan.item, 4, status=Lot.Status.QUARANTINE)
    address = reverse("admin:inventory_lot_do_inspect", args=[lot.pk])
    shown = planner.get(address).content.decode()
    assert str(plan) in shown
    assert str(other) not in shown

    planner.post(address, {"plan": plan.pk})

    inspection = Inspection.objects.get(lot=lot)
    assert (inspection.plan, inspection.lot_quantity, inspection.status) == (plan, 4, "open")


def test_a_purchases_page_tells_what_is_still_owed_in_the_items_unit_and_lets_its_date_move(planner: Client):
    item = plant.make_item(uom="KGM")
    purchase = inventory.expect_receipt(item, Decimal(100), plant.MONDAY.date())
    inventory.receive(item, Decimal(60), expected_receipt=purchase, by=plant.make_user(), at=plant.MONDAY)
    address = page(ExpectedReceipt, "change", purchase.pk)

    assert f"40 of 100 {item.unit}" in planner.get(address).content.decode()

    planner.post(address, {"due_date": "2026-03-09"})
    purchase.refresh_from_db()
    assert str(purchase.due_date) == "2026-03-09"
