"""Whether forecasts get better: error and bias month by month, of an item, of the items somebody looks at, of families and people.

For the planner who wants to know whether it pays to go on as before. Errors are shares of demand; several items are added up by what a unit of each
is worth, so that a cheap one with many pieces does not outweigh the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from forecasting.comparing import HORIZONS
from forecasting.judging import share
from forecasting.models import MonthlyAccuracy
from forecasting.models.monthly_accuracy import SUMS, MonthlyAccuracyQuerySet
from mes.core.models import User

MONTHS_SHOWN: Final = 24
MONTHS_HELD_TOGETHER: Final = 3
"""How many of the newest months are held against as many before them: one month alone says little."""


@dataclass(frozen=True)
class Errors:
    """Error and bias of each step, as shares of demand; None where the step said nothing or nothing was asked for. `items` are those of the month that
    had the most.

    `added` is what people's numbers took off the error of the statistics in the weeks in which they gave one, below zero where they made it worse.
    """

    weeks: int
    items: int
    naive: float | None
    statistical: float | None
    statistical_bias: float | None
    override: float | None
    override_bias: float | None
    consensus: float | None
    consensus_bias: float | None
    final: float | None
    final_bias: float | None
    added: float | None

    @classmethod
    def of(cls, sums: Mapping[str, Any]) -> "Errors":
        """Of sums by the names of `SUMS`, with `weeks` and `items`."""
        asked, touched = sums["actual"], sums["touched_actual"]
        overridden, agreed = sums["override_actual"], sums["consensus_actual"]
        return cls(
            weeks=sums["weeks"],
            items=sums["items"],
            naive=share(sums["naive_off"], asked),
            statistical=share(sums["off"], asked),
            statistical_bias=share(sums["over"], asked),
            override=share(sums["override_off"], overridden),
            override_bias=share(sums["override_over"], overridden),
            consensus=share(sums["consensus_off"], agreed),
            consensus_bias=share(sums["consensus_over"], agreed),
            final=share(sums["final_off"], asked),
            final_bias=share(sums["final_over"], asked),
            added=share(sums["touched_off"] - sums["touched_final_off"], touched),
        )


@dataclass(frozen=True)
class Month:
    """`first_date` is its first day."""

    first_date: date
    errors: Errors


@dataclass(frozen=True)
class Course:
    """How the number that counted did in the newest months against those before, of a family or a person; `who` is a user's key."""

    name: str
    before: Errors | None
    lately: Errors | None
    who: int | None = None

    @property
    def better_by(self) -> float | None:
        """What the error fell by, in parts of demand; below zero it grew. None where one of the two is not known."""
        if (
            self.before is None
            or self.lately is None
            or self.before.final is None
            or self.lately.final is None
        ):
            return None
        return self.before.final - self.lately.final


@dataclass(frozen=True)
class TrackRecord:
    """Of one horizon, by its first and last week ahead; months oldest first, families and people in the order of their names.

    `earlier` and `later` are the first and last month of each of the two stretches that are held together; None before anything was measured.
    """

    horizon: tuple[int, int]
    months: Sequence[Month]
    families: Sequence[Course] = ()
    owners: Sequence[Course] = ()
    whole: Course | None = None
    earlier: tuple[date, date] | None = None
    later: tuple[date, date] | None = None
    people: Mapping[int, str] = field(default_factory=dict)


def track_record(items: Any, *, first_week: int = 1, owner: int | None = None) -> TrackRecord:
    """Of a query of items, in four queries however many they are.

    :param first_week: of the horizon, one of `HORIZONS`; :param owner: only weeks in which this person gave a number.
    """
    horizon = next((one for one in HORIZONS if one[0] == first_week), HORIZONS[0])
    rows = MonthlyAccuracy.objects.filter(item__in=items).ahead(horizon[0])
    of_all = rows.of_items()
    shown = rows.filter(owner=owner) if owner is not None else of_all
    months = [
        Month(sums["month"], Errors.of(sums))
        for sums in shown.added_up("month").order_by("-month")[:MONTHS_SHOWN]
    ][::-1]
    if not months:
        return TrackRecord(horizon, months, people=_people(rows))
    lately = _months_back(months[-1].first_date, MONTHS_HELD_TOGETHER - 1)
    before = _months_back(lately, MONTHS_HELD_TOGETHER)
    by_family = shown.since(before).added_up("item__family", "month")
    by_owner = rows.of_owners().since(before).added_up("owner", "month")
    people = _people(rows)
    families = _courses(by_family, "item__family", lately)
    return TrackRecord(
        horizon=horizon,
        months=months,
        whole=next(iter(_courses(by_family, "", lately).values()), None),
        families=[_named(course, str(name) or "no family") for name, course in sorted(families.items())],
        owners=sorted(
            (
                _named(course, people.get(key, "?"), key)
                for key, course in _courses(by_owner, "owner", lately).items()
            ),
            key=lambda course: course.name,
        ),
        earlier=(before, _months_back(lately, 1)),
        later=(lately, months[-1].first_date),
        people=people,
    )


def _people(rows: MonthlyAccuracyQuerySet) -> dict[int, str]:
    """Whoever gave a number that was measured, by the key of the user."""
    users = User.objects.filter(pk__in=rows.of_owners().order_by().values("owner"))
    return {user.pk: str(user) for user in users.order_by("username", "pk")}


def _courses(rows: Iterable[Mapping[str, Any]], by: str, lately: date) -> dict[Any, Course]:
    """Sums by month, added up to the two stretches that are held together; without `by` all in one."""
    sums: dict[Any, dict[bool, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        sums[row[by] if by else ""][row["month"] >= lately].append(row)
    return {key: Course("", _total(parts[False]), _total(parts[True])) for key, parts in sums.items()}


def _total(rows: Sequence[Mapping[str, Any]]) -> Errors | None:
    if not rows:
        return None
    items: dict[date, int] = defaultdict(int)
    for row in rows:
        items[row["month"]] += row["items"]
    whole = {name: sum(row[name] for row in rows) for name in (*SUMS, "weeks")}
    return Errors.of(whole | {"items": max(items.values())})


def _named(course: Course, name: str, who: int | None = None) -> Course:
    return Course(name, course.before, course.lately, who)


def _months_back(month: date, count: int) -> date:
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
    return month
