"""How good forecasts were, month by month: measured anew until the month after is over, then kept as it stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime, timedelta
from typing import Final

from forecasting.comparing import HORIZONS, WEEKS_BACK, Week
from forecasting.judging import Compared, Tally, tally
from forecasting.models import MonthlyAccuracy
from inventory.models import Item
from mes.core.copying import copy_values

Key = tuple[int, date, int, int | None]
"""Item, month, first week ahead, owner."""
_COLUMNS: Final = (
    "item_id",
    "month",
    "first_week",
    "owner_id",
    "last_week",
    "measured_at",
    "worth",
    *(field.name for field in fields(Tally)),
)


def reopen_months(today: date) -> date:
    """Drop what was measured of the months that do not stand yet, this one and the one before; returns the first day of them."""
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    MonthlyAccuracy.objects.since(first).delete()
    return first


def keep_months(
    items: Sequence[Item], weeks: Mapping[int, Iterable[Week]], *, since: date, today: date, at: datetime
) -> int:
    """Store the months of these items from `since` on, and those before that are not known yet: of items whose past was measured only now.

    A month of which the runs compared tell no more than a part is left out. Returns how many rows there are.
    """
    partly = (today - timedelta(weeks=WEEKS_BACK)).replace(day=1)
    whole = (partly + timedelta(days=32)).replace(day=1)
    stand = MonthlyAccuracy.objects.filter(item__in=[item.pk for item in items], month__lt=since)
    known: set[Key] = set(stand.values_list("item", "month", "first_week", "owner"))
    rows = (
        [*key, last, at, float(item.unit_cost or item.unit_price or 1), *asdict(found).values()]
        for item in items
        for key, last, found in _measured(item, weeks.get(item.pk, ()))
        if key not in known and key[1] >= whole
    )
    return copy_values(MonthlyAccuracy, _COLUMNS, rows)


def _measured(item: Item, weeks: Iterable[Week]) -> Iterator[tuple[Key, int, Tally]]:
    """With the last week of the horizon."""
    compared: dict[tuple[Key, int], list[Compared]] = defaultdict(list)
    for week in weeks:
        first, last = next((one for one in HORIZONS if one[0] <= week.ahead <= one[1]), (0, 0))
        if not first:
            continue
        month = week.first_date.replace(day=1)
        compared[(item.pk, month, first, None), last].append(week.compared)
        for owner, number in week.by_owner.items():
            # What an owner added is what his own number added, whatever was agreed afterwards.
            own = replace(week.compared, override=number, consensus=None)
            compared[(item.pk, month, first, owner), last].append(own)
    for (key, last), found in compared.items():
        yield key, last, tally(found)
