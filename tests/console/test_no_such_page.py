"""Whoever follows an address that leads nowhere is told so in the console's own frame, with the way to what was meant."""

import pytest
from django.test import Client

from tests.console.conftest import As

pytestmark = pytest.mark.django_db
IN_A_BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("address", ["/console/inspections/999/", "/console/no-such-page/"])
def test_an_address_that_leads_nowhere_says_how_to_find_what_was_meant(as_role: As, address: str):
    answer = as_role("planner").get(address, headers=IN_A_BROWSER)

    page = " ".join(answer.text.split())
    assert answer.status_code == 404
    assert "There is no such page" in page
    assert f"Nothing is at <strong>{address}</strong>" in page
    assert "type how its number begins" in page
    assert 'class="mes-page"' in page


def test_scripts_and_strangers_get_the_plain_answer(as_role: As):
    asked_by_a_part = as_role("planner").get(
        "/console/no-such-page/", headers=IN_A_BROWSER | {"HX-Request": "true"}
    )
    asked_by_nobody = Client().get("/console/no-such-page/", headers=IN_A_BROWSER)

    for answer in (asked_by_a_part, asked_by_nobody):
        assert answer.status_code == 404
        assert "mes-page" not in answer.text


def test_the_console_without_a_page_is_today(as_role: As):
    answer = as_role("planner").get("/console/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
