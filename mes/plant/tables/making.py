"""Files about how things are made and judged: work centers, calendars, plans, people."""

# ruff: noqa: RUF009  (required/optional/maybe return dataclass fields; nothing mutable is shared)

import datetime as dt
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

from mes.plant import cells
from mes.plant.columns import Row, maybe, optional, required

NONE = timedelta()


@dataclass(frozen=True, kw_only=True)
class WorkCenterRow(Row):
    """A group of like machines, or a supplier who works on our parts (outside)."""

    FILE: ClassVar[str] = "work_centers"
    KEY: ClassVar[tuple[str, ...]] = ("work_center",)

    work_center: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    kind: str = optional(cells.one_of("internal", "outside"), "internal")
    unlimited: bool = optional(cells.yes_no, default=False)
    lead: timedelta = optional(cells.duration, NONE)
    supplier: str = optional(cells.identifier, "", refers="suppliers")
    hourly_cost: Decimal = optional(cells.quantity, Decimal(0))
    limited_by_people: bool = optional(cells.yes_no, default=False)
    order_share: Decimal = optional(cells.fraction, Decimal(0))
    stock_share: Decimal = optional(cells.fraction, Decimal(0))


@dataclass(frozen=True, kw_only=True)
class MachineRow(Row):
    """One machine or bench; an internal work center without machines has one that bears its own name."""

    FILE: ClassVar[str] = "machines"
    KEY: ClassVar[tuple[str, ...]] = ("machine",)

    machine: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    work_center: str = required(cells.identifier, refers="work_centers")
    speed: Decimal = optional(cells.positive, Decimal(1))
    batch_limit: Decimal | None = maybe(cells.positive)


@dataclass(frozen=True, kw_only=True)
class ShiftRow(Row):
    """A weekly shift with its break; without a work center it is worked at all of them that have none of their own."""

    FILE: ClassVar[str] = "shifts"

    work_center: str = optional(cells.identifier, "", refers="work_centers")
    days: tuple[int, ...] = optional(cells.weekdays, (0, 1, 2, 3, 4))
    starts: time = required(cells.time_of_day)
    ends: time = required(cells.time_of_day)
    break_starts: time | None = maybe(cells.time_of_day)
    break_ends: time | None = maybe(cells.time_of_day)


@dataclass(frozen=True, kw_only=True)
class CalendarExceptionRow(Row):
    """A day on which a work center (or all of them) is closed, or works other hours."""

    FILE: ClassVar[str] = "calendar_exceptions"

    work_center: str = optional(cells.identifier, "", refers="work_centers")
    date: dt.date = required(cells.day)
    starts: time | None = maybe(cells.time_of_day)
    ends: time | None = maybe(cells.time_of_day)
    reason: str = optional(cells.text, "Closed")


@dataclass(frozen=True, kw_only=True)
class DowntimeRow(Row):
    """A stretch in which one machine cannot work."""

    FILE: ClassVar[str] = "downtimes"

    machine: str = required(cells.identifier, refers="machines")
    starts: datetime = required(cells.moment)
    ends: datetime | None = maybe(cells.moment)
    kind: str = optional(cells.one_of("planned", "breakdown"), "planned")
    reason: str = optional(cells.text, "Maintenance")


@dataclass(frozen=True, kw_only=True)
class ChangeoverRow(Row):
    """How long a work center takes from one set-up family to another, instead of the step's own set-up."""

    FILE: ClassVar[str] = "changeovers"
    KEY: ClassVar[tuple[str, ...]] = ("work_center", "from_family", "to_family")

    work_center: str = required(cells.identifier, refers="work_centers")
    from_family: str = required(cells.identifier)
    to_family: str = required(cells.identifier)
    time: timedelta = required(cells.duration)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ToolRow(Row):
    """A tool or fixture, and how many of it there are."""

    FILE: ClassVar[str] = "tools"
    KEY: ClassVar[tuple[str, ...]] = ("tool",)

    tool: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    quantity: int = optional(cells.whole, 1)


@dataclass(frozen=True, kw_only=True)
class ToolAbsenceRow(Row):
    """A stretch in which some of a tool are not there."""

    FILE: ClassVar[str] = "tool_absences"

    tool: str = required(cells.identifier, refers="tools")
    starts: datetime = required(cells.moment)
    ends: datetime | None = maybe(cells.moment)
    quantity: int = optional(cells.whole, 1)
    kind: str = optional(cells.one_of("calibration", "maintenance", "other"), "calibration")
    reason: str = optional(cells.text, "")


@dataclass(frozen=True, kw_only=True)
class OperatorRow(Row):
    """A person who works at machines, known by a badge."""

    FILE: ClassVar[str] = "operators"
    KEY: ClassVar[tuple[str, ...]] = ("operator",)

    operator: str = required(cells.identifier)
    name: str = optional(cells.text, "")


