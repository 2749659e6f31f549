"""Accuracy from kept runs, alerts, and demand sensed between runs."""

from datetime import timedelta
from decimal import Decimal

import pytest

from forecasting import services
from forecasting.models import (
    DemandEvent,
    FamilyForecast,
    Forecast,
    ForecastAccuracy,
    ForecastAlert,
    ForecastRun,
    ItemForecast,
)
from forecasting.numbers import counting, said_by_item
from mes.core.models import Fact
from tests.forecasting.stock import TODAY, make_stocked_item, means_of, plan_stock, proposals_of
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.racing import held_up

pytestmark = pytest.mark.django_db


def make_run(item, *, weeks_ago, means, low=60, high=140):
    """A run of so many weeks ago that forecast these weekly means."""
    as_of = TODAY - timedelta(weeks=weeks_ago)
    run = ForecastRun.objects.create(
        started_at=MONDAY - timedelta(weeks=weeks_ago),
        finished_at=MONDAY - timedelta(weeks=weeks_ago),
        status=ForecastRun.Status.DONE,
        as_of=as_of,
        horizon_days=7 * len(means),
    )
    weeks = [
        {
            "date": (as_of + timedelta(weeks=number)).isoformat(),
            "mean": mean,
            "q": {"0.05": low, "0.5": mean, "0.95": high},
        }
        for number, mean in enumerate(means)
    ]
    ItemForecast.objects.create(run=run, item=item, method="x", why="x", weeks=weeks, lead_time_days=7)
    return run


def sell(item, weeks_ago, quantity):
    """So much on each day of the week that began so many weeks ago."""
    first = TODAY - timedelta(weeks=weeks_ago)
    services.import_demand(
        [services.DemandPoint(item, first + timedelta(days=day), Decimal(quantity)) for day in range(7)],
        at=MONDAY,
    )


def override(item, *, weeks_ago, quantity, by, said_weeks_ago):
    first = TODAY - timedelta(weeks=weeks_ago)
    return services.add_override(
        item,
        first_date=first,
        last_date=first + timedelta(days=6),
        quantity=Decimal(quantity),
        reason="Fair",
        by=by,
        at=MONDAY - timedelta(weeks=said_weeks_ago),
    )


def test_each_step_is_measured_over_the_same_weeks_by_horizon():
    item = make_item()
    sell(item, 3, 10)
    sell(item, 2, 20)
    sell(item, 1, 10)
    make_run(item, weeks_ago=2, means=[105, 98])

    assert services.judge_forecasts(at=MONDAY) == 1

    week_one = ForecastAccuracy.objects.get(first_week=1)
    assert (week_one.weeks, week_one.actual) == (1, 140)
    assert week_one.error == pytest.approx(35 / 140)
    assert week_one.bias == pytest.approx(-35 / 140)
    assert week_one.naive_error == pytest.approx(70 / 140)
    later = ForecastAccuracy.objects.get(first_week=2)
    assert (later.last_week, later.error, later.naive_error) == (4, pytest.approx(28 / 70), 0)


def test_what_a_person_added_is_measured_by_owner_and_over_all():
    item, ann = make_item(), make_user("ann")
    sell(item, 1, 20)
    make_run(item, weeks_ago=1, means=[70])
    override(item, weeks_ago=1, quantity=126, by=ann, said_weeks_ago=1)

    services.judge_forecasts(at=MONDAY)

    own = ForecastAccuracy.objects.of_owners().get()
    assert (own.owner, own.error, own.override_error) == (ann, pytest.approx(0.5), pytest.approx(0.1))
    assert own.added == pytest.approx(0.4)
    assert ForecastAccuracy.objects.of_items().get().final_bias == pytest.approx(-0.1)


def test_a_number_said_after_its_week_began_is_hindsight_and_does_not_count():
    item = make_item()
    sell(item, 1, 20)
    make_run(item, weeks_ago=1, means=[70])
    override(item, weeks_ago=1, quantity=140, by=make_user(), said_weeks_ago=0.5)

    services.judge_forecasts(at=MONDAY)

    assert not ForecastAccuracy.objects.of_owners().exists()


