"""Stock batches that gave way: on the page of the version that moved them, item by item."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from forecasting.models import Displacement
from inventory.models import Item
from mes.console.pages import page
from production.models import Schedule

LIKELY, POSSIBLE = 0.2, 0.05


@dataclass(frozen=True)
class Displaced:
    """The batches of one item that come on a later day; what that risks is told of the one that comes last."""

    item: Item
    rows: list[Displacement]

    @property
    def worst(self) -> Displacement:
        return max(self.rows, key=lambda row: (row.probability, row.units_short, row.ends_at))

    @property
    def chance(self) -> str:
        return f"{self.worst.probability_before:.0%} → {self.worst.probability:.0%}"

    @property
    def level(self) -> str:
        """The colour of its risk."""
        if self.worst.probability >= LIKELY:
            return "late"
        return "risk" if self.worst.probability >= POSSIBLE else "done"


@page("production.view_schedule")
def displaced(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Those of one version, the dearest first."""
    schedule = get_object_or_404(Schedule, pk=schedule_id)
    rows = Displacement.objects.filter(schedule=schedule).select_related("batch__order__item__site")
    items: dict[int, Displaced] = {}
    for row in rows.dearest_first():
        item = row.batch.order.item
        items.setdefault(item.pk, Displaced(item, [])).rows.append(row)
    found = {"displaced": list(items.values()), "batches": sum(len(one.rows) for one in items.values())}
    return render(request, "console/_displaced.html", found)
