"""Anything that has a number is found by how the number begins."""

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from tests.console.conftest import As
from tests.orders.desk import make_customer, make_order, make_part, production_of
from tests.plant import make_inspection, make_item, make_lot, make_user, measure_all
from tests.shop import make_work_center

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """The search keeps its answers for five minutes."""
    cache.clear()


def found_by(browser: Client, term: str) -> dict[str, str]:
    """Titles found, with where each leads."""
    answer = browser.get("/admin/search/", {"s": term, "extended": "1"})
    results = answer.context["results"] if answer.context else []
    return {
        result.title: result.link
        for result in results
        if hasattr(result, "title") and not result.link.endswith(("/customer/",))
    }


def test_orders_and_what_is_made_for_them_are_found(boss: Client):
    part = make_part()
    order = make_order((part.item, 2, date(2026, 4, 30)), confirmed=True, customer_reference="PO-9981")
    made = production_of(order)

    assert found_by(boss, order.number[:6].lower())[order.number].endswith(f"/customorder/{order.pk}/change/")
    assert order.number in found_by(boss, "po-99")
    assert made.number in found_by(boss, made.number)
    assert str(made.batches.get()) in found_by(boss, made.number)


def test_lots_are_found_by_their_own_and_by_the_supplier_s_number(boss: Client):
    lot = make_lot(number="TI-0931")
    lot.supplier_lot = "HEAT-77"
    lot.save(update_fields=["supplier_lot"])
    assert "TI-0931" in found_by(boss, "ti-09")
    assert "TI-0931" in found_by(boss, "heat")


def test_items_open_in_their_cockpit(boss: Client):
    item = make_item("HB-100")
    assert found_by(boss, "hb-1")["HB-100"] == f"/console/items/{item.pk}/"


def test_inspections_nonconformances_machines_and_customers_are_found(boss: Client):
    inspection = measure_all(make_inspection(lot=None), 99)
    machine = make_work_center().machines.get()
    customer = make_customer("Aldergrove")
    assert str(inspection) in found_by(boss, inspection.plan.code)
    assert inspection.nonconformance.number in found_by(boss, inspection.nonconformance.number)
    assert str(machine) in found_by(boss, machine.code)
    assert str(customer) in found_by(boss, "alder")


def test_only_what_a_person_may_see_is_found(as_role: As):
    make_lot(number="TI-0931")
    assert "TI-0931" in found_by(as_role("inspector"), "ti-09")
    stranger = Client()
    stranger.force_login(make_user(is_staff=True))
    assert found_by(stranger, "ti-09") == {}


def test_a_search_takes_one_query_for_each_kind_of_thing(boss: Client, django_assert_max_num_queries):
    for number in range(8):
        make_lot(number=f"ZZ-{number}")
    with django_assert_max_num_queries(20):
        assert len(found_by(boss, "zz-")) == 6


def test_an_item_is_found_by_the_name_that_it_bears(boss: Client):
    for revision in ("A", "B"):
        make_item(number="NP-2310", revision=revision)

    assert set(found_by(boss, "np-2310 rev B")) == {"NP-2310 rev B"}
    assert {"NP-2310 rev A", "NP-2310 rev B"} <= set(found_by(boss, "NP-2310 rev"))
    asked = {"app_label": "production", "model_name": "productionorder", "field_name": "item"}
    offered = boss.get("/admin/autocomplete/", asked | {"term": "NP-2310 rev B"}).json()["results"]
    assert [each["text"] for each in offered] == ["NP-2310 rev B"]
