"""Stock batches that gave way: on the page of the version that moved them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from forecasting.models import Displacement
from mes.console.pages import page
from production.models import Schedule

LIKELY, POSSIBLE = 0.2, 0.05


@page("production.view_schedule")
def displaced(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Those of one version, the dearest first."""
    schedule = get_object_or_404(Schedule, pk=schedule_id)
    rows: Any = Displacement.objects.filter(schedule=schedule).select_related("batch__order__item__site")
    found = list(rows.dearest_first())
    for row in found:
        row.level = level_of(row)
        row.chance = f"{row.probability_before:.0%} → {row.probability:.0%}"
    return render(request, "console/_displaced.html", {"displaced": found})


def level_of(row: Displacement) -> str:
    """The colour of its risk."""
    if row.probability >= LIKELY:
        return "late"
    return "risk" if row.probability >= POSSIBLE else "done"