def test_an_override_that_was_ended_before_its_week_does_not_count_and_one_ended_after_does():
    item, ann = make_item(), make_user()
    sell(item, 2, 20)
    sell(item, 1, 20)
    make_run(item, weeks_ago=3, means=[70, 70, 70])
    early = override(item, weeks_ago=2, quantity=140, by=ann, said_weeks_ago=3)
    late = override(item, weeks_ago=1, quantity=140, by=ann, said_weeks_ago=3)
    services.end_override(early, by=ann, at=MONDAY - timedelta(weeks=2, days=1))
    services.end_override(late, by=ann, at=MONDAY)

    services.judge_forecasts(at=MONDAY)

    assert ForecastAccuracy.objects.of_owners().get().weeks == 1


def test_weeks_without_stock_and_weeks_not_known_yet_are_not_judged():
    item = make_item()
    sell(item, 2, 10)
    make_run(item, weeks_ago=2, means=[70, 70])
    services.add_event(
        kind="stock_out",
        name="Out",
        item=item,
        first_date=TODAY - timedelta(days=13),
        last_date=TODAY - timedelta(days=13),
        by=make_user(),
        at=MONDAY,
    )

    services.judge_forecasts(at=MONDAY)

    assert not ForecastAccuracy.objects.exists()


def test_demand_above_every_forecast_raises_alerts_that_pass_when_it_ends():
    item = make_item()
    for weeks_ago in range(10, 0, -1):
        sell(item, weeks_ago, 20)
        make_run(item, weeks_ago=weeks_ago, means=[80])

    services.judge_forecasts(at=MONDAY)
    services.judge_forecasts(at=MONDAY)

    bias = ForecastAlert.objects.get(kind="bias")
    assert bias.why == (
        "Demand was above forecast in 10 of 10 weeks, by 60 pcs a week: tracking signal +1.00, limit 0.8."
    )
    drift = ForecastAlert.objects.get(kind="drift")
    assert drift.why.startswith("Demand has drifted up: errors of 10 weeks add up to ")
    DemandEvent.objects.all().delete()
    ItemForecast.objects.update(weeks=[{"date": "x", "mean": 140, "q": {"0.05": 60, "0.95": 220}}])
    services.judge_forecasts(at=MONDAY)
    assert set(ForecastAlert.objects.values_list("status", flat=True)) == {"passed"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_judge_at_once_the_second_measures_after_the_first():
    item = make_item()
    for weeks_ago in range(10, 0, -1):
        sell(item, weeks_ago, 20)
        make_run(item, weeks_ago=weeks_ago, means=[80])

    judged = held_up(
        lambda: services.judge_forecasts(at=MONDAY), by=lambda: services.judge_forecasts(at=MONDAY)
    )

    assert judged == 1
    assert ForecastAccuracy.objects.of_items().count() == 1
    assert sorted(ForecastAlert.objects.values_list("kind", flat=True)) == ["bias", "drift"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sense_at_once_one_raises_the_alert_and_the_other_keeps_it():
    item = make_item()
    run = make_run(item, weeks_ago=0, means=[70])
    run.items.update(daily_means=[10.0] * 7)
    later = MONDAY + timedelta(days=3)
    services.import_demand(
        [services.DemandPoint(item, TODAY + timedelta(days=day), Decimal(60)) for day in range(3)], at=later
    )

    outside = held_up(lambda: services.sense_demand(at=later), by=lambda: services.sense_demand(at=later))

    assert outside == 1
    assert ForecastAlert.objects.get().kind == "out_of_band"


def test_an_alert_that_somebody_looks_after_stays_until_it_passes():
    item, user = make_item(), make_user()
    for weeks_ago in range(10, 0, -1):
        sell(item, weeks_ago, 20)
        make_run(item, weeks_ago=weeks_ago, means=[80])
    services.judge_forecasts(at=MONDAY)

    services.see_alert(ForecastAlert.objects.get(kind="bias"), note="Overridden", by=user, at=MONDAY)
    services.judge_forecasts(at=MONDAY)

    seen = ForecastAlert.objects.get(kind="bias")
    assert (seen.status, seen.seen_by, seen.note) == ("seen", user, "Overridden")
    assert Fact.objects.get(name="forecasting.ForecastAlertSeen").payload == {
        "alert": seen.pk,
        "item": item.pk,
        "by": user.pk,
    }


def test_demand_that_leaves_the_band_adjusts_the_near_forecast_until_the_next_run():
    item = make_stocked_item(per_day=10)
    run = plan_stock()
    before = sum(float(row.quantity) for row in proposals_of(item))
    later = MONDAY + timedelta(days=3)
    services.import_demand(
        [services.DemandPoint(item, TODAY + timedelta(days=day), Decimal(60)) for day in range(3)], at=later
    )

    assert services.sense_demand(at=later) == 1
    assert services.sense_demand(at=later) == 1

    alert = ForecastAlert.objects.get()
    assert alert.factor is not None
    assert 1 < alert.factor <= 2
    assert alert.why.startswith(
        "180 pcs were asked for in 3 days since the forecast of 2026-03-02, more than the "
    )
    assert "the forecast is adjusted by +" in alert.why
    assert Fact.objects.filter(name="forecasting.ForecastLeftItsBand").count() == 1
    said = said_by_item(run.as_of, items=[item.pk])[item.pk]
    adjusted = counting(means_of(item, run), run.as_of, said)
    assert adjusted[3] == pytest.approx(alert.factor * means_of(item, run)[3])
    assert adjusted[40] == means_of(item, run)[40]
    services.replenish(at=later)
    assert sum(float(row.quantity) for row in proposals_of(item)) > before

    plan_stock(later + timedelta(hours=1))
    alert.refresh_from_db()
    assert alert.status == "passed"


def test_demand_within_the_band_raises_nothing_and_silence_says_nothing():
    item = make_stocked_item(per_day=10)
    plan_stock()
    later = MONDAY + timedelta(days=3)

    assert services.sense_demand(at=later) == 0  # nothing was imported since: that is not zero demand
    services.import_demand(
        [services.DemandPoint(item, TODAY + timedelta(days=day), Decimal(10)) for day in range(3)], at=later
    )
    assert services.sense_demand(at=later) == 0

    assert not ForecastAlert.objects.exists()


def test_families_and_plants_add_up_to_their_items():
    site = make_site()
    soaps = [make_stocked_item(site=site, family="Soap", unit_price=2) for _ in range(2)]
    gel = make_stocked_item(site=site, family="Gel", per_day=5, unit_price=4)
    make_stocked_item(site=site, family="Gel", uom="KGM")

    run = plan_stock()

    mean = {
        item.pk: sum(Forecast.objects.filter(run=run, item=item).values_list("mean", flat=True))
        for item in (*soaps, gel)
    }
    soap = FamilyForecast.objects.get(run=run, family="Soap")
    plant = FamilyForecast.objects.get(run=run, level="plant", uom="C62")
    gels = FamilyForecast.objects.filter(run=run, family="Gel")
    assert soap.mean == pytest.approx(mean[soaps[0].pk] + mean[soaps[1].pk], abs=0.1)
    assert plant.mean == pytest.approx(sum(mean.values()), abs=0.1)
    assert plant.value == pytest.approx(2 * soap.mean + 4 * mean[gel.pk], rel=0.001)
    assert set(gels.values_list("uom", flat=True)) == {"C62", "KGM"}
    assert plant.items == 3
    week = soap.weeks[0]
    assert week["q"]["0.05"] < week["mean"] < week["q"]["0.95"]
    single = ItemForecast.objects.get(run=run, item=soaps[0]).weeks[0]
    assert week["q"]["0.95"] - week["mean"] < 2 * (single["q"]["0.95"] - single["mean"])


def test_judging_and_sensing_take_as_many_queries_for_many_items_as_for_few(django_assert_max_num_queries):
    site = make_site()
    for _ in range(8):
        make_stocked_item(site=site, days=90)
    plan_stock(MONDAY - timedelta(days=14))
    plan_stock(MONDAY - timedelta(days=7))

    with django_assert_max_num_queries(24):
        services.judge_forecasts(at=MONDAY)
    with django_assert_max_num_queries(16):
        services.sense_demand(at=MONDAY)
