"""Serving the demo: every process of the Procfile together, until Ctrl-C or until one of them ends."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.db import connections
from honcho import manager as honcho_manager
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from mes.console.demo import leftovers

ADDRESS = "127.0.0.1"
_READY_SECONDS = 60


class PortTaken(Exception):
    """Something already listens where the demo was to be served."""


class QuietEnding(Printer):
    """Prints what the processes say until they are told to stop.

    A task that is cut off then complains at length, but is rolled back and handed out again at the next start.
    """

    is_ending = False

    def write(self, message: Message) -> None:
        is_ours = message.name == honcho_manager.SYSTEM_PRINTER_NAME
        self.is_ending = self.is_ending or (is_ours and "sending SIG" in str(message.data))
        if is_ours or not self.is_ending:
            # A terminal that was closed takes no more lines; the processes must be ended all the same.
            with contextlib.suppress(OSError):
                super().write(message)


def refuse_taken_port(port: int) -> None:
    """Make sure the port is free.

    :raises PortTaken: naming a way out.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} is not free ({error.strerror}). Serve on another one: PORT={port + 1} make demo"
            ) from None


def serve(port: int, *, when_ready: Callable[[str], None]) -> int:
    """Run web, worker and beat until a signal ends them (0) or one of them ends by itself (its return code).

    :param when_ready: called with the address once the web process answers.
    """
    connections.close_all()
    # Static files are found where they lie; the folder they would be collected in only has to exist.
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    honcho_manager.KILL_WAIT = 10
    manager = honcho_manager.Manager(QuietEnding(sys.stdout))
    for name, line in parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes.items():
        manager.add_process(name, line, env=_environment(port), cwd=str(settings.BASE_DIR))
    # A closed terminal is a Ctrl-C, too.
    signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
    threading.Thread(target=_announce, args=(port, when_ready), daemon=True).start()
    manager.loop()
    stopped_by_signal = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    code = int(manager.returncode or 0)
    return 0 if code in stopped_by_signal else code or 1


def _environment(port: int) -> dict[str, str]:
    """What the processes are told: the servers this process keeps running, so that they need start none."""
    return (
        dict(os.environ)
        | leftovers.mark(settings.DATA_DIR, os.getpid())
        | {
            "DATABASE_URL": settings.DATABASE_URL,
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            "MES_PRODUCTION": str(settings.PRODUCTION),
            "BIND": ADDRESS,
            "PORT": str(port),
            # Root is one of the ways to run a demo; Celery needs not warn of it every time.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _announce(port: int, when_ready: Callable[[str], None]) -> None:
    address = f"http://{ADDRESS}:{port}/"
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{address}healthz", timeout=5):  # noqa: S310 - our own address
                return when_ready(address)
        except (URLError, OSError):
            time.sleep(0.2)
    return None
