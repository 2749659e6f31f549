"""A bench empties a database of its own, and never one that holds a plant."""

import pytest

from bench import scratch
from tests.plant import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that would have made the database empty."""
    names: list[str] = []
    monkeypatch.setattr(scratch, "call_command", lambda name, **_: names.append(name))
    return names


def test_a_database_that_holds_a_plant_is_not_emptied(called: list[str]):
    make_user()

    with pytest.raises(SystemExit, match="holds data that no bench made: nothing was emptied"):
        scratch.make_empty()

    assert called == []


def test_an_empty_database_becomes_the_benches_own_and_is_emptied_again(called: list[str]):
    scratch.make_empty()
    make_user()
    scratch.make_empty()

    assert called == ["migrate", "flush"] * 2
