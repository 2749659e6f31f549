"""What becomes of the items of shards that failed: they keep what was known of them."""

from datetime import timedelta

from forecasting.models import ForecastRun, ItemForecast, StockTarget
from inventory.models import Item
from mes.core.copying import copy_rows

_NAMED = 5
_WEEK = 7


def failed_items(run: ForecastRun) -> list[int]:
    """Keys of the items whose shard failed."""
    return [key for items in run.shards.failed().values_list("items", flat=True) for key in items]


def keep_former(run: ForecastRun) -> str:
    """Copy the forecasts and targets of items whose shard failed from the run before; what to tell of it, or nothing.

    Call it in the transaction that ends the run.
    """
    failed = list(run.shards.failed().light().order_by("number"))
    if not failed:
        return ""
    keys = [key for shard in failed for key in shard.items]
    former = ForecastRun.objects.latest_done()
    kept = _copy(run, former, keys) if former is not None else 0
    names = [str(item) for item in Item.objects.filter(pk__in=keys[:_NAMED]).order_by("pk")]
    more = f" and {len(keys) - len(names)} more" if len(keys) > len(names) else ""
    shards = ", ".join(str(shard.number) for shard in failed)
    keeping = f"{kept} keep their numbers of {former}" if kept else "they have no numbers"
    return f"Shard {shards} failed ({failed[0].message}): {', '.join(names)}{more}; {keeping}."


def _copy(run: ForecastRun, former: ForecastRun, keys: list[int]) -> int:
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
    targets = list(StockTarget.objects.filter(run=former, item__in=keys))
    for target in targets:
        target.pk, target.run = None, run
    copy_rows(StockTarget, targets)
    return len(rows)
