"""Plan every unfinished operation anew and print what came of it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from production.planning import reschedule

ROWS_SHOWN = 10


class Command(BaseCommand):
    help = "Plan every unfinished operation anew, publish the plan and print its figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seconds", type=float, help="that the search may take (default: as in the settings)"
        )
        parser.add_argument("--reason", default="Planned by command", help="kept with the version")
        parser.add_argument("--seed", type=int, default=0, help="of the search")

    def handle(self, *args: Any, **options: Any) -> None:
        schedule = reschedule(
            reason=options["reason"], at=timezone.now(), seconds=options["seconds"], seed=options["seed"]
        )
        figures = schedule.figures
        rows = {
            "Version": schedule.version,
            "Operations": figures["operations"],
            "Orders": f"{figures['orders']}, {figures['late_orders']} late by {figures['tardiness_hours']} h in all",
            "Set-up": f"{figures['setup_hours']} h",
            "Ends": figures["ends_at"] or "–",
            "Moved": len(schedule.moved),
            "Without a place": len(schedule.unplanned),
            "Shortages": len(figures["shortages"]),
            "Search": f"{figures['status']}, {figures['objective']} {figures['value']} ≥ {figures['bound']}, "
            f"{figures['solver_seconds']} s",
        }
        for name, value in rows.items():
            self.stdout.write(f"{name:<16}{value}")
        for row in schedule.unplanned[:ROWS_SHOWN]:
            self.stdout.write(self.style.WARNING(f"  {row['batch']}: {row['reason']}"))
