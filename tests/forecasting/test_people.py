"""Overrides, consensus and freezes: who said what, what counts, and who is told no."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from forecasting import services
from forecasting.models import Consensus, Contribution, Forecast, ForecastRun, Freeze, Override
from forecasting.numbers import counting, said_by_item
from tests.forecasting.stock import TODAY, make_stocked_item, means_of, plan_stock, proposals_of
from tests.plant import MONDAY, grant, make_item, make_user
from tests.racing import at_once

pytestmark = pytest.mark.django_db
WEEK: dict[str, Any] = {"first_date": TODAY + timedelta(days=7), "last_date": TODAY + timedelta(days=13)}
LATER = MONDAY + timedelta(hours=2)


def counted(item, run):
    """The numbers that count, by day from the run's first day on."""
    said = said_by_item(run.as_of, items=[item.pk])
    return counting(means_of(item, run), run.as_of, said.get(item.pk, ()))


def agree(item, quantity=500, *, by=None, at=LATER, **days):
    return services.agree(
        item, quantity=Decimal(quantity), reason="S&OP", by=by or make_user(), at=at, **(days or WEEK)
    )


def override(item, quantity=300, *, by=None, at=MONDAY, **days):
    return services.add_override(
        item, quantity=Decimal(quantity), reason="Fair", by=by or make_user(), at=at, **(days or WEEK)
    )


def freeze(item, *, by=None, at=LATER, **days):
    return services.freeze(
        item, reason="Materials are ordered", by=by or make_user(), at=at, **(days or WEEK)
    )


def test_the_agreed_number_counts_instead_of_the_override_it_was_agreed_in_the_light_of():
    item = make_stocked_item()
    run = plan_stock()
    override(item, 300)

    agreed = agree(item, 500)

    assert sum(counted(item, run)[7:14]) == pytest.approx(500)
    assert agreed.statistical == pytest.approx(sum(means_of(item, run)[7:14]), abs=0.01)


def test_a_department_says_its_number_again_and_the_later_one_counts():
    item, sales = make_item(), make_user("sales")
    for quantity in (100, 140):
        services.contribute(item, quantity=Decimal(quantity), department="sales", by=sales, at=MONDAY, **WEEK)

    assert Contribution.objects.counting().get().quantity == 140
    assert Contribution.objects.count() == 2


def test_agreeing_anew_on_the_same_days_ends_the_consensus_that_stood():
    item = make_stocked_item()
    first = agree(item, 500)

    second = agree(item, 600)

    first.refresh_from_db()
    assert (first.is_active, first.quantity) == (False, 500)
    assert Consensus.objects.get(is_active=True) == second


def test_a_consensus_that_shares_some_days_with_another_is_refused():
    item = make_item()
    agree(item)

    with pytest.raises(services.ConsensusOverlaps, match="500 pcs were agreed for 2026-03-09 to 2026-03-15"):
        agree(item, first_date=TODAY + timedelta(days=13), last_date=TODAY + timedelta(days=20))

    assert Consensus.objects.count() == 1


def test_an_override_of_agreed_days_is_refused_and_says_what_to_do():
    item = make_item()
    agree(item, by=make_user("chair"))

    with pytest.raises(services.AgreedAlready, match="by chair: S&OP Say your number as a contribution"):
        override(item, at=LATER)

    assert not Override.objects.exists()


def test_ending_a_consensus_lets_the_forecast_count_again():
    item = make_stocked_item()
    run = plan_stock()
    agreed = agree(item)

    services.end_consensus(agreed, by=make_user(), at=LATER)

    assert counted(item, run) == means_of(item, run)
    assert agreed.ended_at == LATER


def test_frozen_days_keep_their_numbers_through_the_next_run():
    item = make_stocked_item()
    run = plan_stock()
    frozen = freeze(item)
    before = counted(item, run)[7:14]
    services.import_demand([services.DemandPoint(item, TODAY, Decimal(900))], at=MONDAY + timedelta(days=1))

    new = plan_stock(MONDAY + timedelta(days=1))

    assert counted(item, new)[6:13] == pytest.approx(before, abs=0.001)
    assert means_of(item, new)[6:13] != pytest.approx(before, abs=0.001)
    assert frozen.means == pytest.approx(before, abs=0.001)


def test_a_freeze_holds_the_overrides_that_count_when_it_is_made():
    item = make_stocked_item()
    run = plan_stock()
    made = override(item, 300)
    freeze(item)

    services.end_override(made, by=make_user(), at=LATER + timedelta(hours=1))

    assert sum(counted(item, run)[7:14]) == pytest.approx(300, abs=0.01)


