"""The buttons: one service each, told in a sentence, refused in the service's own words, for those who may."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from forecasting.models import ForecastRun, Replenishment
from mes.core.models import FactDelivery
from production import services as production
from production.models import Downtime, Schedule
from tests.console.conftest import As
from tests.console.test_decisions import make_proposal
from tests.console.test_pages import make_stock_plan, park
from tests.orders.desk import line_of, make_order
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
NOW = MONDAY


def press(browser: Client, address: str, **typed: str) -> str:
    """Press a button of the home page; answers what is said."""
    answer = browser.post(address, typed, headers={"referer": "http://testserver/admin/?from=home"})
    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/admin/?from=home")
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_proposal_is_firmed_into_a_purchase(boss: Client):
    proposal = make_proposal()

    said = press(boss, f"/console/do/firm/{proposal.pk}/")

    proposal.refresh_from_db()
    assert proposal.status == Replenishment.Status.FIRM
    assert str(proposal.expected_receipt) in said
    assert proposal.decided_by.username == "boss"


def test_what_is_firm_already_is_refused_and_stays(boss: Client):
    proposal = make_proposal()
    press(boss, f"/console/do/firm/{proposal.pk}/")
    before = Replenishment.objects.get(pk=proposal.pk)

    said = press(boss, f"/console/do/firm/{proposal.pk}/")

    assert "firm" in said.lower()
    assert Replenishment.objects.get(pk=proposal.pk).expected_receipt_id == before.expected_receipt_id


def test_a_proposal_is_dismissed_with_a_reason(boss: Client):
    proposal = make_proposal()

    said = press(boss, f"/console/do/dismiss/{proposal.pk}/", reason="Phased out")

    proposal.refresh_from_db()
    assert "dismissed" in said
    assert (proposal.status, proposal.decision_reason) == ("dismissed", "Phased out")


def test_without_a_reason_nothing_is_dismissed(boss: Client):
    proposal = make_proposal()

    said = press(boss, f"/console/do/dismiss/{proposal.pk}/", reason=" ")

    proposal.refresh_from_db()
    assert "Say why" in said
    assert proposal.status == "proposed"


def test_a_machine_runs_again(boss: Client):
    machine = make_work_center().machines.get()
    down = production.report_breakdown(machine, "Spindle", by=make_user(), at=NOW - timedelta(hours=1))

    said = press(boss, f"/console/do/end-downtime/{down.pk}/")

    assert said == f"{machine} runs again."
    assert not Downtime.objects.current(timezone.now()).exists()


def test_an_order_is_released(boss: Client):
    order = plan_order(make_made_item(), 3, released=False)

    said = press(boss, f"/console/do/release/{order.pk}/")

    order.refresh_from_db()
    assert "is released" in said
    assert order.status == "released"


def test_a_line_that_lacks_nothing_is_not_covered_twice(boss: Client):
    item = make_item()
    make_lot(item, 5)
    order = make_order((item, 5), confirmed=True)

    said = press(boss, f"/console/do/cover/{line_of(order).pk}/")

    assert "nothing is missing" in said
    assert line_of(order).pegs.count() == 1


def test_a_plan_is_made_on_request(boss: Client):
    center = make_work_center()
    plan_order(make_made_item([center], site=center.site), 3, at=NOW, due_at=NOW + timedelta(days=5))

    said = press(boss, "/console/do/reschedule/")

    plan = Schedule.objects.get()
    assert "1 operation," in said
    assert plan.by is not None
    assert plan.by.username == "boss"


def test_a_forecast_run_is_begun(boss: Client, django_capture_on_commit_callbacks):
    make_stock_plan(1)
    with django_capture_on_commit_callbacks(execute=True):
        said = press(boss, "/console/do/forecast/")
    assert "has begun" in said
    assert ForecastRun.objects.count() == 2


def test_a_second_run_at_the_same_time_is_refused(boss: Client):
    running = ForecastRun.objects.create(started_at=NOW, as_of=NOW.date(), horizon_days=91)
    said = press(boss, "/console/do/forecast/")
    assert "Wait until it is done" in said
    assert ForecastRun.objects.get() == running


def test_parked_deliveries_are_tried_again(boss: Client):
    delivery = park()
    assert "1 delivery gets" in press(boss, "/console/do/retry-parked/")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (FactDelivery.Status.PENDING, 0)


@pytest.mark.parametrize(
    ("role", "button"),
    [
        ("inspector", "firm/1/"),
        ("inspector", "cover/1/"),
        ("operator", "release/1/"),
        ("inspector", "dismiss/1/"),
        ("inspector", "end-downtime/1/"),
        ("operator", "reschedule/"),
        ("operator", "forecast/"),
        ("planner", "retry-parked/"),
    ],
)
def test_a_button_is_refused_to_whoever_may_not(as_role: As, role: str, button: str):
    assert as_role(role).post(f"/console/do/{button}").status_code == 403


def test_a_button_is_pressed_and_not_followed_as_a_link(boss: Client):
    proposal = make_proposal()
    assert boss.get(f"/console/do/firm/{proposal.pk}/").status_code == 405


def test_a_button_leads_nowhere_else(boss: Client):
    proposal = make_proposal()
    answer = boss.post(
        f"/console/do/firm/{proposal.pk}/", headers={"referer": "https://elsewhere.example/admin/"}
    )
    assert answer["Location"] == "/admin/"
