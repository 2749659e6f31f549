"""Making the demo ready. Every step looks whether it is due, so a start that was cut short is taken up again."""

import os
from collections.abc import Callable
from csv import DictReader
from dataclasses import dataclass
from io import TextIOBase

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from forecasting import services as forecasting
from forecasting.models import ForecastRun, Replenishment
from inventory.models import Site
from mes.console.demo.people import PEOPLE, ensure_people
from mes.core.models import User
from mes.core.roles import ensure_roles
from production.models import Schedule

PLANTS = settings.BASE_DIR / "mes" / "demo"
PLANT_FOLDERS = ("northgate", "clearwell")
FIRM_WITHIN_DAYS = 14


class NotForTheDemo(Exception):
    """The database is not one to put a demonstration into."""


@dataclass(frozen=True)
class Step:
    """One thing to make ready; what it tells on the way goes to the stream it is given."""

    title: str
    is_due: Callable[[], bool]
    do: Callable[[TextIOBase], object]


def steps() -> list[Step]:
    """Everything the demo needs, in order."""
    return [
        Step("Tables and roles", tables_are_behind, migrate),
        Step("Demo users", people_are_missing, lambda _: ensure_people()),
        *(loading(folder) for folder in PLANT_FOLDERS),
        Step("Forecasts, stock targets and firm replenishments", stock_is_unplanned, plan_stock),
        Step("Schedule of both plants", schedule_is_missing, schedule),
    ]


def refuse_foreign_database() -> None:
    """Make sure that the database is empty or holds this demo.

    :raises NotForTheDemo: in production, or naming a plant that is not the demo's.
    """
    if settings.PRODUCTION:
        raise NotForTheDemo(
            "The demo makes users whose password everybody knows, and DATABASE_URL says that this is production. "
            "Unset DATABASE_URL; or, for a demo on that server, set MES_PRODUCTION=0."
        )
    if Site._meta.db_table not in connection.introspection.table_names():
        return
    own = {site_code(folder) for folder in PLANT_FOLDERS}
    foreign = Site.objects.exclude(code__in=own).order_by("code").first()
    if foreign is not None:
        raise NotForTheDemo(
            f"This database already holds the plant {foreign}, which is not the demo's. "
            "Name an empty one with DATABASE_URL, or an empty folder with MES_DATA."
        )


def tables_are_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate(say: TextIOBase) -> None:
    call_command("migrate", verbosity=0, interactive=False, stdout=say)
    ensure_roles()


def people_are_missing() -> bool:
    names = [person.role for person in PEOPLE]
    return User.objects.filter(username__in=names).count() < len(names)


def loading(folder: str) -> Step:
    """The step that loads one plant: all of it or nothing, so its site says whether it is there."""
    code = site_code(folder)
    return Step(
        f"Plant {folder.title()}",
        lambda: not Site.objects.filter(code=code).exists(),
        lambda say: call_command("load_plant", str(PLANTS / folder), stdout=say),
    )


def stock_is_unplanned() -> bool:
    return (
        ForecastRun.objects.latest_done() is None
        or not Replenishment.objects.filter(status=Replenishment.Status.FIRM).exists()
    )


def plan_stock(say: TextIOBase) -> None:
    """Forecast, propose, and firm what must start soon. A forecast that an earlier start left half done is carried out."""
    cores = os.cpu_count() or 1
    for run in ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING).order_by("pk"):
        forecasting.carry_out(run, workers=cores, at=timezone.now())
    has_forecasts = ForecastRun.objects.latest_done() is not None
    call_command(
        "plan_stock", workers=cores, keep_forecasts=has_forecasts, firm=FIRM_WITHIN_DAYS, by="planner"
    )


def schedule_is_missing() -> bool:
    return not Schedule.objects.exists()


def schedule(say: TextIOBase) -> None:
    call_command("schedule", stdout=say)


def site_code(folder: str) -> str:
    """The site a plant folder describes."""
    with (PLANTS / folder / "site.csv").open(newline="", encoding="utf-8") as rows:
        return next(DictReader(rows))["site"]
