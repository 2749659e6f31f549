"""Acts that happen at the same moment, each in a thread and on a connection of its own."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from mes.core.refusals import DomainError


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each on a connection of its own; answers or refusals in their order."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def held_up(act: Callable[[], Any], *, by: Callable[[], Any], then: Callable[[], Any] | None = None) -> Any:
    """What `act` answers when it begins, on a connection of its own, in the middle of a transaction that it has to wait for.

    :param by: does what `act` waits for; :param then: is done while it waits, before the transaction ends.
    """

    def run() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            by()
            begun = pool.submit(run)
            wait_until_somebody_waits()
            if then is not None:
                then()
        return begun.result()


def wait_until_somebody_waits() -> None:
    """Until another connection waits for a lock of ours."""
    for _ in range(1200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    pytest.fail("nobody waited")
