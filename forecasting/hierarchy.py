"""Forecasts of families and plants as rows: the items' own, added up by unit (see `forecasting.adding_up`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from forecasting.adding_up import Part, Sum
from forecasting.methods import LEVELS
from forecasting.models import FamilyForecast, ForecastRun
from forecasting.pipeline import SHOWN_LEVELS, Outlook

_DIGITS = 3

Family = tuple[int, str, str]
"""Site, family and unit."""


@dataclass(eq=False)
class Worth:
    """What items of a family will be asked for, added up: possible totals, and by week what they are worth at the items' prices."""

    total: Sum
    value: Any

    def add(self, other: "Worth") -> None:
        self.total.add_sum(other.total)
        self.value = self.value + other.value


def sums(found: Iterable[Outlook]) -> dict[Family, Worth]:
    """Items added up by family, some of them at a time: sums of the same family add up in turn."""
    families: dict[Family, Worth] = {}
    for one in found:
        item, weekly = one.history.item, one.weekly
        own = families.setdefault((item.site_id, item.family, item.uom), _nothing(len(weekly.mean)))
        own.total.add(Part(item.pk, one.history.series.values, weekly.mean, weekly.quantiles, LEVELS))
        own.value = own.value + weekly.mean * float(item.unit_price)
    return families


def store(run: ForecastRun, parts: Iterable[Mapping[Family, Worth]]) -> None:
    """Write a run's sums from those of its shards. Call it in a transaction."""
    run.families.all().delete()
    families: dict[Family, Worth] = {}
    for part in parts:
        for key, worth in part.items():
            families.setdefault(key, _nothing(worth.total.horizon)).add(worth)
    plants: dict[tuple[int, str], Worth] = {}
    for (site, _, uom), own in families.items():
        plants.setdefault((site, uom), _nothing(own.total.horizon)).add(own)
    level = FamilyForecast.Level
    rows = [
        _row(run, site, level.FAMILY, family, uom, own.total, own.value)
        for (site, family, uom), own in families.items()
    ]
    rows += [
        _row(run, site, level.PLANT, "", uom, own.total, own.value) for (site, uom), own in plants.items()
    ]
    FamilyForecast.objects.bulk_create(rows, batch_size=500)


def _nothing(horizon: int) -> Worth:
    return Worth(Sum(horizon), np.zeros(horizon))


def _row(
    run: ForecastRun, site: int, level: str, family: str, uom: str, own: Sum, worth: Any
) -> FamilyForecast:
    quantiles = own.quantiles(SHOWN_LEVELS)
    return FamilyForecast(
        run=run,
        site_id=site,
        level=level,
        family=family,
        uom=uom,
        items=own.items,
        mean=round(float(own.mean.sum()), _DIGITS),
        value=round(float(worth.sum()), 2),
        correlation=round(own.correlation, _DIGITS),
        weeks=[
            {
                "date": (run.as_of + timedelta(weeks=number)).isoformat(),
                "mean": round(float(mean), _DIGITS),
                "value": round(float(worth[number]), 2),
                "q": {
                    f"{probability:g}": round(float(quantiles[place, number]), _DIGITS)
                    for place, probability in enumerate(SHOWN_LEVELS)
                },
            }
            for number, mean in enumerate(own.mean)
        ],
    )
