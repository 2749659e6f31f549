"""Locks of the database that stand for an activity rather than a row; they are let go when the transaction ends."""

from enum import IntEnum

from django.db import connection

_CLASS = 0x9D0D  # tells these keys from other advisory locks in the same database


class Activity(IntEnum):
    """What only one transaction may be doing at a time; apps above have their own, numbered from 100 on."""

    PLANNING_ORDERS = 1
    PUBLISHING_A_SCHEDULE = 2


def wait_for_turn(activity: IntEnum) -> None:
    """Wait until no other transaction is doing this, and keep others waiting until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CLASS, activity])
