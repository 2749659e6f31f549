"""Files about what is measured with and watched over time: gauges, their calibrations, control charts."""

# ruff: noqa: RUF009  (required/optional/maybe return dataclass fields; nothing mutable is shared)

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from mes.plant import cells
from mes.plant.columns import Row, maybe, optional, required


@dataclass(frozen=True, kw_only=True)
class GaugeRow(Row):
    """One gauge, by the number marked on it."""

    FILE: ClassVar[str] = "gauges"
    KEY: ClassVar[tuple[str, ...]] = ("gauge",)

    gauge: str = required(cells.identifier)
    kind: str = required(cells.text)
    name: str = optional(cells.text, "")
    range_from: Decimal | None = maybe(cells.number)
    range_to: Decimal | None = maybe(cells.number)
    unit: str = optional(cells.text, "")
    resolution: Decimal | None = maybe(cells.positive)
    permissible_error: Decimal | None = maybe(cells.positive)
    interval_days: int = optional(cells.whole, 365)


@dataclass(frozen=True, kw_only=True)
class CalibrationRow(Row):
    """A calibration that was done before the plant was loaded."""

    FILE: ClassVar[str] = "calibrations"
    KEY: ClassVar[tuple[str, ...]] = ("gauge", "calibrated")

    gauge: str = required(cells.identifier, refers="gauges")
    calibrated: datetime = required(cells.moment)
    found: bool = optional(cells.yes_no, default=True)
    left: bool = optional(cells.yes_no, default=True)
    certificate: str = optional(cells.text, "")
    laboratory: str = optional(cells.text, "")

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ChartRow(Row):
    """A control chart of one characteristic; with a center (and sigma) its limits are fixed from the start."""

    FILE: ClassVar[str] = "charts"
    KEY: ClassVar[tuple[str, ...]] = ("plan", "characteristic", "kind", "made_on")

    plan: str = required(cells.identifier, refers="inspection_plans")
    characteristic: str = required(cells.identifier)
    kind: str = optional(cells.one_of("xbar_r", "xbar_s", "i_mr", "p", "np", "c", "u"), "xbar_r")
    subgroup: int | None = maybe(cells.whole)
    made_on: str = optional(cells.identifier, "")
    name: str = optional(cells.text, "")
    rules: str = optional(cells.one_of("nelson", "western_electric", "limits"), "western_electric")
    hold: bool = optional(cells.yes_no, default=False)
    sample: bool = optional(cells.yes_no, default=False)
    center: Decimal | None = maybe(cells.number)
    sigma: Decimal | None = maybe(cells.positive)
    reason: str = optional(cells.text, "Known when the plant was loaded")

    def names(self) -> tuple[str, ...]:
        return ()
