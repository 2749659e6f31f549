"""Files of demand: checked row by row, converted to the items' units, stated as demand, with a report of every row not taken as it stood."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from django.db import transaction
from django.db.models import Aggregate, Count, FloatField

from forecasting.demand_files import Fault, Line, read
from forecasting.models import DemandHistory, DemandImport
from forecasting.services.demand import DemandPoint, import_demand
from forecasting.services.finding import propose_outliers
from inventory.conversion import code_of, factor_between
from inventory.models import Item, ItemUnit, unit_of
from inventory.quantities import plain
from mes.core.models import User
from mes.core.refusals import InvalidInput

ABSURD_TIMES: Final = 100
_MOST_KEPT = 1_000
_LEAST_TO_COMPARE: Final = 5
Note = dict[str, object]


class RowsRefused(InvalidInput):
    code = "forecasting.rows_refused"
    title = "Some rows cannot be taken"


@transaction.atomic
def import_demand_file(
    content: bytes, *, name: str, leave_out_wrong: bool = False, by: User | None = None, at: datetime
) -> DemandImport:
    """State the demand of a CSV or XLSX file.

    Rows for one item, day, customer group, channel and location add up; a negative quantity came back; another unit is
    converted where that is known. The import keeps a note of each of these.

    :param leave_out_wrong: take the rows that can be taken, and keep a report of the others; else nothing is taken while any row is wrong.
    :raises UnreadableFile: when it is no table with item, date and quantity.
    :raises RowsRefused: naming each row that cannot be taken, unless those are left out; or when none can be taken.
    """
    lines, faults = read(name, content)
    points, notes, wrong, absurd = _points(lines, at)
    faults = sorted([*faults, *wrong], key=lambda fault: fault.row)
    if faults and (not leave_out_wrong or not points):
        raise RowsRefused(
            f"{len(faults)} of {len(lines) + len(faults) - len(wrong)} rows cannot be taken, so nothing was.",
            remedy="Correct them and import the file again, or leave them out.",
            errors={"rows": [str(fault) for fault in faults[:_MOST_KEPT]]},
        )
    made = DemandImport.objects.create(
        name=name[:200],
        made_at=at,
        by=by,
        rows=len(lines) + len(faults) - len(wrong),
        days=len({_key(point) for point in points}),
        faults=[fault.as_json() for fault in faults[:_MOST_KEPT]],
        notes=notes[:_MOST_KEPT],
    )
    import_demand(points, imported=made, reason=f"Import of {name}"[:200], by=by, at=at)
    if absurd:  # at once: a run that somebody asks for today would learn from it
        propose_outliers(among=absurd, at=at)
    return made


@dataclass(frozen=True)
class _Known:
    """What a file's rows are judged by: items by number and revision, their other units, the day it is at their plants."""

    items: Mapping[tuple[str, str], Item]
    units: Mapping[int, Mapping[str, Decimal]]
    today: Mapping[int, date]
    usual: Mapping[int, float]


@dataclass(frozen=True)
class _Judged:
    """A row in the item's unit, and what was not taken as it stood."""

    row: int
    point: DemandPoint
    notes: list[Note]


def _points(
    lines: Sequence[Line], at: datetime
) -> tuple[list[DemandPoint], list[Note], list[Fault], set[int]]:
    """Points in the items' units, notes on rows not taken as they stood, rows that cannot be taken, and keys of items of which a quantity is
    beyond all measure.
    """
    known = _known(lines, at)
    faults: list[Fault] = []
    taken: list[_Judged] = []
    for line in lines:
        judged = _judged(line, known)
        if isinstance(judged, Fault):
            faults.append(judged)
        else:
            taken.append(judged)
    notes = _repeated(taken)
    absurd: set[int] = set()
    by_item: dict[int, list[_Judged]] = defaultdict(list)
    for one in taken:
        by_item[one.point.item.pk].append(one)
    for item, rows in by_item.items():
        beyond = _beyond_measure(rows, known.usual.get(item, 0.0))
        if beyond:
            absurd.add(item)
        notes += beyond + _gaps(rows)
    return [one.point for one in taken], notes, faults, absurd


