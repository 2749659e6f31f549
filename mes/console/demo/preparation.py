"""Making the demo ready. Every step looks whether it is due, so a start that was cut short is taken up again."""

import os
from collections.abc import Callable
from csv import DictReader
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import TextIOBase

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone

from forecasting import services as forecasting
from forecasting.models import ForecastRun, Replenishment
from inventory.models import Site
from mes.console.demo.corrected import correct, correction_is_missing
from mes.console.demo.foreseeing import (
    agree_on_demand,
    events_are_missing,
    explain_demand,
    forecasts_are_unjudged,
    judge,
    people_are_silent,
)
from mes.console.demo.measured import (
    find_gauge_out,
    gauge_is_unsuspected,
    line_is_unwatched,
    watch_the_line,
)
from mes.console.demo.people import PEOPLE, ensure_people
from mes.console.demo.regulated import regulate, regulation_is_missing
from mes.console.demo.wanted import want, want_is_missing
from mes.console.demo.watching import watch, watching_is_missing
from mes.core.models import User
from mes.core.roles import ensure_roles
from production.models import Operation, Slot

PLANTS = settings.BASE_DIR / "mes" / "demo"
NORTHGATE, CLEARWELL = PLANT_FOLDERS = ("northgate", "clearwell")
# So much of Northgate's life is played before anybody looks: long enough for serial numbers to be made and shipped.
DAYS_LIVED = 7
HOURS_LEFT = 6
FIRM_WITHIN_DAYS = 14


class NotForTheDemo(Exception):
    """This is production."""


@dataclass(frozen=True)
class Step:
    """One thing to make ready; what it tells on the way goes to the stream it is given."""

    title: str
    is_due: Callable[[], bool]
    do: Callable[[TextIOBase], object]


def steps() -> list[Step]:
    """Everything the demo needs, in order; its plants only where nobody has loaded one of their own."""
    ground = [
        Step("Tables and roles", tables_are_behind, migrate),
        Step("Demo users", people_are_missing, lambda _: ensure_people()),
    ]
    if other_plant() is not None:
        return ground
    return [
        *ground,
        loading(NORTHGATE, as_of=f"-{DAYS_LIVED}"),
        Step(f"The last {DAYS_LIVED} days at Northgate", last_days_are_missing, live_last_days),
        Step("A gauge found out of tolerance", gauge_is_unsuspected, find_gauge_out),
        loading(CLEARWELL),
        Step("A filling line that drifts", line_is_unwatched, watch_the_line),
        Step("What planners know of demand", events_are_missing, explain_demand),
        Step("Forecasts, stock targets and firm replenishments", stock_is_unplanned, plan_stock),
        Step("What people agreed on", people_are_silent, agree_on_demand),
        Step("Forecasts of the last weeks, judged", forecasts_are_unjudged, judge),
        Step("Regulated work: signatures, reviews, a drill", regulation_is_missing, regulate),
        Step("An order sold for too soon", want_is_missing, want),
        Step("Schedule of both plants", schedule_is_missing, schedule),
        Step("What inspectors find at Clearwell", watching_is_missing, watch),
        Step("What is done against what they found", correction_is_missing, correct),
    ]


def refuse_production() -> None:
    """Make sure that nobody's real plant gets users whose password is printed.

    :raises NotForTheDemo: in production.
    """
    if settings.PRODUCTION:
        raise NotForTheDemo(
            "The demo makes users whose password everybody knows, and DATABASE_URL says that this is production. "
            "Unset DATABASE_URL; or, for a demo on that server, set MES_PRODUCTION=0."
        )


def other_plant() -> Site | None:
    """A plant of somebody's own in a database without the demo's: then that is what is shown."""
    if Site._meta.db_table not in connection.introspection.table_names():
        return None
    if Site.objects.filter(code__in=[site_code(folder) for folder in PLANT_FOLDERS]).exists():
        return None
    return Site.objects.order_by("code").first()


def tables_are_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate(say: TextIOBase) -> None:
    call_command("migrate", verbosity=0, interactive=False, stdout=say)
    ensure_roles()


def people_are_missing() -> bool:
    names = [person.role for person in PEOPLE]
    return User.objects.filter(username__in=names).count() < len(names)


def loading(folder: str, as_of: str = "") -> Step:
    """The step that loads one plant: all of it or nothing, so its site says whether it is there."""
    code = site_code(folder)
    return Step(
        f"Plant {folder.title()}",
        lambda: not Site.objects.filter(code=code).exists(),
        lambda say: call_command("load_plant", str(PLANTS / folder), as_of=as_of, stdout=say),
    )


def last_days_are_missing() -> bool:
    """Whether Northgate stands still since yesterday and the plants do not run side by side yet."""
    both_there = Site.objects.filter(code=site_code(CLEARWELL)).exists()
    return not both_there and timezone.now() - last_start() > timedelta(hours=12)


def live_last_days(say: TextIOBase) -> None:
    """Play the people of Northgate up to now, from where it stands if a start was cut short in the middle."""
    now = timezone.now()
    start = max(last_start(), now - timedelta(days=DAYS_LIVED))
    # By its command, which alone loads the scheduling engine: a start that finds all of this done is fast.
    options = {
        "start": f"{start:%Y-%m-%d %H:%M}",
        "days": (now - start) / timedelta(days=1),
        "site": [site_code(NORTHGATE)],
        # So that an inspector who comes in finds something to inspect.
        "leave": HOURS_LEFT,
    }
    call_command("run_plant", stdout=say, **options)


def last_start() -> datetime:
    """When work on any operation last began: so far Northgate has been played."""
    last = Operation.objects.aggregate(last=Max("started_at"))["last"]
    return last or timezone.now() - timedelta(days=DAYS_LIVED)


def stock_is_unplanned() -> bool:
    firm = Replenishment.objects.filter(status=Replenishment.Status.FIRM)
    return not firm.filter(item__site__code=site_code(CLEARWELL)).exists()


def plan_stock(say: TextIOBase) -> None:
    """Forecast, propose, and firm what must start soon. A forecast that an earlier start left half done is carried out."""
    cores = os.cpu_count() or 1
    for run in ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING).order_by("pk"):
        forecasting.carry_out(run, workers=cores, at=timezone.now())
    latest = ForecastRun.objects.latest_done()
    is_forecast = latest is not None and latest.items.filter(item__site__code=site_code(CLEARWELL)).exists()
    options = {"workers": cores, "keep_forecasts": is_forecast, "firm": FIRM_WITHIN_DAYS, "by": "planner"}
    call_command("plan_stock", stdout=say, **options)


def schedule_is_missing() -> bool:
    planned = Slot.objects.published().values("operation__step__work_center__site").distinct()
    return planned.count() < len(PLANT_FOLDERS)


def schedule(say: TextIOBase) -> None:
    call_command("schedule", stdout=say)


def site_code(folder: str) -> str:
    """The site a plant folder describes."""
    with (PLANTS / folder / "site.csv").open(newline="", encoding="utf-8") as rows:
        return next(DictReader(rows))["site"]
