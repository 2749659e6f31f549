"""Overrides of many items: a grid to type or paste into, and a workbook to take out and bring back."""

import json
from collections.abc import Sequence
from decimal import InvalidOperation
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from forecasting import services
from forecasting.overriding import (
    Checked,
    Edit,
    Fault,
    Grain,
    NotOurs,
    Table,
    check,
    read_text,
    read_workbook,
    table,
    workbook,
)
from forecasting.overriding.edits import NoNumber, Seen, number_in
from forecasting.overriding.table import forecast_items
from forecasting.portfolio import Wanted
from inventory.models import Item, Site
from inventory.quantities import plain
from mes.console.pages import acting, desk, draw, page
from mes.core.problems import ANTICIPATED, anticipated
from mes.core.sheets import XLSX

ITEMS_PER_PAGE = 50
MOST_EDITS = 20_000
CHANGES_SHOWN = 300
VIEW, ADD = "forecasting.view_override", "forecasting.add_override"


class Asked:
    """Which part of the grid a request is about."""

    def __init__(self, request: HttpRequest) -> None:
        given = request.POST if request.method == "POST" else request.GET
        grain = given.get("grain", "")
        self.grain = Grain(grain) if grain in set(Grain) else Grain.WEEK
        self.wanted = Wanted(given.get("site", ""), given.get("family", ""), given.get("term", "").strip())
        self.page = given.get("page", "1")

    @property
    def items(self) -> Any:
        return self.wanted.of(forecast_items()).select_related("site").order_by("number", "revision", "pk")


@desk(VIEW)
def overrides(request: HttpRequest) -> HttpResponse:
    """For the planner before the monthly meeting: the numbers of many items, entered at once."""
    if request.method != "POST":
        return _show(request, Asked(request))
    if not request.user.has_perm(ADD):
        return _show(request, Asked(request), told="You may look at these numbers and not change them.")
    asked = Asked(request)
    try:
        edits, faults = _edits(request, asked)
    except NotOurs as refusal:
        return _show(request, asked, told=str(refusal), status=422)
    moved = request.POST.get("moved") == "yes"
    checked = check(edits, asked.grain, at=timezone.now(), faults=faults, moved=moved)
    reason = request.POST.get("reason", "").strip()
    if request.POST.get("do") != "save" or not checked.may_be_saved:
        status = 422 if checked.faults else 200
        return _show(request, asked, checked=checked, reason=reason, moved=moved, status=status)
    try:
        count = services.save_numbers(
            [change.as_number(reason) for change in checked.changes],
            **acting(request),
        )
    except ANTICIPATED as failure:
        problem = anticipated(failure)
        return _show(
            request,
            asked,
            checked=checked,
            reason=reason,
            moved=moved,
            told=problem.sentence,
            status=problem.status,
        )
    messages.success(
        request, f"{count} number{'' if count == 1 else 's'} saved. They count from the next netting on."
    )
    return HttpResponseRedirect(f"{reverse('console:overrides')}?grain={asked.grain}")


@page(VIEW)
def overrides_file(request: HttpRequest) -> HttpResponse:
    """The grid of all wanted items as a workbook to fill in."""
    asked = Asked(request)
    answer = HttpResponse(workbook(table(asked.items, asked.grain, at=timezone.now())), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="overrides-by-{asked.grain}.xlsx"'
    return answer


def _edits(request: HttpRequest, asked: Asked) -> tuple[list[Edit], list[Fault]]:
    """What is asked for: by a workbook, by a block with headings, or by cells of the page."""
    if (file := request.FILES.get("file")) is not None:
        filled = read_workbook(cast("Any", file))
        asked.grain = filled.grain
        return filled.edits, filled.faults
    if text := request.POST.get("text", "").strip("\n\r"):
        return read_text(text)
    return _cells(request.POST.get("cells", "[]"))


def _cells(given: str) -> tuple[list[Edit], list[Fault]]:
    """Cells as the page's script writes them: item, bucket, value, and what was seen there."""
    try:
        rows = json.loads(given)
        if not isinstance(rows, list) or len(rows) > MOST_EDITS:
            raise TypeError
    except (TypeError, ValueError):
        return [], [Fault("the page", "What it sent cannot be read: reload it and enter the numbers again.")]
    edits: list[Edit] = []
    faults: list[Fault] = []
    for row in rows:
        try:
            where = str(row["where"])[:80]
            value = str(row["value"]).strip()
            forecast = row.get("forecast")
            seen = Seen(int(row.get("override") or 0), None if forecast is None else float(forecast))
            edits.append(
                Edit(
                    where,
                    str(row["item"]),
                    str(row["bucket"]),
                    number_in(value) if value else None,
                    str(row.get("reason") or "")[:200],
                    seen if row.get("seen", True) else None,
                )
            )
        except NoNumber as told:
            faults.append(Fault(where, str(told)))
        except (TypeError, KeyError, ValueError, AttributeError, InvalidOperation):
            faults.append(Fault("the page", "One of its cells cannot be read: reload it and enter it again."))
    return edits, faults


def _show(
    request: HttpRequest,
    asked: Asked,
    *,
    checked: Checked | None = None,
    reason: str = "",
    moved: bool = False,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = Paginator(asked.items, ITEMS_PER_PAGE).get_page(asked.page)
    shown = table(list(rows.object_list), asked.grain, at=timezone.now())
    answer = draw(
        request,
        "forecasting/overrides.html",
        "Overrides",
        shown=shown,
        pages=rows,
        asked=asked,
        grains=[(grain, f"By {grain}") for grain in Grain],
        sites=Site.objects.order_by("code"),
        families=Item.objects.exclude(family="")
        .order_by("family")
        .values_list("family", flat=True)
        .distinct(),
        may_override=request.user.has_perm(ADD),
        drawn=_drawn(shown),
        checked=checked,
        changes=checked.changes[:CHANGES_SHOWN] if checked else [],
        kept=_kept(checked.changes) if checked else "[]",
        forecast_moved=any(fault.is_moved_forecast for fault in checked.faults) if checked else False,
        reason=reason,
        needs_reason=any(not change.reason for change in checked.changes) if checked else False,
        moved=moved,
        told=told,
        given=request.POST if request.method == "POST" else {},
    )
    answer.status_code = status
    return answer


def _drawn(shown: Table) -> dict[str, Any]:
    """What the page's script must know of each cell."""
    return {
        "buckets": [bucket.name for bucket in shown.buckets],
        "items": [str(row.item) for row in shown.rows],
        "cells": [
            [
                [
                    cell.forecast,
                    cell.override.pk if cell.override else 0,
                    plain(cell.override.quantity) if cell.override else "",
                ]
                for cell in row.cells
            ]
            for row in shown.rows
        ],
    }


def _kept(changes: Sequence[Any]) -> str:
    """Changes as cells again, to be saved as they were checked."""
    edits = [change.as_edit() for change in changes]
    return json.dumps(
        [
            {
                "where": edit.where,
                "item": edit.item,
                "bucket": edit.bucket,
                "value": "" if edit.quantity is None else plain(edit.quantity),
                "reason": edit.reason,
                "override": edit.seen.override,
                "forecast": edit.seen.forecast,
            }
            for edit in edits
            if edit.seen is not None
        ]
    )
