"""Demand is stated, stated anew with a reason, and never rewritten; what came back is taken off and stays visible."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from forecasting import daily, demand, services
from forecasting.models import DemandHistory
from inventory.models import Item, Move
from inventory.services import reverse
from orders import services as orders
from tests.forecasting.stock import TODAY, make_history, means_of, plan_stock
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once, held_up

pytestmark = pytest.mark.django_db
DAY = TODAY - timedelta(days=3)


def state(item, quantity, day=DAY, **more):
    services.import_demand([services.DemandPoint(item, day, Decimal(quantity), **more)], at=MONDAY)
    return DemandHistory.objects.standing().get(item=item, date=day, is_return=more.get("is_return", False))


def test_a_corrected_day_keeps_the_number_that_stood_with_who_when_and_why():
    item, user = make_item(), make_user("corrector")
    original = state(item, 12)

    made = services.correct_demand(
        original, quantity=Decimal(21), reason="Digits were swapped", by=user, at=MONDAY
    )

    original.refresh_from_db()
    assert (original.quantity, original.is_standing) == (12, False)
    assert (made.quantity, made.is_standing, made.replaces) == (21, True, original)
    assert (made.by, made.recorded_at, made.reason) == (user, MONDAY, "Digits were swapped")
    assert daily.daily_totals(item, DAY, DAY) == {DAY: 21.0}


def test_a_correction_without_a_reason_is_refused():
    statement = state(make_item(), 12)

    with pytest.raises(services.ReasonNeeded):
        services.correct_demand(statement, quantity=Decimal(1), reason="  ", by=make_user(), at=MONDAY)

    assert DemandHistory.objects.get().is_standing


def test_the_same_number_again_states_nothing_new():
    item = make_item()

    state(item, 12)
    state(item, 12)

    assert DemandHistory.objects.count() == 1


def test_the_database_refuses_to_rewrite_or_delete_a_statement():
    statement = state(make_item(), 12)

    for write in (
        lambda: DemandHistory.objects.filter(pk=statement.pk).update(quantity=13),
        lambda: DemandHistory.objects.filter(pk=statement.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()

    statement.refresh_from_db()
    assert statement.quantity == 12


def test_a_statement_that_was_replaced_does_not_stand_again():
    first = state(make_item(), 12)
    services.correct_demand(first, quantity=Decimal(13), reason="Recount", by=make_user(), at=MONDAY)

    with pytest.raises(DatabaseError, match="not rewritten"), transaction.atomic():
        DemandHistory.objects.filter(pk=first.pk).update(is_standing=True)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_correct_the_same_day_at_once_one_is_told():
    item = make_item()
    user = make_user()
    statement = state(item, 12)

    def correct(quantity):
        return lambda: services.correct_demand(
            DemandHistory.objects.get(pk=statement.pk),
            quantity=Decimal(quantity),
            reason="Recount",
            by=user,
            at=MONDAY,
        )

    outcomes = at_once(correct(20), correct(30))

    refused = [each for each in outcomes if isinstance(each, services.StatedAnewMeanwhile)]
    assert len(refused) == 1
    standing = DemandHistory.objects.standing().get(item=item)
    assert standing.quantity in {20, 30}
    assert DemandHistory.objects.filter(item=item).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_day_at_once_leave_one_number_standing():
    item = make_item()

    at_once(lambda: state(item, 5), lambda: state(item, 6))

    assert DemandHistory.objects.standing().filter(item=item).count() == 1


def test_groups_channels_and_places_of_a_day_add_up():
    item = make_item()
    state(item, 5, customer_group="Retail", channel="shops", location="North")
    services.import_demand([services.DemandPoint(item, DAY, Decimal(7), customer_group="Hotels")], at=MONDAY)

    assert daily.daily_totals(item, DAY, DAY) == {DAY: 12.0}
    assert DemandHistory.objects.standing().get(customer_group="Retail").location == "North"


def test_returns_reduce_demand_and_stay_visible():
    item = make_item()
    state(item, 10)
    state(item, 4, is_return=True)

    assert daily.daily_totals(item, DAY, DAY) == {DAY: 6.0}
    back = DemandHistory.objects.standing().returned().get()
    assert (back.date, back.quantity, str(back)[-2:]) == (DAY, 4, "−4")


def test_a_forecast_says_what_came_back():
    item = make_item(supply="buy")
    make_history(item)
    state(item, 3, is_return=True)

    run = plan_stock()

    assert "3 came back and were taken off demand." in run.items.get(item=item).why


def ship(item, quantity, **customer):
    make_lot(item, 20)
    order = make_order((item, quantity), confirmed=True)
    for name, value in customer.items():
        setattr(order.customer, name, value)
    order.customer.save()
    return orders.ship(order, by=make_user(), at=MONDAY).lines.get()


def test_a_shipment_counts_by_the_group_and_channel_of_the_customer():
    item = make_item()

    services.record_shipped_demand(ship(item, 8, group="Retail", channel="online").shipment)

    row = DemandHistory.objects.standing().get(item=item)
    assert (row.quantity, row.customer_group, row.channel) == (8, "Retail", "online")
    assert row.source == DemandHistory.Source.SHIPMENT


def test_a_customer_who_changes_group_is_not_counted_in_both():
    item = make_item()
    line = ship(item, 8)
    services.record_shipped_demand(line.shipment)
    customer = line.shipment.order.customer
    customer.group = "Hotels"
    customer.save()

    services.record_shipped_demand(line.shipment)

    assert daily.daily_totals(item, TODAY, TODAY) == {TODAY: 8.0}


def test_goods_that_a_customer_sends_back_are_taken_off():
    item = make_item()
    line = ship(item, 8)
    services.record_shipped_demand(line.shipment)
    returned = orders.return_goods(line, Decimal(3), "Wrong scent", by=make_user(), at=MONDAY)

    services.record_returned_demand(returned)
    services.record_returned_demand(returned)

    assert daily.daily_totals(item, TODAY, TODAY) == {TODAY: 5.0}
    assert DemandHistory.objects.returned().get().quantity == 3


def test_a_return_that_is_reversed_takes_nothing_off():
    item = make_item()
    line = ship(item, 8)
    services.record_shipped_demand(line.shipment)
    returned = orders.return_goods(line, Decimal(3), "Wrong scent", by=make_user(), at=MONDAY)
    services.record_returned_demand(returned)

    # What was set apart goes back first, the last move before the one that it follows.
    for move in Move.objects.filter(pk__gte=returned.move_id).order_by("-pk"):
        reverse(move, "Somebody else's", by=make_user(), at=MONDAY)
    services.record_returned_demand(returned)

    assert daily.daily_totals(item, TODAY, TODAY) == {TODAY: 8.0}
    assert DemandHistory.objects.standing().returned().get().quantity == 0
    assert orders.return_goods(line, Decimal(8), "Now all of it", by=make_user(), at=MONDAY).quantity == 8


def hold(item):
    return lambda: Item.objects.select_for_update(no_key=True).get(pk=item.pk)


def stated(item, **which):
    """Each number that was ever stated of an item, in its order; a wrong one may be put right by whatever counts next."""
    rows = DemandHistory.objects.filter(item=item, **{"is_return": False} | which)
    return list(rows.order_by("pk").values_list("quantity", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_shipment_that_is_counted_late_does_not_undo_what_left_meanwhile():
    item = make_item()
    first = ship(item, 8).shipment

    held_up(
        lambda: services.record_shipped_demand(first),
        by=hold(item),
        then=lambda: services.record_shipped_demand(ship(item, 5).shipment),
    )

    assert DemandHistory.objects.standing().get(item=item).quantity == 13
    assert stated(item) == [8, 13]


@pytest.mark.django_db(transaction=True)
def test_a_return_that_is_counted_late_does_not_undo_what_came_back_meanwhile():
    item, user = make_item(), make_user()
    line = ship(item, 8)
    first = orders.return_goods(line, Decimal(3), "Wrong scent", by=user, at=MONDAY)

    def send_back_more():
        more = orders.return_goods(line, Decimal(2), "Dented", by=user, at=MONDAY)
        services.record_returned_demand(more)

    held_up(lambda: services.record_returned_demand(first), by=hold(item), then=send_back_more)

    assert DemandHistory.objects.returned().standing().get(item=item).quantity == 5
    assert stated(item, is_return=True) == [3, 5]


def test_the_history_of_many_items_takes_as_many_queries_as_that_of_one(django_assert_num_queries):
    items = [make_item() for _ in range(6)]
    for item in items:
        state(item, 5)

    with django_assert_num_queries(4):
        demand.histories(items[:1], TODAY)
    with django_assert_num_queries(4):
        demand.histories(items, TODAY)


def test_weeks_of_a_plain_history_are_what_was_asked_for():
    item = make_item()
    for back in range(1, 15):
        state(item, back, day=TODAY - timedelta(days=back))

    history = demand.histories([item], TODAY)[0]

    assert history.series.values.tolist() == [sum(range(8, 15)), sum(range(1, 8))]
    assert history.series.end == TODAY
    assert history.series.skip is None
    assert history.notes == ()


def test_an_item_that_is_forecast_from_two_points_or_from_zeros_does_not_stop_the_run():
    site = make_site()
    two, zeros = make_item(supply="buy", site=site), make_item(supply="buy", site=site)
    state(two, 5)
    state(two, 6, day=DAY - timedelta(days=1))
    state(zeros, 0)

    run = plan_stock()

    assert run.status == "done"
    assert sum(means_of(two, run)) > 0
    assert set(means_of(zeros, run)) == {0.0}


def test_absurd_and_future_points_are_named_and_nothing_is_stored():
    item = make_item()
    points = [
        services.DemandPoint(item, DAY, Decimal(-1)),
        services.DemandPoint(item, DAY, Decimal(10) ** 13),
        services.DemandPoint(item, date(2100, 1, 1), Decimal(1)),
    ]

    with pytest.raises(services.UnusableDemand) as refused:
        services.import_demand(points, at=MONDAY)

    assert len(refused.value.errors["points"]) == 3
    assert not DemandHistory.objects.exists()
