"""How full the warehouses get and how much money lies in them, week by week over the horizon, if the proposals are taken.

What is in a warehouse and not free stock of an item with a target (reserved, held, other items) is taken to stay as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from forecasting.ahead import Ahead
from forecasting.portfolio import Holding
from forecasting.today import Today
from inventory.models import Location, Site

WEEK = 7
FULL = 0.95


@dataclass(frozen=True)
class Warehouse:
    """The places for finished goods of a site: cubic metres filled at the end of each week, and what they hold; None is not limited."""

    site: Site
    first: date
    filled_m3: Sequence[float]
    capacity_m3: float | None
    places: Sequence[Any]

    @property
    def fullest(self) -> tuple[int, float] | None:
        """The week, counted from 0, in which it is fullest, and its share of the capacity."""
        if not self.capacity_m3:
            return None
        week = int(np.argmax(self.filled_m3))
        return week, self.filled_m3[week] / self.capacity_m3

    @property
    def fullest_day(self) -> date | None:
        """The first day of that week."""
        return self.first + timedelta(days=WEEK * self.fullest[0]) if self.fullest else None

    @property
    def fullest_percent(self) -> int | None:
        return round(100 * self.fullest[1]) if self.fullest else None

    @property
    def is_full(self) -> bool:
        return self.fullest is not None and self.fullest[1] > FULL


@dataclass(frozen=True)
class Weeks:
    """The first day of each week from today on, the earliest that it is anywhere; the warehouses, and the capital of all items at the end of each week and at target."""

    first_days: Sequence[date]
    warehouses: Sequence[Warehouse]
    capital: Sequence[float]
    capital_at_target: float

    def as_json(self) -> dict[str, Any]:
        return {
            "weeks": [day.isoformat() for day in self.first_days],
            "capital": [round(value, 2) for value in self.capital],
            "capital_at_target": round(self.capital_at_target, 2),
            "warehouses": [
                {
                    "site": one.site.code,
                    "name": one.site.name,
                    "filled_m3": [round(value, 2) for value in one.filled_m3],
                    "capacity_m3": one.capacity_m3,
                }
                for one in self.warehouses
            ],
        }


def weeks_ahead(holdings: Sequence[Holding], ahead: Ahead) -> Weeks:
    """Volume by site and capital of these items; today is the first week's beginning."""
    ends = range(WEEK - 1, ahead.with_proposals.shape[1], WEEK)
    stock = np.maximum(ahead.with_proposals[:, list(ends)], 0.0)
    volumes: dict[int, Any] = defaultdict(lambda: np.zeros(len(ends)))
    now: dict[int, float] = defaultdict(float)
    capital = np.zeros(len(ends))
    for row in holdings:
        free = stock[ahead.items[row.item.pk]]
        volumes[row.item.site_id] += (free + row.bound) * float(row.item.storage_volume_m3)
        now[row.item.site_id] += float(row.volume_m3)
        capital += (free + row.bound) * float(row.item.unit_cost)
    return Weeks(
        first_days=[ahead.today.earliest + timedelta(days=end - WEEK + 1) for end in ends],
        warehouses=_warehouses(volumes, now, ahead.today),
        capital=capital.tolist(),
        capital_at_target=sum(row.capital_at_target for row in holdings),
    )


def _warehouses(volumes: dict[int, Any], now: dict[int, float], today: Today) -> list[Warehouse]:
    """By site; what fills its places besides these items stays."""
    places: dict[int, list[Any]] = defaultdict(list)
    rows = Location.objects.filter(kind=Location.Kind.FINISHED, site__in=list(volumes)).with_fill()
    for place in rows.select_related("site").order_by("site__code", "code", "pk"):
        places[place.site_id].append(place)
    return [
        _warehouse(of_site, volumes[site], now[site], today.at_site(site)) for site, of_site in places.items()
    ]


def _warehouse(places: Sequence[Any], volume: Iterable[float], now: float, first: date) -> Warehouse:
    others = max(sum(float(place.filled_m3) for place in places) - now, 0.0)
    limited = all(place.capacity_m3 is not None for place in places)
    return Warehouse(
        site=places[0].site,
        first=first,
        filled_m3=[float(value) + others for value in volume],
        capacity_m3=sum(float(place.capacity_m3) for place in places) if limited else None,
        places=places,
    )
