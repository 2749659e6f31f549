"""Check every sealed record; say which do not stand up."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from mes.core.sealing import verify_records


class Command(BaseCommand):
    help = "Compares all records with their seals and names each that was altered, removed, slipped in or swapped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", default="", help="Hash of a seal noted elsewhere, which must still be in the chain"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 1 where something does not stand up."""
        found = verify_records(started_at=timezone.now(), head=options["head"])
        for fault in found.faults:
            self.stdout.write(f"{fault['kind']:9} {fault['sentence']}")
        self.stdout.write(f"{found.rows} rows under {found.seals} seals. {found}.")
        if found.head:
            self.stdout.write(f"Note this elsewhere: --head {found.head}")
        if found.faults:
            sys.exit(1)
