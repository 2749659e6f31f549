"""The cockpit: everything about one item on one page, with what is decided there."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from forecasting import services
from forecasting.cockpit import Cockpit, cockpit, with_stock_today
from forecasting.cockpit_sheets import cockpit_sheets
from forecasting.models import DemandEvent, ForecastAccuracy, Override, Replenishment, StockPolicy
from forecasting.pegged import Served
from forecasting.pegging import pegging, serves
from forecasting.policies import policies_of
from forecasting.track_record import track_record
from forecasting.workbooks import months_sheet
from inventory.models import Item, Lot
from mes.console.levels import LOT
from mes.console.pages import acting, deed, draw, page
from mes.core.links import address_of
from mes.core.sheets import download

PROPOSALS_SHOWN = 8
ADD_OVERRIDE = "forecasting.add_override"
VIEW = ("inventory.view_item", "forecasting.view_forecast")


@page(*VIEW)
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """For the planner who decides about an item: demand, forecast, stock to come, proposals and the reasons."""
    now = timezone.now()
    found = cockpit(get_object_or_404(with_stock_today(item_id, at=now)), at=now)
    return draw(
        request,
        "forecasting/item.html",
        f"{found.item} {found.item.description}",
        charts=True,
        may_decide=request.user.has_perm("forecasting.change_replenishment"),
        may_change_orders=request.user.has_perm("forecasting.change_exceptionmessage"),
        may_add_events=request.user.has_perm("forecasting.add_demandevent"),
        event_kinds=DemandEvent.Kind.choices,
        may_override=request.user.has_perm(ADD_OVERRIDE),
        may_set_policy=request.user.has_perm("forecasting.change_stockpolicy"),
        **_context(found, request.user),
    )


@page(*VIEW)
def item_pegging(request: HttpRequest, item_id: int) -> HttpResponse:
    """What covers each demand of an item, as a part of its page."""
    found = pegging(get_object_or_404(Item.objects.select_related("site"), pk=item_id), at=timezone.now())
    told = [
        (
            row,
            address_of(row.about) if row.about is not None else None,
            [(source, address_of(source.about) if source.about else None) for source in row.sources],
            [(end, _address_of_end(end)) for end in row.ends],
        )
        for row in found.demands
    ]
    return render(
        request,
        "forecasting/_pegging.html",
        {"told": told, "item": found.item, "unit": found.item.unit, "short": found.short},
    )


@page(*VIEW)
def proposal_serves(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom a proposal serves in the end, as a part of its item's page."""
    row = get_object_or_404(Replenishment.objects.counting().select_related("item__site"), pk=pk)
    ends = [(end, _address_of_end(end)) for end in serves(row, at=timezone.now())]
    return render(request, "forecasting/_serves.html", {"ends": ends, "item": row.item})


def _address_of_end(end: Served) -> str | None:
    """Of the order, or of the page of the item whose forecast it is."""
    if end.about is not None:
        return address_of(end.about)
    return reverse("console:item", args=[end.item.pk])


@page(*VIEW)
def item_file(request: HttpRequest, item_id: int) -> HttpResponse:
    """All of the cockpit as a workbook."""
    now = timezone.now()
    found = cockpit(get_object_or_404(with_stock_today(item_id, at=now)), at=now)
    months = months_sheet(track_record(Item.objects.filter(pk=item_id)))
    return download(f"Item {found.item}", [*cockpit_sheets(found), months], "xlsx")


def _context(found: Cockpit, person: Any) -> dict[str, Any]:
    return {
        "cockpit": found,
        "item": found.item,
        "unit": found.item.unit,
        "item_page": address_of(found.item),
        "drawn": found.as_json(),
        "events": [_event(row) for row in found.chart["events"]],
        "events_waiting": sum(row["status"] == "proposed" for row in found.chart["events"]),
        "value_added": [_compared(row) for row in found.accuracies],
        "policy_percent": 100 * float(found.policy.service_level),
        "curve_steps": len(found.curve["points"]) if found.curve else 0,
        "messages_told": [
            (row, address_of(row.subject), person.has_perm(row.permission)) for row in found.messages
        ],
        "proposals_now": found.proposals[:PROPOSALS_SHOWN],
        "proposals_later": found.proposals[PROPOSALS_SHOWN:],
        "last_due": max((row.due_date for row in found.proposals), default=None),
        "lots": [(row, address_of(row.lot), LOT[Lot.Status(row.lot.status)]) for row in found.lots],
        "batches": [(row, address_of(row.batch), _verdict(row)) for row in found.batches],
    }


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"kind_word": DemandEvent.Kind(row["kind"]).label}


def _compared(row: ForecastAccuracy) -> dict[str, Any]:
    """Errors in per cent of demand."""
    shares = (
        row.naive_error,
        row.error,
        row.override_error,
        row.consensus_error,
        row.final_error,
        row.final_bias,
    )
    return {
        "horizon": row.horizon,
        "owner": row.owner,
        "weeks": row.weeks,
        "shares": [None if share is None else 100 * share for share in shares],
        "added": None if row.added is None else 100 * row.added,
    }


def _verdict(row: Any) -> tuple[str, str]:
    """Level and words of what inspections said of a batch's lot."""
    if row.failed:
        return "late", f"{row.failed} failed"
    if row.waiting:
        return "risk", f"{row.waiting} open"
    return ("done", f"{row.passed} passed") if row.passed else ("planned", "none yet")


@deed("forecasting.change_stockpolicy")
def aim_for(request: HttpRequest, item_id: int) -> str:
    """Give an item a policy of its own with another service level; the rest of it stays as what it is kept by now."""
    found = get_object_or_404(Item, pk=item_id)
    own = policies_of([found])[found.pk]
    if own.item_id is None:
        own = StockPolicy(item=found, unmet=own.unmet, review_days=own.review_days, cover_days=own.cover_days)
    try:
        own.service_level = Decimal(request.POST.get("service_level", ""))
    except InvalidOperation:
        raise ValidationError("Choose a service level between 0 and 1.") from None
    own.measure = StockPolicy.Measure.FILL_RATE  # the curve is of that
    own.full_clean()
    own.save()
    return f"{own} from the next run on. Its targets and proposals follow then."


@deed("forecasting.change_override")
def end_override(request: HttpRequest, pk: int) -> str:
    """Let the statistics count again."""
    found = get_object_or_404(Override.objects.select_related("item", "owner"), pk=pk)
    services.end_override(found, **acting(request))
    return f"{found.owner}'s number for {found.first_date} to {found.last_date} is ended; the forecast counts again."


@deed("forecasting.change_demandevent")
def confirm_event(request: HttpRequest, pk: int) -> str:
    """It happened: forecasts go by it."""
    event = get_object_or_404(DemandEvent.objects.select_related("item", "site"), pk=pk)
    services.confirm_event(event, **acting(request))
    return f"{event} is confirmed; forecasts go by it from the next run on."


@deed("forecasting.change_demandevent")
def dismiss_event(request: HttpRequest, pk: int) -> str:
    event = get_object_or_404(DemandEvent.objects.select_related("item", "site"), pk=pk)
    reason = request.POST.get("reason", "")
    services.dismiss_event(event, reason=reason, **acting(request))
    return f"{event} is dismissed, and not proposed again."
