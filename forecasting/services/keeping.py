"""What becomes of the items of shards that failed, and of those that failed by themselves: they keep what was known of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from django.db.models import QuerySet

from forecasting.models import ForecastRun, ForecastShard, ItemForecast, StockTarget
from inventory.models import Item
from mes.core.copying import copy_rows

_NAMED = 5
_WEEK = 7


def failed_items(run: ForecastRun) -> list[int]:
    """Keys of the items that could not be forecast, or get no target: those of shards that failed, and those that were left out of theirs."""
    shards = run.shards.forecasting()
    failed = [key for items in shards.failed().values_list("items", flat=True) for key in items]
    return [*failed, *left_out(shards.done())]


def left_out(shards: QuerySet[ForecastShard]) -> dict[int, str]:
    """Items that failed by themselves, by key, each with why."""
    found = shards.exclude(left_out={}).values_list("left_out", flat=True)
    return {int(key): why for each in found for key, why in each.items()}


def keep_former(run: ForecastRun) -> str:
    """Copy the forecasts and targets of items that failed from the run before; what to tell of them, or nothing.

    Call it in the transaction that ends the forecasts of the run.
    """
    former = ForecastRun.objects.latest_done()
    shards = run.shards.forecasting()
    told = []
    if failed := list(shards.failed().light().order_by("stage", "number")):
        keys = [key for shard in failed for key in shard.items]
        keeping = _keeping(run, former, keys)
        told.append(f"{named_shards(failed)}: {_named(keys)}; {keeping}.")
    if faults := left_out(shards.done()):
        keeping = _keeping(run, former, list(faults))
        told.append(f"{told_faults(faults)} could not be forecast; {keeping}.")
    return " ".join(told)


def keep_targets(run: ForecastRun, faults: Mapping[int, str]) -> str:
    """Copy the targets of components that get none from the run before; what to tell of them, or nothing. Call it in a transaction."""
    if not faults:
        return ""
    former = ForecastRun.objects.latest_done()
    kept = _copy_targets(run, former, list(faults)) if former is not None else 0
    many = len(faults) > 1
    keeping = (
        f"{kept} {'keep their targets' if many else 'keeps its target'} of {former}"
        if kept
        else "there is none of before"
    )
    return f"No target could be set for {'components' if many else 'component'} {told_faults(faults)}; {keeping}."


def named_shards(failed: Sequence[ForecastShard]) -> str:
    """Which shards failed, and what the first failed with."""
    return f"Shard {', '.join(str(shard.number) for shard in failed)} failed ({failed[0].message})"


def told_faults(faults: Mapping[int, str]) -> str:
    """Items that failed by themselves, the first few by name and with why."""
    shown = Item.objects.in_bulk(sorted(faults)[:_NAMED])
    names = [f"{shown[key]} ({faults[key]})" for key in sorted(shown)]
    return ", ".join(names) + _more(len(faults) - len(names))


def _named(keys: Sequence[int]) -> str:
    names = [str(item) for item in Item.objects.filter(pk__in=keys[:_NAMED]).order_by("pk")]
    return ", ".join(names) + _more(len(keys) - len(names))


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _keeping(run: ForecastRun, former: ForecastRun | None, keys: Collection[int]) -> str:
    kept = _copy(run, former, keys) if former is not None else 0
    if not kept:
        return f"{'they have' if len(keys) > 1 else 'it has'} no numbers"
    return f"{kept} {'keep their' if len(keys) > 1 else 'keeps its'} numbers of {former}"


def _copy(run: ForecastRun, former: ForecastRun, keys: Collection[int]) -> int:
    days = max((run.as_of - former.as_of).days, 0)
    since = (run.as_of - timedelta(days=_WEEK)).isoformat()
    rows = []
    for row in ItemForecast.objects.filter(run=former, item__in=keys):
        row.pk, row.run = None, run
        row.why = f"Kept from {former}. {row.why}"
        row.daily_means = row.daily_means[days:]
        row.weeks = [week for week in row.weeks if week["date"] > since]
        rows.append(row)
    copy_rows(ItemForecast, rows)
    _copy_targets(run, former, keys)
    return len(rows)


def _copy_targets(run: ForecastRun, former: ForecastRun, keys: Collection[int]) -> int:
    targets = list(StockTarget.objects.filter(run=former, item__in=keys))
    for target in targets:
        target.pk, target.run = None, run
    copy_rows(StockTarget, targets)
    return len(targets)
