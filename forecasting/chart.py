"""What the chart of one item shows: history, forecast with its bands, overrides, targets, proposals. Plain JSON values."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from forecasting.daily import daily_totals
from forecasting.demand import STALE_DAYS
from forecasting.grains import Bridged, coming_months, past_months
from forecasting.models import (
    DemandEvent,
    DemandHistory,
    Forecast,
    ForecastRun,
    ItemForecast,
    Override,
    Replenishment,
    StockTarget,
)
from forecasting.numbers import Said, counting, said_by_item
from inventory.models import Item

HISTORY_DAYS = 364
MOST_EVENTS = 100


def chart(item: Item, *, today: date, history_days: int = HISTORY_DAYS) -> dict[str, Any]:
    """Everything that the chart of an item draws, in thirteen queries.

    Days are ISO dates, quantities floats in the item's unit. `history` and `forecast` each come as `days`, as `weeks` (of
    seven days from `as_of` on and before it; `date` is the first) and as calendar `months`, forecasts with `mean`, `planned` (what was
    sensed, overridden, agreed and frozen put in) and `q`, quantiles by probability as text. Without a run that is done the forecast parts are empty.
    """
    run = ForecastRun.objects.latest_done()
    begin = run.as_of if run is not None else today
    known = ItemForecast.objects.filter(run=run, item=item).first() if run is not None else None
    forecasts = list(Forecast.objects.filter(run=run, item=item).order_by("date")) if run is not None else []
    target = StockTarget.objects.filter(run=run, item=item).first() if run is not None else None
    past, shifted = _past(item, begin, history_days)
    overrides = list(_overrides(item, begin))
    said = said_by_item(begin, items=[item.pk]).get(item.pk, ())
    planned = counting([row.mean for row in forecasts], begin, said)
    days = [
        {"date": f.date.isoformat(), "mean": f.mean, "planned": round(mean, 3), "q": f.quantiles}
        for f, mean in zip(forecasts, planned, strict=True)
    ]
    weeks = known.weeks if known else []
    known_until = begin + timedelta(days=len(forecasts))
    bridged = Bridged(known.lead_time_days, known.lead_time_quantiles) if known else Bridged(0, {})
    months = coming_months(begin, days, weeks, bridged)
    return {
        "item": {
            "id": item.pk,
            "number": str(item),
            "description": item.description,
            "uom": item.unit,
            "family": item.family,
            "site": item.site_id,
        },
        "as_of": begin.isoformat(),
        "run": run.pk if run is not None else None,
        "method": known.method if known else "",
        "why": known.why if known else "",
        "errors": known.errors if known else {},
        "measure": known.measure if known else "",
        "bridging": {
            "days": known.lead_time_days if known else 0,
            "quantiles": known.lead_time_quantiles if known else {},
        },
        "history_is_shifted": shifted,
        "history": {
            "days": [{"date": day.isoformat(), "quantity": quantity} for day, quantity in past],
            "weeks": _weeks(past, begin),
            "months": past_months(past),
        },
        "forecast": {
            "days": days,
            "weeks": _planned(weeks, planned, [7] * len(weeks)),
            "months": _planned(months, planned, [month["days"] for month in months]),
        },
        "target": _target(target),
        "overrides": [_override(row) for row in overrides],
        "said": [_said(row) for row in said if row.what != "override"],
        "events": [_event(row) for row in _events(item, begin - timedelta(days=history_days), known_until)],
        "proposals": [_proposal(row) for row in _proposals(item)],
    }


def _past(item: Item, begin: date, days: int) -> tuple[list[tuple[date, float]], bool]:
    """Demand by day up to `begin`; a history that ended long ago is moved there by whole days, as the forecast took it."""
    # The whole plant's newest day decides, as in the forecast: an item that died out keeps its silence.
    newest = (
        DemandHistory.objects.standing()
        .filter(item__site=item.site_id, date__lt=begin)
        .order_by("-date")
        .values_list("date", flat=True)
        .first()
    )
    if newest is None:
        return [], False
    gap = (begin - newest).days
    shift = timedelta(days=gap - 1 if gap > STALE_DAYS else 0)
    first = begin - timedelta(days=days)
    found = daily_totals(item, first - shift, begin - shift - timedelta(days=1))
    return [(day + shift, quantity) for day, quantity in found.items()], bool(shift)


def _weeks(past: Iterable[tuple[date, float]], begin: date) -> list[dict[str, Any]]:
    """What was asked for in each week before `begin`; weeks are counted back from it, so the newest is whole."""
    totals: dict[int, float] = {}
    for day, quantity in past:
        number = (day - begin).days // 7
        totals[number] = totals.get(number, 0.0) + quantity
    return [
        {"date": _start(begin, number), "quantity": round(totals.get(number, 0.0), 3)}
        for number in range(min(totals, default=0), 0)
    ]


def _planned(
    rows: Iterable[dict[str, Any]], by_day: Sequence[float], lengths: Iterable[int]
) -> list[dict[str, Any]]:
    """Rows of consecutive stretches of days, each with the sum of people's numbers over it."""
    found, first = [], 0
    for row, length in zip(rows, lengths, strict=True):
        found.append(row | {"planned": round(sum(by_day[first : first + length]), 3)})
        first += length
    return found


