"""The page of a recall: what many customers are told and answer is noted at once, and what is refused stays where it was typed."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from orders import services
from orders.models import Customer, RecallNotice
from quality import services as quality
from quality.models import Recall
from tests.recalls.case import Case, acting, make_case, recall_heat
from tests.records.people import a_signer, signing_as

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


def test_who_answers_is_noted_with_what_they_say_became_of_it_and_who_has_not_is_told_before_closing(
    boss: Client, case: Case, recall: Recall
):
    for notice in RecallNotice.objects.filter(recall=recall):
        services.send_notice(notice, "phone", "The quality manager", **acting())
    alpha, beta = (RecallNotice.objects.get(customer=each) for each in (case.alpha, case.beta))
    address, line = f"/console/recalls/{recall.pk}/", alpha.lines.get()
    assert "Alpha Air, Beta Bikes have not answered." in boss.get(address).text
    answer = {"key": alpha.pk, "acknowledged_by": "A. Buyer", f"destroyed-{line.pk}": "6"}

    refused = boss.post(address, answer | {"do": "acknowledge"}, follow=True).text
    alpha.refresh_from_db()
    assert (alpha.status, f"Still open of lot {case.parts} at Alpha Air" in refused) == ("sent", True)
    assert re.search(rf'name="destroyed-{line.pk}"[^>]*value="6"', refused)
    assert re.search(r'name="acknowledged_by"[^>]*value="A. Buyer"', refused)
    done = boss.post(address, answer | {"do": "acknowledge", f"destroyed-{line.pk}": "4"}, follow=True).text

    assert "Alpha Air knows of it. Noted for 1 lot at Alpha Air." in done
    assert "Beta Bikes has not answered." in done
    line.refresh_from_db()
    assert line.destroyed == 4
    by_the_other = boss.post(
        address, {"do": "account", "key": beta.pk, "acknowledged_by": "B. Rider"}, follow=True
    ).text
    assert "Beta Bikes knows of it." in by_the_other
    assert "not answered." not in by_the_other


def test_the_button_of_the_step_that_is_next_stands_out(boss: Client, case: Case):
    recall: Recall = recall_heat(case)

    def main() -> set[str]:
        page = boss.get(f"/console/recalls/{recall.pk}/").text
        return set(re.findall(r'<button class="mes-button main" name="do" value="(\w+)"', page))

    assert main() == {"hold"}
    quality.hold_recall(recall, **acting())
    assert main() == {"balance", "prepare", "decide"}
    services.balance_recall(recall, **acting())
    for notice in services.prepare_notices(recall, **acting()):
        services.send_notice(notice, "phone", "somebody", **acting())
        services.acknowledge_notice(notice, "somebody", **acting())
    assert main() == {"decide"}
    quality.decide_lots(recall, "reject", "Wrong alloy", **acting())

    assert main() == {"close"}


def test_a_drill_that_is_over_offers_no_change_of_its_letters_and_measures_no_reach(boss: Client, case: Case):
    drill = recall_heat(case, is_mock=True)
    services.prepare_notices(drill, **acting())
    page = boss.get(f"/console/recalls/{drill.pk}/").text
    assert page.count('value="edit"') == page.count('value="withdraw"') == 2
    assert "8 pcs shipped · effectiveness not measured: a drill tells nobody" in page
    assert "then every lot goes where you decided" not in page
    services.balance_recall(drill, **acting())
    signer = a_signer()
    services.close_recall(drill, "All found", credentials=signing_as(signer), **acting(by=signer))

    page = boss.get(f"/console/recalls/{drill.pk}/").text

    assert "EXERCISE. This is a drill" in page
    assert 'value="edit"' not in page
    assert 'value="withdraw"' not in page
    assert "effectiveness not measured: a drill tells nobody" in page
    assert "not measured: a drill tells nobody" in boss.get("/console/recalls/").text
