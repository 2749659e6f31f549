"""What needs somebody comes first, the dearest wait on top, with the buttons that the person may press."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting.models import DemandEvent, ForecastAlert, ForecastRun, Replenishment
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Lot, Site
from mes.console.decisions import Decision, decisions
from mes.console.decisions.judging import lots_to_release
from mes.core.models import Fact, FactDelivery, User
from mes.core.roles import ensure_roles
from orders.models import CustomOrder, OrderLine
from production import planning
from production import services as production
from quality import services as quality
from tests.orders.desk import FRIDAY, make_order, make_part, production_of
from tests.plant import MONDAY, make_inspection, make_item, make_lot, make_user, measure_all
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


def boss() -> User:
    return make_user(is_superuser=True)


def waiting(user: User | None = None, *, at: datetime = MONDAY) -> list[Decision]:
    lines = OrderLine.objects.open().with_progress(at).select_related("order__customer", "item")
    return decisions(at, user or boss(), list(lines))


def make_proposal(item: Item | None = None, *, out_in: int = 2, starts_in: int = 0, **fields: Any) -> Any:
    today = MONDAY.date()
    given: dict[str, Any] = {
        "item": item or make_item(supply="buy"),
        "quantity": Decimal(500),
        "start_date": today + timedelta(days=starts_in),
        "due_date": today + timedelta(days=starts_in + 7),
        "stockout_date": today + timedelta(days=out_in),
        "why": "Without it stock falls to 0.",
    }
    return Replenishment.objects.create(**given | fields)


def test_nothing_waits_in_a_quiet_plant():
    assert waiting() == []


def order_from_stock(due_date: date = TODAY) -> CustomOrder:
    item = make_item()
    make_lot(item, 5)
    return make_order((item, 5, due_date), confirmed=True)


def test_a_late_line_says_why_and_leads_to_its_order():
    order_from_stock()

    (late,) = waiting(at=MONDAY + timedelta(days=3))

    assert (late.level, late.status) == ("late", "Late")
    assert "nobody shipped it" in late.why
    assert late.actions[0].url == late.url


def test_a_line_that_is_ready_waits_in_stock_until_it_is_wanted():
    order_from_stock(FRIDAY)
    assert waiting() == []


def test_a_line_that_is_ready_and_wanted_today_is_to_be_shipped():
    order_from_stock()
    assert [(d.status, d.actions[0].label) for d in waiting()] == [("Ready to ship", "Ship")]


def test_a_failed_lot_waits_for_its_disposition_and_shows_where_it_went():
    measure_all(make_inspection(), 99)

    (held,) = waiting()

    assert held.status == "Held"
    assert [action.label for action in held.actions] == ["Decide", "Where it went"]


def test_a_broken_machine_can_be_told_to_run_again():
    machine = make_work_center().machines.get()
    production.report_breakdown(machine, "Spindle", by=make_user(), at=MONDAY - timedelta(hours=3))

    (down,) = waiting()

    assert (down.status, down.level) == ("Down", "late")
    assert "3\xa0hours" in down.why
    assert "no end in sight" in down.why
    assert down.actions[0].posts


def test_a_stock_out_can_be_firmed_at_once():
    make_proposal(out_in=2)
    (out,) = waiting()
    assert out.actions[0].label == "Firm 500 pcs by 09 Mar"
    assert out.actions[0].posts


def test_whether_it_is_out_of_stock_is_told_by_the_day_at_the_plant():
    item = make_item(supply="buy")
    Site.objects.filter(pk=item.site_id).update(time_zone="Pacific/Auckland")
    make_proposal(item, out_in=1)

    (early,) = waiting(at=MONDAY.replace(hour=6))
    (late,) = waiting(at=MONDAY.replace(hour=18))  # Tuesday morning there

    assert (early.status, late.status) == ("Stock-out", "Out of stock")


def test_an_item_is_named_once_however_many_proposals_it_has():
    item = make_item(supply="buy")
    for starts_in in (0, 3, 6):
        make_proposal(item, starts_in=starts_in)
    assert len(waiting()) == 1


def test_a_proposal_that_comes_too_late_to_help_is_not_offered():
    make_proposal(out_in=2, starts_in=20)
    (out,) = waiting()
    assert not any(action.posts for action in out.actions)
    assert "hastened" in out.why


def test_a_stock_out_in_a_month_can_wait():
    make_proposal(out_in=30, starts_in=20)
    assert waiting() == []


def test_an_operation_whose_gate_is_shut_is_told_with_its_inspections():
    part = make_part()
    make_lot(part.bar, 100)
    order = make_order((part.item, 2, date(2026, 4, 30)), confirmed=True)
    made = production_of(order)
    by = make_user()
    production.release_order(made, by=by, at=MONDAY)
    saw, turn = operations_of(made)
    machine = saw.step.work_center.machines.first()
    production.start_operation(saw, machine=machine, by=by, at=MONDAY)
    production.finish_operation(saw, good=Decimal(2), by=by, at=MONDAY)
    assert turn.batch.lot is not None
    quality.open_nonconformance(turn.batch.lot, Decimal(1), "A dent.", by=by, at=MONDAY)

    told = {decision.status: decision for decision in waiting()}

    assert told["Blocked"].what == f"Turn of batch {turn.batch} cannot start"
    assert told["Held"].cost > told["Blocked"].cost


def test_an_order_that_should_begin_is_released_with_what_it_needs():
    center = make_work_center()
    blank = make_made_item([center], site=center.site)
    part = make_made_item([center], {blank: 1}, site=center.site)
    order = plan_order(part, 10, released=False)
    planning.reschedule(reason="Test", at=MONDAY, seconds=0)

    (to_release,) = waiting()

    assert order.sub_orders.exists()
    assert to_release.what.startswith(f"{order} {part.description} × 10 begins Mon 02 Mar")
    assert to_release.actions[0].label == "Release"


def test_an_order_that_begins_next_week_need_not_be_released_yet():
    order = plan_order(make_made_item(), 10, released=False, earliest_start_at=MONDAY + timedelta(days=7))
    planning.reschedule(reason="Test", at=MONDAY, seconds=0)
    assert order.status == "planned"
    assert waiting() == []


def test_what_a_line_lacks_can_be_covered_at_once():
    item = make_item(supply="buy")
    order = make_order((item, 5, date(2026, 4, 30)), confirmed=True)
    purchase = ExpectedReceipt.objects.get()
    inventory.cancel_expected_receipt(purchase, by=make_user(), at=MONDAY)

    (lacking,) = waiting()

    assert lacking.what.startswith(f"{order}/1")
    assert [(action.label, action.posts) for action in lacking.actions] == [
        ("Order", False),
        ("Cover what is missing", True),
    ]


def test_open_inspections_are_counted_by_stage():
    make_inspection()
    (to_inspect,) = waiting()
    assert to_inspect.what.startswith("1 final inspection waits at")


def test_open_inspections_lead_to_the_quality_desk_of_their_site():
    inspection = make_inspection()
    (to_inspect,) = waiting()
    assert to_inspect.url == f"/console/quality/?site={inspection.plan.item.site.code}"


def test_messages_that_got_stuck_are_told_to_whoever_may_look():
    fact = Fact.objects.create(name="test.Bell", payload={})
    FactDelivery.objects.create(
        fact=fact, subscriber="a.b", status=FactDelivery.Status.PARKED, due_at=timezone.now()
    )
    assert [decision.status for decision in waiting()] == ["Stuck"]
    assert waiting(with_role("inspector")) == []


def test_the_dearest_wait_comes_first():
    make_proposal(out_in=5)
    make_inspection()
    order_from_stock()
    told = waiting(at=MONDAY + timedelta(days=1))
    assert [decision.status for decision in told] == ["Late", "Stock-out", "To inspect"]
    assert [decision.cost for decision in told] == sorted((d.cost for d in told), reverse=True)


def test_buttons_are_for_those_who_may_press_them():
    make_proposal(out_in=2)
    (out,) = waiting(with_role("inspector"))
    assert [action.label for action in out.actions] == ["Look closer"]


def with_role(name: str) -> User:
    user = make_user()
    user.groups.add(next(group for group in ensure_roles() if group.name == name))
    return user


def test_an_unusual_day_and_a_forecast_that_reality_left_wait_for_the_planner():
    item = make_item()
    run = ForecastRun.objects.create(started_at=MONDAY, as_of=TODAY, horizon_days=28, status="done")
    ForecastAlert.objects.create(
        item=item, kind="drift", run=run, raised_at=MONDAY, value=6, limit=5, why="Demand has drifted up."
    )
    DemandEvent.objects.create(
        site=item.site,
        item=item,
        kind="outlier",
        status="proposed",
        name="Unusual demand",
        first_date=TODAY,
        last_date=TODAY,
        why="300 pcs where days like it have 20.",
        made_at=MONDAY,
    )

    alert, unusual = waiting()

    assert (alert.status, alert.why) == ("Drift", "Demand has drifted up.")
    assert unusual.what == f"{item}: was Mon 02 Mar ordinary?"


def lots_that_were_made(count: int) -> None:
    center = make_work_center()
    item = make_made_item([center], site=center.site)
    for _ in range(count):
        lot = make_lot(item, 5, status=Lot.Status.QUARANTINE)
        quality.ask_for_review(lot, plan_order(item, 5).batches.get(), at=MONDAY)


def test_lots_that_nobody_must_review_take_no_look_each():
    lots_that_were_made(1)
    with CaptureQueriesContext(connection) as few:
        assert list(lots_to_release()) == []
    lots_that_were_made(5)
    with CaptureQueriesContext(connection) as many:
        assert list(lots_to_release()) == []

    assert len(many) == len(few) < 9
