"""A fact is stored as plain values and read back as what it was."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from mes.core import models
from mes.core.facts import Fact, read, record


@dataclass(frozen=True)
class CrateWeighed(Fact):
    crate: int
    weight: Decimal
    at: datetime
    best_before: date
    seal: UUID
    label: str | None
    layers: tuple[Decimal, ...]
    note: str = "none"


CRATE = CrateWeighed(
    crate=7,
    weight=Decimal("12.340"),
    at=datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC),
    best_before=date(2026, 4, 1),
    seal=UUID(int=5),
    label=None,
    layers=(Decimal("1.10"), Decimal(2)),
)


@pytest.mark.django_db
def test_a_fact_comes_back_as_it_was_recorded():
    record(CRATE)

    row = models.Fact.objects.get()

    assert row.name == "core.CrateWeighed"
    assert read(row) == CRATE


def test_facts_recorded_before_a_field_was_added_or_after_one_was_dropped_are_still_read():
    payload = CRATE.payload() | {"colour": "red"}
    del payload["note"]

    assert CrateWeighed.from_payload(payload) == CRATE


def test_a_fact_holds_no_rows_of_tables():
    @dataclass(frozen=True)
    class CrateLost(Fact):
        crate: models.Fact

    with pytest.raises(TypeError, match="ids and plain values, not Fact"):
        CrateLost(crate=models.Fact()).payload()


def test_two_facts_of_one_name_are_a_mistake():
    with pytest.raises(TypeError, match=r"share the name core\.CrateWeighed"):

        @dataclass(frozen=True)
        class Impostor(Fact):
            name = "core.CrateWeighed"
