"""What people's numbers make of the forecasts of families and plants: those of their items, added up as they stand now.

Sums are stored with the run, from statistics alone; what was sensed, overridden, agreed or frozen of an item since then changes the sums of
its family and its plant by as much, week by week. A number
for a family is shared out over its items when it is stated (`forecasting.services.families`), so it is in there too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forecasting.models import FamilyForecast, ForecastRun, ItemForecast
from forecasting.numbers import counting, said_by_item

_WEEK = 7
FloatArray = npt.NDArray[np.float64]
Key = tuple[int, str, str, str]


@dataclass(frozen=True, eq=False)
class Change:
    """By week: units, and their value at the items' prices, that people's numbers add (below 0: take away); and of how many items."""

    units: FloatArray
    value: FloatArray
    items: int = 0


@dataclass(eq=False)
class Changes:
    """Changes of the sums of one run."""

    found: Mapping[Key, Change] = field(default_factory=dict)

    def of(self, row: FamilyForecast) -> Change:
        nothing = np.zeros(len(row.weeks))
        known = self.found.get((row.site_id, row.level, row.family, row.uom))
        if known is None:
            return Change(nothing, nothing)
        return Change(_fit(known.units, len(nothing)), _fit(known.value, len(nothing)), known.items)


def changes_of(run: ForecastRun) -> Changes:
    """What people's numbers that stand now change of a run's sums, in two queries."""
    said = said_by_item(run.as_of)
    rows = ItemForecast.objects.filter(run=run, item__in=list(said)).values_list(
        "item", "item__site", "item__family", "item__uom", "item__unit_price", "daily_means"
    )
    level = FamilyForecast.Level
    found: dict[Key, Change] = {}
    for item, site, family, uom, price, means in rows:
        own = _by_week(np.subtract(counting(means, run.as_of, said[item]), means))
        if not own.any():
            continue
        for key in ((site, level.FAMILY.value, family, uom), (site, level.PLANT.value, "", uom)):
            known = found.get(key, Change(np.zeros(0), np.zeros(0)))
            length = max(len(known.units), len(own))
            found[key] = Change(
                _fit(known.units, length) + _fit(own, length),
                _fit(known.value, length) + _fit(own, length) * float(price),
                known.items + 1,
            )
    return Changes(found)


def changes_for(rows: Iterable[FamilyForecast]) -> dict[int, Change]:
    """By the key of each row; rows are mostly of one run, and each run is read once."""
    by_run: dict[int, Changes] = {}
    found = {}
    for row in rows:
        if row.run_id not in by_run:
            by_run[row.run_id] = changes_of(row.run)
        found[row.pk] = by_run[row.run_id].of(row)
    return found


def _by_week(daily: FloatArray) -> FloatArray:
    weeks = -(-len(daily) // _WEEK)
    return np.asarray(np.pad(daily, (0, weeks * _WEEK - len(daily))).reshape(weeks, _WEEK).sum(axis=1))


def _fit(values: FloatArray, length: int) -> FloatArray:
    return np.pad(values, (0, max(length - len(values), 0)))[:length]
