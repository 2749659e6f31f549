"""The grid as it stands: for each item and week or month the forecast and the number that people put in its place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from forecasting.models import Forecast, ForecastRun, Override
from forecasting.overriding.buckets import Bucket, Grain, buckets
from inventory.models import Item


@dataclass(frozen=True)
class Cell:
    """One item in one week or month, in its unit.

    `forecast` is the statistical number, None where the days are not all forecast; `override` the one that holds just these days;
    `crossing` one that holds some of them and others too, so that the cell cannot be written here.
    """

    bucket: Bucket
    forecast: float | None
    override: Override | None
    crossing: Override | None


@dataclass(frozen=True)
class Row:
    item: Item
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """Rows of items, columns of weeks or months; empty before the first run."""

    grain: Grain
    run: ForecastRun | None
    buckets: Sequence[Bucket]
    rows: Sequence[Row]

    def cell(self, item: int, bucket: str) -> Cell | None:
        """One cell, by the item's key and the bucket's name."""
        return self._by_place.get((item, bucket))

    @property
    def _by_place(self) -> Mapping[tuple[int, str], Cell]:
        kept: dict[tuple[int, str], Cell] | None = self.__dict__.get("_kept")
        if kept is None:
            kept = {(row.item.pk, cell.bucket.name): cell for row in self.rows for cell in row.cells}
            self.__dict__["_kept"] = kept
        return kept


def forecast_items() -> Any:
    """Items that the latest run forecast, whose numbers can be overridden."""
    run = ForecastRun.objects.latest_done()
    return Item.objects.filter(pk__in=run.items.values("item")) if run is not None else Item.objects.none()


def table(items: Iterable[Item], grain: Grain, *, today: date) -> Table:
    """The grid of these items; the number of queries does not depend on theirs."""
    run = ForecastRun.objects.latest_done()
    if run is None:
        return Table(grain, None, [], [])
    until = run.as_of + timedelta(days=run.horizon_days - 1)
    columns = buckets(grain, today=today, until=until)
    wanted = list(items)
    sums = _sums(run, [item.pk for item in wanted])
    overrides: dict[int, list[Override]] = defaultdict(list)
    rows = Override.objects.filter(item__in=wanted, is_active=True, last_date__gte=columns[0].first)
    for override in rows.select_related("owner").order_by("first_date", "pk"):
        overrides[override.item_id].append(override)
    return Table(
        grain,
        run,
        columns,
        [
            Row(item, [_cell(bucket, run, sums.get(item.pk), overrides[item.pk]) for bucket in columns])
            for item in wanted
        ],
    )


def _cell(
    bucket: Bucket, run: ForecastRun, sums: Sequence[float] | None, overrides: Iterable[Override]
) -> Cell:
    override = crossing = None
    for each in overrides:
        if (each.first_date, each.last_date) == (bucket.first, bucket.last):
            override = each
        elif each.first_date <= bucket.last and each.last_date >= bucket.first:
            crossing = each
    first = (bucket.first - run.as_of).days
    known = sums is not None and first >= 0 and first + bucket.days < len(sums)
    forecast = sums[first + bucket.days] - sums[first] if known and sums is not None else None
    return Cell(bucket, None if forecast is None else round(forecast, 3), override, crossing)


def _sums(run: ForecastRun, items: Sequence[int]) -> dict[int, list[float]]:
    """By item the forecast of the first so many days, from 0 days on."""
    means: dict[int, list[float]] = defaultdict(list)
    rows = Forecast.objects.filter(run=run, item__in=items).order_by("item", "date")
    for item, mean in rows.values_list("item", "mean"):
        means[item].append(mean)
    return {item: [0.0, *accumulate(values)] for item, values in means.items()}
