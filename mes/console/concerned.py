"""Customers who feel a new version of the plan: on the version's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from mes.console.pages import page
from orders.concerned import concerned_by
from production.models import Schedule

ROWS_SHOWN = 200


@page("orders.view_orderline")
def concerned(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """The lines that a version projects for another day, those it makes late first."""
    found = concerned_by(get_object_or_404(Schedule, pk=schedule_id))
    context = {
        "concerns": found[:ROWS_SHOWN],
        "count": len(found),
        "made_late": sum(each.is_late and not each.was_late for each in found),
    }
    return render(request, "console/_concerned.html", context)
