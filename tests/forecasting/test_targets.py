"""Targets of a run: whose policy, which class, which lead time, which limits; and what another service would cost."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from rest_framework.test import APIClient

from forecasting import services
from forecasting.demand import histories
from forecasting.hindsight import Reviewed, experience_of
from forecasting.lead_times import lead_times
from forecasting.models import StockPolicy, StockTarget
from forecasting.policies import policies_of
from inventory import services as inventory
from inventory.models import Item
from mes.core.roles import ensure_roles
from production import services as production
from production.models import ProductionOrder
from tests.forecasting.stock import make_stocked_item, plan_stock, target_of
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, operations_of, plan_order

pytestmark = pytest.mark.django_db


def as_role(role: str) -> APIClient:
    ensure_roles()
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = APIClient()
    client.force_authenticate(user)
    return client


def buy(item: Item, *, took: int, ago: int = 100) -> None:
    """A purchase that was ordered so many days ago and took so many."""
    ordered = MONDAY - timedelta(days=ago)
    expected = inventory.expect_receipt(item, Decimal(50), ordered.date(), at=ordered)
    inventory.receive(
        item,
        Decimal(50),
        expected_receipt=expected,
        by=make_user(),
        at=ordered + timedelta(days=took),
    )


def test_a_class_has_a_policy_and_an_items_own_goes_before_it():
    StockPolicy.objects.create(service_level=Decimal("0.8"))
    StockPolicy.objects.create(abc="A", service_level=Decimal("0.98"))
    dear = make_stocked_item(per_day=20, unit_cost=100)
    cheap = make_stocked_item(per_day=1, unit_cost=1)
    own = make_stocked_item(per_day=1, unit_cost=1, policy={"service_level": Decimal("0.9")})

    plan_stock()

    levels = {item: target_of(item).explanation["service_level"] for item in (dear, cheap, own)}
    assert levels == {dear: 0.98, cheap: 0.8, own: 0.9}
    assert (target_of(dear).abc, target_of(cheap).abc) == ("A", "C")
    assert target_of(dear).explanation["class_why"].startswith("A: asked for 7")
    assert target_of(dear).explanation["policy"] == "Class A any: 98.0%"
    # Later, without a run under way, the classes of the newest run count.
    assert policies_of([dear, cheap])[dear.pk].service_level == Decimal("0.98")


def test_the_policy_that_names_more_of_a_class_counts():
    item = make_stocked_item(unit_cost=3)
    plan_stock()
    standing = target_of(item)
    for abc, xyz, level in (
        ("", "", "0.7"),
        ("", standing.xyz, "0.8"),
        ("A", "", "0.85"),
        ("A", standing.xyz, "0.9"),
    ):
        StockPolicy.objects.create(abc=abc, xyz=xyz, service_level=Decimal(level))
        assert policies_of([item])[item.pk].service_level == Decimal(level)


def test_a_class_that_meets_its_service_together_takes_less_capital():
    items = [make_stocked_item(per_day=rate, unit_cost=1 / rate) for rate in (0.3, 20, 60)]

    def capital(**policy: object) -> float:
        StockPolicy.objects.all().delete()
        StockPolicy.objects.create(service_level=Decimal("0.97"), **policy)
        run = plan_stock()
        rows = StockTarget.objects.filter(run=run).select_related("item")
        assert {row.explanation["lines"][2]["what"] for row in rows} == {
            "stock that the service level asks for"
        }
        return sum(float(row.explanation["covering"]) * float(row.item.unit_cost) for row in rows)

    alone, together = capital(), capital(is_shared=True)

    assert together < 0.97 * alone
    assert "97.0% of the demand of 3 items together" in target_of(items[0]).why


def test_costs_decide_where_the_policy_says_so():
    item = make_stocked_item(unit_cost=10, policy={"measure": "cost", "shortage_percent": 5})
    plan_stock()
    little = target_of(item)
    StockPolicy.objects.update(shortage_percent=500)
    plan_stock(MONDAY + timedelta(hours=1))

    assert target_of(item).safety_stock > little.safety_stock
    assert "in balance with missing at 0.5 a unit" in little.why


def test_purchases_that_came_late_and_not_always_alike_take_more_stock():
    item = make_stocked_item(lead_time_days=7)
    plan_stock()
    trusted = target_of(item)
    for number, took in enumerate((6, 9, 14, 21, 12, 8, 18, 10)):
        buy(item, took=took, ago=40 + number)

    plan_stock(MONDAY + timedelta(hours=1))

    measured = target_of(item)
    assert measured.safety_stock > trusted.safety_stock * Decimal("1.2")
    [told] = [line for line in measured.explanation["lines"] if line["what"] == "lead time in days"]
    assert told["value"] == pytest.approx((4 * 7 + 98) / 12, abs=0.01)
    assert told["note"].startswith("8 measured, give or take")
    assert measured.explanation["lead_time_seen"]["measured"] == 8
    assert trusted.explanation["lines"][1]["note"] == "as stated; none was measured yet"


def test_lead_times_are_read_in_three_queries_and_know_what_counts(django_assert_num_queries):
    bought, other = make_stocked_item(days=10), make_stocked_item(days=10)
    buy(bought, took=15)
    late = inventory.expect_receipt(bought, Decimal(5), MONDAY.date(), at=MONDAY - timedelta(days=90))
    unknown = inventory.expect_receipt(other, Decimal(5), MONDAY.date())
    inventory.receive(other, Decimal(5), expected_receipt=unknown, by=make_user(), at=MONDAY)

    with django_assert_num_queries(3):
        found = lead_times([bought, other], at=MONDAY)

    assert (found[bought.pk].seen, found[bought.pk].days) == (1, (7, 15.0))
    assert found[other.pk].seen == 0
    assert late.status == "open"


def test_a_production_order_takes_from_its_release_to_its_end():
    order = plan_order(make_made_item(site=make_site()), 10)  # released on Monday
    for operation in operations_of(order):
        production.start_operation(operation, machine=None, by=make_user(), at=MONDAY + timedelta(days=8))
        production.finish_operation(
            operation,
            good=Decimal(10),
            scrap=Decimal(0),
            consumed=None,
            by=make_user(),
            at=MONDAY + timedelta(days=9),
        )
    assert ProductionOrder.objects.get(pk=order.pk).status == "done"

    found = lead_times([order.item], at=MONDAY + timedelta(days=30))[order.item_id]

    assert (found.seen, found.days[-1]) == (1, pytest.approx(9, abs=0.01))


def test_stock_under_a_policy_stays_within_its_budget():
    items = [make_stocked_item(per_day=1, unit_cost=cost) for cost in (10, 1)]
    StockPolicy.objects.create(service_level=Decimal("0.99"), cover_days=7)

    def tied(rows: list[StockTarget]) -> float:
        return sum(
            float(item.unit_cost) * (float(row.safety_stock) + float(row.explanation["lot"]) / 2)
            for item, row in zip(items, rows, strict=True)
        )

    plan_stock()
    free = [target_of(item) for item in items]
    StockPolicy.objects.update(budget=tied(free) - 30)
    plan_stock(MONDAY + timedelta(hours=1))

    cut = [target_of(item) for item in items]
    assert cut[0].safety_stock < free[0].safety_stock
    assert "the budget for stock pays for" in cut[0].why
    assert tied(cut) <= tied(free) - 30 + 11  # each is rounded up to whole pieces


def test_past_runs_teach_what_their_curves_were_worth(django_assert_num_queries):
    item = make_stocked_item(per_day=10, days=600, policy={"service_level": Decimal("0.98"), "unmet": "lost"})
    for week in range(8, 0, -1):
        plan_stock(MONDAY - timedelta(weeks=week))
    today = MONDAY.date()
    [known] = histories([item], today)

    with django_assert_num_queries(2):
        learnt = experience_of([Reviewed(known, lead_days=7, review_days=7, waits=False)], today)
    run = plan_stock()
    taught = StockTarget.objects.get(run=run, item=item)

    assert learnt.reviews == 7  # eight weeks, without the one before the first delivery
    curve = taught.curve
    missed = np.minimum(np.array(curve["missed"]) * learnt.ratios, 1.0)
    stock = np.interp(0.98, np.maximum.accumulate(1 - missed), curve["stocks"])
    assert taught.explanation["covering"] == pytest.approx(float(stock), rel=1e-3)
    untaught = np.interp(0.98, 1 - np.array(curve["missed"]), curve["stocks"])
    assert abs(taught.explanation["covering"] - float(untaught)) > 0.2


def test_forecasts_made_in_hindsight_do_not_hide_what_past_runs_teach():
    item = make_stocked_item(per_day=10, days=600)
    for week in range(4, 0, -1):
        plan_stock(MONDAY - timedelta(weeks=week))
    [known] = histories([item], MONDAY.date())
    reviewed = [Reviewed(known, lead_days=7, review_days=7, waits=False)]
    taught = experience_of(reviewed, MONDAY.date())

    assert len(services.hindcast(weeks=6, at=MONDAY)) == 2

    learnt = experience_of(reviewed, MONDAY.date())
    assert learnt.reviews == taught.reviews == 3
    assert learnt.ratios.tolist() == taught.ratios.tolist()


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"abc": "A", "with_item": True}, "item"),
        ({"is_shared": True, "with_item": True}, "is_shared"),
        ({"is_shared": True, "measure": "cycle"}, "is_shared"),
        ({"measure": "cost", "shortage_percent": "0"}, "shortage_percent"),
        ({"abc": "B"}, "abc"),
        ({"service_level": "1"}, "service_level"),
        ({"review_days": "0"}, "review_days"),
        ({"budget": "-1"}, "budget"),
        ({"abc": "D"}, "abc"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_api_with_the_field_named(stated, field):
    StockPolicy.objects.create(abc="B")
    item = make_stocked_item(days=1)
    body = dict(stated)
    if body.pop("with_item", False):
        body["item"] = item.pk

    answer = as_role("planner").post("/api/v1/stock-policies/", body, format="json")

    assert answer.status_code in {400, 422}, answer.json()
    assert field in str(answer.json())
    assert StockPolicy.objects.count() == 1


def test_the_database_keeps_one_policy_for_a_class_and_none_for_both():
    StockPolicy.objects.create(abc="A")
    item = make_stocked_item(days=1)
    for stated in ({"abc": "A"}, {"item": item, "abc": "C"}, {"item": item, "is_shared": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockPolicy.objects.create(**stated)
    with pytest.raises(ValidationError, match="There is a policy for this class"):
        StockPolicy(abc="A").full_clean()


def test_service_against_capital_is_answered_for_an_item_and_for_many():
    client = as_role("planner")
    dear, cheap = (
        make_stocked_item(per_day=10, unit_cost=cost, storage_volume_m3=Decimal("0.01")) for cost in (20, 2)
    )
    plan_stock()

    one = client.get(f"/api/v1/stock-policies/curve/?item={dear.pk}").json()
    all_ = client.get("/api/v1/stock-policies/curve/").json()
    some = client.get(f"/api/v1/stock-policies/curve/?abc={target_of(cheap).abc}").json()

    assert (one["items"], all_["items"], some["items"]) == (1, 2, 1)
    capital = [point["capital"] for point in one["points"]]
    assert capital == sorted(capital)
    assert capital[-1] > capital[0] > 0
    assert one["now"]["service"] == pytest.approx(0.95, abs=0.01)
    assert one["now"]["holding_cost"] == pytest.approx(one["now"]["capital"] / 4, abs=0.01)
    assert one["shared_points"] == []
    assert all_["points"][4]["capital"] == pytest.approx(
        one["points"][4]["capital"] + some["points"][4]["capital"], abs=0.05
    )
    assert all_["shared_points"][-1]["capital"] > all_["shared_points"][0]["capital"]


def test_a_curve_of_what_is_not_there_is_refused_with_what_to_do():
    client = as_role("planner")

    nothing = client.get("/api/v1/stock-policies/curve/")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "forecasting.no_targets")
    assert nothing.json()["remedy"] == "Run the forecast, or name items that it covers."
    for query in ("item=0", "item=x", "abc=Q"):
        wrong = client.get(f"/api/v1/stock-policies/curve/?{query}")
        assert wrong.status_code in {400, 422}
        assert query.split("=")[0] in str(wrong.json())


def test_the_console_shows_class_policy_and_arithmetic(client, django_assert_max_num_queries):
    item = make_stocked_item(unit_cost=3)
    StockPolicy.objects.create(abc="A", service_level=Decimal("0.97"))
    plan_stock()
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)

    with django_assert_max_num_queries(30):
        listed = client.get(reverse("admin:forecasting_stocktarget_changelist"))
    page = client.get(
        reverse("admin:forecasting_stocktarget_change", args=[target_of(item).pk])
    ).content.decode()

    assert listed.status_code == 200
    assert "Policy: Class A any: 97.0%" in page
    assert "lead time in days" in page
    assert "as stated; none was measured yet" in page
    policies = client.get(reverse("admin:forecasting_stockpolicy_changelist")).content.decode()
    assert "Class A any" in policies
    form = client.get(reverse("admin:forecasting_stockpolicy_add"))
    assert form.status_code == 200
