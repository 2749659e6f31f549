"""What a plan takes for granted about the plant, and what of it was changed since: hours, machines, changeovers, tools, people.

Nobody records a fact when such a row is changed, wherever it is done. So each version of the plan keeps a digest of what it
knew, by thing, and whatever differs from it calls for the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, models

from production.models import (
    CalendarException,
    Changeover,
    Machine,
    Qualification,
    SchedulingRules,
    Shift,
    Tool,
    ToolAbsence,
    WorkCenter,
)

Digests = Mapping[str, str]


@dataclass(frozen=True)
class _Condition:
    """Rows that say the same of one thing: its key is in a column, what of them counts for a plan in others."""

    name: str
    model: type[models.Model]
    key: str
    columns: tuple[str, ...]
    about: type[models.Model] | None = None  # what the key is of; None: it is a name itself
    # The condition by which that is known at all; what is new since changes nothing that was planned.
    anchor: str = ""

    def digests(self) -> str:
        """A query of the condition's name with each key, and a digest of its rows."""
        row = ", ".join(self.columns)
        return (
            f"SELECT '{self.name}:' || {self.key}, left(md5(string_agg(ROW({row})::text, ';' ORDER BY id)), 12) "  # noqa: S608 - names of ours
            f"FROM {self.model._meta.db_table} GROUP BY {self.key}"
        )


_HOURS: Final = ("starts", "ends")
_RULES: Final = tuple(field.name for field in SchedulingRules._meta.concrete_fields if not field.primary_key)
_CONDITIONS: Final = (
    _Condition(
        "shifts",
        Shift,
        "work_center_id",
        ("weekday", *_HOURS, "break_starts", "break_ends"),
        WorkCenter,
        "center",
    ),
    _Condition("days", CalendarException, "work_center_id", ("date", *_HOURS), WorkCenter, "center"),
    _Condition(
        "machines",
        Machine,
        "work_center_id",
        ("id", "speed", "batch_limit", "is_active"),
        WorkCenter,
        "center",
    ),
    _Condition(
        "changeovers",
        Changeover,
        "work_center_id",
        ("from_family", "to_family", "seconds"),
        WorkCenter,
        "center",
    ),
    _Condition(
        "center",
        WorkCenter,
        "id",
        ("is_unlimited", "is_limited_by_people", "order_share", "stock_share"),
        WorkCenter,
        "center",
    ),
    _Condition("tool", Tool, "id", ("site_id", "quantity"), Tool, "tool"),
    _Condition("absences", ToolAbsence, "tool_id", ("quantity", "starts_at", "ends_at"), Tool, "tool"),
    _Condition("people", Qualification, "code", ("operator_id", "expires_on")),
    _Condition("rules", SchedulingRules, "id", _RULES),
)
_TOLD: Final = {
    "shifts": "Shifts of {} were changed",
    "days": "Closed or other days of {} were changed",
    "machines": "Machines of {} were changed",
    "changeovers": "Changeovers of {} were changed",
    "center": "Capacity of {} was changed",
    "tool": "The number of {} was changed",
    "absences": "{} is away at other times",
    "people": "Other operators are qualified for {}",
    "rules": "The rules of planning were changed",
}


@dataclass(frozen=True)
class Changed:
    """Something a plan took for granted and that is otherwise now; `about` and `key` name its row, where it has one."""

    text: str
    about: str = ""
    key: int | None = None


def conditions() -> dict[str, str]:
    """A digest of what a plan made from now on takes for granted, by thing; in one query. To be read before the plant is."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(condition.digests() for condition in _CONDITIONS))
        return dict(cursor.fetchall())


def changed(known: Digests) -> list[Changed]:
    """What differs from the digests that a plan keeps, by name, in one query and one for each kind of thing that changed."""
    now = conditions()
    names = sorted(name for name in known.keys() | now.keys() if known.get(name) != now.get(name))
    found = []
    for condition in _CONDITIONS:
        keys = [key for name in names for kind, _, key in [name.partition(":")] if kind == condition.name]
        if condition.anchor:
            keys = [key for key in keys if f"{condition.anchor}:{key}" in known]
        found += _told(condition, keys)
    return found


def rules_differ(known: Digests, since: Digests) -> bool:
    """Whether two plans went by other rules of planning."""
    return _rules(known) != _rules(since)


def _rules(known: Digests) -> dict[str, str]:
    return {name: digest for name, digest in known.items() if name.startswith("rules:")}


def _told(condition: _Condition, keys: list[str]) -> list[Changed]:
    sentence = _TOLD[condition.name]
    if condition.about is None:
        return [Changed(sentence.format(key)) for key in keys]
    if not keys:
        return []
    rows = condition.about._default_manager.filter(pk__in=map(int, keys)).order_by("pk")
    about = condition.about._meta.model_name or ""
    return [Changed(sentence.format(row), about, row.pk) for row in rows]
