"""What is decided on an item's page: several proposals at once, orders that are better changed, numbers of people."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils.html import escape

from forecasting import services
from forecasting.models import (
    DemandEvent,
    ExceptionMessage,
    ForecastAccuracy,
    Replenishment,
    StockPolicy,
    StockTarget,
)
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item
from mes.core.models import User
from tests.console.conftest import As
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock, proposals_of
from tests.plant import MONDAY, make_lot, make_user

pytestmark = pytest.mark.django_db
NOW = MONDAY


@pytest.fixture
def item() -> Item:
    item = make_stocked_item(days=0)
    make_history(item, days=180, until=NOW.date())
    make_lot(item, 100)
    return item


def page_of(browser: Client, item: Item) -> str:
    text: str = browser.get(f"/console/items/{item.pk}/").text
    return text


def test_ticked_proposals_become_orders_together(boss: Client, item: Item):
    plan_stock(at=NOW)
    first, second, *_ = proposals_of(item)

    answer = boss.post("/console/do/firm/", {"proposal": [first.pk, second.pk]}, follow=True)

    assert "2 proposals became orders." in answer.text
    assert ExpectedReceipt.objects.filter(item=item).count() == 2


def test_of_ticked_proposals_that_cannot_all_become_orders_none_does(boss: Client, item: Item):
    plan_stock(at=NOW)
    first, second, *_ = proposals_of(item)
    services.dismiss_replenishment(second, "Enough", by=User.objects.get(username="boss"), at=NOW)

    answer = boss.post("/console/do/firm/", {"proposal": [first.pk, second.pk]}, follow=True)

    assert "became orders" not in answer.text
    first.refresh_from_db()
    assert first.status == Replenishment.Status.PROPOSED
    assert not ExpectedReceipt.objects.exists()


def test_ticking_none_is_told(boss: Client):
    assert "No proposal was ticked." in boss.post("/console/do/firm/", follow=True).text


@pytest.fixture
def message(item: Item) -> ExceptionMessage:
    """A purchase that comes when the stock has long run out."""
    inventory.expect_receipt(item, Decimal(400), NOW.date() + timedelta(days=25), at=NOW)
    plan_stock(at=NOW)
    return ExceptionMessage.objects.get()


def test_a_purchase_that_comes_too_late_is_expedited_from_the_page(
    boss: Client, item: Item, message: ExceptionMessage
):
    text = page_of(boss, item)
    assert "Orders to change (1)" in text
    assert escape(message.why) in text

    boss.post(f"/console/do/messages/{message.pk}/act/")

    assert ExpectedReceipt.objects.get().due_date == message.better_date
    assert "Orders to change" not in page_of(boss, item)


def test_a_message_is_dismissed_with_a_reason_only(boss: Client, message: ExceptionMessage):
    refused = boss.post(f"/console/do/messages/{message.pk}/dismiss/", {"reason": " "}, follow=True)
    message.refresh_from_db()
    assert message.status == "open"
    assert "is dismissed" not in refused.text

    boss.post(f"/console/do/messages/{message.pk}/dismiss/", {"reason": "The supplier cannot"})

    message.refresh_from_db()
    assert (message.status, message.decision_reason) == ("dismissed", "The supplier cannot")


@pytest.fixture
def unusual_day(item: Item) -> DemandEvent:
    """A day on which far more was asked for, that nobody has explained yet."""
    return DemandEvent.objects.create(
        site=item.site,
        item=item,
        kind="outlier",
        status="proposed",
        name="Unusual day",
        first_date=NOW.date() - timedelta(days=20),
        last_date=NOW.date() - timedelta(days=20),
        found_by="detection",
        why="300 on a day like those with 10",
        made_at=NOW,
    )


def test_an_unusual_day_is_confirmed_or_dismissed_where_it_is_seen(
    boss: Client, item: Item, unusual_day: DemandEvent
):
    assert "1 to be confirmed" in page_of(boss, item)

    boss.post(f"/console/events/{unusual_day.pk}/dismiss/", {"reason": "A typing mistake"})
    unusual_day.refresh_from_db()
    assert (unusual_day.status, unusual_day.decision_reason) == ("dismissed", "A typing mistake")
    boss.post(f"/console/events/{unusual_day.pk}/confirm/")
    unusual_day.refresh_from_db()
    assert unusual_day.status == "confirmed"


def test_whose_number_was_better_stands_on_the_page_and_in_the_portfolio(boss: Client, item: Item):
    run = plan_stock(at=NOW)
    ForecastAccuracy.objects.create(
        item=item,
        first_week=1,
        last_week=1,
        run=run,
        measured_at=NOW,
        weeks=8,
        actual=700,
        naive_error=0.4,
        error=0.2,
        bias=0.05,
        override_error=0.35,
        final_error=0.3,
        final_bias=0.25,
        added=-0.1,
    )

    assert "Whose number was better" in page_of(boss, item)
    assert "-10.0 %" in page_of(boss, item)
    (row,) = boss.get("/console/portfolio/?view=forecast").context["holdings"].object_list
    assert (row.added, row.bias) == (-0.1, 0.25)


def test_another_service_level_is_aimed_for_by_a_policy_of_its_own(boss: Client, item: Item):
    StockPolicy.objects.create(abc="", xyz="", service_level="0.9", review_days=3)
    plan_stock(at=NOW)
    page = boss.get(f"/console/items/{item.pk}/")
    points = page.context["drawn"]["service_curve"]["points"]
    assert [point["capital"] for point in points] == sorted(point["capital"] for point in points)
    assert not page.context["drawn"]["policy"]["is_own"]

    boss.post(f"/console/items/{item.pk}/policy/", {"service_level": "0.9850"})

    own = StockPolicy.objects.get(item=item)
    assert (own.service_level, own.measure, own.review_days) == (Decimal("0.9850"), "fill_rate", 3)
    boss.post(f"/console/items/{item.pk}/policy/", {"service_level": "0.97"})
    assert StockPolicy.objects.get(item=item).service_level == Decimal("0.97")


@pytest.mark.parametrize("level", ["", "much", "1.5", "0"])
def test_a_service_level_that_cannot_be_is_refused(boss: Client, item: Item, level: str):
    answer = boss.post(f"/console/items/{item.pk}/policy/", {"service_level": level}, follow=True)

    assert answer.status_code == 200
    assert not StockPolicy.objects.filter(item=item).exists()


def test_items_of_a_class_are_picked_in_the_portfolio(boss: Client, item: Item):
    plan_stock(at=NOW)
    target = StockTarget.objects.get(item=item)
    others = "".join(set("ABC") - {target.abc})

    assert (
        len(boss.get(f"/console/portfolio/?class={target.abc}{target.xyz}").context["holdings"].object_list)
        == 1
    )
    assert not boss.get(f"/console/portfolio/?class={others[0]}").context["holdings"].object_list
    assert "What other service levels would tie up" in boss.get("/console/portfolio/?view=money").text


def browser_of(*permissions: str) -> Client:
    """The browser of somebody with single permissions, by their codenames."""
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("single", ["view_item", "view_forecast"])
def test_an_items_numbers_are_for_those_who_may_see_items_and_forecasts(item: Item, single: str):
    addresses = (
        f"/console/items/{item.pk}/",
        f"/console/items/{item.pk}/item.xlsx",
        f"/api/v1/cockpits/{item.pk}/",
        "/api/v1/cockpits/",
    )

    narrow, both = browser_of(single), browser_of("view_item", "view_forecast")

    assert [narrow.get(address).status_code for address in addresses] == [403] * 4
    assert [both.get(address).status_code for address in addresses] == [200] * 4


def test_who_may_not_change_purchases_is_offered_to_dismiss_a_message_only(
    item: Item, message: ExceptionMessage
):
    browser = browser_of("view_item", "view_forecast", "change_exceptionmessage")
    text = page_of(browser, item)
    assert "Do it" not in text
    assert "Why the message is dismissed" in text

    answer = browser.post(f"/console/do/messages/{message.pk}/act/", follow=True)

    assert "changes a purchase, which" in answer.text
    assert ExpectedReceipt.objects.get().due_date == message.due_date


def test_the_page_says_whose_policy_an_item_is_kept_by(boss: Client, item: Item):
    plan_stock(at=NOW)
    target = StockTarget.objects.get(item=item)
    assert "<small>standard: fill rate 95 %" in page_of(boss, item)

    StockPolicy.objects.create(abc=target.abc, xyz=target.xyz, service_level="0.9", review_days=3)
    assert f"<small>of Class {target.abc}{target.xyz}: fill rate 90 %, reviewed every 3 days" in page_of(
        boss, item
    )
    assert (
        boss.get(f"/api/v1/cockpits/{item.pk}/").json()["policy"]["covers"]
        == f"Class {target.abc}{target.xyz}"
    )

    StockPolicy.objects.create(item=item, service_level="0.8")
    assert "<small>its own: fill rate 80 %" in page_of(boss, item)
    assert boss.get(f"/api/v1/cockpits/{item.pk}/").json()["policy"]["is_own"]


def test_who_may_only_look_is_offered_no_buttons(as_role: As, item: Item, message: ExceptionMessage):
    operator = as_role("operator")
    text = page_of(operator, item)

    assert "Make the ticked firm" not in text
    assert "Do it" not in text
    assert operator.post(f"/console/do/messages/{message.pk}/act/").status_code == 403
    assert operator.post("/console/do/firm/").status_code == 403
