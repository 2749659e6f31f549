"""Past forecasts beside what was asked for, week by week: what `forecasting.judging` judges.

Of the runs one a week is compared, the first of each. A person's number counts for a week of a run if it was given before
the run a week later, and no later than the day on which that week began. Weeks in which the item was out of stock do not
count: nobody knows what was wanted. Nor do weeks that end after the newest demand known at the site.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np

from forecasting.daily import Daily, daily_of, newest_by_site
from forecasting.judging import Compared
from forecasting.judging.sensing import Z
from forecasting.models import Consensus, Contribution, ForecastRun, ItemForecast, Override
from inventory.models import Item

WEEKS_BACK: Final = 26
HORIZONS: Final = ((1, 1), (2, 4), (5, 13))
"""Weeks ahead that are judged together."""
LOOKED_BACK: Final = timedelta(weeks=WEEKS_BACK + HORIZONS[-1][1] + 2)
"""Runs older than that are not compared."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one run: how far ahead it was, the comparison, and each person's own number."""

    first_date: date
    ahead: int
    compared: Compared
    spread: float  # standard deviation that the band implies
    by_owner: Mapping[int, float] = field(default_factory=dict)


def runs_compared(today: date) -> list[ForecastRun]:
    """One run of each week of the last half-year, the oldest first."""
    since = today - timedelta(weeks=WEEKS_BACK + HORIZONS[-1][1])
    since -= timedelta(days=since.weekday())
    runs = ForecastRun.objects.filter(as_of__gte=since, as_of__lt=today)
    return first_of_weeks(runs.order_by("as_of", "pk"))


def first_of_weeks(runs: Iterable[ForecastRun]) -> list[ForecastRun]:
    """Of runs in the order of their days, the first that is done of each week from Monday on: the one that is measured."""
    chosen: dict[int, ForecastRun] = {}
    for run in runs:
        if run.status == ForecastRun.Status.DONE:
            chosen.setdefault((run.as_of - date.min).days // _WEEK, run)
    return list(chosen.values())


def weeks_of(items: Sequence[Item], runs: Sequence[ForecastRun], today: date) -> dict[int, list[Week]]:
    """The weeks of each item that are over and can be compared, oldest run first; in six queries."""
    if not runs:
        return {}
    keys = [item.pk for item in items]
    daily = daily_of(keys, today)
    known_until = newest_by_site(items, today)
    people = _people(keys, runs[0].as_of)
    site = {item.pk: item.site_id for item in items}
    by_run = {run.pk: run for run in runs}
    rows = ItemForecast.objects.filter(run__in=list(by_run), item__in=keys).order_by("item", "run__as_of")
    found: dict[int, list[Week]] = defaultdict(list)
    for item, run, weeks in rows.values_list("item", "run", "weeks"):
        until = known_until.get(site[item])
        own = daily.get(item)
        if until is not None:
            found[item] += _weeks(by_run[run].as_of, weeks, own, until, people.get(item, ()))
    return found


def _weeks(
    as_of: date, weeks: Sequence[Any], daily: Daily | None, until: date, people: Iterable["_Number"]
) -> Iterator[Week]:
    naive = daily.total(as_of - timedelta(days=_WEEK), as_of) if daily is not None else 0.0
    for ahead, week in enumerate(weeks, start=1):
        first = as_of + timedelta(days=_WEEK * (ahead - 1))
        after = first + timedelta(days=_WEEK)
        if after - timedelta(days=1) > until:
            return
        if daily is not None and daily.is_starved(first, after):
            continue
        statistical = float(week["mean"])
        said = [one for one in people if one.counts_for(first, after, as_of)]
        override = _last(said, "override")
        consensus = _last(said, "consensus")
        q = week["q"]
        yield Week(
            first,
            ahead,
            Compared(
                actual=daily.total(first, after) if daily is not None else 0.0,
                statistical=statistical,
                naive=naive,
                override=None if override is None else override.in_week(first, statistical),
                consensus=None if consensus is None else consensus.in_week(first, statistical),
            ),
            (float(q["0.95"]) - float(q["0.05"])) / (2 * Z),
            {one.owner: one.in_week(first, statistical) for one in said if one.what != "consensus"},
        )


@dataclass(frozen=True, slots=True)
class _Number:
    """What a person said of a stretch of days, and for how long that stood."""

    what: str
    owner: int
    first: date
    last: date
    quantity: float
    at: datetime
    ended_at: datetime | None

    def counts_for(self, first: date, after: date, as_of: date) -> bool:
        said = self.at.date()
        overlaps = self.first < after and self.last >= first
        stood = self.ended_at is None or self.ended_at.date() > first
        return overlaps and stood and said <= first and said < as_of + timedelta(days=_WEEK)

    def in_week(self, first: date, statistical: float) -> float:
        """Its share of the week; days that it does not reach keep the statistical number, spread evenly."""
        last = first + timedelta(days=_WEEK - 1)
        days = (min(self.last, last) - max(self.first, first)).days + 1
        length = (self.last - self.first).days + 1
        return self.quantity * days / length + statistical * (_WEEK - days) / _WEEK


def _last(said: Sequence[_Number], what: str) -> _Number | None:
    own = [one for one in said if one.what == what]
    return max(own, key=lambda one: one.at) if own else None


def _people(items: Sequence[int], since: date) -> dict[int, list[_Number]]:
    """What people said of these items about days from `since` on, in three queries; ended numbers too."""
    found: dict[int, list[_Number]] = defaultdict(list)
    about = {"item__in": items, "last_date__gte": since}
    for row in Override.objects.filter(**about).order_by("made_at", "pk"):
        found[row.item_id].append(
            _Number("override", row.owner_id, row.first_date, row.last_date, float(row.quantity), row.made_at, row.ended_at)
        )  # fmt: skip
    for each in Contribution.objects.filter(**about).order_by("made_at", "pk"):
        found[each.item_id].append(
            _Number("contribution", each.owner_id, each.first_date, each.last_date, float(each.quantity), each.made_at, None)
        )  # fmt: skip
    for one in Consensus.objects.filter(**about).order_by("agreed_at", "pk"):
        found[one.item_id].append(
            _Number("consensus", one.agreed_by_id, one.first_date, one.last_date, float(one.quantity), one.agreed_at, one.ended_at)
        )  # fmt: skip
    return found


def signals_of(weeks: Iterable[Week]) -> tuple[list[float], list[float]]:
    """Errors of the week after each run, demand less statistical forecast, oldest first; and the band's spread of each."""
    ahead = sorted((week for week in weeks if week.ahead == 1), key=lambda week: week.first_date)
    errors = [week.compared.actual - week.compared.statistical for week in ahead]
    return errors, [week.spread for week in ahead]


def mean_spread(spreads: Sequence[float]) -> float:
    """Of several back-tests; 0 where there are none."""
    return float(np.mean(spreads)) if spreads else 0.0
