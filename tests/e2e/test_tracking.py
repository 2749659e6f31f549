"""The customer's tracking page in a real browser: readable on a telephone, in the dark, and kept up to date."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders import services
from tests.orders.desk import make_order, make_part
from tests.plant import make_item, make_lot, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light")])
def test_the_page_fits_says_where_it_stands_and_follows_along(
    browser_page: Any, live_server: Any, width: int, scheme: str
):
    now = timezone.now()
    due = now.date() + timedelta(days=30)
    pin = make_item(
        description="Standard dowel pin, hardened and ground, with an extraordinarily long description"
    )
    make_lot(pin, 10, number="L-26-0412")
    order = make_order((make_part().item, 4, due), (pin, 5, due), confirmed=True, at=now)
    page = browser_page(width, 844, color_scheme=scheme)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.clock.install()

    page.goto(f"{live_server.url}/track/{order.tracking_token}/")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "We expect to ship the last of it on" in page.inner_text(".hero")
    page.click("summary >> nth=0")
    assert "Saw" in page.inner_text(".stages >> nth=0")

    services.ship(order, by=make_user(), at=now)
    page.clock.run_for(61_000)
    page.wait_for_selector("text=L-26-0412")
    assert page.locator("details").first.evaluate("each => each.open"), "what was opened stays open"
    assert errors == []
