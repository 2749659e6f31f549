"""The day it is at each plant: what planning counts its days from, and back into.

Plants of a group may lie where it is another day. Days of an item are counted from the day it is at its own plant; what speaks of all
plants at once, such as the first day of a run, is the earliest of them, so that no plant's day is taken as over before it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from inventory.models import Item, Site


@dataclass(frozen=True)
class Today:
    """The day by the key of a site; `otherwise` where it is not among them."""

    by_site: Mapping[int, date]
    otherwise: date

    @classmethod
    def everywhere(cls, day: date) -> "Today":
        """The same day at every plant."""
        return cls({}, day)

    @property
    def earliest(self) -> date:
        return min(self.by_site.values(), default=self.otherwise)

    @property
    def latest(self) -> date:
        return max(self.by_site.values(), default=self.otherwise)

    def at_site(self, site: int) -> date:
        """By the key of the site."""
        return self.by_site.get(site, self.otherwise)

    def of(self, item: Item) -> date:
        return self.at_site(item.site_id)

    def number(self, item: Item, day: date) -> int:
        """A date as a number of days from today at the item's plant."""
        return (day - self.of(item)).days

    def day(self, item: Item, number: int) -> date:
        """The date so many days after today at the item's plant."""
        return self.of(item) + timedelta(days=number)

    def sites(self) -> dict[date, list[int]]:
        """The keys of the sites by the day that it is there."""
        found: dict[date, list[int]] = {}
        for site, day in self.by_site.items():
            found.setdefault(day, []).append(site)
        return found

    def alike(self, items: Iterable[Item]) -> dict[date, list[Item]]:
        """Items by the day it is at their plant."""
        found: dict[date, list[Item]] = {}
        for item in items:
            found.setdefault(self.of(item), []).append(item)
        return found


def today_at(at: datetime, *, not_before: date = date.min) -> Today:
    """The day it is at every plant, none of them before `not_before`, where what is known begins."""
    days = {site.pk: max(at.astimezone(site.zone).date(), not_before) for site in Site.objects.all()}
    return Today(days, max(timezone.localdate(at), not_before))


def today_of(items: Iterable[Item], at: datetime) -> Today:
    """The day it is at the plants of these items, whose sites are known already."""
    return Today(
        {item.site_id: at.astimezone(item.site.zone).date() for item in items}, timezone.localdate(at)
    )
