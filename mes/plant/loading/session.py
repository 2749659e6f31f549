"""One loading of one folder: what is written so far, what was wrong, and how names are found again."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction

from inventory.models import Item, Location, Site, Supplier
from mes.core.models import User
from mes.core.refusals import DomainError
from mes.plant.columns import Row
from mes.plant.reader import Fault, Plant
from orders.models import Customer, CustomOrder
from production.models import Machine, Operator, Tool, WorkCenter
from quality.models import Gauge, InspectionPlan

M = TypeVar("M", bound=models.Model)

BATCH_SIZE = 5000


@dataclass
class Count:
    """What became of the rows of a file."""

    written: int = 0
    left: int = 0


@dataclass
class Loading:
    """The state of one loading. Faults are gathered rather than raised, so that a report names all of them."""

    plant: Plant
    site: Site
    by: User
    at: datetime
    seed: int
    say: Callable[[str], None]
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    items: dict[str, Item] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)

    @property
    def faults(self) -> list[Fault]:
        return self.plant.faults

    def count(self, table: type[Row], *, written: int = 0, left: int = 0) -> None:
        count = self.counts[f"{table.FILE}.csv"]
        count.written += written
        count.left += left

    def fault(self, row: Row, column: str, message: str, remedy: str) -> None:
        self.plant.fault(row, column, message, remedy)

    @contextmanager
    def blaming(self, row: Row, column: str = "") -> Iterator[None]:
        """Whatever a service or the database refuses inside is a fault of this row; its writes are undone."""
        try:
            with transaction.atomic():
                yield
        except DomainError as refusal:
            self.fault(row, column, refusal.detail, refusal.remedy)
        except ValidationError as refusal:
            self.fault(row, column, " ".join(refusal.messages), "Correct the row.")
        except DatabaseError as refusal:
            self.fault(
                row, column, f"the database refuses it: {str(refusal).splitlines()[0]}.", "Correct the row."
            )

    def sound(self, row: Row, instance: models.Model, *, columns: Mapping[str, str] | None = None) -> bool:
        """Whether an unsaved instance can be stored; what cannot is a fault of the row.

        :param columns: name of the column by name of the field, where they differ.
        """
        absent = [f.name for f in instance._meta.fields if f.is_relation or f.primary_key or f.generated]
        try:
            instance.clean_fields(exclude=absent)
            instance.clean()
        except ValidationError as invalid:
            for name, messages in invalid.message_dict.items():
                self.fault(row, (columns or {}).get(name, name), " ".join(messages), "Correct the cell.")
            return False
        return True

    def item(self, row: Row, column: str = "item") -> Item | None:
        """The item that a cell names."""
        name = getattr(row, column)
        if name in self.items:
            return self.items[name]
        if name in self.ambiguous:
            self.fault(
                row, column, f"{name} has several revisions.", f"Name one of them, e.g. “{name} rev B”."
            )
        return None

    def remember_items(self) -> None:
        """Learn the names of all items: number and revision, and the number alone where it says enough."""
        by_number: dict[str, list[Item]] = defaultdict(list)
        for item in Item.objects.select_related("site"):
            self.items[str(item)] = item
            by_number[item.number].append(item)
        for number, items in by_number.items():
            if len(items) == 1:
                self.items[number] = items[0]
            elif number not in self.items:
                self.ambiguous.add(number)

    def moment(self, on: date | None) -> datetime:
        """That day in the morning at the site, but never after the moment of loading."""
        if on is None:
            return self.at
        return min(self.at, datetime.combine(on, time(7), tzinfo=self.site.zone))


def upsert(model: type[M], rows: Iterable[M], *, unique: Sequence[str], update: Collection[str]) -> int:
    """Insert, or bring `update` fields to the new values where a row of that `unique` key exists; how many."""
    gathered = list(rows)
    conflict: dict[str, Any] = (
        {"update_conflicts": True, "update_fields": list(update), "unique_fields": list(unique)}
        if update
        else {"ignore_conflicts": True}
    )
    model._default_manager.bulk_create(gathered, batch_size=BATCH_SIZE, **conflict)
    return len(gathered)


def names_in_database(table: str, site: Site) -> set[str]:
    """Names of a table of the format that stand in the database already."""
    if table == "items":
        found = Item.objects.all()
        return {item.number for item in found} | {str(item) for item in found}
    if table not in _NAMED:
        return set()
    model, name, of_site = _NAMED[table]
    rows = model._default_manager.filter(**({of_site: site} if of_site else {}))
    return set(rows.values_list(name, flat=True))


_NAMED: Mapping[str, tuple[type[models.Model], str, str]] = {
    "suppliers": (Supplier, "code", ""),
    "customers": (Customer, "code", ""),
    "locations": (Location, "code", "site"),
    "work_centers": (WorkCenter, "code", "site"),
    "machines": (Machine, "code", "work_center__site"),
    "tools": (Tool, "code", "site"),
    "gauges": (Gauge, "number", "site"),
    "inspection_plans": (InspectionPlan, "code", ""),
    "operators": (Operator, "badge", ""),
    "orders": (CustomOrder, "number", ""),
}
"""By table of the format: the model and the field that names its rows, and the way to their site where they have one."""
