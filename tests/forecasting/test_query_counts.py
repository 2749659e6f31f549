"""What a planner opens asks the database as often with a dozen rows as with three."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from forecasting.models import ExceptionMessage, ForecastAccuracy, ForecastRun, Replenishment
from inventory import services as inventory
from inventory.models import Item
from mes.core.models import User
from tests.counting import queries_of
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock, proposals_of
from tests.orders.desk import make_order
from tests.plant import make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, plan_order

pytestmark = pytest.mark.django_db

FEW, MANY = 3, 12


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def same(client: Client, address: str, fill: Callable[[int], Any]) -> None:
    fill(FEW)
    few = queries_of(client, address)
    fill(MANY - FEW)
    assert queries_of(client, address) == few


class Store:
    """An item with so many lots, purchases, open orders, proposals, messages and products that it goes into; and those products in stock."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.site = make_site()
        self.part = make_item("PART", site=self.site, supply="buy", lead_time_days=7, family="parts")
        make_history(self.part, until=self.now.date(), days=60)
        self.products: list[Item] = []

    def add(self, count: int) -> None:
        for number in range(count):
            product = make_made_item(
                (),
                {self.part: 2},
                site=self.site,
                strategy="mts",
                lead_time_days=3,
                family=f"family {number}",
            )
            make_history(product, per_day=3, days=60, until=self.now.date())
            make_lot(product, 5)
            make_lot(self.part, 10, expires_on=self.now.date() + timedelta(days=40 + number))
            inventory.expect_receipt(
                self.part, Decimal(3), self.now.date() + timedelta(days=60 + number), at=self.now
            )
            make_order((self.part, 2), confirmed=True)
            plan_order(product, 4)
            self.products.append(product)
        plan_stock(at=timezone.now())


@pytest.fixture
def store() -> Store:
    return Store()


def test_pages_lists_and_endpoints_of_items(boss: Client, store: Store):
    addresses = [
        f"/console/items/{store.part.pk}/",
        f"/console/items/{store.part.pk}/pegging/",
        f"/console/items/{store.part.pk}/item.xlsx",
        f"/api/v1/cockpits/{store.part.pk}/",
        f"/api/v1/cockpits/{store.part.pk}/pegging/?page_size=500",
        f"/api/v1/item-forecasts/chart/{store.part.pk}/",
        f"/console/track-record/?item={store.part.pk}",
        *(f"/console/portfolio/?view={view}" for view in ("risk", "stale", "money", "forecast")),
        "/console/portfolio.xlsx",
        "/console/track-record/",
        "/console/track-record.xlsx",
        "/api/v1/cockpits/?page_size=500",
        "/api/v1/replenishments/?page_size=500",
        "/api/v1/exception-messages/?page_size=500",
        "/admin/forecasting/replenishment/",
        "/admin/forecasting/exceptionmessage/",
        "/admin/forecasting/familyforecast/",
        "/console/scale-up/?factor=2",
    ]

    def counts() -> dict[str, int]:
        proposal = proposals_of(store.part)[0].pk
        return {address: queries_of(boss, address) for address in addresses} | {
            "serves": queries_of(boss, f"/console/proposals/{proposal}/serves/"),
            "serves by API": queries_of(boss, f"/api/v1/replenishments/{proposal}/serves/"),
        }

    store.add(FEW)
    few = counts()
    store.add(MANY - FEW)

    assert Replenishment.objects.proposed().count() > MANY
    assert ExceptionMessage.objects.open().exists()
    assert counts() == few


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/forecast-accuracy/?page_size=500",
        "/admin/forecasting/forecastaccuracy/",
        "/admin/forecasting/forecastaccuracy/?owner__id__exact={owner}",
    ],
)
def test_the_lists_of_accuracy(boss: Client, address: str):
    make_stocked_item(days=60)
    plan_stock()
    run = ForecastRun.objects.get()
    people: list[User] = [make_user()]

    def add(count: int) -> None:
        for _ in range(count):
            item = make_item(family="drinks")
            people.append(make_user())
            for owner in (None, people[0], people[-1]):
                ForecastAccuracy.objects.create(
                    item=item,
                    owner=owner,
                    first_week=1,
                    last_week=1,
                    run=run,
                    measured_at=run.started_at,
                    weeks=3,
                    actual=100,
                    error=0.3,
                    bias=0.1,
                )

    same(boss, address.format(owner=people[0].pk), add)
