"""Days on which an item that is kept in stock had none, as the ledger tells them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Min, Sum
from django.db.models.functions import TruncDate

from inventory.models import Balance, Item, Location, Move, Site

LONGEST_DAYS: Final = 56
"""An item without stock for longer is not kept any more, as far as its demand goes: that nothing is sold is then learnt."""
SOLD_FROM: Final = (Location.Kind.FINISHED, Location.Kind.STORAGE)


def stock_outs(site: Site, first: date, last: date) -> dict[int, list[date]]:
    """By item made to stock at a site, the days of a stretch that closed without stock; in four queries.

    An item counts from the first day it had stock on. Stock that waits for its verdict counts as there.
    """
    items = list(Item.objects.made_to_stock().filter(site=site, kind=Item.Kind.FINISHED).order_by("pk"))
    if not items:
        return {}
    keys = [item.pk for item in items]
    closing = _closing(keys, site, first, last)
    begun = _begun([key for key in keys if any(left <= 0 for left in closing[key].values())], site)
    found = {}
    for key in keys:
        if key not in begun:
            continue
        days = [day for day, left in closing[key].items() if left <= 0 and day >= begun[key]]
        if days:
            found[key] = days
    return found


def _closing(keys: Sequence[int], site: Site, first: date, last: date) -> dict[int, dict[date, Decimal]]:
    """Stock at the end of each day: what is there now, less what has moved since."""
    now = dict(
        Balance.objects.filter(lot__item__in=keys, location__kind__in=SOLD_FROM)
        .order_by()
        .values_list("lot__item")
        .annotate(total=Sum("quantity"))
    )
    since = datetime.combine(first, time.min, tzinfo=site.zone)
    moves = (
        Move.objects.filter(lot__item__in=keys, at__gte=since)
        .annotate(day=TruncDate("at", tzinfo=site.zone))
        .order_by()
    )
    changes: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for end, sign in (("destination", 1), ("source", -1)):
        rows = moves.filter(**{f"{end}__kind__in": SOLD_FROM}).values_list("lot__item", "day")
        for key, day, total in rows.annotate(total=Sum("quantity")):
            changes[key][day] += sign * total
    found: dict[int, dict[date, Decimal]] = {}
    for key in keys:
        left = now.get(key, Decimal(0))
        own = changes[key]
        left -= sum((change for day, change in own.items() if day > last), Decimal(0))
        days = {}
        for day in reversed(_days(first, last)):
            days[day] = left
            left -= own.get(day, Decimal(0))
        found[key] = dict(sorted(days.items()))
    return found


def _begun(keys: Iterable[int], site: Site) -> dict[int, date]:
    """The first day on which each item had stock."""
    moves = Move.objects.filter(lot__item__in=list(keys), destination__kind__in=SOLD_FROM)
    rows = moves.order_by().values_list("lot__item").annotate(begun=Min("at"))
    return {key: begun.astimezone(site.zone).date() for key, begun in rows}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def stretches(days: Sequence[date]) -> list[tuple[date, date]]:
    """Rising days as stretches of days in a row."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and (day - found[-1][1]).days == 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
