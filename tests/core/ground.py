"""Builders for the ground: people, their clients, and bells that ring."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import transaction
from rest_framework.test import APIClient

from mes.core import tasks
from mes.core.facts import Fact, record
from mes.core.models import FactDelivery, User

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class BellRang(Fact):
    number: int


Subscribe = Callable[[str, Callable[[BellRang], object]], str]


def ring(*numbers: int) -> None:
    """Record these bells, due at once for whoever dispatches at NOON; nobody is woken for them."""
    cache.set(tasks.NUDGED, True)
    with transaction.atomic():
        record(*(BellRang(number=number) for number in numbers))
    FactDelivery.objects.filter(attempts=0).update(due_at=NOON - timedelta(seconds=1))
    cache.delete(tasks.NUDGED)


def a_user(name: str = "ada", *permissions: str, **fields: Any) -> User:
    user = User.objects.create_user(name, **fields)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def client_of(user: User | None = None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client
