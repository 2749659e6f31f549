"""Ways out for a late order, tried one after the other while the page looks on, each with the button that takes it.

What was tried is kept for an hour under the plan's version, so a page that is left and opened again goes on where it was.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import shorten
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework.serializers import ListSerializer

from inventory import services as inventory
from inventory.models import ExpectedReceipt
from mes.console.actions import SECONDS_WAITED
from mes.console.pages import acting, deed, draw, page, person
from mes.core.links import address_of, link_to
from mes.core.refusals import InvalidInput
from production import what_ifs
from production.change_inputs import ChangeInput
from production.changes import Change, to_json
from production.explaining import explain
from production.models import ProductionOrder, Schedule
from production.planning import reschedule
from production.snapshot import take_snapshot
from production.under_way import planning
from production.ways_out import Search, Way, search_for

MAY_PLAN = "production.add_schedule"
AT_A_TIME = 3.0  # seconds of trying before the page is told how far it is
REMEMBERED = 3600  # seconds
OTHERS_SHOWN = 4
NAME = 100  # characters


class NoSuchChange(InvalidInput):
    code = "console.no_such_change"
    title = "These changes cannot be read"


class NoSuchDay(InvalidInput):
    code = "console.no_such_day"
    title = "This is no day"


@dataclass(frozen=True)
class Shown:
    """A way as it is drawn: who is worse off, and what its buttons send."""

    way: Way
    changes: str
    more_harmed: int
    receipt: ExpectedReceipt | None

    @property
    def is_purchase(self) -> bool:
        return self.way.proposal.awaited is not None

    @property
    def day(self) -> date | None:
        return self.way.proposal.by.date() if self.way.proposal.by is not None else None


@page(MAY_PLAN)
def ways_out(request: HttpRequest, order_id: int) -> HttpResponse:
    """The ways found so far; while any is left to try, the answer asks for the next."""
    order = get_object_or_404(ProductionOrder, pk=order_id)
    key = f"console.ways-out.{order.pk}.{Schedule.objects.aggregate(last=Max('version'))['last']}"
    at = timezone.now()
    search: Search | None = cache.get(key)
    if search is None:
        explanation = explain(order, at=at)
        search = search_for(explanation) if explanation.is_late else Search(order.pk, ())
    elif not search.is_over:
        _try_some(search)
    cache.set(key, search, REMEMBERED)
    tried, count = len(search.ways), search.count
    return draw(
        request,
        "console/_ways.html",
        f"Ways out for {order}",
        order=order,
        is_late=search.late_hours > 0,
        ways=_shown(search.found),
        idle=search.idle,
        is_over=search.is_over,
        tried=tried,
        count=count,
        percent=round(100 * tried / count) if count else 100,
    )


def _try_some(search: Search) -> None:
    began = monotonic()
    plant = take_snapshot(at=timezone.now())
    while not search.is_over:
        search.try_next(plant)
        if monotonic() - began >= AT_A_TIME:
            break


def _shown(ways: Sequence[Way]) -> list[Shown]:
    keys = {
        way.proposal.awaited.receipt
        for way in ways
        if way.proposal.awaited is not None and way.proposal.awaited.receipt is not None
    }
    receipts = ExpectedReceipt.objects.in_bulk(keys) if keys else {}
    return [
        Shown(
            way,
            json.dumps([to_json(change) for change in way.proposal.changes]),
            max(len(way.harmed) - OTHERS_SHOWN, 0),
            receipts.get(way.proposal.awaited.receipt or 0) if way.proposal.awaited is not None else None,
        )
        for way in ways
    ]


# --- taking one ------------------------------------------------------------------------------------------------------


@deed(MAY_PLAN)
def take(request: HttpRequest, order_id: int) -> SafeString:
    """Put a way in force and plan accordingly."""
    kept = _kept(request, order_id)
    seen = set(request.POST.get("late", "").split())
    late = sorted(set(kept.figures["after"]["late"]) - set(kept.figures["before"]["late"]) - seen)
    if late:
        raise _moved_on(late)
    try:
        published = what_ifs.publish_what_if(kept, **acting(request)).published_as
    except what_ifs.PlanMovedOn as moved_on:
        raise _moved_on(moved_on.late) from moved_on
    page = address_of(kept)
    back = format_html('<a class="underline" href="{}#back">How to take it back</a>.', page) if page else ""
    told = "; ".join(kept.told)
    return format_html("{} is in force: {}. {}", told, link_to(published) if published else "", back)


def _moved_on(late: Sequence[str]) -> what_ifs.PlanMovedOn:
    return what_ifs.PlanMovedOn(
        f"The plan moved on since this was tried; by now it would make {', '.join(late)} late too. Nothing was changed.",
        remedy="Look for ways out again: they are tried on the plan as it is.",
    )


@deed(MAY_PLAN)
def keep(request: HttpRequest, order_id: int) -> str:
    """Keep a way as a what-if plan beside the published one."""
    kept = _kept(request, order_id)
    return f"“{kept}” stands beside the published plan; compare it on the board, then publish or drop it."


@deed("inventory.change_expectedreceipt")
def redate(request: HttpRequest, receipt_id: int) -> SafeString:
    """A purchase comes sooner, as agreed with its supplier. Where that only helps if everything may move, it is planned so at once."""
    receipt = get_object_or_404(ExpectedReceipt.objects.select_related("item__site"), pk=receipt_id)
    former = receipt.due_date
    with planning():  # else the sooner purchase, once it is known, would make a version of its own
        inventory.postpone_expected_receipt(receipt, _day(request), **acting(request))
        plan = _planned_freely(request, f"{receipt} comes sooner") if _is_free(request) else None
    return format_html(
        "{} is counted on from {}; {}. To take it back, open it and set its due date to {} again.",
        link_to(receipt),
        f"{receipt.due_date:%a %d %b}",
        "the plan follows" if plan is None else format_html("{} is planned for it", link_to(plan)),
        f"{former:%a %d %b}",
    )


def _planned_freely(request: HttpRequest, because: str) -> Schedule | None:
    """A plan that may move everything, made at once; None for who may not plan."""
    if not person(request).has_perm(MAY_PLAN):
        return None
    return reschedule(reason=because, **acting(request), seconds=SECONDS_WAITED)


def _kept(request: HttpRequest, order_id: int) -> Any:
    order = get_object_or_404(ProductionOrder, pk=order_id)
    return what_ifs.create_what_if(
        _name(order, request.POST.get("what", "way out")),
        _changes(request),
        freely=_is_free(request),
        **acting(request),
    )


def _name(order: ProductionOrder, what: str) -> str:
    """Of what order and what is done, each once, cut between words."""
    return shorten(what if what.startswith(str(order)) else f"{order}: {what}", NAME, placeholder=" …")


def _is_free(request: HttpRequest) -> bool:
    """Whether it was tried on a plan that may move everything."""
    return request.POST.get("freely") == "yes"


def _changes(request: HttpRequest) -> list[Change]:
    """:raises NoSuchChange: for anything but changes that could be tried."""
    try:
        rows = json.loads(request.POST.get("changes", ""))
    except ValueError:
        rows = None
    asked: ListSerializer[Any] = ListSerializer(child=ChangeInput(), data=rows, allow_empty=False)
    if not asked.is_valid():
        raise NoSuchChange("These changes cannot be read.", remedy="Look for ways out once more.")
    return list(asked.validated_data)


def _day(request: HttpRequest) -> date:
    typed = request.POST.get("due_date", "")
    try:
        day = parse_date(typed)
    except ValueError:
        day = None
    if day is None:
        raise NoSuchDay(f"“{typed}” is no day.", remedy="Write it as 2026-03-31.")
    return day
