"""The Promise page: asked, held, made an order; what is wrong is said where it was typed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders import services
from orders.models import CustomOrder, Offer
from production.models import ProductionOrder
from tests.orders.desk import make_customer
from tests.plant import MONDAY, grant, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
WANTED = MONDAY.date() + timedelta(days=20)
PAGE = "/console/promise/"


def question(item: Any, **fields: Any) -> dict[str, Any]:
    return {
        "item": str(item),
        "quantity": "5",
        "wanted_date": str(WANTED),
        "priority": "2",
        "hold_hours": "48",
    } | fields


def make_bracket() -> Any:
    site = make_site()
    center = make_work_center(site=site, name="Lathe")
    return make_made_item(
        [{"work_center": center, "run_seconds": 3600, "name": "Turn"}], site=site, strategy="mto"
    )


def test_asking_answers_at_once_and_keeps_nothing(boss: Client):
    item = make_bracket()

    answer = boss.get(PAGE, question(item))

    assert "The day wanted can be kept" in answer.text
    assert "Hold for 2 days" in answer.text
    assert answer.context["answer"]["promised_date"] == WANTED
    assert [row.word for row in answer.context["answer"]["stretches"]] == ["Held", "Work"]
    assert not Offer.objects.exists()
    assert not ProductionOrder.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"item": "no such"}, "There is no item “no such”"),
        ({"quantity": "2.5"}, "pcs are counted in whole numbers"),
        ({"wanted_date": "2020-01-01"}, "2020-01-01 has passed; today is"),
        ({"wanted_date": "3026-01-01"}, "3026-01-01 is more than 10 years ahead. See to the year."),
        ({"quantity": ""}, "This field is required"),
        ({"customer": "nobody"}, "There is no customer “nobody”"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(boss: Client, wrong, told):
    answer = boss.get(PAGE, question(make_bracket()) | wrong)

    assert (answer.status_code, told in answer.text) == (200, True)
    assert f'value="{wrong.get("quantity", "5")}"' in answer.text


def test_what_cannot_be_made_is_told_with_what_to_do(boss: Client):
    item = make_item("LOOSE", strategy="mto")

    assert (
        "LOOSE: made here, but without an approved process plan. Approve"
        in boss.get(PAGE, question(item)).text
    )


def test_an_item_is_found_by_how_it_begins_and_several_are_offered_to_choose_from(boss: Client):
    site = make_site()
    for number in ("PIN-4", "PIN-40"):
        make_lot(make_item(number, site=site, description=f"Dowel {number}"), 50)

    assert boss.get(PAGE, question("pin-4")).context["item"].number == "PIN-4"
    assert "may be PIN-4, PIN-40" in boss.get(PAGE, question("pin")).text
    choices = boss.get(f"{PAGE}items/?item=dow").text
    assert choices.count("<option") == 2


def test_an_offer_is_held_and_made_an_order(boss: Client):
    item, customer = make_bracket(), make_customer("Acme Pumps")

    held = boss.post(f"{PAGE}hold/", question(item, customer="acme", inquiry="RFQ-1"), follow=True)
    offer = Offer.objects.get()
    assert held.redirect_chain == [(f"{PAGE}?offer={offer.pk}", 302)]
    assert (offer.customer, offer.inquiry, offer.status) == (customer, "RFQ-1", "open")
    for told in (f"{offer} is held until", "What is kept", "Turn", "Make the order", "tentative"):
        assert told.casefold() in held.text.casefold()

    body = {"customer": customer.code, "customer_reference": "4500-1"}
    made = boss.post(f"{PAGE}{offer.pk}/accept/", body, follow=True)
    order = CustomOrder.objects.get()
    assert (order.status, order.customer_reference) == ("confirmed", "4500-1")
    assert "It became order" in made.text
    again = boss.post(f"{PAGE}{offer.pk}/accept/", body, follow=True)
    assert f"is accepted: it is our order {order}" in again.text


def test_an_offer_is_withdrawn_and_a_refused_hold_says_why(boss: Client):
    item = make_bracket()
    boss.post(f"{PAGE}hold/", question(item, inquiry="RFQ-1"))
    offer = Offer.objects.get()

    twice = boss.post(f"{PAGE}hold/", question(item, inquiry="RFQ-1"), follow=True)
    assert f"Inquiry RFQ-1 has offer {offer}" in twice.text
    gone = boss.post(f"{PAGE}{offer.pk}/withdraw/", follow=True)

    assert f"{offer} is withdrawn" in gone.text
    assert ProductionOrder.objects.get().status == "cancelled"


def test_an_offer_that_expired_says_that_nothing_is_kept_and_how_to_ask_again(boss: Client):
    item = make_bracket()
    boss.post(f"{PAGE}hold/", question(item, inquiry="INQ-7"))
    offer = Offer.objects.get()
    Offer.objects.update(expires_at=timezone.now())

    refused = boss.post(f"{PAGE}{offer.pk}/accept/", {"customer": make_customer("Acme").code}, follow=True)
    page = boss.get(PAGE, {"offer": offer.pk})

    assert "Ask again: the same date may still be possible" in refused.text
    assert "what was kept for it is free for others" in page.text
    assert "If others make way" not in page.text
    again = boss.get(page.context["ask_again"])
    assert again.context["answer"]["promised_date"] == WANTED
    assert again.context["form"]["inquiry"].value() == "INQ-7"
    assert not CustomOrder.objects.exists()


def test_who_would_pay_is_named_with_their_customer(boss: Client):
    item = make_bracket()
    customer = make_customer("Slow Movers")
    filler = services.create_order(
        customer, lines=[(item, Decimal(90), WANTED, 3)], by=make_user(), at=timezone.now()
    )
    services.confirm_order(filler, by=make_user(), at=timezone.now())
    boss.post("/console/do/reschedule/")

    answer = boss.get(
        PAGE, question(item, wanted_date=str(timezone.localdate()), priority="1", hold_hours="0")
    )

    assert "If others make way" in answer.text
    assert "Slow Movers" in answer.text
    asked = question(item, wanted_date=str(timezone.localdate()), priority="1", hold_hours="4")
    boss.post("/console/promise/hold/", asked | {"move_others": "1"})
    shown = boss.get(f"{PAGE}?offer={Offer.objects.get().pk}").text
    assert "If nobody makes way" in shown
    assert "If it is ordered now" not in shown


def test_the_list_of_offers_takes_the_same_queries_however_long(boss: Client, django_assert_max_num_queries):
    item = make_bracket()
    for _ in range(5):
        boss.post(f"{PAGE}hold/", question(item))

    with django_assert_max_num_queries(12):
        page = boss.get(PAGE)

    assert len(page.context["offers"]) == 5


def test_offers_that_end_today_need_somebody(boss: Client):
    item = make_bracket()
    now = timezone.now()
    services.make_offer(
        item=item, quantity=Decimal(2), wanted_date=WANTED, hold_hours=Decimal("0.25"), by=make_user(), at=now
    )
    services.make_offer(item=item, quantity=Decimal(2), wanted_date=WANTED, by=make_user(), at=now)

    decisions = boss.get("/admin/").context["decisions"]

    ends = now + timedelta(minutes=15)
    expected = 1 if ends.date() == now.date() else 0
    assert len([each for each in decisions if each.status == "Offer ends"]) == expected


def test_who_may_only_look_is_offered_no_button(boss: Client):
    item = make_bracket()
    plan_order(item, 1)
    reader = Client()
    reader.force_login(grant(make_user(is_staff=True), "orders.view_offer"))

    assert "Hold for" not in reader.get(PAGE, question(item)).text
    assert reader.post(f"{PAGE}hold/", question(item)).status_code == 403


def test_what_is_held_stands_on_the_board_with_whom_it_is_for(boss: Client):
    customer = make_customer("Acme Pumps")
    boss.post(f"{PAGE}hold/", question(make_bracket(), customer=customer.code))
    offer = Offer.objects.get()

    board = boss.get("/console/board/data/").json()

    (bar,) = board["bars"]
    assert board["states"][bar[7]] == ["held", "Held for an offer"]
    assert board["orders"][0][8] == f"Held for offer {offer} to Acme Pumps"