@pytest.mark.parametrize("act", [override, agree])
def test_frozen_days_are_changed_only_by_whoever_may(act):
    item = make_stocked_item()
    run = plan_stock()
    freeze(item, by=make_user("keeper"))
    later = LATER + timedelta(hours=1)

    with pytest.raises(services.PeriodFrozen, match="keeper has frozen 2026-03-09 to 2026-03-15") as refused:
        act(item, 50, at=later)
    assert "ask somebody who may change frozen forecasts" in refused.value.remedy
    assert not Override.objects.exists()
    assert not Consensus.objects.exists()

    act(item, 50, by=grant(make_user(), "forecasting.unfreeze_forecast"), at=later)
    assert sum(counted(item, run)[7:14]) == pytest.approx(50)


def test_what_was_put_over_a_frozen_number_is_taken_back_only_by_whoever_may():
    item = make_stocked_item()
    plan_stock()
    freeze(item)
    boss = grant(make_user(), "forecasting.unfreeze_forecast")
    made = override(item, 50, by=boss, at=LATER + timedelta(hours=1))

    with pytest.raises(services.PeriodFrozen):
        services.end_override(made, by=make_user(), at=LATER + timedelta(hours=2))

    made.refresh_from_db()
    assert made.is_active


def test_a_freeze_is_lifted_only_by_whoever_may_and_with_a_reason_that_stays():
    item = make_stocked_item()
    plan_stock()
    frozen = freeze(item)

    with pytest.raises(services.MayNotLift):
        services.lift_freeze(frozen, reason="No", by=make_user(), at=LATER)
    frozen.refresh_from_db()
    assert frozen.is_active

    boss = grant(make_user(), "forecasting.unfreeze_forecast")
    services.lift_freeze(frozen, reason="The order was cancelled", by=boss, at=LATER)
    frozen.refresh_from_db()
    assert (frozen.is_active, frozen.lift_reason, frozen.lifted_by) == (
        False,
        "The order was cancelled",
        boss,
    )


def test_days_beyond_the_forecast_cannot_be_frozen():
    item = make_stocked_item()

    with pytest.raises(services.NothingToFreeze, match="has not been forecast yet"):
        freeze(item)
    plan_stock()
    with pytest.raises(services.NothingToFreeze, match="reaches from 2026-03-02 to 2026-04-12"):
        freeze(item, first_date=TODAY, last_date=TODAY + timedelta(days=60))

    assert not Freeze.objects.exists()


def test_the_database_keeps_frozen_numbers():
    item = make_stocked_item()
    plan_stock()
    frozen = freeze(item)

    with pytest.raises(DatabaseError), transaction.atomic():
        Freeze.objects.filter(pk=frozen.pk).update(means=[1])


@pytest.mark.django_db(transaction=True)
def test_of_two_planners_who_override_the_same_days_at_once_one_is_told():
    item = make_item()
    ann, bob = make_user("ann"), make_user("bob")

    outcomes = at_once(lambda: override(item, 100, by=ann), lambda: override(item, 200, by=bob))

    refused = [each for each in outcomes if isinstance(each, services.OverridesOverlap)]
    assert len(refused) == 1
    made = Override.objects.get()
    assert str(made.owner) in refused[0].detail


@pytest.mark.django_db(transaction=True)
def test_when_one_freezes_while_another_overrides_the_freeze_holds_the_override_or_refuses_it():
    item = make_stocked_item()
    run = plan_stock()
    ann, bob = make_user("ann"), make_user("bob")

    frozen, overridden = at_once(
        lambda: freeze(item, by=ann, at=LATER), lambda: override(item, 999, by=bob, at=MONDAY)
    )

    assert isinstance(frozen, Freeze)
    if isinstance(overridden, services.PeriodFrozen):
        assert counted(item, run) == pytest.approx(means_of(item, run), abs=0.001)
    else:
        assert sum(counted(item, run)[7:14]) == pytest.approx(999, abs=0.01)


@pytest.mark.django_db(transaction=True)
def test_two_who_freeze_the_same_days_at_once_freeze_them_once():
    item = make_stocked_item()
    plan_stock()
    ann, bob = make_user("ann"), make_user("bob")

    outcomes = at_once(lambda: freeze(item, by=ann), lambda: freeze(item, by=bob))

    assert sum(isinstance(each, services.FrozenAlready) for each in outcomes) == 1
    assert Freeze.objects.count() == 1


def test_the_database_itself_refuses_a_second_override_of_a_day():
    item = make_item()
    override(item)

    with pytest.raises(DatabaseError, match="a_day_of_an_item_is_overridden_once"), transaction.atomic():
        Override.objects.create(item=item, quantity=1, reason="x", owner=make_user(), made_at=MONDAY, **WEEK)


def test_proposals_follow_the_agreed_number():
    item = make_stocked_item()
    run = plan_stock()
    asked = sum(Forecast.objects.filter(run=run, item=item).values_list("mean", flat=True))
    before = sum(float(row.quantity) for row in proposals_of(item))

    agree(item, 5_000)
    services.replenish(at=LATER)

    assert sum(float(row.quantity) for row in proposals_of(item)) > before + 4_000
    assert asked < 1_000
    assert ForecastRun.objects.latest_done() == run
