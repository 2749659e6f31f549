"""The schedule board's data: what `production.board` knows, written small for the browser.

Whatever has a name is named once and referred to by its place in its list. Moments are seconds after `from`, which is in
milliseconds since 1970 as the browser counts; calendars are minutes, each counted from the one before.

    rows       [key, name, work center, site, calendar or -1, is down]
    calendars  edges of the hours in which nobody works: closes, opens, closes, opens …
    down       [row, start, end]
    orders     [id, number, item, item id, unit, due, number of the order that waits for it, hours late, reason, priority, campaign]
    batches    [id, number, order, quantity, lot id or 0]
    risks      by batch id: what it risks that a stock batch was moved to a later day
    steps      [name, set-up family, work center's name, what it hands on at a time or 0]
    choices    rows on which an operation may run, for the bars to point at
    bars       [operation, row, batch, step, start, set-up seconds, seconds, state, flags, choice]

`states` are what the numbers in `bars` mean, flags PINNED, BLOCKED, LATE and MOVED.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntFlag
from typing import Any, Final

from django.db.models import Max

from forecasting.models import Displacement
from inventory.quantities import plain
from mes.core.collector import collector_at_rest
from mes.core.links import address_at, address_of_key
from mes.core.models import Fact
from production.board import Bar, Board, Wanted, board
from production.calendars import Stretch
from production.models import Operation, Schedule, Slot
from production.publishing import Place

BEFORE: Final = timedelta(days=2)
AT_LEAST: Final = timedelta(days=14)
AT_MOST: Final = timedelta(days=400)
FIRST_VIEW: Final = (timedelta(hours=12), timedelta(days=6))
STATES: Final = (
    ("planned", "Planned"),
    ("planned", "Ready to start"),
    ("running", "Running"),
    ("risk", "Paused"),
    ("held", "Waits for a verdict or a held lot"),
    ("late", "Its order will be late"),
    ("done", "Done"),
    ("held", "Held for an offer"),
)
PLANNED, READY, RUNNING, PAUSED, BLOCKED, LATE, DONE, OFFERED = range(len(STATES))
LEGEND: Final = (
    ("running", "Running"),
    ("planned", "Planned"),
    ("late", "Order late"),
    ("held", "Waits for a verdict, or held for an offer"),
    ("risk", "Paused"),
)
SCRIPTS: Final = tuple(
    f"console/{name}.js"
    for name in (
        "board-time",
        "board-data",
        "board-draw",
        "board-hands",
        "board-card",
        "board-server",
        "board-trial",
        "board-scenarios",
        "board",
    )
)
"""In the order in which they build on one another."""

RECORDS: Final = {
    "operation": "production.operation",
    "batch": "production.batch",
    "order": "production.productionorder",
    "lot": "inventory.lot",
}
PAGES: Final = {"item": "console:item", "why": "console:why"}


class Flag(IntFlag):
    """Signs on a bar, whatever its colour says."""

    PINNED = 1
    BLOCKED = 2
    LATE = 4
    MOVED = 8


# An `IntFlag` takes its time; there are as many bars as operations.
_PINNED, _BLOCKED, _LATE, _MOVED = (flag.value for flag in Flag)


@collector_at_rest()
def board_json(at: datetime, *, instead: Sequence[Place] | None = None) -> dict[str, Any]:
    """Everything the board draws, from shortly before `at` to the end of the schedule, in a fixed number of queries.

    :param instead: places to draw in place of the published ones, as a what-if plan has them.
    """
    start = (at - BEFORE).replace(minute=0, second=0, microsecond=0)
    found = board(start, _end(at, instead), at=at, instead=instead)
    risks = {} if instead is not None else _risks(at)
    return stamp() | {"now": _ms(at), "links": _links(), "risks": risks} | _Writer(found).json()


def _risks(at: datetime) -> dict[int, str]:
    return dict(Displacement.objects.standing(at).values_list("batch", "why"))


def stamp() -> dict[str, int]:
    """What changes when the board does, for a browser that asks often: the published version, and the last fact of all."""
    last: Any = Schedule.objects.aggregate(last=Max("version"))["last"]
    fact: Any = Fact.objects.aggregate(last=Max("pk"))["last"]
    return {"version": last or 0, "fact": fact or 0}


def state_of(bar: Bar, *, is_late: bool, is_held: bool = False) -> int:
    """What a bar does now counts before what will become of its order."""
    if bar.status == Operation.Status.RUNNING:
        return RUNNING
    if bar.status == Operation.Status.PAUSED:
        return PAUSED
    if bar.status == Operation.Status.DONE:
        return DONE
    if is_held:
        return OFFERED
    if bar.is_blocked:
        return BLOCKED
    if is_late:
        return LATE
    return READY if bar.is_ready else PLANNED


class _Writer:
    """Gives every name its number and writes a board down."""

    def __init__(self, found: Board) -> None:
        self.found = found
        self.rows = {row.key: number for number, row in enumerate(found.rows)}
        self.orders = {pk: number for number, pk in enumerate(found.orders)}
        self.batches = {pk: number for number, pk in enumerate(found.batches)}
        self.steps = {pk: number for number, pk in enumerate(found.steps)}
        self.calendars: dict[tuple[Stretch, ...], int] = {}
        self.choices: dict[tuple[str, ...], int] = {}
        self.late = {pk for pk, order in found.orders.items() if order.is_late}

    def json(self) -> dict[str, Any]:
        found = self.found
        calendar_of = {key: self._calendar(gaps) for key, gaps in found.closed.items()}
        centers = {row.center.pk: row.center.name for row in found.rows}
        bars = [self._bar(bar) for bar in found.bars]
        return {
            "from": _ms(found.start),
            "to": _ms(found.end),
            "states": STATES,
            "sites": {row.center.site.code: row.center.site.time_zone for row in found.rows},
            "rows": [
                [
                    row.key,
                    row.name,
                    row.center.name,
                    row.center.site.code,
                    calendar_of.get(row.key, -1),
                    int(row.is_down),
                ]
                for row in found.rows
            ],
            "calendars": [self._edges(gaps) for gaps in self.calendars],
            "down": [
                [self.rows[key], self._seconds(start), self._seconds(end)]
                for key, stretches in found.down.items()
                for start, end in stretches
            ],
            "orders": [self._order(pk, order) for pk, order in found.orders.items()],
            "batches": [
                [pk, run.number, self.orders[run.order], plain(run.quantity), run.lot or 0]
                for pk, run in found.batches.items()
            ],
            "steps": [
                [
                    step.name,
                    step.setup_family,
                    centers.get(step.work_center_id, ""),
                    plain(step.transfer_quantity or Decimal()),
                ]
                for step in found.steps.values()
            ],
            "choices": [[self.rows[key] for key in keys] for keys in self.choices],
            "bars": bars,
        }

    def _bar(self, bar: Bar) -> list[int]:
        run = self.found.batches[bar.batch]
        is_late = run.order in self.late
        flags = bar.is_pinned * _PINNED | bar.is_blocked * _BLOCKED | is_late * _LATE | bar.is_moved * _MOVED
        start = self._seconds(bar.starts_at)
        return [
            bar.operation,
            self.rows[bar.row],
            self.batches[bar.batch],
            self.steps[bar.step],
            start,
            self._seconds(bar.setup_ends_at) - start,
            self._seconds(bar.ends_at) - start,
            state_of(bar, is_late=is_late, is_held=run.is_held),
            flags,
            self._choice(bar, self.found.eligible[bar.step, run.quantity]),
        ]

    def _order(self, pk: int, order: Wanted) -> list[Any]:
        late = order.lateness.total_seconds() if order.is_late and order.lateness else 0
        return [
            pk,
            order.number,
            order.item,
            order.item_id,
            order.unit,
            self._seconds(order.due_at),
            order.parent,
            round(late / 3600, 1),
            order.reason,
            order.priority,
            order.campaign,
        ]

    def _calendar(self, gaps: tuple[Stretch, ...]) -> int:
        return self.calendars.setdefault(gaps, len(self.calendars))

    def _edges(self, gaps: tuple[Stretch, ...]) -> list[int]:
        edges = [self._seconds(moment) // 60 for gap in gaps for moment in gap]
        return [edge - before for before, edge in zip([0, *edges], edges, strict=False)]

    def _choice(self, bar: Bar, keys: tuple[str, ...]) -> int:
        """Which list of rows; none for what has begun, which stays where it is, and for what has no machine."""
        keys = keys if bar.status == Operation.Status.WAITING else ()
        return self.choices.setdefault(keys, len(self.choices))

    def _seconds(self, moment: datetime) -> int:
        return round((moment - self.found.start).total_seconds())


def _end(at: datetime, instead: Sequence[Place] | None) -> datetime:
    last = (
        Slot.objects.published().aggregate(last=Max("ends_at"))["last"]
        if instead is None
        else max((place.ends_at for place in instead), default=None)
    )
    return min(max((last or at) + timedelta(hours=12), at + AT_LEAST), at + AT_MOST)


def _links() -> dict[str, str]:
    """Where things lead that the reader may open, with a 0 in place of the id."""
    found = {name: address_of_key(kind, 0) for name, kind in RECORDS.items()}
    found |= {name: address_at(view, 0) for name, view in PAGES.items()}
    return {name: address for name, address in found.items() if address is not None}


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