def _start(begin: date, number: int) -> str:
    return (begin + timedelta(days=7 * number)).isoformat()


def _target(target: StockTarget | None) -> dict[str, Any] | None:
    if target is None:
        return None
    return {
        "safety_stock": float(target.safety_stock),
        "reorder_point": float(target.reorder_point),
        "order_up_to": float(target.order_up_to),
        "why": target.why,
        "explanation": target.explanation,
    }


def _overrides(item: Item, begin: date) -> Iterable[Override]:
    rows = Override.objects.filter(item=item, is_active=True, last_date__gte=begin)
    return rows.select_related("owner").order_by("made_at", "pk")


def _override(row: Override) -> dict[str, Any]:
    return {
        "id": row.pk,
        "first_date": row.first_date.isoformat(),
        "last_date": row.last_date.isoformat(),
        "quantity": float(row.quantity),
        "reason": row.reason,
        "owner": str(row.owner),
    }


def _said(row: Said) -> dict[str, Any]:
    """What was sensed, agreed or frozen; `quantity` is for all its days, None where each day has its own or they are adjusted."""
    return {
        "id": row.key,
        "what": row.what,
        "first_date": row.first_date.isoformat(),
        "last_date": row.last_date.isoformat(),
        "quantity": row.quantity,
        "reason": row.reason,
        "owner": row.by,
    }


def _events(item: Item, first: date, last: date) -> Iterable[DemandEvent]:
    """What explains demand or waits to be confirmed, in the days that are drawn."""
    rows = DemandEvent.objects.about(item).between(first, last).exclude(status=DemandEvent.Status.DISMISSED)
    return rows.select_related("item", "site").in_order()[:MOST_EVENTS]


def _event(row: DemandEvent) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "name": row.name,
        "status": row.status,
        "scope": row.scope,
        "first_date": row.first_date.isoformat(),
        "last_date": row.last_date.isoformat() if row.last_date else None,
        "factor": float(row.factor) if row.factor is not None else None,
        "is_learnt": row.is_learnt,
        "why": row.why,
    }


def _proposals(item: Item) -> Iterable[Replenishment]:
    return Replenishment.objects.proposed().filter(item=item).most_urgent_first()


def _proposal(row: Replenishment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "quantity": float(row.quantity),
        "start_date": row.start_date.isoformat(),
        "due_date": row.due_date.isoformat(),
        "stockout_date": row.stockout_date.isoformat() if row.stockout_date else None,
        "why": row.why,
        "cost": float(row.cost),
        "cost_why": row.cost_why,
        "pegging": row.pegging,
    }
