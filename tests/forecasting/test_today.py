"""Plants where it is another day: each is planned, firmed and judged by its own calendar."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from forecasting import services
from forecasting.cockpit import cockpit, with_stock_today
from forecasting.models import DemandHistory, ExceptionMessage, ForecastAlert, Replenishment
from forecasting.portfolio import Wanted, portfolio
from forecasting.room import weeks_ahead
from forecasting.scaling_up import scale_up
from forecasting.today import Today, today_at
from inventory import services as inventory
from inventory.models import Item, Site
from tests.forecasting.stock import make_history, plan_stock, proposals_of
from tests.plant import make_item, make_lot, make_site, make_user

pytestmark = pytest.mark.django_db

# At this moment it is Tuesday the 3rd in Auckland and still Monday the 2nd in Los Angeles.
AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
THERE, HERE = date(2026, 3, 3), date(2026, 3, 2)


@pytest.fixture
def auckland() -> Site:
    return make_site(time_zone="Pacific/Auckland")


@pytest.fixture
def los_angeles() -> Site:
    return make_site(time_zone="America/Los_Angeles")


def make_stocked(site: Site, **fields: Any) -> Item:
    item = make_item(site=site, supply="buy", lead_time_days=7, **fields)
    make_history(item, until=HERE)
    return item


def test_the_day_is_that_of_each_plant(auckland, los_angeles):
    today = today_at(AT)

    assert today.by_site[auckland.pk] == THERE
    assert today.by_site[los_angeles.pk] == HERE
    assert today.earliest == HERE
    assert today_at(AT, not_before=THERE).earliest == THERE
    assert Today.everywhere(HERE).of(make_item(site=auckland)) == HERE


def test_proposals_start_today_at_each_plant(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)

    run = plan_stock(at=AT)

    # A run begins on a day that is over at no plant.
    assert run.as_of == HERE
    assert proposals_of(there)[0].start_date == THERE
    assert proposals_of(here)[0].start_date == HERE
    assert (proposals_of(there)[0].due_date, proposals_of(here)[0].due_date) == (
        THERE + timedelta(days=7),
        HERE + timedelta(days=7),
    )
    # The sentence says the same day as the row.
    assert f"{THERE + timedelta(days=7):%a %d %b}" in proposals_of(there)[0].why


def test_a_lot_that_expires_today_is_usable_where_today_is_not_over(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    for item in (there, here):
        make_lot(item, 80, expires_on=HERE)

    plan_stock(at=AT)

    def stock_out(item: Item) -> date | None:
        return proposals_of(item)[0].stockout_date

    # On the 3rd, where it is, the lot of the 2nd is gone; where it is the 2nd it still serves that day.
    assert stock_out(there) == THERE
    assert stock_out(here) == HERE + timedelta(days=1)


def test_a_purchase_due_today_is_late_only_where_the_day_is_over(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    for item in (there, here):
        make_lot(item, 100)
        inventory.expect_receipt(item, Decimal(600), HERE + timedelta(days=30), at=AT)

    plan_stock(at=AT)

    better = {row.item: row.better_date for row in ExceptionMessage.objects.filter(kind="expedite")}
    assert min(better[there] - THERE, better[here] - HERE) >= timedelta()
    assert {row.due_date for row in ExceptionMessage.objects.all()} == {HERE + timedelta(days=30)}


def test_what_is_due_today_is_firmed_where_it_is_today(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    run = plan_stock(at=AT)
    Replenishment.objects.update(status="superseded", superseded_at=AT)
    for item in (there, here):
        Replenishment.objects.create(
            run=run, item=item, quantity=50, start_date=THERE, due_date=THERE + timedelta(days=7), why="Test"
        )

    firmed, refused = services.firm_due(within_days=0, by=make_user(), at=AT)

    assert ([row.item for row in firmed], refused) == ([there], [])


def test_proposals_are_renewed_from_the_plants_own_day(auckland):
    item = make_stocked(auckland)
    plan_stock(at=AT)

    services.replenish(at=AT + timedelta(hours=20))  # the 4th there, the 3rd in London

    assert proposals_of(item)[0].start_date == THERE + timedelta(days=1)


def test_demand_of_a_day_that_is_over_there_is_sensed_and_here_it_is_not(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    plan_stock(at=AT)
    for item in (there, here):
        DemandHistory.objects.create(item=item, date=HERE, quantity=Decimal(400))

    services.sense_demand(at=AT + timedelta(hours=1))

    assert [alert.item for alert in ForecastAlert.objects.all()] == [there]
    assert ForecastAlert.objects.get().first_date == THERE


def test_the_portfolio_takes_each_item_as_of_the_day_it_is_at_its_plant(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    for item in (there, here):
        make_lot(item, 80, expires_on=HERE)
        make_lot(item, 300, expires_on=HERE + timedelta(days=10))
        inventory.expect_receipt(item, Decimal(70), HERE + timedelta(days=1), at=AT)
    plan_stock(at=AT)

    found = portfolio(Wanted(), at=AT)

    rows = {row.item: row for row in found.holdings}
    assert (rows[there].today, rows[here].today) == (THERE, HERE)
    # The lot of the 2nd is too old where the 3rd has begun.
    assert (rows[there].free, rows[here].free) == (300, 380)
    assert found.ahead is not None
    ahead = found.ahead
    # What comes on the 3rd comes on the first day there and on the second one here.
    first = {item: ahead.without[ahead.items[item.pk]] for item in (there, here)}
    assert first[there][0] > 300
    assert first[here][0] < 380 < first[here][0] + 70
    assert [one.first for one in weeks_ahead(found.holdings, ahead).warehouses] == (
        [THERE, HERE] if auckland.code < los_angeles.code else [HERE, THERE]
    )


def test_what_breaks_first_is_dated_by_the_calendar_of_each_site(auckland, los_angeles):
    for site in (auckland, los_angeles):
        site.locations.filter(kind="finished").update(capacity_m3="4")
        make_stocked(site, storage_volume_m3=Decimal("0.02"), unit_cost=5)
    plan_stock(at=AT)

    answer = scale_up(factor=Decimal(5), at=AT)

    halls = {limit.what: limit for limit in answer.limits if limit.breaks == "warehouse"}
    assert len(halls) == 2
    there, here = (
        next(limit for what, limit in halls.items() if str(site) in what) for site in (auckland, los_angeles)
    )
    # The same demand and the same room: the same day of the plan, which is a day later in the calendar there.
    assert there.date == here.date + timedelta(days=1)
    for limit in (there, here):
        assert f"{limit.date:%a %d %b}" in limit.sentence


def test_the_cockpit_counts_what_is_usable_on_the_day_of_its_plant(auckland, los_angeles):
    there, here = make_stocked(auckland), make_stocked(los_angeles)
    for item in (there, here):
        make_lot(item, 80, expires_on=HERE)
    plan_stock(at=AT)

    def usable(item: Item) -> Decimal:
        return cockpit(with_stock_today(item.pk, at=AT).get(), at=AT).stock.usable

    assert (usable(there), usable(here)) == (0, 80)
