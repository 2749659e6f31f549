"""Orders and stock on one mill: a rush order displaces a stock batch, and everybody who decides is told what that risks."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from forecasting.models import Displacement
from inventory.models import Item
from mes.console.decisions import decisions
from production.models import Priority, Slot
from production.planning import reschedule
from tests.forecasting.stock import make_history, plan_stock
from tests.orders.desk import deliver_news, make_order, production_of
from tests.plant import MONDAY, make_lot, make_site, make_user
from tests.shop import make_made_item, make_tool, make_work_center, plan_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_rush_order_displaces_the_stock_pin_and_today_tells_what_that_risks():
    site = make_site()
    mill, pallet = make_work_center(site=site, order_share="0.6"), make_tool(site, name="Pallet")
    pin = make_made_item(
        [{"work_center": mill, "run_seconds": 864, "tools": {pallet: 1}}],
        site=site,
        strategy="mts",
        number="PIN",
    )
    make_history(pin)
    make_lot(pin, 30)
    stock = plan_order(pin, 50, due_at=MONDAY + DAY, priority=Priority.FILL_IN)
    plan_stock()
    reschedule(reason="Nightly", at=MONDAY, seconds=0)
    bracket = make_made_item([{"work_center": mill, "run_seconds": 34_560}], site=site, strategy="mto")

    order = make_order((bracket, 10, (MONDAY + 3 * DAY).date(), Priority.RUSH), confirmed=True)
    version = reschedule(reason="An order was planned", at=MONDAY, seconds=0)
    deliver_news()

    rush = production_of(order)
    assert (rush.strategy, stock.strategy) == (Item.Strategy.TO_ORDER, Item.Strategy.TO_STOCK)
    assert Slot.objects.published().get(operation__batch__order=rush).starts_at == MONDAY
    noted = Displacement.objects.get()
    assert (noted.schedule, noted.batch.order) == (version, stock)
    (told,) = [
        each for each in decisions(MONDAY, make_user(is_superuser=True), []) if each.status == "Displaced"
    ]
    assert told.what.startswith("PIN Part PIN × 50 gave way: An order was planned")
    assert told.why == noted.why
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))
    (row,) = client.get(f"/api/v1/displacements/?version={version.version}&item={pin.pk}").json()["results"]
    assert row["probability"] > 0.8 > 0.1 > row["probability_before"]


def test_what_a_customer_orders_of_a_stock_item_takes_the_share_of_orders():
    site = make_site()
    pin = make_made_item([make_work_center(site=site)], site=site, strategy="mts")

    order = make_order((pin, 5), confirmed=True)

    assert production_of(order).strategy == Item.Strategy.TO_ORDER
