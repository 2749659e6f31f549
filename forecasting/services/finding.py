"""Events that the house finds by itself: days out of stock from the ledger, unusual days from the history."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from django.db import transaction

from forecasting.daily import Daily, daily_of
from forecasting.demand import forecastable
from forecasting.explained import EPOCH, day_number
from forecasting.history import Outlier, outliers
from forecasting.models import DemandEvent
from forecasting.stockouts import LONGEST_DAYS, stock_outs, stretches
from forecasting.wording import amount
from inventory.models import Item, Site

Kind = DemandEvent.Kind
Status = DemandEvent.Status
DAYS_LOOKED_BACK: Final = 60
OUTLIERS_SINCE_DAYS: Final = 182
_ITEMS_AT_ONCE: Final = 2_000


@transaction.atomic
def mark_stock_outs(*, at: datetime, days_back: int = DAYS_LOOKED_BACK) -> int:
    """Mark the days up to yesterday that closed without stock as stock-outs of the item; safe to repeat.

    Days that somebody has dismissed stay as they are. A stretch longer than eight weeks is marked no further. Returns the
    number of days marked.
    """
    marked = 0
    for site in Site.objects.order_by("pk"):
        last = at.astimezone(site.zone).date() - timedelta(days=1)
        found = stock_outs(site, last - timedelta(days=days_back), last)
        if found:
            Site.objects.select_for_update(no_key=True).get(pk=site.pk)
            known = _known(found)
            marked += sum(_mark(site, item, days, known.get(item, []), at) for item, days in found.items())
    return marked


def _known(items: Iterable[int]) -> dict[int, list[DemandEvent]]:
    rows = DemandEvent.objects.filter(kind=Kind.STOCK_OUT, item__in=list(items)).in_order()
    found: dict[int, list[DemandEvent]] = defaultdict(list)
    for row in rows:
        if row.item_id is not None:
            found[row.item_id].append(row)
    return found


def _mark(site: Site, item: int, days: list[date], known: list[DemandEvent], at: datetime) -> int:
    def is_known(day: date) -> bool:
        return any(event.first_date <= day <= (event.last_date or date.max) for event in known)

    marked = 0
    for first, last in stretches([day for day in days if not is_known(day)]):
        before = next(
            (
                event
                for event in known
                if event.status == Status.CONFIRMED and event.last_date == first - timedelta(days=1)
            ),
            None,
        )
        begin = before.first_date if before is not None else first
        end = min(last, begin + timedelta(days=LONGEST_DAYS - 1))
        if end < first:
            continue
        marked += (end - first).days + 1
        why = f"The ledger shows no stock at the end of {(end - begin).days + 1} days."
        if before is not None:
            DemandEvent.objects.filter(pk=before.pk).update(last_date=end, why=why)
        else:
            DemandEvent.objects.create(
                site=site,
                item_id=item,
                kind=Kind.STOCK_OUT,
                status=Status.CONFIRMED,
                name="Out of stock",
                first_date=first,
                last_date=end,
                is_learnt=False,
                found_by=DemandEvent.Finder.LEDGER,
                why=why,
                made_at=at,
            )
    return marked


@transaction.atomic
def propose_outliers(*, among: Collection[int] | None = None, at: datetime) -> list[DemandEvent]:
    """Propose days of the last half-year on which far more was asked for than on days like them.

    Days that an event explains, or that somebody has decided about, are not proposed again.

    :param among: keys of items; only of these.
    """
    made = []
    chosen = forecastable() if among is None else forecastable().filter(pk__in=among)
    items = list(chosen.select_related("site"))
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        some = items[start : start + _ITEMS_AT_ONCE]
        list(
            Site.objects.select_for_update(no_key=True)
            .filter(pk__in={item.site_id for item in some})
            .order_by("pk")
        )
        explained = _explained(some)
        latest = max(at.astimezone(item.site.zone).date() for item in some)
        daily = daily_of([item.pk for item in some], latest)
        for item in some:
            if item.pk in daily:
                made += _proposals(item, daily[item.pk], explained.get(item.pk, []), at)
    return DemandEvent.objects.bulk_create(made, batch_size=500)


def _explained(items: list[Item]) -> dict[int, list[tuple[int, int]]]:
    """Days of each item that an event of any kind and state is about, as day numbers."""
    sites = {item.site_id for item in items}
    rows = DemandEvent.objects.filter(site__in=sites, last_date__isnull=False).values_list(
        "site", "item", "family", "first_date", "last_date"
    )
    by_item: dict[int, list[tuple[int, int]]] = defaultdict(list)
    by_family: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for site, key, family, first, last in rows:
        days = (day_number(first), day_number(last or first))
        if key is not None:
            by_item[key].append(days)
        else:
            by_family[site, family].append(days)
    return {
        item.pk: [
            *by_item.get(item.pk, ()),
            *by_family.get((item.site_id, ""), ()),
            *(by_family.get((item.site_id, item.family), ()) if item.family else ()),
        ]
        for item in items
    }


def _proposals(item: Item, daily: Daily, explained: list[tuple[int, int]], at: datetime) -> list[DemandEvent]:
    amounts = np.diff(daily.sums)
    days = daily.first + np.arange(len(amounts))
    ignored = daily.starved.copy()
    for first, last in explained:
        ignored[max(first - daily.first, 0) : max(last - daily.first + 1, 0)] = True
    since = day_number(at.astimezone(item.site.zone).date()) - OUTLIERS_SINCE_DAYS
    found = outliers(days, amounts, ignored, since=since)
    return [_proposal(item, one, at) for one in found]


def _proposal(item: Item, one: Outlier, at: datetime) -> DemandEvent:
    day = EPOCH + timedelta(days=one.day)
    return DemandEvent(
        site=item.site,
        item=item,
        kind=Kind.OUTLIER,
        status=Status.PROPOSED,
        name="Unusual demand",
        first_date=day,
        last_date=day,
        is_learnt=False,
        found_by=DemandEvent.Finder.DETECTION,
        why=(
            f"{amount(one.amount)} {item.unit} on {day:%a %d %b %Y}, where days like it have {amount(one.usual)}: "
            f"{one.score:.0f} robust standard deviations away."
        ),
        made_at=at,
    )