@dataclass(frozen=True, kw_only=True)
class QualificationRow(Row):
    """What an operator may do, until when."""

    FILE: ClassVar[str] = "qualifications"
    KEY: ClassVar[tuple[str, ...]] = ("operator", "qualification")

    operator: str = required(cells.identifier, refers="operators")
    qualification: str = required(cells.identifier)
    expires: dt.date | None = maybe(cells.day)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class InspectionPlanRow(Row):
    """What is inspected of an item at one stage, and how many pieces of it."""

    FILE: ClassVar[str] = "inspection_plans"
    KEY: ClassVar[tuple[str, ...]] = ("plan", "revision")

    plan: str = required(cells.identifier)
    item: str = required(cells.identifier, refers="items")
    stage: str = optional(
        cells.one_of("receiving", "first_piece", "periodic", "in_process", "final"), "final"
    )
    revision: str = optional(cells.identifier, "A")
    name: str = optional(cells.text, "")
    sampling: str = optional(
        cells.one_of("all", "fixed", "percent", "single", "double", "multiple", "zero"), "all"
    )
    sample: Decimal | None = maybe(cells.positive)
    accept: int = optional(cells.whole, 0)
    aql: Decimal | None = maybe(cells.positive)
    level: str = optional(cells.one_of("s_1", "s_2", "s_3", "s_4", "i", "ii", "iii"), "ii")
    every: timedelta = optional(cells.duration, NONE)
    every_quantity: Decimal | None = maybe(cells.positive)
    names_pieces: bool = optional(cells.yes_no, default=False)
    instruction: str = optional(cells.text, "")


@dataclass(frozen=True, kw_only=True)
class CharacteristicRow(Row):
    """One thing that is measured (nominal and limits in a unit) or judged by eye."""

    FILE: ClassVar[str] = "characteristics"
    KEY: ClassVar[tuple[str, ...]] = ("plan", "characteristic")

    plan: str = required(cells.identifier, refers="inspection_plans")
    characteristic: str = required(cells.identifier)
    number: int | None = maybe(cells.whole)
    kind: str = optional(cells.one_of("variable", "attribute", "count"), "")
    nominal: Decimal | None = maybe(cells.number)
    lower: Decimal | None = maybe(cells.number)
    upper: Decimal | None = maybe(cells.number)
    unit: str = optional(cells.text, "")
    method: str = optional(cells.text, "")
    gauge: str = optional(cells.text, "")
    key: bool = optional(cells.yes_no, default=False)
    plausible_lower: Decimal | None = maybe(cells.number)
    plausible_upper: Decimal | None = maybe(cells.number)
    second_person: bool = optional(cells.yes_no, default=False)
    instruction: str = optional(cells.text, "")

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ProcessPlanRow(Row):
    """A bill of material and routing under one revision; needed only where a default does not fit."""

    FILE: ClassVar[str] = "process_plans"
    KEY: ClassVar[tuple[str, ...]] = ("item", "revision")

    item: str = required(cells.identifier, refers="items")
    revision: str = optional(cells.identifier, "A")
    status: str = optional(cells.one_of("approved", "draft"), "approved")
    batch_maximum: Decimal | None = maybe(cells.positive)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class StepRow(Row):
    """One step of a process plan; `run` is per unit of the item, `setup` and `fixed` per batch."""

    FILE: ClassVar[str] = "steps"
    KEY: ClassVar[tuple[str, ...]] = ("item", "revision", "step")

    item: str = required(cells.identifier, refers="items")
    revision: str = optional(cells.identifier, "A")
    step: int = required(cells.whole)
    name: str = optional(cells.text, "")
    work_center: str = required(cells.identifier, refers="work_centers")
    machines: tuple[str, ...] = optional(cells.identifiers, (), refers="machines")
    setup: timedelta = optional(cells.duration, NONE)
    run: timedelta = optional(cells.duration, NONE)
    fixed: timedelta = optional(cells.duration, NONE)
    setup_family: str = optional(cells.identifier, "")
    transfer_quantity: Decimal | None = maybe(cells.positive)
    may_pause: bool = optional(cells.yes_no, default=True)
    inspection_plan: str = optional(cells.identifier, "", refers="inspection_plans")
    first_piece_plan: str = optional(cells.identifier, "", refers="inspection_plans")
    periodic_plan: str = optional(cells.identifier, "", refers="inspection_plans")
    qualification: str = optional(cells.identifier, "")
    special_process: str = optional(cells.text, "")
    instruction: str = optional(cells.text, "")

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ComponentRow(Row):
    """What one unit of an item takes of another."""

    FILE: ClassVar[str] = "components"
    KEY: ClassVar[tuple[str, ...]] = ("item", "revision", "step", "component")

    item: str = required(cells.identifier, refers="items")
    revision: str = optional(cells.identifier, "A")
    component: str = required(cells.identifier, refers="items")
    quantity: Decimal = required(cells.positive)
    step: int | None = maybe(cells.whole)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ToolNeedRow(Row):
    """What a step holds of a tool while it is set up and run."""

    FILE: ClassVar[str] = "tool_needs"
    KEY: ClassVar[tuple[str, ...]] = ("item", "revision", "step", "tool")

    item: str = required(cells.identifier, refers="items")
    revision: str = optional(cells.identifier, "A")
    step: int = required(cells.whole)
    tool: str = required(cells.identifier, refers="tools")
    quantity: int = optional(cells.whole, 1)

    def names(self) -> tuple[str, ...]:
        return ()