def _judged(line: Line, known: _Known) -> _Judged | Fault:
    item = known.items.get((line.item, line.revision))
    if item is None:
        named = f"{line.item} rev {line.revision}" if line.revision else line.item
        return Fault(line.row, "item", f"there is no item {named}.", "Add the item, or correct its number.")
    unit = code_of(line.unit) if line.unit else item.uom
    factor = factor_between(unit, item.uom, known.units.get(item.pk, {}))
    if factor is None:
        return Fault(
            line.row,
            "unit",
            f"{item} is counted in {item.unit}, and how many of them one {unit_of(unit)} makes is not known.",
            f"Say how many with the item's other units, or write the quantity in {item.unit}.",
        )
    if line.date > known.today[item.pk]:
        return Fault(
            line.row,
            "date",
            f"{line.date} has not come yet.",
            "Demand is what was asked for; leave the row out.",
        )
    quantity = round(abs(line.quantity) * factor, 4)
    notes = []
    if unit != item.uom and factor != 1:
        told = f"{plain(abs(line.quantity))} {unit_of(unit)} were taken as {plain(quantity)} {item.unit}."
        notes.append(_note(line.row, told))
    if line.quantity < 0:
        told = f"{plain(line.quantity)} is below zero: taken as {plain(quantity)} {item.unit} that came back."
        notes.append(_note(line.row, told))
    point = DemandPoint(
        item=item,
        date=line.date,
        quantity=quantity,
        is_censored=line.is_censored,
        is_return=line.is_return or line.quantity < 0,
        customer_group=line.customer_group,
        channel=line.channel,
        location=line.location,
    )
    return _Judged(line.row, point, notes)


def _repeated(taken: Iterable[_Judged]) -> list[Note]:
    """The notes of the rows, and one where an earlier row is for the same item, day, group, channel and location."""
    notes: list[Note] = []
    seen: dict[tuple[object, ...], int] = {}
    for one in taken:
        notes += one.notes
        key = _key(one.point)
        if key in seen:
            told = f"{one.point.item} {one.point.date} is in row {seen[key]} too: both were added up."
            notes.append(_note(one.row, told))
        seen.setdefault(key, one.row)
    return notes


def _key(point: DemandPoint) -> tuple[object, ...]:
    """What points that add up have in common."""
    own = point.customer_group, point.channel, point.location
    return (point.item.pk, point.date, point.is_return, *own)


def _known(lines: Sequence[Line], at: datetime) -> _Known:
    items = _items(lines)
    today = {item.pk: at.astimezone(item.site.zone).date() for item in items.values()}
    return _Known(items, _units(items.values()), today, _usual(items.values(), at))


def _items(lines: Sequence[Line]) -> dict[tuple[str, str], Item]:
    wanted = {line.item for line in lines}
    rows = Item.objects.filter(number__in=wanted).select_related("site")
    return {(item.number, item.revision): item for item in rows}


def _units(items: Iterable[Item]) -> dict[int, dict[str, Decimal]]:
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for row in ItemUnit.objects.filter(item__in=[item.pk for item in items]):
        found[row.item_id][row.uom] = row.quantity
    return found


class _Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def _usual(items: Iterable[Item], at: datetime) -> dict[int, float]:
    """What was asked for on the middle day with any demand, of the last year; by key of items with enough of them."""
    rows = DemandHistory.objects.standing().asked().filter(item__in=[item.pk for item in items])
    rows = rows.filter(quantity__gt=0, date__gte=at.date() - timedelta(days=365))
    by_item = rows.order_by().values("item").annotate(days=Count("pk"), usual=_Median("quantity"))
    return dict(by_item.filter(days__gte=_LEAST_TO_COMPARE).values_list("item", "usual"))


def _beyond_measure(rows: Sequence[_Judged], usual_before: float) -> list[Note]:
    """Notes on quantities beyond all measure, by the others of the file or, where it is short, by what was asked for before."""
    asked = [(one.row, one.point) for one in rows if one.point.quantity > 0 and not one.point.is_return]
    sizes = [float(point.quantity) for _, point in asked]
    usual = median(sizes) if len(sizes) >= _LEAST_TO_COMPARE else usual_before
    return [
        _note(
            row,
            f"{plain(point.quantity)} {point.item.unit} is {float(point.quantity) / usual:,.0f} times the usual {usual:g}: taken, "
            "and to be looked at as an outlier.",
        )
        for row, point in asked
        if usual and float(point.quantity) > ABSURD_TIMES * usual
    ]


def _gaps(rows: Sequence[_Judged]) -> list[Note]:
    """A note on days without a row."""
    days = {one.point.date for one in rows}
    first, last = min(days), max(days)
    gap = (last - first).days + 1 - len(days)
    if not gap:
        return []
    item = rows[0].point.item
    what = f"{item} has no row on {gap} of the {(last - first).days + 1} days from {first} to {last}: no demand on them."
    return [_note(rows[0].row, what)]


def _note(row: int, what: str) -> Note:
    return {"row": row, "what": what}
