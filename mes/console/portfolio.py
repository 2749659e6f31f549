"""All items that have a target, in order of risk: what runs out first, what stands too low, what lies too long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Min, Q

from forecasting.models import ForecastRun, ItemForecast, Replenishment, StockTarget
from inventory.models import Item

SOON: Final = timedelta(days=28)
BANDS: Final = {"out": 0, "stockout": 1, "below": 2, "over": 3, "fine": 4}
WORDS: Final = {
    "out": ("late", "Out of stock"),
    "stockout": ("late", "Runs out"),
    "below": ("risk", "Below reorder point"),
    "over": ("held", "Above order-up-to"),
    "fine": ("done", "Within target"),
}


@dataclass(frozen=True)
class Holding:
    """One item's stock against its target; quantities in the item's unit, capital in money, volume in cubic metres."""

    item: Item
    free: Decimal
    expected: Decimal
    on_hand: Decimal
    target: StockTarget
    runs_out: date | None
    error: float | None
    method: str
    proposals: int
    today: date

    @property
    def position(self) -> Decimal:
        return self.free + self.expected

    @property
    def band(self) -> str:
        if self.free <= 0:
            return "out"
        if self.runs_out is not None and self.runs_out <= self.today + SOON:
            return "stockout"
        if self.position < self.target.reorder_point:
            return "below"
        return "over" if self.position > self.target.order_up_to else "fine"

    @property
    def state(self) -> tuple[str, str]:
        """Level and word."""
        return WORDS[self.band]

    @property
    def capital(self) -> Decimal:
        return self.on_hand * self.item.unit_cost

    @property
    def volume_m3(self) -> Decimal:
        return self.on_hand * self.item.storage_volume_m3

    @property
    def fill(self) -> int:
        """Free stock in per cent of the order-up-to level."""
        top = self.target.order_up_to or 1
        return round(min(max(100 * self.free / top, Decimal(0)), Decimal(100)))

    @property
    def mark(self) -> int:
        """Where the reorder point stands on the same scale."""
        return round(100 * self.target.reorder_point / (self.target.order_up_to or 1))

    @property
    def risk(self) -> tuple[Any, ...]:
        return (
            BANDS[self.band],
            self.runs_out or date.max,
            self.free / (self.target.order_up_to or 1),
            self.item.pk,
        )


ORDERS: Final[dict[str, tuple[str, Callable[[Holding], Any], bool]]] = {
    "risk": ("Risk", lambda row: row.risk, False),
    "item": ("Item", lambda row: str(row.item), False),
    "stock": ("Free stock", lambda row: row.fill, False),
    "runs_out": ("Runs out", lambda row: row.runs_out or date.max, False),
    "error": ("Forecast error", lambda row: row.error or 0.0, True),
    "capital": ("Capital", lambda row: row.capital, True),
    "volume": ("Volume", lambda row: row.volume_m3, True),
}
"""Columns by which the table can be ordered: heading, key, and whether the largest comes first."""


def holdings(*, order: str = "risk", term: str = "", site: str = "", today: date) -> list[Holding]:
    """Every item with a target in the latest run, ordered; in five queries whatever their number."""
    run = ForecastRun.objects.latest_done()
    if run is None:
        return []
    targets = {row.item_id: row for row in StockTarget.objects.filter(run=run)}
    known = {row.item_id: row for row in ItemForecast.objects.filter(run=run)}
    proposals = _proposals()
    items = Item.objects.filter(pk__in=targets).with_stock(today).select_related("site")
    if site:
        items = items.filter(site__code=site)
    if term:
        items = items.filter(
            Q(number__icontains=term) | Q(description__icontains=term) | Q(family__icontains=term)
        )
    found = [
        _holding(item, targets[item.pk], known.get(item.pk), proposals.get(item.pk), today) for item in items
    ]
    _, key, largest_first = ORDERS.get(order, ORDERS["risk"])
    return sorted(found, key=lambda row: (key(row), row.item.pk), reverse=largest_first)


def _proposals() -> dict[int, tuple[int, date | None]]:
    """How many open proposals an item has, and when it first runs out without them."""
    rows = Replenishment.objects.proposed().order_by().values_list("item")
    counted = rows.annotate(count=Count("pk"), first=Min("stockout_date"))
    return {item: (count, first) for item, count, first in counted}


def _holding(
    item: Any,
    target: StockTarget,
    known: ItemForecast | None,
    proposed: tuple[int, date | None] | None,
    today: date,
) -> Holding:
    count, runs_out = proposed or (0, None)
    method = known.method if known else ""
    error = known.errors.get(method) if known else None
    return Holding(
        item=item,
        free=item.usable - item.reserved,
        expected=item.expected,
        on_hand=item.on_hand,
        target=target,
        runs_out=runs_out,
        error=float(error) if isinstance(error, int | float) else None,
        method=method,
        proposals=count,
        today=today,
    )


def totals(rows: list[Holding]) -> dict[str, Any]:
    """What all of them tie up, and how many need somebody."""
    return {
        "items": len(rows),
        "capital": sum((row.capital for row in rows), Decimal(0)),
        "volume_m3": sum((row.volume_m3 for row in rows), Decimal(0)),
        "out": sum(row.band == "out" for row in rows),
        "below": sum(row.band in {"stockout", "below"} for row in rows),
        "over": sum(row.band == "over" for row in rows),
    }
