"""Files about what exists and where: the site, its items, places, partners and stock."""

# ruff: noqa: RUF009  (required/optional/maybe return dataclass fields; nothing mutable is shared)

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from mes.plant import cells
from mes.plant.columns import Row, maybe, optional, required


@dataclass(frozen=True, kw_only=True)
class SiteRow(Row):
    """The plant itself, in one row; without this file the folder's name is the site's."""

    FILE: ClassVar[str] = "site"
    KEY: ClassVar[tuple[str, ...]] = ("site",)

    site: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    time_zone: str = optional(cells.text, "UTC")
    address: str = optional(cells.text, "")
    regulated: bool = optional(cells.yes_no, False)


@dataclass(frozen=True, kw_only=True)
class SupplierRow(Row):
    """Who sends bought material."""

    FILE: ClassVar[str] = "suppliers"
    KEY: ClassVar[tuple[str, ...]] = ("supplier",)

    supplier: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    email: str = optional(cells.text, "")


@dataclass(frozen=True, kw_only=True)
class CustomerRow(Row):
    """Who orders."""

    FILE: ClassVar[str] = "customers"
    KEY: ClassVar[tuple[str, ...]] = ("customer",)

    customer: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    email: str = optional(cells.text, "")
    address: str = optional(cells.text, "")
    group: str = optional(cells.text, "")
    channel: str = optional(cells.text, "")


@dataclass(frozen=True, kw_only=True)
class ItemRow(Row):
    """Something bought, made, stocked or sold, under one revision."""

    FILE: ClassVar[str] = "items"
    KEY: ClassVar[tuple[str, ...]] = ("item", "revision")

    item: str = required(cells.identifier)
    revision: str = optional(cells.identifier, "")
    description: str = optional(cells.text, "")
    uom: str = optional(cells.identifier, "C62")
    kind: str = optional(
        cells.one_of("finished", "intermediate", "component", "raw", "packaging"), "finished"
    )
    strategy: str = optional(cells.one_of("mto", "mts"), "mts")
    supply: str = optional(cells.one_of("make", "buy"), "")
    tracking: str = optional(cells.one_of("lot", "serial"), "lot")
    family: str = optional(cells.text, "")
    supplier: str = optional(cells.identifier, "", refers="suppliers")
    unit_price: Decimal = optional(cells.quantity, Decimal(0))
    unit_cost: Decimal | None = maybe(cells.quantity)
    lead_time_days: int | None = maybe(cells.whole)
    order_minimum: Decimal = optional(cells.quantity, Decimal(0))
    order_multiple: Decimal = optional(cells.quantity, Decimal(0))
    shelf_life_days: int | None = maybe(cells.whole)
    storage_volume_m3: Decimal = optional(cells.quantity, Decimal(0))
    allergens: str = optional(cells.text, "")
    gtin: str = optional(cells.gtin, "")
    needs_first_article: bool = optional(cells.yes_no, False)
    regulated: bool | None = maybe(cells.yes_no)

    def names(self) -> tuple[str, ...]:
        return (self.item, f"{self.item} rev {self.revision}") if self.revision else (self.item,)


@dataclass(frozen=True, kw_only=True)
class LocationRow(Row):
    """A place where stock can be; the edges of the plant need no rows."""

    FILE: ClassVar[str] = "locations"
    KEY: ClassVar[tuple[str, ...]] = ("location",)

    location: str = required(cells.identifier)
    name: str = optional(cells.text, "")
    kind: str = optional(cells.one_of("receiving", "quarantine", "storage", "wip", "finished"), "storage")
    capacity_m3: Decimal | None = maybe(cells.positive)


@dataclass(frozen=True, kw_only=True)
class StockRow(Row):
    """A quantity of one lot at one place when the plant is loaded."""

    FILE: ClassVar[str] = "stock"
    KEY: ClassVar[tuple[str, ...]] = ("item", "lot")

    item: str = required(cells.identifier, refers="items")
    lot: str = optional(cells.identifier, "OPENING")
    location: str = optional(cells.identifier, "", refers="locations")
    quantity: Decimal = required(cells.positive)
    received: date | None = maybe(cells.day)
    expires: date | None = maybe(cells.day)
    status: str = optional(cells.one_of("released", "quarantine", "held"), "released")
    hold_reason: str = optional(cells.text, "Held when the plant was loaded")
    supplier: str = optional(cells.identifier, "", refers="suppliers")
    supplier_lot: str = optional(cells.identifier, "OPENING")
    attributes: Mapping[str, str] = optional(cells.attributes, {})


@dataclass(frozen=True, kw_only=True)
class ExpectedReceiptRow(Row):
    """An open purchase."""

    FILE: ClassVar[str] = "expected_receipts"
    KEY: ClassVar[tuple[str, ...]] = ("receipt",)

    receipt: str = required(cells.identifier)
    item: str = required(cells.identifier, refers="items")
    supplier: str = optional(cells.identifier, "", refers="suppliers")
    quantity: Decimal = required(cells.positive)
    due: date = required(cells.day)
