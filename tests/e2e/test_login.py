"""The way in, through the form, as a person takes it."""

import pytest
from playwright.sync_api import Page, expect

from tests.plant import make_user


@pytest.mark.django_db(transaction=True)
def test_a_planner_logs_in_and_sees_today(page: Page):
    make_user("planner", password="a-plan-for-monday", is_staff=True, is_superuser=True)

    page.goto("/")
    page.get_by_label("Username").fill("planner")
    page.get_by_label("Password").fill("a-plan-for-monday")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Today needs you")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_is_told_and_lets_nobody_in(page: Page):
    make_user("planner", password="a-plan-for-monday", is_staff=True)

    page.goto("/admin/")
    page.get_by_label("Username").fill("planner")
    page.get_by_label("Password").fill("a-guess-for-monday")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()
