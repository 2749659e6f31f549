"""A transaction beside the running one: what it writes stays, whatever becomes of the caller's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections, transaction

T = TypeVar("T")
PATIENCE_SECONDS = 10


def in_own_transaction(act: Callable[[], T]) -> T:
    """Do `act` on a connection of its own, committed when this returns; what it raises is raised here.

    It sees nothing that the caller has not committed. Should it wait for a row that the caller has locked, the database gives up on
    it after `PATIENCE_SECONDS` (an OperationalError): neither could go on.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="own-transaction") as pool:
        return pool.submit(_committed, act).result()


def _committed(act: Callable[[], T]) -> T:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"])
            return act()
    finally:
        connections.close_all()
