"""The Load page: how full each work center is, which are bottlenecks and why, and which orders are likely to be late though planned on time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from inventory.models import Site
from mes.console.load import FULL, LoadTable, Row, load_by_weeks, load_table
from mes.console.pages import draw, page
from production.foreseeing import Outlook, Queue, look_ahead
from production.habits import remembered
from production.models import ProductionOrder, Schedule, WorkCenter

DAYS_SHOWN = 14
WEEKS_SHOWN = 10
BOTTLENECKS_SHOWN = 5
RISKS_SHOWN = 30
ORDERS_NAMED = 4


@dataclass(frozen=True)
class Bottleneck:
    """A work center that is full, and why that matters."""

    work_center: WorkCenter
    percent: int
    why: str
    late_orders: Sequence[ProductionOrder]
    more_orders: int
    board: str
    operations: str


@page("production.view_slot")
def load(request: HttpRequest) -> HttpResponse:
    """Load by day or week; bottlenecks and foreseen delays follow in a part of their own."""
    at = timezone.now()
    site, is_weekly = _asked(request)
    table = _table(at, site, is_weekly=is_weekly)
    return draw(
        request,
        "console/load.html",
        "Load",
        charts=True,
        table=table,
        data=table.as_json(),
        is_weekly=is_weekly,
        site=site,
        sites=Site.objects.order_by("code"),
        plan=Schedule.objects.only("version", "made_at", "reason").order_by("-version").first(),
        chosen=request.GET.get("center", ""),
        now=at,
    )


@page("production.view_slot")
def outlook(request: HttpRequest) -> HttpResponse:
    """The part of the Load page that takes longer: what is a bottleneck, and what will be late."""
    at = timezone.now()
    site, is_weekly = _asked(request)
    ahead = look_ahead(remembered(at=at), at=at)
    table = _table(at, site, is_weekly=is_weekly)
    risks = [risk for risk in ahead.risks if site is None or risk.work_center.site_id == site.pk]
    return draw(
        request,
        "console/_outlook.html",
        "Load",
        bottlenecks=bottlenecks(table, ahead),
        fullest=table.bottleneck,
        risks=risks[:RISKS_SHOWN],
        more_risks=max(len(risks) - RISKS_SHOWN, 0),
        until=table.last_day,
        likely=sum(risk.chance >= 0.5 for risk in risks),
    )


def bottlenecks(table: LoadTable, ahead: Outlook) -> list[Bottleneck]:
    """Of the fullest work centers, those that leave too little room for anything to go wrong."""
    full = [row for row in table.rows if row.percent >= 100 * FULL or (table.is_weekly and row.full)]
    full = sorted(full, key=lambda row: (-len(row.full), -row.percent))[:BOTTLENECKS_SHOWN]
    late = {key for row in full for key in _queue(ahead, row).late_orders}
    orders = ProductionOrder.objects.in_bulk(late)
    return [_bottleneck(row, _queue(ahead, row), orders, table) for row in full]


def _queue(ahead: Outlook, row: Row) -> Queue:
    return ahead.queues.get(row.work_center.pk, Queue())


def _bottleneck(row: Row, queue: Queue, orders: dict[int, ProductionOrder], table: LoadTable) -> Bottleneck:
    own = sorted((orders[key] for key in queue.late_orders), key=lambda order: (order.due_at, order.pk))
    center = row.work_center
    return Bottleneck(
        center,
        row.percent,
        why=" ".join(_reasons(row, queue, table)),
        late_orders=own[:ORDERS_NAMED],
        more_orders=max(len(own) - ORDERS_NAMED, 0),
        board=f"{reverse('console:board')}?find={center.name}",
        operations=f"{reverse('admin:production_operation_changelist')}?step__work_center__id__exact={center.pk}",
    )


def _reasons(row: Row, queue: Queue, table: LoadTable) -> Iterable[str]:
    whole = row.whole
    setup = whole.setup_hours / whole.planned_hours if whole.planned_hours else 0.0
    told = f", {setup:.0%} of it set-up" if setup >= 0.01 else ""
    yield f"{whole.planned_hours:.0f} of its {whole.available_hours:.0f} hours until {table.last_day:%d %b} are planned{told}."
    if table.is_weekly and row.full:
        weeks = ", ".join(f"week {cell.load.day:%V}" for cell in row.full)
        yield f"It is full in {weeks}."
    lost = [
        f"{hours:.0f} h {word}"
        for hours, word in ((whole.down_hours, "down"), (whole.closed_hours, "closed by exception"))
        if hours >= 1
    ]
    if lost:
        yield f"It loses {' and '.join(lost)}."
    if queue.operations:
        yield f"{queue.operations} operation{'s wait' if queue.operations > 1 else ' waits'} {queue.hours:.0f} working hours for it between two steps."
    if queue.late_orders:
        count = len(queue.late_orders)
        yield f"{count} late order{'s pass' if count > 1 else ' passes'} it."


def _asked(request: HttpRequest) -> tuple[Site | None, bool]:
    code = request.GET.get("site", "")
    site = Site.objects.filter(code=code).first() if code else None
    return site, request.GET.get("by") == "week"


def _table(at: datetime, site: Site | None, *, is_weekly: bool) -> LoadTable:
    if is_weekly:
        return load_by_weeks(at, weeks=WEEKS_SHOWN, site=site)
    return load_table(at, days=DAYS_SHOWN, site=site)
