"""The grid as it stands: for each item and week or month the forecast and the number that people put in its place."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from forecasting.models import Consensus, ForecastRun, Freeze, ItemForecast, Override
from forecasting.numbers import counting, said_by_item
from forecasting.overriding.buckets import Bucket, Grain, buckets
from forecasting.today import Today, today_of
from inventory.models import Item
from inventory.quantities import plain

Lock = tuple[date, date, str]


@dataclass(frozen=True)
class Cell:
    """One item in one week or month, in its unit.

    `forecast` is the statistical number, None where the days are not all forecast; `counts`, of a cell that is locked, the one that counts instead;
    `override` the one that holds just these days;
    `locked` says why the cell cannot be written here: it has begun at the item's plant, an override holds some of its days and others too,
    a number was agreed, a freeze; and what to do. Empty: it can.
    """

    bucket: Bucket
    forecast: float | None
    counts: float | None
    override: Override | None
    locked: str


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


def table(items: Iterable[Item], grain: Grain, *, at: datetime) -> Table:
    """The grid of these items; the number of queries does not depend on theirs.

    It begins with the first week or month that has not begun at all of their plants.
    """
    run = ForecastRun.objects.latest_done()
    if run is None:
        return Table(grain, None, [], [])
    until = run.as_of + timedelta(days=run.horizon_days - 1)
    wanted = list(items)
    today = today_of(wanted, at)
    columns = buckets(grain, today=today.earliest, until=until)
    means = dict(ItemForecast.objects.filter(run=run, item__in=wanted).values_list("item", "daily_means"))
    overrides: dict[int, list[Override]] = defaultdict(list)
    rows = Override.objects.filter(item__in=wanted, is_active=True, last_date__gte=columns[0].first)
    for override in rows.select_related("owner").order_by("first_date", "pk"):
        overrides[override.item_id].append(override)
    locks = _locks([item.pk for item in wanted], columns[0].first)
    stretches = {(bucket.first, bucket.last) for bucket in columns}
    longer = {
        item
        for item, own in overrides.items()
        if any((each.first_date, each.last_date) not in stretches for each in own)
    }
    sums = {item: _sums(daily) for item, daily in means.items()}
    counting_sums = {**sums, **_counting_sums(run, means, locks.keys() | longer)}
    return Table(
        grain,
        run,
        columns,
        [
            Row(
                item,
                [
                    _cell(
                        bucket,
                        run,
                        sums.get(item.pk),
                        counting_sums.get(item.pk),
                        overrides[item.pk],
                        [*locks.get(item.pk, ()), *_begun(item, grain, today)],
                    )
                    for bucket in columns
                ],
            )
            for item in wanted
        ],
    )


def _cell(
    bucket: Bucket,
    run: ForecastRun,
    sums: Sequence[float] | None,
    counting_sums: Sequence[float] | None,
    overrides: Iterable[Override],
    locks: Iterable[Lock],
) -> Cell:
    override, locked = None, ""
    for each in overrides:
        if (each.first_date, each.last_date) == (bucket.first, bucket.last):
            override = each
        elif each.first_date <= bucket.last and each.last_date >= bucket.first:
            locked = (
                f"{each.owner} has overridden {each.first_date} to {each.last_date} ({each.reason}): "
                "end that on the item's page first."
            )
    for first_date, last_date, why in locks:
        if first_date <= bucket.last and last_date >= bucket.first:
            locked = why
    return Cell(bucket, _within(bucket, run, sums), _within(bucket, run, counting_sums), override, locked)


def _within(bucket: Bucket, run: ForecastRun, sums: Sequence[float] | None) -> float | None:
    first = (bucket.first - run.as_of).days
    if sums is None or first < 0 or first + bucket.days >= len(sums):
        return None
    return round(sums[first + bucket.days] - sums[first], 3)


def _begun(item: Item, grain: Grain, today: Today) -> list[Lock]:
    """The week or month that it is at the item's plant, which may be to come elsewhere."""
    why = f"{item.site} is in this {grain} already: its days to come are overridden on the item's page."
    return [(date.min, today.of(item), why)]


def _locks(items: Sequence[int], first: date) -> dict[int, list[Lock]]:
    """By item the days that were agreed or frozen."""
    found: dict[int, list[Lock]] = defaultdict(list)
    for agreed in Consensus.objects.filter(item__in=items, is_active=True, last_date__gte=first):
        why = (
            f"{plain(agreed.quantity)} was agreed for {agreed.first_date} to {agreed.last_date} ({agreed.reason}): "
            "agree anew, or end that agreement first."
        )
        found[agreed.item_id].append((agreed.first_date, agreed.last_date, why))
    frozen = Freeze.objects.filter(item__in=items, is_active=True, last_date__gte=first)
    for freeze in frozen.select_related("frozen_by"):
        why = (
            f"{freeze.frozen_by} has frozen {freeze.first_date} to {freeze.last_date} ({freeze.reason}): "
            "have the freeze lifted first."
        )
        found[freeze.item_id].append((freeze.first_date, freeze.last_date, why))
    return found


def _sums(daily: Iterable[float]) -> list[float]:
    """What is expected in the first so many days, from 0 days on."""
    return [0.0, *accumulate(daily)]


def _counting_sums(
    run: ForecastRun, means: Mapping[int, Sequence[float]], items: Collection[int]
) -> dict[int, list[float]]:
    """The same of the numbers that count, of those items of which people have said what a cell cannot hold."""
    said = said_by_item(run.as_of, items=items) if items else {}
    return {item: _sums(counting(means[item], run.as_of, own)) for item, own in said.items() if item in means}
