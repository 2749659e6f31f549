"""What edits would change, and what is wrong with them, held against what stands now."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from forecasting.models import Override
from forecasting.overriding.buckets import Bucket, Grain, named
from forecasting.overriding.edits import Edit, Fault, Seen
from forecasting.overriding.table import Cell, Table, forecast_items, table
from forecasting.services.overriding import NewNumber
from inventory.models import Item
from inventory.quantities import check_quantity, plain
from mes.core.refusals import DomainError

MOVED_BY = 0.2
FAR_BELOW, FAR_ABOVE = 66, 200  # per cent
MOST_FAULTS = 200


@dataclass(frozen=True)
class Change:
    """One cell that would change: from the override that stands (or None) to a number (or None: the forecast counts)."""

    where: str
    item: Item
    bucket: Bucket
    forecast: float | None
    before: Override | None
    quantity: Decimal | None
    reason: str

    @property
    def against_forecast(self) -> float | None:
        """By how much in per cent the number is above the forecast."""
        if self.quantity is None or not self.forecast:
            return None
        return 100 * (float(self.quantity) / self.forecast - 1)

    @property
    def is_far(self) -> bool:
        """So far from the forecast that it may be a slip: less than a third of it, or more than three times."""
        return self.against_forecast is not None and not -FAR_BELOW <= self.against_forecast <= FAR_ABOVE

    def as_number(self, reason: str) -> NewNumber:
        return NewNumber(
            item=self.item,
            first_date=self.bucket.first,
            last_date=self.bucket.last,
            quantity=self.quantity,
            reason=self.reason or reason,
            replaces=self.before.pk if self.before else 0,
            where=self.where,
        )

    def as_edit(self) -> Edit:
        """The same change, as of what stands now."""
        seen = Seen(self.before.pk if self.before else 0, self.forecast)
        return Edit(self.where, str(self.item), self.bucket.name, self.quantity, self.reason, seen)


@dataclass(frozen=True)
class Checked:
    """What would change; and what is wrong: with any fault nothing is saved."""

    changes: Sequence[Change]
    faults: Sequence[Fault]
    unchanged: int

    @property
    def may_be_saved(self) -> bool:
        return bool(self.changes) and not self.faults


def check(
    edits: Sequence[Edit], grain: Grain, *, at: datetime, faults: Sequence[Fault] = (), moved: bool = False
) -> Checked:
    """Hold edits against what stands now.

    :param faults: what was wrong with reading them. :param moved: a forecast that has moved since its author saw it is no fault.
    """
    items = _items(edits)
    shown = table({item.pk: item for item in items.values()}.values(), grain, at=at)
    columns = {bucket.name: bucket for bucket in shown.buckets}
    changes: list[Change] = []
    wrong = list(faults)
    met: dict[tuple[int, str], str] = {}
    unchanged = 0
    for edit in edits:
        found = _placed(edit, items, columns, shown, met)
        if isinstance(found, Fault):
            wrong.append(found)
            continue
        item, cell = found
        fault = _fault(edit, item, cell) or (None if moved else _moved_forecast(edit, item, cell))
        if _is_same(edit, cell):
            unchanged += 1
        elif fault is not None:
            wrong.append(fault)
        else:
            changes.append(
                Change(
                    edit.where, item, cell.bucket, cell.forecast, cell.override, edit.quantity, edit.reason
                )
            )
    return Checked(changes, sorted(wrong, key=_place)[:MOST_FAULTS], unchanged)


def _place(fault: Fault) -> list[int]:
    """Faults are told in the order in which their author finds them: row by row, the places without a number first."""
    return [int(number) for number in re.findall(r"\d+", fault.where)]


def _items(edits: Iterable[Edit]) -> Mapping[str, Item]:
    """Items by how people write them: number, and number with revision where the number alone would be two."""
    numbers = {edit.item.split(" rev ")[0].strip() for edit in edits}
    found: dict[str, list[Item]] = {}
    for item in forecast_items().filter(number__in=numbers).select_related("site").order_by("pk"):
        found.setdefault(item.number, []).append(item)
        if str(item) != item.number:
            found.setdefault(str(item), []).append(item)
    return {name: some[0] for name, some in found.items() if len(some) == 1}


def _placed(
    edit: Edit,
    items: Mapping[str, Item],
    columns: dict[str, Bucket],
    shown: Table,
    met: dict[tuple[int, str], str],
) -> tuple[Item, Cell] | Fault:
    item = items.get(edit.item.strip())
    if item is None:
        return Fault(
            edit.where,
            f"No single item “{edit.item[:60]}” is forecast: write its number as the grid does, with its revision where it has one.",
        )
    bucket = named(edit.bucket, columns)
    cell = shown.cell(item.pk, bucket.name) if bucket else None
    if bucket is None or cell is None:
        first, last = (shown.buckets[0].name, shown.buckets[-1].name) if shown.buckets else ("", "")
        return Fault(
            edit.where,
            f"“{edit.bucket[:30]}” is no {shown.grain} that can be overridden: there are {first} to {last}. "
            "Days of the one that has begun are overridden on the item's page.",
        )
    before = met.setdefault((item.pk, bucket.name), edit.where)
    if before is not edit.where and before != edit.where:
        return Fault(edit.where, f"{item} in {bucket.name} stands in {before} too: keep one of them.")
    return item, cell


def _is_same(edit: Edit, cell: Cell) -> bool:
    if cell.override is None:
        return edit.quantity is None
    return edit.quantity is not None and cell.override.quantity == edit.quantity


def _fault(edit: Edit, item: Item, cell: Cell) -> Fault | None:
    if cell.locked:
        return Fault(edit.where, f"{item} in {cell.bucket.name}: {cell.locked}")
    if edit.quantity is not None:
        try:
            check_quantity(item, edit.quantity, allow_zero=True)
        except DomainError as refusal:
            return Fault(edit.where, f"{item} in {cell.bucket.name}: {refusal.errors['quantity'][0]}.")
    if edit.seen is not None and edit.seen.override != (cell.override.pk if cell.override else 0):
        stands = (
            f"{cell.override.owner} has put {plain(cell.override.quantity)} there since ({cell.override.reason})"
            if cell.override
            else "the override that stood there was ended since"
        )
        return Fault(
            edit.where,
            f"{item} in {cell.bucket.name}: {stands}. Look at it, then enter yours in a fresh copy.",
        )
    return None


def _moved_forecast(edit: Edit, item: Item, cell: Cell) -> Fault | None:
    """The forecast is another by more than a fifth since the author of an edit saw it."""
    if edit.seen is None or edit.seen.forecast is None or cell.forecast is None:
        return None
    was, now = edit.seen.forecast, cell.forecast
    if abs(now - was) <= MOVED_BY * max(was, now, 1.0):
        return None
    return Fault(
        edit.where,
        f"{item} in {cell.bucket.name}: the forecast is {now:,.0f} now and was {was:,.0f} when this was made. "
        "Keep your number by ticking that you know, or take a fresh copy.",
        is_moved_forecast=True,
    )
