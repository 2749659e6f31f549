"""`make demo`: make both plants ready, then serve them on this machine until Ctrl-C."""

import fcntl
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from mes.console.demo import leftovers, people, preparation, serving
from mes.console.demo.ticker import Ticker


class Command(BaseCommand):
    help = "Make the demo ready and serve it on this machine. Safe to repeat: what is there stays, what is missing is made."
    requires_system_checks: Any = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Where to serve (8000)")
        parser.add_argument("--no-serve", action="store_true", help="Only make it ready")

    def handle(self, *args: Any, port: int, no_serve: bool, **options: Any) -> None:
        # Being asked to stop counts as Ctrl-C: what was half done rolls back, and the servers are stopped on the way out.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self.refuse_second_demo()
            if not no_serve:
                serving.refuse_taken_port(port)
            with self.alone():
                self.prepare()
        except (serving.PortTaken, preparation.NotForTheDemo) as refused:
            raise CommandError(str(refused)) from None
        except Error as error:
            raise CommandError(_sentence(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. The next start takes up what is missing.")
            sys.exit(128 + signal.SIGINT)
        if no_serve:
            self.stdout.write("Ready. `make demo` serves it.")
            return
        self.stdout.write("Starting web, worker and beat ...")
        self.stdout.flush()
        code = serving.serve(port, when_ready=self.announce)
        if code:
            raise CommandError(
                "One of the processes ended by itself; what it said stands above.", returncode=code
            )
        self.stdout.write("Stopped. The data stays for the next start; `make clean` removes it.")

    def refuse_second_demo(self) -> None:
        """One demo per data folder: two would fight over the same queue. What a killed one left is ended."""
        running = leftovers.running_demo(settings.DATA_DIR)
        if running is not None and running != os.getpid():
            raise CommandError(
                f"A demo already serves this data (process {running}). Stop it with Ctrl-C where it runs, or: kill {running}"
            )
        ended = leftovers.end_leftovers(settings.DATA_DIR)
        if ended:
            self.stdout.write(f"Ended {ended} processes that an earlier demo had left running.")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make sure that no other command makes this demo ready meanwhile."""
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.DATA_DIR / "demo.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CommandError(
                    "Another command makes this demo ready right now. Wait until it is done."
                ) from None
            yield

    def prepare(self) -> None:
        """Go through the steps that are due, saying which and how long each took."""
        begun = time.monotonic()
        preparation.refuse_production()
        own = preparation.other_plant()
        if own is not None:
            self.stdout.write(
                f"This database holds {own.name}: that is served, and the demo's plants are left out."
            )
        steps = preparation.steps()
        for number, step in enumerate(steps, start=1):
            if step.is_due():
                self.stdout.write(f"[{number}/{len(steps)}] {step.title} ...")
                self.stdout.flush()
                step_begun = time.monotonic()
                ticker = Ticker(self.stdout)
                step.do(ticker)
                ticker.done(time.monotonic() - step_begun)
        self.stdout.write(f"The demo is ready ({time.monotonic() - begun:.1f} s).")

    def announce(self, address: str) -> None:
        """Say where it is served and who may come in."""
        lines = [
            "",
            f"  The demo is served at  {address}   (API: {address}api/docs/)",
            f"  Log in as one of these, password: {people.PASSWORD}",
            *(f"    {person.line()}" for person in people.PEOPLE),
            "  Ctrl-C stops everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _sentence(error: Error) -> str:
    """What to tell of a database that failed underneath us."""
    text = str(error).strip()
    if "No space left on device" in text or "free disk space" in text:
        return f"The disk is full: the database has no room in {settings.DATA_DIR}. Free some space and start again."
    log = settings.DATA_DIR / "postgres" / "server.log"
    return f"The database failed: {text}\nIts log is {log}; the next start takes up what is missing."
