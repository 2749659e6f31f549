"""People at the console, and how many queries their pages take."""

from collections.abc import Callable

import pytest
from django.test import Client

from mes.core.roles import ensure_roles
from tests.plant import make_user

As = Callable[[str], Client]


@pytest.fixture
def boss() -> Client:
    """The browser of somebody who may do everything."""
    client = Client()
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def as_role() -> As:
    """The browser of somebody with one role."""

    def browser(role: str) -> Client:
        groups = {group.name: group for group in ensure_roles()}
        user = make_user(role, is_staff=True)
        user.groups.add(groups[role])
        client = Client()
        client.force_login(user)
        return client

    return browser
