"""The cockpit: everything about one item on one page, with what is decided there."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from forecasting import services
from forecasting.cockpit import Cockpit, cockpit
from forecasting.models import Override
from forecasting.workbooks import cockpit_sheets
from inventory.models import Item, Lot
from mes.console.levels import LOT
from mes.console.pages import deed, draw, page
from mes.core.actions import address_of
from mes.core.models import User
from mes.core.sheets import download

PROPOSALS_SHOWN = 8
ADD_OVERRIDE = "forecasting.add_override"


@page("inventory.view_item")
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """For the planner who decides about an item: demand, forecast, stock to come, proposals and the reasons."""
    items = Item.objects.with_stock().select_related("site", "supplier")
    found = cockpit(get_object_or_404(items, pk=item_id), at=timezone.now())
    return draw(
        request,
        "forecasting/item.html",
        f"{found.item} {found.item.description}",
        charts=True,
        may_decide=request.user.has_perm("forecasting.change_replenishment"),
        may_change_orders=request.user.has_perm("forecasting.change_exceptionmessage"),
        may_override=request.user.has_perm(ADD_OVERRIDE),
        may_set_policy=request.user.has_perm("forecasting.change_stockpolicy"),
        **_context(found),
    )


@page("inventory.view_item")
def item_file(request: HttpRequest, item_id: int) -> HttpResponse:
    """All of the cockpit as a workbook."""
    items = Item.objects.with_stock().select_related("site", "supplier")
    found = cockpit(get_object_or_404(items, pk=item_id), at=timezone.now())
    return download(f"Item {found.item}", cockpit_sheets(found), "xlsx")


def _context(found: Cockpit) -> dict[str, Any]:
    return {
        "cockpit": found,
        "item": found.item,
        "unit": found.item.unit,
        "item_page": address_of(found.item),
        "drawn": found.as_json(),
        "messages_told": [(row, address_of(row.subject)) for row in found.messages],
        "proposals_now": found.proposals[:PROPOSALS_SHOWN],
        "proposals_later": found.proposals[PROPOSALS_SHOWN:],
        "last_due": max((row.due_date for row in found.proposals), default=None),
        "lots": [(row, address_of(row.lot), LOT[Lot.Status(row.lot.status)]) for row in found.lots],
        "batches": [(row, address_of(row.batch), _verdict(row)) for row in found.batches],
    }


def _verdict(row: Any) -> tuple[str, str]:
    """Level and words of what inspections said of a batch's lot."""
    if row.failed:
        return "late", f"{row.failed} failed"
    if row.waiting:
        return "risk", f"{row.waiting} open"
    return ("done", f"{row.passed} passed") if row.passed else ("planned", "none yet")


@deed("forecasting.change_override")
def end_override(request: HttpRequest, pk: int) -> str:
    """Let the statistics count again."""
    found = get_object_or_404(Override.objects.select_related("item", "owner"), pk=pk)
    services.end_override(found, by=cast("User", request.user), at=timezone.now())
    return f"{found.owner}'s number for {found.first_date} to {found.last_date} is ended; the forecast counts again."
