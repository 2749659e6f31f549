"""The page of a recall: what many customers are told and answer is noted at once, and what is refused stays where it was typed."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from orders import services
from orders.models import Customer, RecallNotice
from quality.models import Recall
from tests.recalls.case import Case, acting, make_case, recall_heat

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return make_case()


@pytest.fixture
def recall(case: Case) -> Recall:
    found: Recall = recall_heat(case)
    services.prepare_notices(found, **acting())
    return found


def press(boss: Client, recall: Recall, do: str, **typed: Any) -> str:
    """What the page says after a button of it was pressed."""
    body = {"do": do} | {name.replace("_", "-"): value for name, value in typed.items()}
    return boss.post(f"/console/recalls/{recall.pk}/", body, follow=True).text


def is_unfolded(page: str, notice: RecallNotice) -> bool:
    found = re.search(rf'id="notice-{notice.pk}"([^>]*)>', page)
    return found is not None and "open" in found[1]


def test_all_notices_are_noted_as_sent_at_once_and_who_has_no_address_is_named(
    boss: Client, case: Case, recall: Recall
):
    Customer.objects.filter(pk=case.alpha.pk).update(email="quality@alpha.example")
    assert "All 2 went out by e-mail" in boss.get(f"/console/recalls/{recall.pk}/").text

    page = press(boss, recall, "send_all")

    assert "1 notice is noted as sent by e-mail. No e-mail address is known of Beta Bikes: note that" in page
    assert RecallNotice.objects.get(customer=case.alpha).sent_to == "quality@alpha.example"
    assert RecallNotice.objects.get(customer=case.beta).status == "draft"


def test_the_e_mail_lists_what_the_letter_says_is_listed(boss: Client, case: Case, recall: Recall):
    Customer.objects.filter(pk=case.alpha.pk).update(email="quality@alpha.example")

    page = unquote(boss.get(f"/console/recalls/{recall.pk}/").text)

    assert f"Please quote {recall.number} in your answer.\n\n- {case.parts}, {case.parts.item}: 5 pcs" in page


def test_what_a_customer_says_is_noted_and_what_is_refused_stays_in_its_fields(
    boss: Client, case: Case, recall: Recall
):
    for notice in RecallNotice.objects.filter(recall=recall):
        services.send_notice(notice, "phone", "The quality manager", **acting())
    alpha, beta = (RecallNotice.objects.get(customer=each) for each in (case.alpha, case.beta))
    line = alpha.lines.get()

    refused = press(boss, recall, "account", key=alpha.pk, **{f"destroyed_{line.pk}": "6"})
    empty = press(boss, recall, "account", key=alpha.pk)
    foreign = boss.post(
        f"/console/recalls/{recall.pk}/", {"do": "account", "key": beta.pk, f"destroyed-{line.pk}": "1"}
    )

    assert f"Still open of lot {case.parts} at Alpha Air: 5 pcs" in refused
    assert re.search(rf'name="destroyed-{line.pk}"[^>]*value="6"', refused)
    assert (is_unfolded(refused, alpha), is_unfolded(refused, beta)) == (True, False)
    assert "Say of one lot at least how much came back or was destroyed." in empty
    assert foreign.status_code == 404
    assert alpha.lines.get().destroyed == 0

    page = press(boss, recall, "account", key=alpha.pk, **{f"destroyed_{line.pk}": "5"})

    assert "Noted for 1 lot at Alpha Air." in page
    assert alpha.lines.get().destroyed == 5
