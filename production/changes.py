"""What a planner may try against the plan. Plain ids and moments, so that a change can be kept and sent as JSON."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

MOST_PARTS = 20  # into which a batch may be split


@dataclass(frozen=True)
class Pin:
    """This operation on this machine, its set-up begun at this moment (None: any time)."""

    operation: int
    machine: int
    start_at: datetime | None = None


@dataclass(frozen=True)
class Unpin:
    """The scheduler places this operation again."""

    operation: int


@dataclass(frozen=True)
class UseMachine:
    """This operation on another machine that may do it, whenever that suits."""

    operation: int
    machine: int


@dataclass(frozen=True)
class Overtime:
    """Extra working time of one machine, or (`machine` None) of every machine of a work center."""

    machine: int | None
    starts_at: datetime
    ends_at: datetime
    work_center: int | None = None


@dataclass(frozen=True)
class MaterialBy:
    """An item is there by then: for this order and its sub-orders, or (None) for all that wait for it."""

    item: int
    at: datetime
    order: int | None = None


@dataclass(frozen=True)
class Split:
    """A batch that has not begun is run as so many batches, side by side where machines are free."""

    batch: int
    parts: int


@dataclass(frozen=True)
class Reprioritise:
    """An order has another priority, which its sub-orders share, or another due date; None leaves what is."""

    order: int
    priority: int | None = None
    due_at: datetime | None = None


Change = Pin | Unpin | UseMachine | Overtime | MaterialBy | Split | Reprioritise

KINDS: dict[str, type[Change]] = {
    "pin": Pin,
    "unpin": Unpin,
    "use_machine": UseMachine,
    "overtime": Overtime,
    "material_by": MaterialBy,
    "split": Split,
    "reprioritise": Reprioritise,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def to_json(change: Change) -> dict[str, Any]:
    """A change as JSON values, its `kind` first."""
    values = {field.name: getattr(change, field.name) for field in fields(change)}
    return {"kind": _NAMES[type(change)]} | {name: _plain(value) for name, value in values.items()}


def from_json(row: Mapping[str, Any]) -> Change:
    """The change that `to_json` wrote."""
    kind = KINDS[row["kind"]]
    hints = typing.get_type_hints(kind)
    return kind(**{name: _read(hints[name], row[name]) for name in hints if name in row})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(hint: Any, value: Any) -> Any:
    is_moment = hint is datetime or datetime in typing.get_args(hint)
    return datetime.fromisoformat(value) if is_moment and value is not None else value
