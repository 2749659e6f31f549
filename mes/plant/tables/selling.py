"""Files about what is asked for: orders and their requirements, demand, stock policies."""

# ruff: noqa: RUF009  (required/optional/maybe return dataclass fields; nothing mutable is shared)

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from mes.plant import cells
from mes.plant.columns import Row, maybe, optional, required


@dataclass(frozen=True, kw_only=True)
class OrderRow(Row):
    """A customer's order; its lines stand in order_lines.csv."""

    FILE: ClassVar[str] = "orders"
    KEY: ClassVar[tuple[str, ...]] = ("order",)

    order: str = required(cells.identifier)
    customer: str = required(cells.identifier, refers="customers")
    placed: dt.date | None = maybe(cells.day)
    reference: str = optional(cells.text, "")
    status: str = optional(cells.one_of("confirmed", "draft"), "confirmed")


@dataclass(frozen=True, kw_only=True)
class OrderLineRow(Row):
    """So much of an item by then."""

    FILE: ClassVar[str] = "order_lines"
    KEY: ClassVar[tuple[str, ...]] = ("order", "line_number")

    order: str = required(cells.identifier, refers="orders")
    line_number: int = optional(cells.whole, 1)
    item: str = required(cells.identifier, refers="items")
    quantity: Decimal = required(cells.positive)
    due: dt.date = required(cells.day)
    priority: str = optional(cells.one_of("rush", "normal", "fill_in"), "normal")
    unit_price: Decimal | None = maybe(cells.quantity)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class RequirementRow(Row):
    """What a customer asks beyond the drawing; without a line number it binds every line of the order."""

    FILE: ClassVar[str] = "requirements"

    order: str = required(cells.identifier, refers="orders")
    line_number: int | None = maybe(cells.whole)
    kind: str = required(
        cells.one_of("material", "process", "characteristic", "document", "packaging", "marking")
    )
    text: str = required(cells.text)
    component: str = optional(cells.identifier, "", refers="items")
    step: int | None = maybe(cells.whole)
    characteristic: str = optional(cells.text, "")
    attribute: str = optional(cells.identifier, "")
    expected: str = optional(cells.text, "")
    lower: Decimal | None = maybe(cells.number)
    upper: Decimal | None = maybe(cells.number)


@dataclass(frozen=True, kw_only=True)
class PolicyRow(Row):
    """How an item is kept in stock; an item made to stock without a row has the defaults."""

    FILE: ClassVar[str] = "policies"
    KEY: ClassVar[tuple[str, ...]] = ("item",)

    item: str = required(cells.identifier, refers="items")
    measure: str = optional(cells.one_of("fill_rate", "cycle"), "fill_rate")
    unmet: str = optional(cells.one_of("waits", "lost"), "waits")
    service_level: Decimal = optional(cells.fraction, Decimal("0.95"))
    review_days: int = optional(cells.whole, 7)
    cover_days: int = optional(cells.whole, 14)


@dataclass(frozen=True, kw_only=True)
class DemandRow(Row):
    """What was asked for of an item on a day."""

    FILE: ClassVar[str] = "demand"
    KEY: ClassVar[tuple[str, ...]] = ("item", "date")

    item: str = required(cells.identifier, refers="items")
    date: dt.date = required(cells.day)
    quantity: Decimal = required(cells.quantity)
    stocked_out: bool = optional(cells.yes_no, default=False)

    def names(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class DemandProfileRow(Row):
    """The character of an item's demand, from which `mes.demo.demand` draws a history for demonstration."""

    FILE: ClassVar[str] = "demand_profiles"
    KEY: ClassVar[tuple[str, ...]] = ("item",)

    item: str = required(cells.identifier, refers="items")
    per_day: Decimal = required(cells.positive)
    years: Decimal = optional(cells.positive, Decimal(3))
    growth: Decimal = optional(cells.number, Decimal(0))
    spring: Decimal = optional(cells.positive, Decimal(1))
    november: Decimal = optional(cells.positive, Decimal(1))
    summer: Decimal = optional(cells.positive, Decimal(1))
    season: tuple[tuple[int, int], tuple[int, int]] | None = maybe(cells.season)
    weekdays: tuple[float, ...] = optional(cells.numbers, (1.15, 1.05, 1.0, 1.05, 0.75, 0.0, 0.0))
    pack: int = optional(cells.whole, 1)
    promotions: int = optional(cells.whole, 0)
    lift: Decimal = optional(cells.positive, Decimal(2))
    wholesale: int = optional(cells.whole, 0)
    wholesale_size: Decimal = optional(cells.quantity, Decimal(0))
    launched: dt.date | None = maybe(cells.day)
    fading_since: dt.date | None = maybe(cells.day)
    stock_outs: tuple[tuple[dt.date, int], ...] = optional(cells.spans, ())

    def names(self) -> tuple[str, ...]:
        return ()
