"""What plans, offers, rules and forecasts say of an item goes on meaning what it meant: its unit stays while they count in it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, models, transaction

from forecasting.models import Consensus, Contribution, DemandHistory, Freeze, LotRule, Override
from inventory.models import Item, ItemUnit
from mes.core.models import User
from orders.models import Offer
from production.models import ProcessPlan
from quality.models import InspectionPlan
from tests.core.ground import client_of
from tests.plant import MONDAY, make_inspection_plan, make_item, make_user
from tests.racing import held_up
from tests.shop import make_made_item, make_plan

pytestmark = pytest.mark.django_db
STRETCH = {"first_date": date(2026, 3, 2), "last_date": date(2026, 3, 8)}
NUMBER = STRETCH | {"quantity": 5, "reason": "Trade fair"}


def component_of(item: Item) -> models.Model:
    return ProcessPlan.objects.get(item=make_made_item(components={item: 1}, site=item.site))


def plan_of(item: Item) -> ProcessPlan:
    return make_plan(item, approved=False)


def periodic_plan_of(item: Item) -> InspectionPlan:
    return make_inspection_plan(item, "periodic", every_quantity=50)


def other_unit_of(item: Item) -> ItemUnit:
    return ItemUnit.objects.create(item=item, uom="XBX", quantity=12)


def lot_rule_of(item: Item) -> LotRule:
    return LotRule.objects.create(item=item, sizing="fixed", fixed_lot=50)


def offer_of(item: Item) -> Offer:
    until = MONDAY + timedelta(days=2)
    days = {
        "wanted_date": MONDAY.date(),
        "promised_date": MONDAY.date(),
        "made_at": MONDAY,
        "expires_at": until,
    }
    return Offer.objects.create(
        number="O-1", item=item, quantity=5, binding="In stock", by=make_user(), **days
    )


def demand_of(item: Item) -> DemandHistory:
    return DemandHistory.objects.create(item=item, date=MONDAY.date(), quantity=5)


def override_of(item: Item) -> Override:
    return Override.objects.create(item=item, owner=make_user(), made_at=MONDAY, **NUMBER)


def contribution_of(item: Item) -> Contribution:
    said = {"department": "sales", "owner": make_user(), "made_at": MONDAY}
    return Contribution.objects.create(item=item, **said, **NUMBER)


def consensus_of(item: Item) -> Consensus:
    return Consensus.objects.create(item=item, agreed_by=make_user(), agreed_at=MONDAY, **NUMBER)


def freeze_of(item: Item) -> Freeze:
    frozen = {"means": [1.0] * 7, "reason": "Sold out", "frozen_by": make_user(), "frozen_at": MONDAY}
    return Freeze.objects.create(item=item, **STRETCH, **frozen)


OVER = {"is_active": False}
# What counts in the unit of an item, what is told of it, what the database says, and what ends it (None: nothing does).
SUPERSEDED = {"status": "superseded"}
COUNTED: dict[Callable[[Item], models.Model], tuple[str, str, dict[str, Any] | None]] = {
    component_of: ("components of process plans", "components of process plans", SUPERSEDED),
    plan_of: ("process plans", "process plans", None),
    periodic_plan_of: ("inspections after so much of it", "inspections after a quantity", SUPERSEDED),
    other_unit_of: ("other units", "other units", None),
    lot_rule_of: ("a fixed lot", "fixed lots", {"sizing": "period", "fixed_lot": 0}),
    offer_of: ("open offers", "open offers", {"status": "withdrawn"}),
    demand_of: ("demand", "demand statements", {"is_standing": False}),
    override_of: ("overrides of its forecast", "overrides, contributions", OVER),
    contribution_of: ("contributions to its forecast", "overrides, contributions", None),
    consensus_of: ("agreed numbers", "overrides, contributions", OVER),
    freeze_of: ("frozen numbers", "overrides, contributions", OVER),
}


def weighed(item: Item) -> str:
    """What comes of counting an item in kilograms from now on."""
    try:
        return f"{Item.objects.filter(pk=item.pk).update(uom='KGM')} changed"
    except ProgrammingError as refusal:
        return str(refusal)


@pytest.mark.parametrize("put_in", COUNTED)
def test_a_unit_stays_while_something_is_said_in_it(put_in):
    told, refusal, ends = COUNTED[put_in]
    item = make_item(supply=Item.Supply.BUY)
    said = put_in(item)
    api = client_of(User.objects.create_superuser("boss"))

    answer = api.patch(f"/api/v1/items/{item.pk}/", {"uom": "KGM"}, format="json")
    with pytest.raises(ProgrammingError, match=refusal), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(uom="KGM")

    assert answer.status_code == 400
    assert f"{item} has {told} in pcs, whose quantities would mean something else in kg" in str(answer.json())
    assert Item.objects.get(pk=item.pk).uom == "C62"
    if ends is not None:
        type(said)._default_manager.filter(pk=said.pk).update(**ends)
        assert api.patch(f"/api/v1/items/{item.pk}/", {"uom": "KGM"}, format="json").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("put_in", COUNTED)
def test_a_unit_does_not_change_while_something_is_first_said_in_it(put_in):
    item = make_item(supply=Item.Supply.BUY)

    assert COUNTED[put_in][1] in held_up(lambda: weighed(item), by=lambda: put_in(item))
    assert Item.objects.get(pk=item.pk).uom == "C62"


def test_that_nothing_was_asked_for_means_the_same_in_any_unit():
    item = make_item()
    DemandHistory.objects.create(item=item, date=MONDAY.date(), quantity=Decimal(0))

    assert Item.objects.filter(pk=item.pk).update(uom="KGM") == 1


def test_rules_and_plans_without_a_quantity_mean_the_same_in_any_unit():
    item = make_item()
    LotRule.objects.create(item=item, sizing="lot_for_lot", order_cost=20)
    make_inspection_plan(item, "periodic", every_minutes=60)

    assert Item.objects.filter(pk=item.pk).update(uom="KGM") == 1


@pytest.mark.django_db(transaction=True)
def test_a_unit_does_not_change_while_a_rule_is_given_its_first_quantity():
    item = make_item()
    rule = LotRule.objects.create(item=item)

    given = LotRule.objects.filter(pk=rule.pk)
    assert "fixed lots" in held_up(
        lambda: weighed(item), by=lambda: given.update(sizing="fixed", fixed_lot=50)
    )
    assert Item.objects.get(pk=item.pk).uom == "C62"
