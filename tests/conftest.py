"""Every test process begins with a copy of one migrated database."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from tests import migrated
from tests.clean_slate import Slate, Stand, leave_last
from tests.clock import set_clock
from tests.plant import MONDAY

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


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is imported by now stays; looking through all of it for garbage again and again finds none."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before any fixture, whatever its scope, looks at the clock or at what is kept from request to request."""
    set_clock(MONDAY)
    cache.clear()  # how often somebody asked, say, which counts against the next


@pytest.fixture(scope="session", autouse=True)
def nothing_is_slow_on_purpose() -> Iterator[None]:
    """What guards passwords by being slow would guard nothing here, and each test's client would list every static file."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], WHITENOISE_AUTOREFRESH=True
    ):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[Slate]:
    """A test with transactions of its own leaves the database as the migrations did."""
    with django_db_blocker.unblock():
        slate = Slate.as_it_is()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: slate.restore())
        yield slate
    with django_db_blocker.unblock():
        leave_last()


@pytest.fixture(scope="module")
def standing(django_db_setup: Slate, django_db_blocker: Any) -> Iterator[Stand]:
    """Lets a fixture of a module write once what all its tests begin with, instead of each of them anew."""
    yield Stand(django_db_blocker)
    with django_db_blocker.unblock():
        django_db_setup.restore()


@pytest.fixture(scope="class")
def standing_for_class(django_db_setup: Slate, django_db_blocker: Any) -> Iterator[Stand]:
    """The same for a class of tests, where the others of its module begin with nothing."""
    yield Stand(django_db_blocker)
    with django_db_blocker.unblock():
        django_db_setup.restore()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()
