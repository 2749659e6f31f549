"""Why an order ends when it does, drawn: the chain as a bar and as rows, each with a link to what it names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from mes.console.pages import draw, page
from mes.core.links import address_at, address_of, address_of_key
from orders.models import OrderLine
from production.explaining import explain
from production.explanation import Explanation
from production.models import ProductionOrder
from production.reasons import Row, Share, rows, sentence, shares

NARROWEST = 0.4  # per cent of the bar; what is shorter would not be seen


@dataclass(frozen=True)
class Reference:
    """Something that a row names, and its page where the reader may open it."""

    label: str
    url: str | None


@dataclass(frozen=True)
class Shown:
    """A row of the chain as it is drawn; `width` is its part of the bar in per cent."""

    row: Row
    width: float
    links: tuple[Reference, ...]


@page("production.view_slot")
def why(request: HttpRequest, order_id: int) -> HttpResponse:
    """The chain of a production order: a page of its own, or a part of one."""
    order = get_object_or_404(ProductionOrder, pk=order_id)
    return _answer(request, explain(order, at=timezone.now()))


@page("production.view_slot")
def why_line(request: HttpRequest, line_id: int) -> HttpResponse:
    """The chain of an order line: that of the production order that keeps it longest."""
    at = timezone.now()
    lines: Any = OrderLine.objects.with_progress(at).select_related("item", "order__customer")
    line = get_object_or_404(lines, pk=line_id)
    made = line.pegs.of_production().standing().values("production_order")
    longest: Any = ProductionOrder.objects.open().with_projection().filter(pk__in=made)
    order = longest.order_by("-projected_end", "pk").first()
    explanation = explain(order, at=at) if order is not None else None
    return _answer(request, explanation, line=line)


def _answer(request: HttpRequest, explanation: Explanation | None, line: Any = None) -> HttpResponse:
    is_part = "HX-Request" in request.headers
    return draw(
        request,
        "console/_why.html" if is_part else "console/why.html",
        f"Why {line or (explanation.order if explanation is not None else '')} ends when it does",
        line=line,
        is_part=is_part,
        may_try=request.user.has_perm("production.add_schedule"),
        **(shown(explanation) if explanation is not None else {}),
    )


def shown(explanation: Explanation) -> dict[str, Any]:
    """Everything that the chain's template draws."""
    own = rows(explanation)
    whole = sum(row.hours for row in own) or 1.0
    order = explanation.order
    return {
        "explanation": explanation,
        "order": order,
        "zone": order.site.zone,
        "sentence": sentence(explanation),
        "chain": [Shown(row, max(100 * row.hours / whole, NARROWEST), tuple(_links(row))) for row in own],
        "totals": shares(explanation.links),
        "segments": _segments(explanation, whole),
        "from": explanation.at,
        "to": explanation.ends_at,
        "due_mark": _due_mark(explanation),
        "board": address_at("console:board", query=f"find={order.number}"),
    }


def _segments(explanation: Explanation, whole: float) -> list[tuple[Share, float, datetime]]:
    """The chain as one bar: what the time goes to, how wide in per cent, from when; what goes on under another name is one piece."""
    pieces = []
    for kind, links in groupby(explanation.links, key=lambda link: link.kind):
        own = list(links)
        hours = sum(link.hours for link in own)
        pieces.append((Share(kind, hours), max(100 * hours / whole, NARROWEST), own[0].starts_at))
    return pieces


def _due_mark(explanation: Explanation) -> float | None:
    """Where on the bar, in per cent, the order was due; None where that is not on it."""
    order, end = explanation.order, explanation.ends_at
    if end is None or not explanation.at < order.due_at < end:
        return None
    return 100 * (order.due_at - explanation.at) / (end - explanation.at)


def _links(row: Row) -> Iterator[Reference]:
    """What the row names; the pages of it that the reader may open."""
    named = row.operation
    yield Reference(f"{named.batch} / {named.step}", address_of_key("production.operation", named.operation))
    for rival in row.rivals:
        yield Reference(rival.order_number, address_of_key("production.productionorder", rival.order))
    if row.receipt is not None:
        yield Reference("Purchase", address_of_key("inventory.expectedreceipt", row.receipt))
    if row.lot is not None:
        yield Reference(f"Lot {row.lot}", address_of(row.lot))
