"""Whoever may not do what an address asks for is told which right it takes and who has it, in the console's own frame."""

import pytest
from django.test import Client
from django.urls import reverse

from mes.core.roles import ensure_roles
from tests.console.conftest import As
from tests.plant import make_inspection, make_lot, make_user

pytestmark = pytest.mark.django_db
IN_A_BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def quality_manager() -> str:
    groups = {group.name: group for group in ensure_roles()}
    user = make_user("quinn", first_name="Quinn", last_name="Adams", is_staff=True)
    user.groups.add(groups["manager"])
    return str(user)


def test_a_typed_address_without_the_right_names_the_right_and_who_has_it(as_role: As, quality_manager: str):
    address = f"/admin/quality/inspection/{make_inspection().pk}/do/cancel/"

    answer = as_role("planner").get(address, headers=IN_A_BROWSER)

    page = " ".join(answer.text.split())
    assert answer.status_code == 403
    assert "You may not open this page" in page
    assert "a right that you do not have: <strong>Can change inspection</strong>." in page
    assert "Who has the role <strong>inspector</strong> or <strong>manager</strong> has it." in page
    assert f"You can ask {quality_manager} to do it" in page
    assert 'class="mes-page"' in page


def test_a_button_pressed_without_the_right_says_that_nothing_was_changed(as_role: As):
    refused = as_role("planner").post(f"/admin/inventory/lot/{make_lot().pk}/do/hold/", headers=IN_A_BROWSER)

    assert refused.status_code == 403
    assert "You may not do this" in refused.text
    assert "Nothing was changed." in refused.text


def test_pages_of_records_and_of_the_console_name_their_rights_too(as_role: As):
    visitor = as_role("integrator")
    alone = Client()
    alone.force_login(make_user(is_staff=True))

    added = as_role("operator").get("/admin/quality/samplingscheme/add/", headers=IN_A_BROWSER)
    trail = visitor.get(reverse("console:trail"), headers=IN_A_BROWSER)
    listed = alone.get("/admin/quality/inspection/", headers=IN_A_BROWSER)

    assert "<strong>Can add sampling scheme</strong>" in added.text
    assert "<strong>Can read the audit trail</strong>" in trail.text
    assert "<strong>Can view inspection</strong>" in listed.text


def test_what_nobody_can_do_in_that_way_is_said_to_be_so(boss: Client):
    answer = boss.get(f"/admin/quality/inspection/{make_inspection().pk}/delete/", headers=IN_A_BROWSER)

    assert answer.status_code == 403
    assert "whoever asks" in answer.text


def test_a_script_that_asks_gets_a_short_answer(as_role: As):
    address = f"/admin/quality/inspection/{make_inspection().pk}/do/cancel/"

    planner = as_role("planner")
    for headers in ({}, {"Accept": "text/html", "HX-Request": "true"}):
        answer = planner.get(address, headers=headers)

        assert (answer.status_code, len(answer.text) < 500) == (403, True)
