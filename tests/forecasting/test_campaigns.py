"""Campaigns: what is proposed for one family and day is handed to the scheduler as a group, and runs with one set-up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from forecasting import services as forecasting
from forecasting.models import LotRule
from inventory.models import Item
from production import services
from production.board import board
from production.models import Priority, ProductionOrder, Slot, WorkCenter
from production.planning import reschedule
from production.posing import pose
from production.snapshot import take_snapshot
from tests.forecasting.stock import make_history, plan_stock, proposals_of
from tests.plant import MONDAY, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def one_searches(settings):
    """By its work and not by the clock, so that it finds the same however much else the machine does."""
    settings.MES = settings.MES | {"SCHEDULE_WORKERS": 1}


def make_paint(kettle: WorkCenter, family: str, *, run_seconds: int = 3_600, lead_time_days: int = 7) -> Item:
    """An hour a piece in the kettle, and two to set it up after another family."""
    step = {
        "work_center": kettle,
        "setup_family": family,
        "setup_seconds": 7_200,
        "run_seconds": run_seconds,
        "may_pause": True,
    }
    return make_made_item(
        [step],
        site=kettle.site,
        supply="make",
        strategy="mts",
        unit_cost=Decimal(20),
        lead_time_days=lead_time_days,
    )


def make_order(
    item: Item, due: int, *, campaign: str = "", priority: int = Priority.NORMAL
) -> ProductionOrder:
    """Ten of an item, due so many hours from now."""
    return services.plan_production(
        item,
        Decimal(10),
        MONDAY + due * HOUR,
        campaign=campaign,
        priority=priority,
        by=make_user(),
        at=MONDAY,
    )


def make_tight_orders(white: Item, red: Item) -> None:
    """Three of each in turn, each in time only if they are made in turn."""
    for number in range(3):
        make_order(white, 12 + 24 * number, campaign="White, week 10")
        make_order(red, 24 + 24 * number, campaign="Red, week 10")


def sequence() -> list[tuple[str, bool]]:
    """The family of each slot in turn, and whether the kettle is set up for it."""
    reschedule(reason="test", at=MONDAY, seconds=1)
    slots = Slot.objects.published().select_related("operation__step").order_by("starts_at")
    return [(slot.operation.step.setup_family, slot.setup_ends_at > slot.starts_at) for slot in slots]


def test_a_campaign_is_due_as_one_and_runs_with_one_set_up():
    kettle = make_work_center(site=make_site())
    white, red = make_paint(kettle, "white"), make_paint(kettle, "red")
    make_tight_orders(white, red)

    jobs = pose(take_snapshot(at=MONDAY), frozen=timedelta()).problem.jobs
    together = sequence()

    # Six dates became two: that of the first of each campaign.
    assert len({job.due for job in jobs}) == 2
    assert [family for family, _ in together] == ["white"] * 3 + ["red"] * 3
    assert sum(is_set_up for _, is_set_up in together) == 2


def test_a_more_important_order_breaks_a_campaign():
    kettle = make_work_center(site=make_site())
    white, red = make_paint(kettle, "white"), make_paint(kettle, "red")
    for number in range(3):
        make_order(white, 12 + 24 * number, campaign="White, week 10")
    make_order(red, 24, priority=Priority.RUSH)

    families = [family for family, _ in sequence()]

    assert families.index("red") < 3
    assert families.count("white") == 3


def make_family(kettle: WorkCenter) -> list[Item]:
    items = [make_paint(kettle, "white") for _ in range(2)]
    for item in items:
        make_history(item, per_day=10)
        LotRule.objects.create(
            item=item, sizing=LotRule.Sizing.JOINT, family="white", order_cost=1, family_cost=60
        )
    return items


def test_proposals_of_a_family_become_orders_of_one_campaign():
    items = make_family(make_work_center(site=make_site()))
    plan_stock()
    first = [proposals_of(item)[0] for item in items]
    assert first[0].due_date == first[1].due_date
    campaign = f"white, {first[0].due_date:%d %b %Y}"

    made = [forecasting.firm_replenishment(row, by=make_user(), at=MONDAY) for row in first]
    later = forecasting.firm_replenishment(proposals_of(items[0])[0], by=make_user(), at=MONDAY)

    orders = [row.production_order for row in made if row.production_order]
    assert [order.campaign for order in orders] == [campaign, campaign]
    assert later.production_order is not None
    assert later.production_order.campaign != campaign


def test_a_campaign_moved_with_its_order_stays_that_of_its_proposal():
    items = make_family(make_work_center(site=make_site()))
    plan_stock()
    first = [proposals_of(item)[0] for item in items]

    made = [
        forecasting.firm_replenishment(
            row, due_date=row.due_date + timedelta(days=number), by=make_user(), at=MONDAY
        )
        for number, row in enumerate(first)
    ]

    campaigns = {row.production_order.campaign for row in made if row.production_order}
    assert campaigns == {f"white, {first[0].due_date:%d %b %Y}"}


def make_two_families(*, sizing: str) -> list[Item]:
    """Three whites and three reds that one kettle makes, eighteen pieces an hour; in stock for so many days, white and red by turns."""
    kettle = make_work_center(site=make_site())
    found = []
    for number in range(6):
        family = ("white", "red")[number % 2]
        item = make_paint(kettle, family, run_seconds=200, lead_time_days=1)
        make_history(item, per_day=30, days=90)
        make_lot(item, 30 * (number + 2))
        LotRule.objects.create(item=item, sizing=sizing, family=family, order_cost=1, family_cost=60)
        found.append(item)
    return found


def firm_first(items: list[Item], *, by_turns: bool = False) -> list[ProductionOrder]:
    """The first proposal of each becomes an order; on the day proposed, or on one of the next days, white and red by turns."""
    made = []
    for number, item in enumerate(items):
        row = proposals_of(item)[0]
        due = MONDAY.date() + timedelta(days=number + 1) if by_turns else row.due_date
        firm = forecasting.firm_replenishment(row, due_date=due, by=make_user(), at=MONDAY)
        assert firm.production_order is not None
        made.append(firm.production_order)
    return made


def set_ups() -> int:
    return sum(is_set_up for _, is_set_up in sequence())


def test_proposals_of_a_campaign_run_as_one_where_the_same_by_themselves_take_turns():
    """People firmed them for days that white and red keep only by turns."""
    items = make_two_families(sizing=LotRule.Sizing.JOINT)
    plan_stock()
    orders = firm_first(items, by_turns=True)
    assert len({order.campaign for order in orders}) == 2

    together = [family for family, _ in sequence()]
    saved = set_ups()
    ProductionOrder.objects.update(campaign="")
    by_themselves = set_ups()

    assert together in (["white"] * 3 + ["red"] * 3, ["red"] * 3 + ["white"] * 3)
    assert saved == 2
    assert by_themselves > 2


def test_a_family_that_is_proposed_together_takes_fewer_set_ups_than_its_items_each_on_their_own_day():
    apart = make_two_families(sizing=LotRule.Sizing.PERIOD)
    plan_stock()
    firm_first(apart)
    turns = set_ups()
    for order in ProductionOrder.objects.all():
        services.cancel_order(order, "Another way is tried", by=make_user(), at=MONDAY)
    LotRule.objects.update(sizing=LotRule.Sizing.JOINT)
    plan_stock(MONDAY + timedelta(minutes=1))

    firm_first(apart)

    assert set_ups() == 2 < turns


def test_what_is_by_itself_is_of_no_campaign_and_the_board_tells_which_is():
    kettle = make_work_center(site=make_site())
    alone = make_order(make_paint(kettle, "white"), 24)
    grouped = make_order(make_paint(kettle, "white"), 24, campaign="White, week 10")
    reschedule(reason="test", at=MONDAY, seconds=0)

    shown = board(MONDAY, MONDAY + timedelta(days=3), at=MONDAY)

    assert (shown.orders[alone.pk].campaign, shown.orders[grouped.pk].campaign) == ("", "White, week 10")


def test_the_pages_say_which_campaign(admin_client):
    items = make_family(make_work_center(site=make_site()))
    plan_stock(at=timezone.now())
    row = proposals_of(items[0])[0]

    page = admin_client.get(f"/console/items/{items[0].pk}/").content.decode()
    firm = forecasting.firm_replenishment(row, by=make_user(), at=timezone.now())
    found = admin_client.get(
        "/api/v1/production-orders/", {"campaign": row.campaign}, headers={"accept": "application/json"}
    ).json()["results"]

    assert f"Campaign {row.campaign}" in page
    assert [each["id"] for each in found] == [firm.production_order_id]
