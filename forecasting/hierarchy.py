"""Forecasts of families and plants as rows: the items' own, added up by unit (see `forecasting.adding_up`)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from forecasting.adding_up import Part, Sum
from forecasting.methods import LEVELS
from forecasting.models import FamilyForecast, ForecastRun
from forecasting.pipeline import SHOWN_LEVELS, Outlook

_DIGITS = 3


def store(run: ForecastRun, found: Sequence[Outlook]) -> None:
    """Write a run's sums, in place of what an interrupted attempt may have left. Call it in a transaction."""
    run.families.all().delete()
    horizon = max((len(one.weekly.mean) for one in found), default=0)
    families: dict[tuple[int, str, str], Sum] = defaultdict(lambda: Sum(horizon))
    worth: dict[tuple[int, str, str], Any] = defaultdict(lambda: np.zeros(horizon))
    for one in found:
        item = one.history.item
        key = (item.site_id, item.family, item.uom)
        weekly = one.weekly
        families[key].add(Part(item.pk, one.history.series.values, weekly.mean, weekly.quantiles, LEVELS))
        worth[key] = worth[key] + weekly.mean * float(item.unit_price)
    plants: dict[tuple[int, str], Sum] = defaultdict(lambda: Sum(horizon))
    plant_worth: dict[tuple[int, str], Any] = defaultdict(lambda: np.zeros(horizon))
    for (site, _, uom), own in families.items():
        plants[site, uom].add_sum(own)
    for (site, _, uom), own in worth.items():
        plant_worth[site, uom] = plant_worth[site, uom] + own
    level = FamilyForecast.Level
    rows = [
        _row(run, site, level.FAMILY, family, uom, own, worth[site, family, uom])
        for (site, family, uom), own in families.items()
    ]
    rows += [
        _row(run, site, level.PLANT, "", uom, own, plant_worth[site, uom])
        for (site, uom), own in plants.items()
    ]
    FamilyForecast.objects.bulk_create(rows, batch_size=500)


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
