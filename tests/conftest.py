"""Every test process begins with a copy of one migrated database."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from tests import migrated

# How long an example takes depends on what else the machine does; that is no fault of the plant.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same change gets the same verdict each time; every other run looks for new examples.
settings.register_profile("ci", settings.get_profile("anywhere"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Migrate before the first test, whose time it would take otherwise."""
    if any(item.get_closest_marker("django_db") for item in session.items):
        with session.config.stash[blocking_manager_key].unblock():
            migrated.template()


@pytest.fixture(scope="session", autouse=True)
def rules_outlast_emptied_tables() -> Iterator[None]:
    """A test with transactions of its own empties every table; the rules that migrations stated are stated again."""

    def state(**_: Any) -> None:
        for model in ("production.SchedulingRules", "forecasting.NettingRules"):
            apps.get_model(model).objects.get_or_create(pk=1)

    told_last = apps.get_app_config("forecasting")
    post_migrate.connect(state, sender=told_last, weak=False)
    yield
    post_migrate.disconnect(state, sender=told_last)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()
