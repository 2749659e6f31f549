"""Seal what is recorded, outside the schedule: before a backup, or after a long import."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from mes.core.sealing import seal_records


class Command(BaseCommand):
    help = "Seals what was marked by an earlier run and has settled since, and marks what is new."

    def handle(self, *args: Any, **options: Any) -> None:
        done = seal_records(at=timezone.now())
        self.stdout.write(
            f"{done.rows} rows sealed by {done.seals} seals. {done.waiting} tables have rows for the next run."
        )
