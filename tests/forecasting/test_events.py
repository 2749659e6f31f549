"""Events change what is learnt and what is forecast, and the forecast's reason says so."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from forecasting import demand, services
from forecasting.models import DemandEvent, DemandHistory, ItemForecast
from inventory import services as inventory
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, means_of, plan_stock
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once

pytestmark = pytest.mark.django_db


def add(kind, first, last=None, **more):
    """An event from so many days after today to so many."""
    given: dict[str, Any] = {"name": f"The {kind}", "by": make_user(), "at": MONDAY} | more
    return services.add_event(
        kind=kind,
        first_date=TODAY + timedelta(days=first),
        last_date=None if last is None else TODAY + timedelta(days=last),
        **given,
    )


def why(item, run):
    return ItemForecast.objects.get(item=item, run=run).why


def test_a_promotion_to_come_lifts_its_days_and_the_reason_says_so():
    item = make_stocked_item()
    plain = means_of(item, plan_stock())
    add("promotion", 7, 13, item=item, name="Spring sale", factor=Decimal(2))

    run = plan_stock(MONDAY + timedelta(hours=1))

    lifted = means_of(item, run)
    assert sum(lifted[7:14]) == pytest.approx(2 * sum(plain[7:14]), rel=0.01)
    assert lifted[:7] == pytest.approx(plain[:7], rel=0.01)
    assert "Spring sale (2026-03-09–2026-03-15) multiplies demand by 2." in why(item, run)


def test_days_of_a_promotion_are_lifted_and_the_rest_of_their_week_is_not():
    item = make_stocked_item()
    plain = means_of(item, plan_stock())
    add("promotion", 8, 9, item=item, factor=Decimal(3))

    lifted = means_of(item, plan_stock(MONDAY + timedelta(hours=1)))

    assert lifted[8] == pytest.approx(3 * plain[8], rel=0.02)
    assert lifted[10] == pytest.approx(plain[10], rel=0.02)


def test_an_event_of_a_family_counts_for_its_items_at_that_site_alone():
    site = make_site()
    own, other = make_stocked_item(site=site, family="Soap"), make_stocked_item(family="Soap")
    plan_stock()
    add("promotion", 0, 6, family="Soap", site=site, factor=Decimal(2))

    run = plan_stock(MONDAY + timedelta(hours=1))

    assert "multiplies demand by 2" in why(own, run)
    assert "multiplies" not in why(other, run)


def test_nothing_is_forecast_after_an_end_of_life():
    item = make_stocked_item()
    add("end_of_life", 10, item=item, name="Replaced by the new bottle")

    run = plan_stock()

    means = means_of(item, run)
    assert min(means[:10]) > 0
    assert set(means[10:]) == {0.0}
    assert "Nothing is forecast from 2026-03-12 on: Replaced by the new bottle." in why(item, run)


def test_a_new_item_is_forecast_like_the_one_it_is_like_from_its_launch_on():
    site = make_site()
    known = make_stocked_item(site=site, per_day=20)
    new = make_item(site=site, supply="buy", lead_time_days=7)
    add("launch", 14, item=new, like_items=[known], factor=Decimal("0.5"))

    run = plan_stock()

    means = means_of(new, run)
    assert set(means[:14]) == {0.0}
    assert sum(means[14:42]) == pytest.approx(28 * 10, rel=0.15)
    assert f"0.5 times what {known} sold" in why(new, run)


def test_each_of_its_first_weeks_pulls_a_new_item_from_the_level_of_like_items_to_its_own():
    site = make_site()
    known = [make_stocked_item(site=site, per_day=per_day) for per_day in (15, 20, 25)]
    new = [make_item(site=site, supply="buy", lead_time_days=7) for _ in range(3)]
    for weeks, item in enumerate(new):
        make_history(item, per_day=60, days=7 * weeks)
        add("launch", -7 * weeks, item=item, like_items=known)

    run = plan_stock()

    month = [sum(means_of(item, run)[:28]) for item in new]
    assert month[0] == pytest.approx(28 * 20, rel=0.15)
    assert 1.3 * month[0] < month[1] < month[2] < 28 * 60
    row = run.items.get(item=new[0])
    assert (row.method, row.measure) == ("like items", "")
    assert "Nothing is known of it yet" in row.why
    assert row.weeks[0]["q"]["0.95"] > 1.4 * row.weeks[0]["mean"]
    assert "Has 1 week of its own and is forecast from" in why(new[1], run)


def test_a_young_item_takes_its_level_from_its_own_weeks():
    site = make_site()
    known = make_stocked_item(site=site, per_day=20)
    young = make_item(site=site, supply="buy", lead_time_days=7)
    make_history(young, per_day=5, days=42)
    add("launch", -42, item=young, like_items=[known])

    run = plan_stock()

    assert sum(means_of(young, run)[:28]) == pytest.approx(28 * 5, rel=0.25)
    assert "Has 6 weeks of its own" in why(young, run)


def test_a_confirmed_outlier_is_not_learnt_from_and_a_proposed_one_still_is():
    item = make_item(supply="buy")
    make_history(item, per_day=10, days=70)
    spike = TODAY - timedelta(days=10)
    services.import_demand([services.DemandPoint(item, spike, Decimal(400))], at=MONDAY)
    services.propose_outliers(at=MONDAY)
    event = DemandEvent.objects.get()
    before = demand.histories([item], TODAY)[0].series.values

    services.confirm_event(event, by=make_user(), at=MONDAY)

    after = demand.histories([item], TODAY)[0].series.values
    assert before.max() > 400
    assert after.max() < 100
    assert DemandHistory.objects.standing().get(date=spike).quantity == 400


def test_an_unusual_day_is_proposed_once_with_its_numbers_and_dismissed_for_good():
    item = make_item(supply="buy")
    make_history(item, per_day=20, days=182)
    spike = TODAY - timedelta(days=12)
    services.import_demand([services.DemandPoint(item, spike, Decimal(300))], at=MONDAY)

    services.propose_outliers(at=MONDAY)
    services.propose_outliers(at=MONDAY)

    event = DemandEvent.objects.get()
    assert (event.status, event.found_by, event.first_date) == ("proposed", "detection", spike)
    assert event.why.startswith("300 pcs on Wed 18 Feb 2026, where days like it have ")

    services.dismiss_event(event, reason="A hotel opened", by=make_user(), at=MONDAY)
    services.propose_outliers(at=MONDAY)
    assert DemandEvent.objects.get().status == "dismissed"


@pytest.mark.django_db(transaction=True)
def test_of_two_planners_who_decide_an_outlier_at_once_one_is_told():
    event = add("outlier", -5, -5, item=make_item())
    services.dismiss_event(event, reason="Test", by=make_user(), at=MONDAY)
    user = make_user()

    def confirm():
        return services.confirm_event(DemandEvent.objects.get(pk=event.pk), by=user, at=MONDAY)

    outcomes = at_once(confirm, confirm)

    assert sum(isinstance(each, DemandEvent) for each in outcomes) >= 1
    event.refresh_from_db()
    assert event.status == "confirmed"


def test_a_past_change_of_price_brings_the_history_to_the_present_level():
    item = make_item(supply="buy")
    make_history(item, per_day=20, days=140, until=TODAY - timedelta(days=28))
    make_history(item, per_day=10, days=28, seed=2)
    add("price", -28, item=item, name="Ten per cent dearer", factor=Decimal("0.5"))

    run = plan_stock()

    assert sum(means_of(item, run)[:28]) == pytest.approx(280, rel=0.15)
    assert "Demand before 2026-02-02 is taken × 0.5: Ten per cent dearer." in why(item, run)


def test_the_ledger_marks_days_without_stock_and_goes_on_where_it_stopped():
    item = make_item(strategy="mts", kind="finished")
    lot = make_lot(item, 20, at=MONDAY - timedelta(days=20))
    inventory.scrap(lot, Decimal(20), reason="Sold out", by=make_user(), at=MONDAY - timedelta(days=6))

    marked = services.mark_stock_outs(at=MONDAY - timedelta(days=2))
    again = services.mark_stock_outs(at=MONDAY - timedelta(days=2))
    later = services.mark_stock_outs(at=MONDAY)

    event = DemandEvent.objects.get()
    assert (marked, again, later) == (4, 0, 2)
    assert (event.first_date, event.last_date) == (TODAY - timedelta(days=6), TODAY - timedelta(days=1))
    assert (event.status, event.found_by) == ("confirmed", "ledger")


def test_a_stock_out_that_a_planner_dismissed_is_not_marked_again():
    item = make_item(strategy="mts", kind="finished")
    lot = make_lot(item, 20, at=MONDAY - timedelta(days=20))
    inventory.scrap(lot, Decimal(20), reason="Sold out", by=make_user(), at=MONDAY - timedelta(days=6))
    services.mark_stock_outs(at=MONDAY)
    services.dismiss_event(DemandEvent.objects.get(), reason="Shop closed", by=make_user(), at=MONDAY)

    assert services.mark_stock_outs(at=MONDAY) == 0
    assert DemandEvent.objects.get().status == "dismissed"


def test_an_item_that_is_not_stocked_any_more_is_not_starved_for_ever():
    item = make_item(strategy="mts", kind="finished")
    lot = make_lot(item, 20, at=MONDAY - timedelta(days=100))
    inventory.scrap(lot, Decimal(20), reason="The last", by=make_user(), at=MONDAY - timedelta(days=90))

    services.mark_stock_outs(at=MONDAY, days_back=95)

    event = DemandEvent.objects.get()
    assert event.last_date == event.first_date + timedelta(days=55)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "promotion", "first": 0, "last": None}, "last_date"),
        ({"kind": "end_of_life", "first": 0, "last": 5}, "last_date"),
        ({"kind": "promotion", "first": 5, "last": 0}, "last_date"),
        ({"kind": "promotion", "first": 0, "last": 5, "factor": Decimal(-1)}, "factor"),
        ({"kind": "promotion", "first": 0, "last": 5, "name": " "}, "name"),
        ({"kind": "sale", "first": 0, "last": 5}, "kind"),
        ({"kind": "promotion", "first": 0, "last": 5, "family": "Soap"}, "item"),
    ],
)
def test_what_does_not_fit_an_event_is_refused_by_its_field(given, field):
    first, last = given.pop("first"), given.pop("last")

    with pytest.raises(services.WrongEvent) as refused:
        add(given.pop("kind"), first, last, item=make_item(), **given)

    assert list(refused.value.errors) == [field]
    assert not DemandEvent.objects.exists()


def test_an_event_without_any_place_or_of_an_unknown_family_is_refused():
    with pytest.raises(services.WrongEvent, match="Say at which site"):
        add("holiday", 0, 0)
    with pytest.raises(services.WrongEvent, match="of a family Sope"):
        add("holiday", 0, 0, family="Sope", site=make_site())


def test_the_same_promotion_is_not_known_twice():
    item = make_item()
    add("promotion", 0, 5, item=item)

    with pytest.raises(services.EventTwice, match="is confirmed for"):
        add("promotion", 5, 9, item=item)

    assert DemandEvent.objects.count() == 1


def test_shares_of_an_ordinary_week_add_up_to_one_and_follow_its_weekdays():
    item = make_item(supply="buy")
    make_history(item, closed=(5, 6))

    shares = demand.histories([item], TODAY)[0].shares(TODAY, 14)

    assert shares.reshape(2, 7).sum(axis=1) == pytest.approx([1, 1])
    assert np.flatnonzero(shares == 0).tolist() == [5, 6, 12, 13]
