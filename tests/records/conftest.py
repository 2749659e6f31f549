"""Fast password hashes, throttles that forget, and rules as a test states them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from mes.core.models import Meaning, SignaturePolicy

RULES = [
    ("production.processplan", Meaning.APPROVE, True),
    ("quality.inspectionplan", Meaning.APPROVE, True),
    ("inventory.lot", Meaning.RELEASE, True),
    ("quality.nonconformance", Meaning.DISPOSITION, False),
]


@pytest.fixture(autouse=True)
def _fast_hashes(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def rule() -> Callable[..., SignaturePolicy]:
    """State a signature rule, or change the one that there is."""

    def state(kind: str, meaning: str = Meaning.APPROVE, **fields: Any) -> SignaturePolicy:
        found, _ = SignaturePolicy.objects.update_or_create(kind=kind, meaning=meaning, defaults=fields)
        return found

    return state


@pytest.fixture(autouse=True)
def _rules_as_migrated(request: pytest.FixtureRequest) -> None:
    """A test that empties tables takes the migration's rules along."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        for kind, meaning, strict in RULES:
            SignaturePolicy.objects.get_or_create(
                kind=kind, meaning=meaning, defaults={"not_the_author": strict}
            )
