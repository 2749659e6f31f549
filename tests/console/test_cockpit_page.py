"""What is decided on an item's page: several proposals at once, orders that are better changed, numbers of people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.html import escape

from forecasting import services
from forecasting.models import ExceptionMessage, Replenishment
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item
from mes.core.models import User
from tests.console.conftest import As
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock, proposals_of
from tests.plant import make_lot

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


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


def test_who_may_only_look_is_offered_no_buttons(as_role: As, item: Item, message: ExceptionMessage):
    operator = as_role("operator")
    text = page_of(operator, item)

    assert "Firm the ticked" not in text
    assert "Do it" not in text
    assert operator.post(f"/console/do/messages/{message.pk}/act/").status_code == 403
    assert operator.post("/console/do/firm/").status_code == 403
