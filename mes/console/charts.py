"""Control charts: the list by what needs someone, and what a chart that is open asks for while results are entered."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, render

from inventory.models import Site
from mes.console.pages import acting, deed, draw, page, person
from quality.admin.charts import side_of
from quality.charted import draw as draw_chart
from quality.charted import list_charts, version_of
from quality.models import ChartSignal, ControlChart
from quality.services import acknowledge_chart, acknowledge_point

VIEW = "quality.view_controlchart"


@page(VIEW)
def charts(request: HttpRequest) -> HttpResponse:
    """Whoever answers for the processes: which chart calls for somebody?"""
    found = ControlChart.objects.live()
    site, mine = request.GET.get("site", ""), request.GET.get("mine", "")
    if site:
        found = found.filter(characteristic__plan__item__site__code=site)
    if mine:
        found = found.filter(owner=person(request))
    listed = list_charts(found)
    return draw(
        request,
        "console/charts.html",
        "Control charts",
        listed=listed,
        waiting=sum(each.level == "late" for each in listed),
        sites=Site.objects.order_by("code"),
        site=site,
        mine=mine,
        may_add=request.user.has_perm("quality.add_controlchart"),
    )


@page(VIEW)
def chart_data(request: HttpRequest, pk: int) -> HttpResponse:
    """What is drawn, or that nothing changed (304) since the version that the page has."""
    chart = get_object_or_404(ControlChart.objects.select_related("characteristic__plan"), pk=pk)
    if request.headers.get("If-None-Match") == (tag := f'"{version_of(chart)}"'):
        return HttpResponseNotModified(headers={"ETag": tag})
    drawn = draw_chart(chart)
    return JsonResponse(drawn.as_data(), headers={"ETag": f'"{drawn.version}"', "Cache-Control": "no-cache"})


@page(VIEW)
def chart_side(request: HttpRequest, pk: int) -> HttpResponse:
    """Signals, limits and capability, drawn anew beside an open chart."""
    context: dict[str, Any] = side_of(get_object_or_404(ControlChart, pk=pk))
    return render(request, "quality/_chart_side.html", context)


@deed("quality.add_signalacknowledgement")
def acknowledge(request: HttpRequest, pk: int) -> str:
    """One cause for all that a point signals: whoever found why it is there found it for every rule."""
    signal = get_object_or_404(ChartSignal.objects.select_related("point__chart"), pk=pk)
    acknowledge_point(
        signal.point,
        request.POST.get("cause", ""),
        action=request.POST.get("action", "")[:300],
        **acting(request),
    )
    return f"Acknowledged: point {signal.point.sequence}."


@deed("quality.add_signalacknowledgement")
def acknowledge_all(request: HttpRequest, pk: int) -> str:
    """One cause for every point that waits, as far as the page has shown them."""
    chart = get_object_or_404(ControlChart, pk=pk)
    seen = request.POST.get("until", "")
    acknowledged = acknowledge_chart(
        chart,
        request.POST.get("cause", ""),
        until=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
        action=request.POST.get("action", "")[:300],
        **acting(request),
    )
    points = len({each.signal.point_id for each in acknowledged})
    return f"Acknowledged: {points} point{'s' if points != 1 else ''}."
