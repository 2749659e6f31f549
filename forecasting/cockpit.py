"""All that is known of one item that is kept in stock, read at once: what will be asked for, what there is, what is proposed and why.

For the planner who decides about one item, on its page and through the API; both show the same numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from forecasting.chart import chart
from forecasting.models import (
    ExceptionMessage,
    Forecast,
    ForecastAccuracy,
    ForecastAlert,
    ForecastRun,
    Replenishment,
    StockPolicy,
)
from forecasting.policies import policies_of
from forecasting.portfolio import WORDS, band_of
from forecasting.projection import Projection, project
from forecasting.what_if import service_curve
from inventory.models import Item, Lot, Site
from production.models import Component, ProcessPlan
from production.yields import BatchYield, newest_batches

LOTS_SHOWN = 8
USES_SHOWN = 12
BATCHES_SHOWN = 10
HISTORY_DAYS = 728
AHEAD_DAYS = 28


@dataclass(frozen=True)
class Stock:
    """The arithmetic of what is free, in the item's unit: usable less reserved."""

    on_hand: Decimal
    usable: Decimal
    reserved: Decimal
    expected: Decimal

    @property
    def waiting(self) -> Decimal:
        """On hand, and not usable: in quarantine, held, expired."""
        return self.on_hand - self.usable

    @property
    def free(self) -> Decimal:
        return self.usable - self.reserved


@dataclass(frozen=True)
class HeldLot:
    """A lot on hand; `days` until it expires, None where it does not."""

    lot: Lot
    days: int | None


@dataclass(frozen=True)
class Use:
    """A product that the item goes into: how much of it one takes, and what the product's forecast asks for over the next weeks."""

    product: Item
    quantity_per: Decimal
    asked: float | None


@dataclass(frozen=True)
class Tried:
    """A method and its error in back-test, smaller is better; `bar` is its length against the worst, in per cent."""

    method: str
    error: float
    bar: int
    is_chosen: bool


@dataclass(frozen=True)
class Cockpit:
    """Everything about one item. `chart` is what `forecasting.chart.chart` tells of it."""

    item: Item
    today: date
    chart: dict[str, Any]
    projection: Projection
    stock: Stock
    policy: StockPolicy
    proposals: Sequence[Replenishment]
    messages: Sequence[ExceptionMessage]
    lots: Sequence[HeldLot]
    made_of: Sequence[Component]
    uses: Sequence[Use]
    batches: Sequence[BatchYield]
    accuracies: Sequence[ForecastAccuracy]
    alerts: Sequence[ForecastAlert]
    curve: dict[str, Any] | None

    @property
    def target(self) -> dict[str, Any] | None:
        target: dict[str, Any] | None = self.chart["target"]
        return target

    @property
    def is_forecast(self) -> bool:
        return bool(self.chart["forecast"]["weeks"])

    @property
    def errors(self) -> list[Tried]:
        """Of the methods that were tried, the best first."""
        known = [(n, e) for n, e in self.chart["errors"].items() if isinstance(e, int | float)]
        worst = max((error for _, error in known), default=1) or 1
        ranked = sorted(known, key=lambda pair: pair[1])
        return [
            Tried(name, error, round(100 * error / worst), name == self.chart["method"])
            for name, error in ranked
        ]

    @property
    def position(self) -> tuple[str, str]:
        """Level and word of where the stock stands against its target, as the portfolio tells it."""
        if self.target is None:
            return "planned", "No target"
        return WORDS[
            band_of(
                self.stock.free,
                self.stock.expected,
                self.runs_out[0] if self.runs_out else None,
                reorder_point=self.target["reorder_point"],
                order_up_to=self.target["order_up_to"],
                today=self.today,
            )
        ]

    @property
    def has_own_policy(self) -> bool:
        """Whether it has a policy of its own; otherwise that of its class, or the standard one."""
        return self.policy.pk is not None and self.policy.item_id is not None

    @property
    def runs_out(self) -> tuple[date, int] | None:
        """The day on which stock runs out without the proposals, and how many days that is from now."""
        days = [row.stockout_date for row in self.proposals if row.stockout_date]
        return (min(days), max((min(days) - self.today).days, 0)) if days else None

    @property
    def bridging_days(self) -> int:
        """Lead time and review: until then nothing that is ordered from now on can be there."""
        return int(self.chart["bridging"]["days"]) or self.item.lead_time_days

    @property
    def chance_out(self) -> float | None:
        """That stock runs out within lead time and review if nothing is done; None where nothing is forecast."""
        chances = self.projection.without.chance_out[: max(self.bridging_days, 1)]
        return max(chances) if chances else None

    @property
    def chance_percent(self) -> float | None:
        return None if self.chance_out is None else round(100 * self.chance_out, 1)

    def as_json(self) -> dict[str, Any]:
        """Plain values for the API; see `forecasting.api.cockpits` for what each means."""
        drawn = {name: told for name, told in self.chart.items() if name != "errors"}
        return drawn | {
            "back_test": {row.method: row.error for row in self.errors},
            "position": self.position[1],
            "stock": {
                name: float(getattr(self.stock, name))
                for name in ("on_hand", "usable", "waiting", "reserved", "free", "expected")
            },
            "messages": [_message(row) for row in self.messages],
            "runs_out": self.runs_out[0].isoformat() if self.runs_out else None,
            "chance_out": self.chance_out,
            "projection": self.projection.as_json(),
            "policy": _policy(self.policy),
            "service_curve": self.curve,
            "lots": [_lot(row) for row in self.lots],
            "made_of": [_component(row) for row in self.made_of],
            "used_in": [_use(row) for row in self.uses],
            "batches": [_batch(row) for row in self.batches],
            "value_added": [_accuracy(row) for row in self.accuracies],
            "alerts": [
                {"id": row.pk, "kind": row.kind, "status": row.status, "why": row.why} for row in self.alerts
            ],
        }


