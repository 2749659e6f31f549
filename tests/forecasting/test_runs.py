"""A run: forecasts, targets and proposals appear together, the old ones count until then, nothing is done twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from forecasting import hierarchy, pipeline, services
from forecasting.chart import chart
from forecasting.models import (
    DemandHistory,
    Forecast,
    ForecastAccuracy,
    ForecastRun,
    ItemForecast,
    Replenishment,
    StockTarget,
)
from mes.core.models import Fact
from tests.forecasting.stock import (
    TODAY,
    make_history,
    make_stocked_item,
    means_of,
    plan_stock,
    proposals_of,
    target_of,
)
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import held_up

pytestmark = pytest.mark.django_db


def test_a_run_forecasts_targets_and_proposes_for_every_stocked_item():
    item = make_stocked_item(per_day=10)

    run = plan_stock()

    assert run.status == ForecastRun.Status.DONE
    assert run.items_done == run.items_total == 1
    assert sum(means_of(item, run)[:28]) == pytest.approx(280, rel=0.15)
    known = ItemForecast.objects.get(run=run, item=item)
    assert "back-tests" in known.why
    assert known.lead_time_days == 14
    assert known.lead_time_quantiles["0.05"] < 140 < known.lead_time_quantiles["0.95"]
    target = target_of(item)
    assert target.reorder_point >= target.safety_stock >= 0
    assert target.why.startswith("Demand over 7 days of lead time and 7 of review averages")
    first = proposals_of(item)[0]
    assert first.due_date == TODAY + timedelta(days=7)
    assert first.stockout_date == TODAY
    assert first.quantity == int(first.quantity)
    assert Fact.objects.get(name="forecasting.ForecastRunDone").payload["items"] == 1
    assert Fact.objects.get(name="forecasting.ForecastRunBegun").payload == {"run": run.pk, "by": None}


def test_quantiles_of_a_day_rise_and_a_closed_day_expects_nothing():
    item = make_item(supply="buy")
    make_history(item, closed=(5, 6))

    run = plan_stock()

    rows = list(Forecast.objects.filter(run=run, item=item).order_by("date"))
    for row in rows:
        values = [row.quantiles[f"{level:g}"] for level in pipeline.SHOWN_LEVELS]
        assert values == sorted(values)
        assert (row.mean == 0) == (row.date.weekday() >= 5)


def test_an_item_without_any_demand_gets_zeros_and_no_proposal():
    item = make_item(supply="buy")

    run = plan_stock()

    assert set(means_of(item, run)) == {0.0}
    assert target_of(item).order_up_to == 0
    assert proposals_of(item) == []


def test_a_history_that_ended_long_ago_is_taken_as_if_it_went_on_and_says_so():
    item = make_item(supply="buy")
    make_history(item, until=date(2011, 12, 10))

    run = plan_stock()

    assert sum(means_of(item, run)[:28]) == pytest.approx(280, rel=0.15)
    assert "History ends on 2011-12-09" in run.message
    assert "History ends on 2011-12-09" in ItemForecast.objects.get(item=item).why
    drawn = chart(item, today=TODAY)
    assert drawn["history_is_shifted"]
    assert drawn["history"]["days"][-1]["date"] == (TODAY - timedelta(days=1)).isoformat()


def test_days_out_of_stock_count_as_ordinary_days():
    open_item, starved = make_stocked_item(), make_stocked_item()
    services.import_demand(
        [
            services.DemandPoint(starved, TODAY - timedelta(days=back), Decimal(0), is_censored=True)
            for back in range(1, 15)
        ],
        at=MONDAY,
    )

    run = plan_stock()

    assert sum(means_of(starved, run)) == pytest.approx(sum(means_of(open_item, run)), rel=0.15)


def test_an_import_stands_for_its_day_and_shipments_count_where_there_is_none():
    item = make_item(supply="buy")
    make_history(item, per_day=10, days=182)
    shipped = DemandHistory.Source.SHIPMENT
    for number in range(1, 183):
        day = TODAY - timedelta(days=number)
        DemandHistory.objects.create(item=item, date=day, quantity=10, source=shipped)

    run = plan_stock()

    assert sum(means_of(item, run)[:28]) == pytest.approx(280, rel=0.2)


def test_the_old_numbers_count_until_the_new_run_is_done():
    item = make_stocked_item()
    first = plan_stock()
    begun = services.begin_run(at=MONDAY + timedelta(days=1))

    assert ForecastRun.objects.latest_done() == first
    services.carry_out(begun, at=MONDAY + timedelta(days=1))

    assert ForecastRun.objects.latest_done() == begun
    assert StockTarget.objects.filter(item=item).count() == 2
    assert {row.run for row in proposals_of(item)} == {begun}
    assert Replenishment.objects.filter(run=first).exclude(status="superseded").count() == 0


def test_a_run_that_was_cut_short_is_done_anew_and_one_that_is_done_stays():
    make_stocked_item()
    run = services.begin_run(horizon_days=42, at=MONDAY)
    services.ensure_shards(run)
    services.work_on(run)  # and was killed before it could go on

    services.carry_out(run, at=MONDAY)
    rows = Forecast.objects.count()
    services.carry_out(run, at=MONDAY)

    assert Forecast.objects.count() == rows == 42
    assert Fact.objects.filter(name="forecasting.ForecastRunDone").count() == 1


def test_a_second_run_is_refused_while_one_is_under_way_until_it_is_plainly_dead():
    first = services.begin_run(at=MONDAY)

    with pytest.raises(services.RunInProgress, match="has done 0 of 0 items"):
        services.begin_run(at=MONDAY + timedelta(minutes=59))
    assert ForecastRun.objects.count() == 1

    services.begin_run(at=MONDAY + timedelta(minutes=61))
    first.refresh_from_db()
    assert first.status == ForecastRun.Status.FAILED
    assert first.message == "Given up: it had not gone on for an hour."


def test_a_run_that_fails_says_why_and_leaves_the_old_numbers(monkeypatch):
    make_stocked_item()
    first = plan_stock()

    def break_down(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(hierarchy, "store", break_down)
    with pytest.raises(RuntimeError):
        plan_stock(MONDAY + timedelta(days=1))

    failed = ForecastRun.objects.exclude(pk=first.pk).get()
    assert failed.status == ForecastRun.Status.FAILED
    assert failed.message == "RuntimeError: disk full"
    assert ForecastRun.objects.latest_done() == first


def test_the_number_of_queries_of_a_run_does_not_grow_with_its_items(django_assert_max_num_queries):
    site = make_site()
    for _ in range(3):
        make_stocked_item(site=site, days=60)
    with django_assert_max_num_queries(185):
        plan_stock()
    for _ in range(12):
        make_stocked_item(site=site, days=60)
    with django_assert_max_num_queries(185):
        plan_stock(MONDAY + timedelta(days=1))


def test_the_chart_holds_history_forecast_target_and_proposals(django_assert_max_num_queries):
    item = make_stocked_item()
    make_lot(item, 30)
    run = plan_stock()
    services.add_override(
        item,
        first_date=TODAY,
        last_date=TODAY + timedelta(days=6),
        quantity=Decimal(140),
        reason="Promotion",
        by=make_user(),
        at=MONDAY,
    )

    with django_assert_max_num_queries(15):
        drawn = chart(item, today=TODAY)

    assert (drawn["run"], drawn["as_of"]) == (run.pk, TODAY.isoformat())
    assert len(drawn["history"]["weeks"]) == 52
    assert sum(week["quantity"] for week in drawn["history"]["weeks"]) == pytest.approx(3640, rel=0.1)
    assert len(drawn["forecast"]["weeks"]) == 6
    assert set(drawn["forecast"]["weeks"][0]["q"]) == {"0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"}
    assert len(drawn["forecast"]["days"]) == 42
    assert drawn["target"]["explanation"]["lines"][0]["what"] == "mean demand over lead time and review"
    assert [row["reason"] for row in drawn["overrides"]] == ["Promotion"]
    assert drawn["proposals"][0]["why"].startswith("Without it")


def test_a_chart_before_the_first_run_shows_the_history_alone():
    drawn = chart(make_stocked_item(), today=TODAY)

    assert drawn["run"] is None
    assert drawn["forecast"] == {"days": [], "weeks": [], "months": []}
    assert len(drawn["history"]["days"]) == 364


def test_the_command_plans_firms_and_says_what_it_did(capsys):
    site = make_site()
    item = make_stocked_item(site=site)
    user = make_user("planner-of-stock")

    call_command("plan_stock", "--horizon", "28", "--firm", "7", "--by", user.username)

    said = capsys.readouterr().out
    assert "1 of 1 items forecast" in said
    assert "proposals that start within 7 days became orders." in said
    assert Replenishment.objects.filter(item=item, status="firm", decided_by=user).exists()


def test_a_plant_that_has_just_loaded_its_history_learns_how_good_its_forecasts_would_have_been(capsys):
    today = timezone.localdate()
    make_history(make_item(supply="buy", lead_time_days=7), days=200, until=today)

    call_command("plan_stock", "--horizon", "28", "--hindsight", "3")
    call_command("plan_stock", "--horizon", "28", "--hindsight", "3")

    said = capsys.readouterr().out
    assert "3 of the last 3 weeks forecast in hindsight." in said
    assert "0 of the last 3 weeks forecast in hindsight." in said
    assert "1 item judged by the weeks that are over." in said
    assert ForecastAccuracy.objects.of_items().get(first_week=1).weeks == 3
    past = ForecastRun.objects.filter(as_of__lt=today)
    assert not StockTarget.objects.filter(run__in=past).exists()


def test_hindsight_of_no_weeks_is_refused():
    with pytest.raises(CommandError, match="at least one week"):
        call_command("plan_stock", "--hindsight", "0")
    assert not ForecastRun.objects.exists()


def test_the_command_does_not_firm_in_nobodys_name():
    with pytest.raises(CommandError, match="say whose with --by USERNAME"):
        call_command("plan_stock", "--firm", "7")
    assert not ForecastRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_begun_at_once_one_is_refused():
    # The other looks, sees no run, and waits to write its own.
    with pytest.raises(services.RunInProgress) as refused:
        held_up(lambda: services.begin_run(at=MONDAY), by=lambda: services.begin_run(at=MONDAY))

    assert refused.value.detail == "Another run has just been begun."
    assert ForecastRun.objects.count() == 1
