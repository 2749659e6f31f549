"""Writes a plant that was read: all of it in one transaction, or nothing and a report of every fault.

The order of the steps is the order in which things stand on one another; within a step rows are written in sets. Opening
stock, open purchases, approvals and orders go through the services that people use.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import DatabaseError, connection, transaction

from mes.core.history import done_by
from mes.core.models import User
from mes.core.refusals import DomainError
from mes.plant.loading.asked import write_demand, write_policies
from mes.plant.loading.existing import (
    mark_regulated,
    write_items,
    write_locations,
    write_partners,
    write_site,
)
from mes.plant.loading.measuring import write_charts, write_gauges
from mes.plant.loading.orders import write_orders
from mes.plant.loading.plans import write_inspection_plans, write_process_plans
from mes.plant.loading.session import Count, Loading, names_in_database
from mes.plant.loading.stock import write_expected_receipts, write_stock
from mes.plant.loading.tools import write_tools
from mes.plant.loading.works import write_calendars, write_changeovers, write_people, write_work_centers
from mes.plant.reader import Fault, Plant

STEPS: tuple[tuple[str, Callable[[Loading], None]], ...] = (
    ("Suppliers and customers", write_partners),
    ("Items", write_items),
    ("Locations", write_locations),
    ("Work centers and machines", write_work_centers),
    ("Calendars", write_calendars),
    ("Changeovers", write_changeovers),
    ("Tools", write_tools),
    ("People", write_people),
    ("Gauges", write_gauges),
    ("Inspection plans", write_inspection_plans),
    ("Control charts", write_charts),
    ("Process plans", write_process_plans),
    ("Stock", write_stock),
    ("Expected receipts", write_expected_receipts),
    ("Stock policies", write_policies),
    ("Demand", write_demand),
    ("Orders", write_orders),
    ("Regulated", mark_regulated),
)


class PlantRefused(DomainError):
    """The folder cannot be loaded; `faults` says why, row by row."""

    code = "plant.refused"
    status = 422
    title = "This plant folder cannot be loaded"

    def __init__(self, faults: list[Fault]) -> None:
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        super().__init__(f"Nothing was loaded: {count}.", remedy="Correct them and load again.")
        self.faults = faults


@dataclass(frozen=True)
class Report:
    """What became of the rows, by file."""

    site: str
    counts: dict[str, Count]
    notes: list[str]


class _DryRun(Exception):
    """Undoes the transaction of a dry run."""


def load_plant(
    plant: Plant,
    *,
    by: User,
    at: datetime,
    seed: int = 0,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda _line: None,
) -> Report:
    """Write a plant, or with `dry_run` find out whether it could be written.

    :param at: the moment of loading; stock and orders are no younger than that.
    :param seed: of the demand that is drawn from profiles.
    :param say: is told what is being done.
    :raises PlantRefused: with every fault found; then nothing was written.
    """
    if plant.faults:
        raise PlantRefused(plant.faults)
    try:
        with transaction.atomic(), done_by(by.pk, reason=f"Plant folder {plant.name} loaded"):
            loading = Loading(plant=plant, site=write_site(plant), by=by, at=at, seed=seed, say=say)
            _refuse_unknown_names(loading)
            for title, write in STEPS:
                say(title)
                _run(loading, title, write)
                _refuse_faults(loading)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    else:
        _count_anew()
    return Report(site=loading.site.name, counts=dict(loading.counts), notes=plant.notes)


def _count_anew() -> None:
    """Tell the database how large its tables have become.

    It would find out by itself within minutes; until then it plans the first queries for the plant that was there before, and
    a board of ten thousand operations once took a minute and a half.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _run(loading: Loading, title: str, write: Callable[[Loading], None]) -> None:
    """One step; what the database refuses of a whole set is a fault without a row."""
    try:
        with transaction.atomic():
            write(loading)
    except DatabaseError as refusal:
        message = f"the database refuses it: {str(refusal).splitlines()[0]}."
        loading.faults.append(Fault(title, 0, "", message, "Correct the file."))


def _refuse_unknown_names(loading: Loading) -> None:
    """Names that neither the folder nor the database defines."""
    by_table = sorted(loading.plant.unresolved, key=lambda reference: reference.table)
    for table, references in groupby(by_table, key=lambda reference: reference.table):
        known = names_in_database(table, loading.site)
        loading.faults.extend(reference.as_fault() for reference in references if reference.name not in known)
    _refuse_faults(loading)


def _refuse_faults(loading: Loading) -> None:
    """Later steps stand on earlier ones, so a step with faults is the last."""
    if loading.faults:
        raise PlantRefused(loading.faults)
