"""Proposals: what they count on, and how they become orders."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from forecasting import services
from forecasting.models import DemandHistory, ForecastRun, LotRule, Replenishment
from forecasting.proposed import Row
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Lot
from inventory.quantities import InvalidQuantity
from mes.core.models import Fact
from mes.core.refusals import DomainError
from mes.core.states import IllegalTransition
from orders import services as orders
from orders.models import OrderLine
from production.models import ProductionOrder
from tests.forecasting.stock import (
    TODAY,
    make_history,
    make_stocked_item,
    means_of,
    plan_stock,
    proposals_of,
    target_of,
)
from tests.orders.desk import deliver_news, make_order
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once, held_up
from tests.shop import make_made_item, plan_order

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)
HISTORY: Any = Replenishment.pgh_event_model


def total(rows: list[Replenishment]) -> float:
    return float(sum(row.quantity for row in rows))


def make_made_and_stocked(components: Any = None, **fields: Any) -> Item:
    given: dict[str, Any] = {"strategy": "mts", "supply": "make", "lead_time_days": 5} | fields
    item = make_made_item((), components, **given)
    make_history(item)
    return item


def test_stock_purchases_and_quarantine_count_as_supply():
    bare, stocked, ordered, arriving = (make_stocked_item() for _ in range(4))
    make_lot(stocked, 200)
    make_lot(arriving, 200, status=Lot.Status.QUARANTINE)
    inventory.expect_receipt(ordered, Decimal(200), TODAY + timedelta(days=3), at=MONDAY)

    plan_stock()

    for item in (stocked, ordered, arriving):
        assert total(proposals_of(item)) < total(proposals_of(bare)) - 80
    assert proposals_of(stocked)[0].due_date > proposals_of(bare)[0].due_date


def test_an_open_order_line_consumes_the_forecast_and_adds_only_what_exceeds_it():
    plain, ordered, huge = (make_stocked_item() for _ in range(3))
    soon = TODAY + timedelta(days=20)
    make_order((ordered, 60, soon), (huge, 500, soon), confirmed=True)
    ExpectedReceipt.objects.all().delete()  # the desk has ordered them; here we ask what netting would

    plan_stock()

    assert total(proposals_of(ordered)) == pytest.approx(total(proposals_of(plain)), rel=0.06)
    assert 350 <= total(proposals_of(huge)) - total(proposals_of(plain)) <= 460
    pegs = [peg["what"] for row in proposals_of(huge) for peg in row.pegging]
    assert str(OrderLine.objects.get(item=huge)) in pegs


def test_needs_go_down_the_bill_and_made_components_are_left_to_their_order():
    site = make_site()
    bottle = make_item("bottle", site=site, supply="buy", strategy="mto", kind="packaging", lead_time_days=3)
    bulk = make_made_item(site=site, strategy="mto", uom="LTR", kind="intermediate", lead_time_days=2)
    product = make_made_and_stocked({bottle: 1, bulk: "0.5"}, site=site)

    plan_stock()

    made = proposals_of(product)
    assert made
    assert proposals_of(bulk) == []
    bought = proposals_of(bottle)
    assert total(bought) == pytest.approx(total(made), abs=1)
    assert bought[0].pegging[0]["what"] == f"{product}, to be made"


def test_what_open_batches_lack_is_bought():
    steel = make_item("steel", supply="buy", strategy="mto", kind="raw", lead_time_days=3)
    shaft = make_made_item((), {steel: 2}, strategy="mto", lead_time_days=4)
    make_lot(steel, 5)
    order = plan_order(shaft, 10, due_at=MONDAY + timedelta(days=12))

    plan_stock()

    row = proposals_of(steel)[0]
    assert row.quantity == 15
    assert row.due_date == TODAY + timedelta(days=8)
    assert row.pegging == [
        {
            "what": f"{order.number}-01",
            "first_date": row.due_date.isoformat(),
            "last_date": row.due_date.isoformat(),
            "quantity": 15,
        }
    ]


def test_proposals_fit_the_vessel_minimum_and_multiple():
    item = make_made_and_stocked(order_minimum=50, order_multiple=20, plan={"batch_maximum": 110})

    plan_stock()

    assert {row.quantity for row in proposals_of(item)} <= {60, 80, 100}


def test_a_firm_proposal_of_a_made_item_becomes_a_production_order_with_its_reason():
    item = make_made_and_stocked()
    plan_stock()
    row, user = proposals_of(item)[0], make_user()

    firm = services.firm_replenishment(row, by=user, at=LATER)

    order = ProductionOrder.objects.get(item=item)
    assert firm.production_order == order
    assert (firm.status, firm.decided_by, firm.decided_at) == ("firm", user, LATER)
    assert (order.quantity, order.due_at.date(), order.reason) == (row.quantity, row.due_date, row.why[:200])
    assert Fact.objects.get(name="forecasting.ReplenishmentFirmed").payload["production_order"] == order.pk


def test_a_firm_proposal_of_a_bought_item_becomes_a_purchase_in_the_quantity_decided():
    item = make_stocked_item()
    plan_stock()

    firm = services.firm_replenishment(
        proposals_of(item)[0],
        quantity=Decimal(500),
        due_date=TODAY + timedelta(days=9),
        by=make_user(),
        at=LATER,
    )

    receipt = ExpectedReceipt.objects.get(item=item)
    assert firm.expected_receipt == receipt
    assert (receipt.quantity, receipt.due_date) == (Decimal(500), TODAY + timedelta(days=9))


def test_a_firm_proposal_counts_as_supply_and_is_not_proposed_again():
    item = make_made_and_stocked()
    plan_stock()
    before = total(proposals_of(item))
    firm = services.firm_replenishment(proposals_of(item)[0], by=make_user(), at=LATER)

    services.replenish(by=firm.decided_by, at=LATER)

    assert total(proposals_of(item)) == pytest.approx(before - float(firm.quantity), abs=15)
    assert Fact.objects.get(name="forecasting.ProposalsRenewed").payload["by"] == firm.decided_by_id
    firm.refresh_from_db()
    assert firm.status == Replenishment.Status.FIRM


def test_a_proposal_is_firmed_once():
    item = make_stocked_item()
    plan_stock()
    row = proposals_of(item)[0]
    services.firm_replenishment(row, by=make_user(), at=LATER)

    with pytest.raises(IllegalTransition, match="is firm already"):
        services.firm_replenishment(row, by=make_user(), at=LATER)
    assert ExpectedReceipt.objects.filter(item=item).count() == 1


def test_an_item_nobody_said_how_to_make_cannot_be_firmed_and_stays_proposed():
    item = make_stocked_item(supply="make")
    plan_stock()
    row = proposals_of(item)[0]

    with pytest.raises(DomainError, match="without an approved process plan"):
        services.firm_replenishment(row, by=make_user(), at=LATER)

    row.refresh_from_db()
    assert row.status == Replenishment.Status.PROPOSED
    assert not ProductionOrder.objects.filter(item=item).exists()


def test_firming_what_is_due_goes_on_past_what_cannot_be_firmed():
    bought, unknown = make_stocked_item(), make_stocked_item(supply="make")
    plan_stock()

    firmed, refused = services.firm_due(within_days=1000, by=make_user(), at=MONDAY)

    assert {row.item for row in firmed} == {bought}
    assert {row.item for row, _ in refused} == {unknown}


def test_what_is_due_today_is_due_by_the_day_of_its_own_plant():
    at = MONDAY.replace(hour=22)
    samoa = make_stocked_item(site=make_site(time_zone="Pacific/Apia"))
    london = make_stocked_item(site=make_site(time_zone="Europe/London"))
    plan_stock()
    for item in (samoa, london):
        row = proposals_of(item)[0]
        Replenishment.objects.filter(item=item).exclude(pk=row.pk).delete()
        Replenishment.objects.filter(pk=row.pk).update(
            start_date=TODAY + timedelta(days=1), due_date=TODAY + timedelta(days=8)
        )

    firmed, refused = services.firm_due(within_days=0, by=make_user(), at=at)

    # In Samoa Tuesday has begun.
    assert ([row.item for row in firmed], refused) == ([samoa], [])
    assert [row.status for row in proposals_of(london)] == ["proposed"]


def test_a_firm_proposal_is_a_purchase_or_a_production_order_and_never_both():
    item = make_stocked_item()
    plan_stock()
    row = services.firm_replenishment(proposals_of(item)[0], by=make_user(), at=LATER)
    order = plan_order(make_made_item((), {}, supply="make"), 10, due_at=MONDAY + timedelta(days=9))

    for orders_of_it in ({"production_order": order}, {"expected_receipt": None}):
        with (
            pytest.raises(IntegrityError, match="a_firm_replenishment_became_one_order"),
            transaction.atomic(),
        ):
            Replenishment.objects.filter(pk=row.pk).update(**orders_of_it)

    row.refresh_from_db()
    assert (row.production_order, row.expected_receipt is None) == (None, False)


def test_an_item_does_not_take_its_lot_rule_along():
    rule = LotRule.objects.create(item=make_item(), sizing="lot_for_lot")

    with pytest.raises(ProtectedError):
        rule.item.delete()

    assert LotRule.objects.filter(pk=rule.pk).exists()


def test_what_was_dismissed_is_not_proposed_again():
    item = make_stocked_item()
    plan_stock()
    row = proposals_of(item)[0]
    services.dismiss_replenishment(row, "We leave it to the sister plant", by=make_user(), at=LATER)

    services.replenish(at=LATER)

    assert row.due_date not in {again.due_date for again in proposals_of(item)}
    row.refresh_from_db()
    assert row.decision_reason == "We leave it to the sister plant"

    services.reopen_replenishment(row, by=make_user(), at=LATER)
    assert row in proposals_of(item)


def test_what_is_proposed_as_it_stands_is_not_written_anew():
    items = [make_stocked_item(days=90) for _ in range(2)]
    plan_stock()
    stood = [[row.pk for row in proposals_of(item)] for item in items]
    assert all(stood)
    services.replenish(at=LATER)
    assert [[row.pk for row in proposals_of(item)] for item in items] == stood
    assert not Replenishment.objects.filter(status=Replenishment.Status.SUPERSEDED).exists()

    make_lot(items[0], 40)
    made = services.replenish(at=LATER)

    now = [[row.pk for row in proposals_of(item)] for item in items]
    assert now[1] == stood[1]
    assert now[0][0] not in stood[0]
    assert now[0][1:] == stood[0][1:]
    assert made == len(now[0]) + len(now[1])
    replaced = Replenishment.objects.filter(status=Replenishment.Status.SUPERSEDED)
    assert list(replaced.values_list("pk", flat=True)) == stood[0][:1]
    assert not HISTORY.objects.exists()


def test_of_two_proposals_that_say_the_same_each_is_kept_once():
    item = make_stocked_item()
    plan_stock()
    rows = proposals_of(item)
    Replenishment.objects.create(**{name: getattr(rows[0], name) for name in Row._fields})

    services.replenish(at=LATER)

    assert len(proposals_of(item)) == len(rows)
    assert {row.due_date for row in proposals_of(item)} == {row.due_date for row in rows}


@pytest.mark.django_db(transaction=True)
def test_a_dismissal_that_is_being_made_is_waited_for_and_counts():
    item = make_stocked_item()
    plan_stock()
    row, *others = proposals_of(item)
    person = make_user()

    held_up(
        lambda: services.replenish(at=LATER),
        by=lambda: services.dismiss_replenishment(row, "Not now", by=person, at=LATER),
    )

    row.refresh_from_db()
    assert row.status == Replenishment.Status.DISMISSED
    assert row.due_date not in {again.due_date for again in proposals_of(item)}
    assert set(others) == set(proposals_of(item))


def test_a_dismissal_needs_a_reason():
    item = make_stocked_item()
    plan_stock()
    row = proposals_of(item)[0]

    with pytest.raises(DomainError, match="Say why it is dismissed"):
        services.dismiss_replenishment(row, "  ", by=make_user(), at=LATER)

    row.refresh_from_db()
    assert row.status == Replenishment.Status.PROPOSED


def test_nothing_is_proposed_before_the_first_forecast():
    with pytest.raises(services.NoForecast, match="Run the forecast first"):
        services.replenish(at=MONDAY)
    assert not Replenishment.objects.exists()


def test_an_override_changes_what_is_proposed_and_keeps_the_statistical_number():
    item = make_stocked_item()
    run = plan_stock()
    before, mean = total(proposals_of(item)), means_of(item, run)[0]
    override = services.add_override(
        item,
        first_date=TODAY + timedelta(days=14),
        last_date=TODAY + timedelta(days=20),
        quantity=Decimal(700),
        reason="Trade fair",
        by=make_user(),
        at=MONDAY,
    )

    services.replenish(at=LATER)
    assert total(proposals_of(item)) == pytest.approx(before + 630, abs=30)
    assert means_of(item, run)[0] == mean

    services.end_override(override, by=make_user(), at=LATER)
    services.replenish(at=LATER)
    assert total(proposals_of(item)) == before


def test_two_overrides_never_hold_the_same_day():
    item, user = make_stocked_item(), make_user("ann")
    stretch: dict[str, Any] = {"quantity": Decimal(1), "reason": "Fair", "by": user, "at": MONDAY}
    services.add_override(item, first_date=TODAY, last_date=TODAY + timedelta(days=6), **stretch)

    with pytest.raises(services.OverridesOverlap, match="ann has overridden 2026-03-02 to 2026-03-08: Fair"):
        services.add_override(
            item, first_date=TODAY + timedelta(days=6), last_date=TODAY + timedelta(days=9), **stretch
        )
    with pytest.raises(services.StretchInThePast):
        services.add_override(
            item, first_date=TODAY - timedelta(days=9), last_date=TODAY - timedelta(days=1), **stretch
        )
    assert Fact.objects.filter(name="forecasting.ForecastOverridden").count() == 1


def test_a_full_warehouse_cuts_safety_stock_and_the_target_says_so():
    site = make_site()
    site.locations.filter(kind="finished").update(capacity_m3="1.6")
    policy = {"measure": "cycle", "service_level": "0.99"}
    item = make_stocked_item(site=site, storage_volume_m3=Decimal("0.02"), unit_cost=5, policy=policy)

    plan_stock()

    target = target_of(item)
    assert "the warehouse has room for" in target.why
    assert float(target.safety_stock) * 0.02 <= 0.25


def test_what_is_shipped_becomes_demand_once_and_a_reversal_takes_it_back():
    item = make_item(supply="buy")
    lot = make_lot(item, 20)
    order = make_order((item, 8), confirmed=True)

    shipment = orders.ship(order, by=make_user(), at=LATER)
    deliver_news()
    services.record_shipped_demand(shipment)

    row = DemandHistory.objects.get(item=item)
    assert (row.date, row.quantity, row.source) == (TODAY, Decimal(8), "shipment")

    inventory.reverse(shipment.lines.get().move, "Refused at the door", by=make_user(), at=LATER)
    deliver_news()
    assert DemandHistory.objects.standing().get(item=item).quantity == 0
    assert lot


def test_imported_demand_replaces_a_known_day_and_bad_points_are_named_together():
    item = make_item("soap")
    point = services.DemandPoint
    services.import_demand([point(item, TODAY, Decimal(5)), point(item, TODAY, Decimal(2))], at=MONDAY)
    services.import_demand([point(item, TODAY, Decimal(4), is_censored=True)], at=MONDAY)

    row = DemandHistory.objects.standing().get(item=item)
    assert (row.quantity, row.is_censored) == (Decimal(4), True)

    with pytest.raises(DomainError, match="2 of 3 points cannot be demand") as refused:
        services.import_demand(
            [
                point(item, TODAY, Decimal(9)),
                point(item, TODAY, Decimal(-1)),
                point(item, TODAY + timedelta(days=1), Decimal(1)),
            ],
            at=MONDAY,
        )
    assert refused.value.errors["points"] == [
        "soap 2026-03-02: -1 is not a demand.",
        "soap 2026-03-03 is in the future.",
    ]
    row.refresh_from_db()
    assert row.quantity == 4


@pytest.mark.django_db(transaction=True)
def test_two_planners_who_firm_at_once_make_one_purchase():
    item = make_stocked_item(days=60)
    plan_stock()
    row, users = proposals_of(item)[0], [make_user(), make_user()]
    both = [(Replenishment.objects.get(pk=row.pk), user) for user in users]

    outcomes = at_once(*(partial(services.firm_replenishment, own, by=user, at=LATER) for own, user in both))

    assert [isinstance(each, IllegalTransition) for each in outcomes].count(True) == 1
    assert ExpectedReceipt.objects.filter(item=item).count() == 1
    assert ForecastRun.objects.count() == 1


def test_a_proposal_is_not_firmed_with_nothing():
    item = make_stocked_item()
    plan_stock()
    row = proposals_of(item)[0]

    with pytest.raises(InvalidQuantity, match="a quantity is above zero"):
        services.firm_replenishment(row, quantity=Decimal(0), by=make_user(), at=LATER)

    row.refresh_from_db()
    assert row.status == Replenishment.Status.PROPOSED
    assert not ExpectedReceipt.objects.exists()


def test_todays_demand_is_taken_by_the_day_of_the_plant():
    tokyo = make_item(site=make_site(time_zone="Asia/Tokyo"))
    york = make_item(site=make_site(time_zone="America/New_York"))
    tonight = MONDAY.replace(hour=20)
    tomorrow = TODAY + timedelta(days=1)

    services.import_demand([services.DemandPoint(tokyo, tomorrow, Decimal(5))], at=tonight)
    with pytest.raises(DomainError, match="cannot be demand"):
        services.import_demand(
            [services.DemandPoint(york, tomorrow, Decimal(5))], at=tonight + timedelta(hours=6)
        )

    assert DemandHistory.objects.get().item == tokyo
