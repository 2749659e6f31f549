"""Pages of records write decimals as people do: in lists, in fields to fill in, and where they are only read."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Location
from mes.core.decimals import PlainDecimalField
from orders.models import OrderLine
from production.models import Machine
from tests.orders.desk import make_order
from tests.plant import grant, make_item, make_site, make_user
from tests.shop import make_work_center

pytestmark = pytest.mark.django_db


def a_client() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def test_a_list_shows_a_whole_number_as_one_and_sorts_by_its_column():
    store = Location.objects.real().filter(site=make_site()).order_by("pk")[0]
    Location.objects.filter(pk=store.pk).update(capacity_m3=Decimal("1250.5000"))
    client = a_client()
    page = client.get(reverse("admin:inventory_location_changelist")).content.decode()

    assert ">1250.5<" in page
    assert "1250.50" not in page
    assert 'href="?o=' in page
    machine = make_work_center().machines.get()
    Machine.objects.filter(pk=machine.pk).update(batch_limit=Decimal(7))
    page = client.get(reverse("admin:production_machine_changelist")).content.decode()
    assert ">7<" in page
    assert "7.0000" not in page


def test_a_line_of_an_order_is_of_7_and_not_of_7_0000_for_who_changes_it_and_for_who_reads_it():
    order = make_order((make_item(), 7))
    address = reverse("admin:orders_customorder_change", args=[order.pk])
    planner, reader = a_client(), Client()
    reader.force_login(grant(make_user(is_staff=True), "orders.view_customorder", "orders.view_orderline"))

    for client in (planner, reader):
        page = client.get(address).content.decode()
        assert "7.0000" not in page
        assert ">7<" in page or 'value="7"' in page
    assert OrderLine.objects.get().quantity == 7


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("7.0000"), "7"),
        (Decimal("0.2500"), "0.25"),
        (Decimal("100.0000"), "100"),
        (Decimal("0.0000"), "0"),
        ("7,5", "7,5"),
        (None, None),
    ],
)
def test_a_field_holds_what_a_person_would_have_written_and_leaves_what_one_typed(value, written):
    assert PlainDecimalField().prepare_value(value) == written
