"""A plan is approved by signature in the browser, and the page shows whose it is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mes.core.models import User
from tests.plant import make_inspection_plan, make_item, make_user

SHOTS = os.environ.get("MES_SHOTS", "")


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for pictures."""
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=False)


@pytest.mark.django_db(transaction=True)
def test_an_inspector_signs_an_approval_and_a_wrong_password_is_told(
    browser_page: Callable[..., Page], login: Callable[[Page, User], None]
):
    signer = make_user(
        "ines",
        password="a-word-to-sign-with",
        first_name="Ines",
        last_name="Inspector",
        is_staff=True,
        is_superuser=True,
    )
    plan = make_inspection_plan(make_item(is_regulated=True), approved=False)
    page = browser_page(1440, 900)
    login(page, signer)
    page.goto(f"/admin/quality/inspectionplan/{plan.pk}/change/")
    page.get_by_role("link", name="Approve").or_(page.get_by_role("button", name="Approve")).first.click()
    page.get_by_label("User name").fill("ines")
    page.locator("input[name=signature_password]").fill("a-guess")
    look(page, "sign-dialog")
    page.get_by_role("button", name="Approve").last.click()
    expect(page.get_by_text("User name and password are not yours").first).to_be_visible()
    look(page, "sign-refused")

    page.locator("input[name=signature_password]").fill("a-word-to-sign-with")
    page.get_by_role("button", name="Approve").last.click()

    expect(page.get_by_role("heading", name="Signatures", exact=True)).to_be_visible()
    expect(page.get_by_text("Valid").first).to_be_visible()
    page.get_by_role("heading", name="Signatures", exact=True).scroll_into_view_if_needed()
    look(page, "signed")
    for address, name in (
        ("/admin/core/signature/", "signatures"),
        ("/admin/core/signaturepolicy/", "rules"),
        ("/console/trail/?kind=quality.inspectionplan", "trail"),
        ("/console/runs/", "runs"),
        ("/admin/", "home"),
    ):
        page.goto(address)
        look(page, name)
