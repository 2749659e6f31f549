"""What plans, offers and forecasts say of an item goes on meaning what it meant: its unit stays while they count in it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, models, transaction

from forecasting.models import Consensus, Contribution, DemandHistory, Freeze, Override
from inventory.models import Item
from mes.core.models import User
from orders.models import Offer
from production.models import ProcessPlan
from tests.core.ground import client_of
from tests.plant import MONDAY, make_item, make_user
from tests.racing import held_up
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db
STRETCH = {"first_date": date(2026, 3, 2), "last_date": date(2026, 3, 8)}
NUMBER = STRETCH | {"quantity": 5, "reason": "Trade fair"}


def component_of(item: Item) -> models.Model:
    return ProcessPlan.objects.get(item=make_made_item(components={item: 1}, site=item.site))


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
COUNTED: dict[Callable[[Item], models.Model], tuple[str, str, dict[str, Any] | None]] = {
    component_of: ("components of process plans", "components of process plans", {"status": "superseded"}),
    offer_of: ("open offers", "open offers", {"status": "withdrawn"}),
    demand_of: ("demand", "demand statements", {"is_standing": False}),
    override_of: ("overrides of its forecast", "overrides, contributions", OVER),
    contribution_of: ("contributions to its forecast", "overrides, contributions", None),
    consensus_of: ("agreed numbers", "overrides, contributions", OVER),
    freeze_of: ("frozen numbers", "overrides, contributions", OVER),
}


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

    def change() -> str:
        try:
            return f"{Item.objects.filter(pk=item.pk).update(uom='KGM')} changed"
        except ProgrammingError as refusal:
            return str(refusal)

    assert COUNTED[put_in][1] in held_up(change, by=lambda: put_in(item))
    assert Item.objects.get(pk=item.pk).uom == "C62"


def test_that_nothing_was_asked_for_means_the_same_in_any_unit():
    item = make_item()
    DemandHistory.objects.create(item=item, date=MONDAY.date(), quantity=Decimal(0))

    assert Item.objects.filter(pk=item.pk).update(uom="KGM") == 1
