"""The console's own pages: each asks one module for its numbers and draws them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.gzip import gzip_page

from inventory import genealogy as trace
from inventory.models import Lot, Site
from mes.console import runs as health
from mes.console.board import LEGEND, SCRIPTS, board_json, stamp
from mes.console.graph import draw_genealogy
from mes.console.levels import LOT
from mes.console.pages import draw, page
from mes.core.links import address_of
from mes.core.sheets import download
from orders.fsma import Asked, tracking_sheets
from orders.tracing import trace_sheet, trace_table
from production.figures import shortages_of
from production.models import Batch, ProductionOrder, Schedule, Slot, WhatIf
from production.what_ifs import all_places_in
from quality.models import Recall

MOST_DRAWN = 400
MOST_ROWS = 500


@page("production.view_slot")
def board(request: HttpRequest) -> HttpResponse:
    """The schedule board's frame; its bars come from `board_data`."""
    plan = Schedule.objects.order_by("-version").first()
    return draw(
        request,
        "console/board.html",
        "Board",
        charts=True,
        plan=plan,
        plan_page=address_of(plan) if plan else None,
        sites=Site.objects.order_by("code"),
        legend=LEGEND,
        find=request.GET.get("find", ""),
        has_slots=Slot.objects.published().exists(),
        unplanned=_with_pages(plan.unplanned) if plan else [],
        shortages=shortages_of(plan) if plan else [],
        may_plan=request.user.has_perm("production.add_schedule"),
        parts=SCRIPTS,
    )


def _with_pages(unplanned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of what found no place, with the keys of the batch and the order that they name."""
    batches = dict(
        Batch.objects.filter(number__in={row["batch"] for row in unplanned}).values_list("number", "pk")
    )
    numbers = {row["order"] for row in unplanned if row["order"]}
    orders = dict(ProductionOrder.objects.filter(number__in=numbers).values_list("number", "pk"))
    return [
        {**row, "batch_key": batches.get(row["batch"]), "order_key": orders.get(row["order"])}
        for row in unplanned
    ]


@page("production.view_slot")
@gzip_page
def board_data(request: HttpRequest) -> JsonResponse:
    """The board's bars and all they stand on, small; as a what-if plan has them, where one is asked for."""
    asked = request.GET.get("what_if", "")
    instead = all_places_in(get_object_or_404(WhatIf, pk=int(asked))) if asked.isdecimal() else None
    drawn = board_json(timezone.now(), instead=instead)
    return JsonResponse(drawn, json_dumps_params={"separators": (",", ":")})


@page("production.view_slot")
def board_version(request: HttpRequest) -> JsonResponse:
    """Whether a board that somebody looks at is still the one there is; asked often, so it costs next to nothing."""
    return JsonResponse(stamp() | {"now": round(timezone.now().timestamp() * 1000)})


@page("inventory.view_lot")
def genealogy(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Where a lot came from and where it went, drawn and as a table."""
    lot = get_object_or_404(Lot.objects.select_related("item__site", "supplier"), pk=lot_id)
    rows = trace_table(lot)
    return draw(
        request,
        "console/genealogy.html",
        f"Genealogy of lot {lot}",
        lot=lot,
        lot_page=address_of(lot),
        level=LOT[Lot.Status(lot.status)],
        # Few enough boxes that a person can look at them; the table and the files have all.
        drawing=draw_genealogy(trace.graph(lot), lot, most=MOST_DRAWN),
        rows=[(row, LOT[Lot.Status(row.status)], Lot.Status(row.status).label) for row in rows[:MOST_ROWS]],
        count=len(rows),
        recalls=Recall.objects.open().filter(lots__lot=lot).order_by("pk"),
        may_recall=request.user.has_perm("quality.add_recall"),
    )


@page("inventory.view_lot")
def trace_file(request: HttpRequest, lot_id: int, kind: str) -> HttpResponse:
    """The trace as a file: every lot of it, with all that is known."""
    lot = get_object_or_404(Lot.objects.select_related("item__site", "supplier"), pk=lot_id)
    return download(f"Trace of {lot}", [trace_sheet(trace_table(lot))], kind)


@page("inventory.view_lot")
def tracking_file(request: HttpRequest, lot_id: int) -> HttpResponse:
    """The spreadsheet that FSMA 204 asks for, of this lot and all that it was made of and that became of it."""
    lot = get_object_or_404(Lot.objects.select_related("item__site", "supplier"), pk=lot_id)
    traced = Asked(lots=[row.lot for row in trace_table(lot)])
    return download(f"FSMA 204 records of {lot}", tracking_sheets(traced), "xlsx")


@page("production.view_schedule")
def runs(request: HttpRequest) -> HttpResponse:
    """Every job in the background, forecast runs, plan versions, deliveries that got stuck."""
    return draw(
        request,
        "console/runs.html",
        "Runs and health",
        may_retry=request.user.has_perm("core.change_factdelivery"),
        may_plan=request.user.has_perm("production.add_schedule"),
        may_forecast=request.user.has_perm("forecasting.add_forecastrun"),
        **health.overview(timezone.now()),
    )
