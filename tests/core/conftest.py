"""Subscribers that live as long as one test, and throttles that forget between tests."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from mes.core import outbox
from mes.core.facts import subscriber
from tests.core.ground import BellRang, Subscribe


@pytest.fixture(autouse=True)
def _no_throttle_of_another_test() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def subscribe(monkeypatch: pytest.MonkeyPatch) -> Subscribe:
    """Let a function hear of `BellRang` under a given name, in this test only."""
    monkeypatch.setattr(outbox, "_handlers", defaultdict(dict))

    def add(name: str, react: Callable[[BellRang], object]) -> str:
        def hear(fact: BellRang) -> None:
            react(fact)

        hear.__module__, hear.__qualname__ = "shift.subscribers", name
        subscriber(BellRang)(hear)
        return f"shift.subscribers.{name}"

    return add
