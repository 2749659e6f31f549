"""A regulated batch is reviewed by exception in the browser: from the refused release to the batch, its answers, its signature, and back."""

import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Item
from mes.core.models import Meaning, SignaturePolicy, User
from production import services
from production.models import Batch
from quality import services as quality
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, make_user
from tests.shop import make_made_item, operations_of, plan_order

SHOTS = os.environ.get("MES_SHOTS", "")
PASSWORD = "a-word-to-sign-with"


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures."""
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=False)


def a_batch_with_an_exception() -> Batch:
    item = make_made_item(description="Hinge bracket")
    (operation,) = operations_of(plan_order(item))
    Item.objects.filter(pk=item.pk).update(is_regulated=True)
    worker = make_user()
    services.start_operation(operation, by=worker, at=MONDAY)
    services.finish_operation(operation, good=Decimal(9), scrap=Decimal(1), by=worker, at=MONDAY)
    deliver_news()
    batch = Batch.objects.select_related("lot__item__site").get(pk=operation.batch_id)
    assert batch.lot is not None
    found = quality.open_nonconformance(batch.lot, Decimal(1), "Scratch on the flange", by=worker, at=MONDAY)
    SignaturePolicy.objects.filter(kind="quality.nonconformance").delete()
    quality.decide_nonconformance(found, "use_as_is", "Cosmetic only", by=worker, at=MONDAY)
    return batch


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_the_refused_release_to_the_review_and_back(
    browser_page: Callable[..., Page], login: Callable[[Page, User], None], scheme: str
):
    for kind, meaning in (("production.batch", Meaning.REVIEW), ("inventory.lot", Meaning.RELEASE)):
        SignaturePolicy.objects.get_or_create(kind=kind, meaning=meaning)
    batch = a_batch_with_an_exception()
    reviewer = make_user("ines", password=PASSWORD, first_name="Ines", is_staff=True, is_superuser=True)
    page = browser_page(*((1440, 900) if scheme == "light" else (1024, 768)), color_scheme=scheme)
    login(page, reviewer)
    page.goto("/admin/")
    look(page, f"home-{scheme}")
    expect(page.get_by_text("waits for the review of how it was made").first).to_be_visible()
    page.goto(f"/admin/inventory/lot/{batch.lot_id}/change/")
    press(page, "Release")
    sign(page)
    send(page, "Release")
    dialog = page.locator("#modal-content")  # the page below says what the lot waits for, too
    expect(dialog.get_by_text("1 exception is not answered")).to_be_visible()
    look(page, f"refused-{scheme}")
    dialog.get_by_role("link", name=batch.number).click()

    expect(page.get_by_text("1 of 1 to answer").first).to_be_visible()
    look(page, f"review-{scheme}")
    press(page, "Answer exceptions…")
    page.locator("textarea[name=answer]").fill("Looked at: within the drawing's note 4.")
    look(page, f"answer-{scheme}")
    send(page, "Answer exceptions")
    expect(page.get_by_text("within the drawing's note 4").first).to_be_visible()
    press(page, "Sign the review…")
    sign(page)
    send(page, "Sign the review")
    expect(page.get_by_text("its lot may be released").first).to_be_visible()
    look(page, f"reviewed-{scheme}")

    page.goto(f"/admin/inventory/lot/{batch.lot_id}/change/")
    press(page, "Release")
    sign(page)
    send(page, "Release")
    expect(page.get_by_text("May be used.").first).to_be_visible()


def press(page: Page, name: str) -> None:
    """The button of a page; its icon is told before its name."""
    page.locator("a, button").filter(has_text=re.compile(rf"(^|\s){re.escape(name)}\s*$")).first.click()


def sign(page: Page) -> None:
    name = page.locator("input[name=signature_username]")
    page.locator("input[name=signature_password]").wait_for()
    if name.count():
        name.fill("ines")
    page.locator("input[name=signature_password]").fill(PASSWORD)


def send(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).last.click()