def with_stock_today(key: int, *, at: datetime) -> QuerySet[Item]:
    """The query of one item for its cockpit, with its stock as of the day it is at its plant."""
    site = Site.objects.filter(items=key).first()
    day = at.astimezone(site.zone).date() if site is not None else None
    return Item.objects.filter(pk=key).with_stock(day).select_related("site", "supplier")


def cockpit(item: Any, *, at: datetime) -> Cockpit:
    """Everything about an item, in as many queries however much there is of it.

    :param item: as `with_stock_today` finds it.
    """
    today = at.astimezone(item.site.zone).date()
    proposals = Replenishment.objects.proposed().filter(item=item).select_related("item")
    return Cockpit(
        item=item,
        today=today,
        chart=chart(item, today=today, history_days=HISTORY_DAYS),
        projection=project(item, at=at),
        stock=Stock(item.on_hand, item.usable, item.reserved, item.expected),
        policy=policies_of([item])[item.pk],
        proposals=list(proposals.most_urgent_first()),
        messages=_messages(item),
        lots=_lots(item, today),
        made_of=list(_made_of(item)[:USES_SHOWN]),
        uses=_uses(item, today),
        batches=newest_batches(item, count=BATCHES_SHOWN),
        accuracies=list(_accuracies(item)),
        curve=service_curve(item),
        alerts=list(ForecastAlert.objects.standing().filter(item=item).order_by("pk")),
    )


def _messages(item: Item) -> list[ExceptionMessage]:
    rows = ExceptionMessage.objects.open().filter(item=item)
    return list(rows.select_related("production_order", "expected_receipt").dearest_first())


def _lots(item: Item, today: date) -> list[HeldLot]:
    """Lots on hand in the order in which they would be used."""
    lots = Lot.objects.filter(item=item).in_stock().with_on_hand().first_expired_first()
    return [
        HeldLot(lot, (lot.expires_on - today).days if lot.expires_on else None) for lot in lots[:LOTS_SHOWN]
    ]


