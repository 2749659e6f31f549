"""Throttles and attempts that are forgotten between tests, and rules as a test states them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from mes.core.autonomous import in_own_transaction
from mes.core.models import Meaning, SignaturePolicy


@pytest.fixture(autouse=True)
def _throttles_forget() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _attempts_do_not_outlive_the_test(
    django_db_setup: None, django_db_blocker: Any, _throttles_forget: None
) -> Iterator[None]:
    """Attempts are kept in a transaction of their own, which the end of a test does not roll back."""
    yield
    with django_db_blocker.unblock():
        in_own_transaction(_forget_attempts)


def _forget_attempts() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in ("accessattempt", "accountlock", "accountlockevent", "factdelivery", "fact"):
            cursor.execute(f"DELETE FROM core_{table}")


@pytest.fixture
def rule() -> Callable[..., SignaturePolicy]:
    """State a signature rule, or change the one that there is."""

    def state(kind: str, meaning: str = Meaning.APPROVE, **fields: Any) -> SignaturePolicy:
        found, _ = SignaturePolicy.objects.update_or_create(kind=kind, meaning=meaning, defaults=fields)
        return found

    return state
