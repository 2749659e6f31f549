"""What planners of the demo know of Clearwell's demand: a promotion, a launch, an unusual day; and what they agreed on."""

from datetime import date, timedelta
from decimal import Decimal
from io import TextIOBase
from typing import Any

from django.db import transaction
from django.utils import timezone

from forecasting import services
from forecasting.models import (
    Consensus,
    Contribution,
    DemandEvent,
    DemandHistory,
    ForecastAccuracy,
    ForecastRun,
)
from inventory.models import Item
from mes.console.demo.people import let
from mes.core.models import User

PROMOTED, PROMOTED_IN, PROMOTED_FOR = "CW-LD-100", 14, 14
LAUNCHED, LIKE, LAUNCHED_AGO = "CW-SN-500", "CW-BF-500", 240
UNUSUAL, UNUSUAL_AGO, TIMES = "CW-AP-100", 40, 6
AGREED, OVERRIDDEN = "CW-AP-050", "CW-DW-100"
WEEKS_IN_HINDSIGHT = 26


def events_are_missing() -> bool:
    there = Item.objects.filter(number=PROMOTED).exists()
    return there and not DemandEvent.objects.filter(item__number=PROMOTED).exists()


@transaction.atomic
def explain_demand(say: TextIOBase) -> None:
    """Events that a planner would have noted, and one unusual day that waits for somebody to say what it was."""
    planner, now = _user("planner"), timezone.now()
    today = timezone.localdate(now)
    let(
        planner,
        services.add_event,
        kind=DemandEvent.Kind.PROMOTION,
        name="Laundry weeks at Brightmart",
        item=_item(PROMOTED),
        first_date=today + timedelta(days=PROMOTED_IN),
        last_date=today + timedelta(days=PROMOTED_IN + PROMOTED_FOR - 1),
        factor=Decimal("1.6"),
        at=now,
    )
    let(
        planner,
        services.add_event,
        kind=DemandEvent.Kind.LAUNCH,
        name="Sanitiser in canisters",
        item=_item(LAUNCHED),
        like_items=[_item(LIKE)],
        first_date=today - timedelta(days=LAUNCHED_AGO),
        at=now,
    )
    day = _working_day(today - timedelta(days=UNUSUAL_AGO))
    statement = DemandHistory.objects.standing().filter(item__number=UNUSUAL, date__lte=day).latest("date")
    let(
        planner,
        services.correct_demand,
        statement,
        quantity=statement.quantity * TIMES,
        reason="A wholesaler's order by telephone was missing",
        at=now,
    )
    services.propose_outliers(at=now)


def people_are_silent() -> bool:
    run = ForecastRun.objects.latest_done()
    there = run is not None and run.items.filter(item__number=AGREED).exists()
    return there and not Consensus.objects.filter(item__number=AGREED).exists()


@transaction.atomic
def agree_on_demand(say: TextIOBase) -> None:
    """An override, and a number that sales and planning agreed on; the days before it are frozen, for their labels are ordered."""
    planner, manager, now = _user("planner"), _user("manager"), timezone.now()
    today = timezone.localdate(now)
    item = _item(AGREED)
    about: dict[str, Any] = {
        "first_date": today + timedelta(days=21),
        "last_date": today + timedelta(days=34),
        "at": now,
    }
    sales, planning = Contribution.Department.SALES, Contribution.Department.PLANNING
    let(
        manager,
        services.contribute,
        item,
        quantity=Decimal(14_000),
        department=sales,
        reason="Two new retailers",
        **about,
    )
    let(planner, services.contribute, item, quantity=Decimal(11_000), department=planning, **about)
    let(manager, services.agree, item, quantity=Decimal(12_500), reason="One retailer is certain", **about)
    let(
        planner,
        services.freeze,
        item,
        first_date=today,
        last_date=today + timedelta(days=13),
        reason="Labels are ordered",
        at=now,
    )
    let(
        planner,
        services.add_override,
        _item(OVERRIDDEN),
        first_date=today + timedelta(days=7),
        last_date=today + timedelta(days=13),
        quantity=Decimal(9_000),
        reason="Trade fair in the north",
        at=now,
    )


def forecasts_are_unjudged() -> bool:
    return people_have_spoken() and not ForecastAccuracy.objects.exists()


def people_have_spoken() -> bool:
    return Consensus.objects.filter(item__number=AGREED).exists()


def judge(say: TextIOBase) -> None:
    """The forecasts of the last weeks as they would have been, held against what was asked for."""
    now = timezone.now()
    services.hindcast(weeks=WEEKS_IN_HINDSIGHT, at=now)
    services.judge_forecasts(at=now)


def _item(number: str) -> Item:
    return Item.objects.select_related("site").get(number=number)


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _working_day(day: date) -> date:
    return day - timedelta(days=max(day.weekday() - 4, 0))
