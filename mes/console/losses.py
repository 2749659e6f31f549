"""What goes wrong most, and dearest: nonconformances by cause, supplier and item, with the actions against them."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mes.console.pages import draw, page
from quality.models import CorrectiveAction
from quality.pareto import pareto, unnamed

PERIODS = {"30": "30 days", "90": "90 days", "365": "a year"}
VIEWS = {"cause": "By cause", "supplier": "By supplier", "item": "By item"}
BARS = 15


@page("quality.view_nonconformance")
def losses(request: HttpRequest) -> HttpResponse:
    """Read by the quality manager before the weekly meeting, to decide against what to act first."""
    now = timezone.now()
    days = request.GET.get("days", "90")
    days = days if days in PERIODS else "90"
    by = request.GET.get("by", "cause")
    by = by if by in VIEWS else "cause"
    since = now - timedelta(days=int(days))
    bars = pareto(by, since=since, until=now)
    return draw(
        request,
        "console/losses.html",
        "Losses and actions",
        charts=True,
        bars=bars[:BARS],
        more=max(len(bars) - BARS, 0),
        drawn=[
            {"name": bar.name, "cases": bar.cases, "cost": float(bar.cost), "share": bar.cumulated_percent}
            for bar in bars[:BARS]
        ],
        by=by,
        days=days,
        periods=PERIODS,
        views=VIEWS,
        unnamed=unnamed(since),
        total_cases=sum(bar.cases for bar in bars),
        total_cost=sum(bar.cost for bar in bars),
        overdue=CorrectiveAction.objects.overdue(now)
        .select_related("owner")
        .order_by("due_date", "pk")[:BARS],
        unfinished=CorrectiveAction.objects.unfinished().count(),
    )
