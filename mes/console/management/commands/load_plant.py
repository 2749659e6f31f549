"""`load_plant FOLDER`: read a plant folder, say everything that is wrong with it, or write all of it."""

import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mes.console.demo.preparation import migrate, tables_are_behind
from mes.plant.actors import loader
from mes.plant.cells import CellError, Clock, moment
from mes.plant.loader import PlantRefused, Report, load_plant
from mes.plant.planning import plan_stock
from mes.plant.reader import Fault, Plant, count_rows, read_plant

FAULTS_SHOWN = 50


class Command(BaseCommand):
    help = "Load a plant described in plain CSV files (docs/plant-format.md): all of it, or nothing and a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="check against the database, write nothing"
        )
        parser.add_argument(
            "--then-plan", action="store_true", help="then forecast, set stock targets and propose"
        )
        parser.add_argument(
            "--as-of",
            default="",
            metavar="DATE",
            help="load as if it were this moment, e.g. -7 or 2026-03-02",
        )
        parser.add_argument("--seed", type=int, default=1, help="of demand drawn from profiles (default: 1)")

    def handle(
        self, *, folder: Path, dry_run: bool, then_plan: bool, as_of: str, seed: int, **_: Any
    ) -> None:
        self._ensure_tables()
        started = time.monotonic()
        at = moment_of(as_of, timezone.now())
        self.stdout.write(f"Reading {folder}")
        plant = read_plant(folder, at)
        for name, rows in count_rows(plant).items():
            self.stdout.write(f"  {name:<24}{rows:>8,} row{'s' if rows != 1 else ''}")
        for note in plant.notes:
            self.stdout.write(self.style.WARNING(f"Note: {note}"))
        report = self._load(plant, at=at, seed=seed, dry_run=dry_run)
        self._tell(report, dry_run=dry_run, seconds=time.monotonic() - started)
        if then_plan and not dry_run:
            plan_stock(by=loader(), at=at, say=self.stdout.write)

    def _ensure_tables(self) -> None:
        """A workshop's database gets its tables by itself; a production one waits for whoever runs it.

        :raises CommandError: in production, while migrations are due.
        """
        if not tables_are_behind():
            return
        if settings.PRODUCTION:
            raise CommandError(
                "The database's tables are not up to date. First: manage.py migrate, then ensure_roles."
            )
        self.stdout.write("Making the tables first")
        migrate(self.stdout)

    def _load(self, plant: Plant, *, at: datetime, seed: int, dry_run: bool) -> Report:
        try:
            return load_plant(plant, by=loader(), at=at, seed=seed, dry_run=dry_run, say=self.stdout.write)
        except PlantRefused as refusal:
            self._list(refusal.faults)
            raise CommandError(str(refusal)) from None

    def _list(self, faults: list[Fault]) -> None:
        for fault in faults[:FAULTS_SHOWN]:
            self.stderr.write(str(fault))
        if len(faults) > FAULTS_SHOWN:
            self.stderr.write(f"… and {len(faults) - FAULTS_SHOWN:,} more.")

    def _tell(self, report: Report, *, dry_run: bool, seconds: float) -> None:
        for name, count in report.counts.items():
            if count.written or count.left:
                left = f", {count.left:,} left as they are" if count.left else ""
                self.stdout.write(f"  {name:<24}{count.written:>8,} written{left}")
        done = "could be loaded; nothing was written" if dry_run else "is loaded"
        self.stdout.write(self.style.SUCCESS(f"{report.site} {done} ({seconds:.1f} s)."))


def moment_of(stated: str, now: datetime) -> datetime:
    """The moment that an option states, `now` when it states none; a bare date means this time of that day.

    :raises CommandError: when it is no date.
    """
    if not stated:
        return now
    try:
        found = moment(stated, Clock(now.date(), now.tzinfo or timezone.get_default_timezone()))
    except CellError as error:
        raise CommandError(f"{error} {error.remedy}") from None
    return found if ":" in stated else datetime.combine(found.date(), now.timetz())
