"""`run_plant --days N`: play the people of the loaded plants over the public services, then check that everything adds up."""

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inventory.models import Site
from mes.console.management.commands.load_plant import moment_of
from mes.plant.conservation import Audit, audit
from mes.plant.simulation.play import play
from mes.plant.simulation.trace import Trace, trace_of_a_shipped_serial
from mes.plant.simulation.world import World
from production.models import WorkCenter

FAULTS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Play operators, inspectors, arriving orders, deliveries, shipments and breakdowns in simulated time. "
        "Seeded and reproducible; at the end every quantity in the ledger is checked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=float, required=True, help="how many days to play")
        parser.add_argument("--from", dest="start", default="", metavar="DATE", help="e.g. -7 (default: now)")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same seed plays the same days (default: 1)"
        )
        parser.add_argument(
            "--speed", type=float, default=None, help="simulated hours per hour (default: as fast as it goes)"
        )
        parser.add_argument(
            "--leave",
            type=float,
            default=0,
            metavar="HOURS",
            help="leave inspections of the last hours to you (0)",
        )
        parser.add_argument("--site", action="append", default=[], metavar="CODE", help="only this site")

    def handle(
        self,
        *,
        days: float,
        start: str,
        seed: int,
        speed: float | None,
        site: list[str],
        leave: float = 0,
        **_: Any,
    ) -> None:
        began = time.monotonic()
        sites = self.sites(site)
        at = moment_of(start, timezone.now())
        named = ", ".join(each.name for each in sites)
        self.stdout.write(f"Playing {days:g} days at {named} from {at:%A %d %B %Y %H:%M} UTC, seed {seed}")
        world = play(
            sites, start=at, days=days, seed=seed, speed=speed, leave=timedelta(hours=leave), say=self.say
        )
        self.tell(world)
        self.tell_trace(trace_of_a_shipped_serial(sites))
        self.stdout.write(f"{days:g} days in {time.monotonic() - began:.0f} s.")
        self.judge(audit())

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def sites(self, codes: list[str]) -> list[Site]:
        """The sites named, by default all where something is made.

        :raises CommandError: when there is none.
        """
        found = Site.objects.filter(pk__in=WorkCenter.objects.values("site")).order_by("pk")
        if codes:
            found = found.filter(code__in=codes)
        missing = set(codes) - {site.code for site in found}
        if missing or not found:
            what = f"no plant {', '.join(sorted(missing))}" if missing else "no plant"
            raise CommandError(
                f"There is {what} with work centers. Load one first: manage.py load_plant FOLDER"
            )
        return list(found)

    def tell(self, world: World) -> None:
        for what, count in sorted(world.tally.items()):
            self.stdout.write(f"  {what:<32}{count:>8,}")
        if world.refusals:
            self.stdout.write("Refused, and heeded:")
        for what, count in sorted(world.refusals.items()):
            self.stdout.write(f"  {what:<56}{count:>6,}")

    def tell_trace(self, trace: Trace | None) -> None:
        if trace is None:
            self.stdout.write("No serial number was shipped after a passed final inspection yet.")
            return
        self.stdout.write(f"Traced: {trace}")

    def judge(self, found: Audit) -> None:
        """Say whether every quantity adds up.

        :raises CommandError: when one does not.
        """
        if not found.faults:
            self.stdout.write(
                self.style.SUCCESS(
                    f"Every quantity adds up: {found.moves:,} moves of {found.lots:,} lots of {len(found.flows)} items; "
                    "received and produced = on hand, used, shipped and scrapped."
                )
            )
            return
        for fault in found.faults[:FAULTS_SHOWN]:
            self.stderr.write(fault)
        raise CommandError(f"Quantities do not add up: {len(found.faults)} faults.")