def _made_of(item: Item) -> QuerySet[Component]:
    plans = ProcessPlan.objects.effective().filter(item=item)
    return Component.objects.filter(plan__in=plans).select_related("item").order_by("step__sequence", "pk")


def _uses(item: Item, today: date) -> list[Use]:
    rows = (
        Component.objects.filter(item=item, plan__in=ProcessPlan.objects.effective())
        .select_related("plan__item")
        .order_by("plan__item__number", "pk")[:USES_SHOWN]
    )
    parts = list(rows)
    forecast = _forecast_of({part.plan.item_id for part in parts}, today)
    return [_used(part, forecast.get(part.plan.item_id)) for part in parts]


def _used(part: Component, forecast: float | None) -> Use:
    asked = None if forecast is None else forecast * float(part.quantity_per)
    return Use(part.plan.item, part.quantity_per, asked)


def _forecast_of(items: Iterable[int], today: date) -> dict[int, float]:
    """What will be asked of each item over the next weeks."""
    run = ForecastRun.objects.latest_done()
    until = today + timedelta(days=AHEAD_DAYS)
    rows = Forecast.objects.filter(run=run, item__in=list(items), date__gte=today, date__lt=until)
    return dict(rows.order_by().values_list("item").annotate(total=Sum("mean")))


def _accuracies(item: Item) -> QuerySet[ForecastAccuracy]:
    """Of everybody's numbers first, then of each person's, by how far ahead."""
    rows = ForecastAccuracy.objects.filter(item=item).select_related("owner")
    return rows.order_by(F("owner").asc(nulls_first=True), "first_week", "pk")


def _accuracy(row: ForecastAccuracy) -> dict[str, Any]:
    return {
        "owner": str(row.owner) if row.owner else None,
        "horizon": row.horizon,
        "weeks": row.weeks,
        "naive_error": row.naive_error,
        "error": row.error,
        "bias": row.bias,
        "override_error": row.override_error,
        "consensus_error": row.consensus_error,
        "final_error": row.final_error,
        "final_bias": row.final_bias,
        "added": row.added,
    }


def _policy(row: StockPolicy) -> dict[str, Any]:
    return {
        "id": row.pk,
        "is_own": row.pk is not None and row.item_id is not None,
        "covers": str(row.item) if row.item_id else row.class_name,
        "measure": row.measure,
        "service_level": float(row.service_level),
        "unmet": row.unmet,
        "review_days": row.review_days,
        "cover_days": row.cover_days,
    }


def _message(row: ExceptionMessage) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "about": str(row.subject),
        "due_date": row.due_date.isoformat(),
        "better_date": row.better_date.isoformat(),
        "quantity": float(row.quantity),
        "better_quantity": float(row.better_quantity),
        "cost": float(row.cost),
        "why": row.why,
    }


def _lot(row: HeldLot) -> dict[str, Any]:
    lot: Any = row.lot
    return {
        "id": lot.pk,
        "number": lot.number,
        "status": lot.status,
        "on_hand": float(lot.on_hand),
        "expires_on": lot.expires_on.isoformat() if lot.expires_on else None,
    }


def _component(row: Component) -> dict[str, Any]:
    return {"item": row.item_id, "item_number": str(row.item), "quantity_per": float(row.quantity_per)}


def _use(row: Use) -> dict[str, Any]:
    return {
        "item": row.product.pk,
        "item_number": str(row.product),
        "quantity_per": float(row.quantity_per),
        "asked_in_four_weeks": row.asked,
    }


def _batch(row: BatchYield) -> dict[str, Any]:
    return {
        "id": row.batch.pk,
        "number": row.batch.number,
        "status": row.batch.status,
        "planned": row.planned,
        "good": row.good,
        "scrap": row.scrap,
        "inspections_passed": row.passed,
        "inspections_failed": row.failed,
        "inspections_open": row.waiting,
        "done_at": row.done_at.isoformat(),
        "late_days": round(row.late_days, 2),
    }
