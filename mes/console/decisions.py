"""What needs someone today: every open question of the plant as one list, the dearest wait first.

Each source is one function over one QuerySet; a decision says what is the matter, why, and offers the ways out. People
see what they may look at, with the buttons they may press.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.timesince import timesince

from forecasting.models import Replenishment
from mes.console.levels import LINE
from mes.core.actions import address_of
from mes.core.models import FactDelivery, User
from orders.models import State
from production.models import Downtime, Operation
from quality.models import Inspection, Nonconformance, Stage

MOST_PER_SOURCE = 8
SOON = timedelta(days=14)
DECIDE_AHEAD = timedelta(days=7)
LINE_COSTS = {State.LATE: 100, State.AT_RISK: 45, State.HELD: 44, State.READY: 42}
UNITS = {
    "C62": "pcs",
    "KGM": "kg",
    "GRM": "g",
    "LTR": "l",
    "MLT": "ml",
    "MTR": "m",
    "MMT": "mm",
    "XBX": "boxes",
}


@dataclass(frozen=True)
class Action:
    """A way out: a link, or with `posts` a button that does it at once; for those who have `permission`."""

    label: str
    url: str
    posts: bool = False
    is_main: bool = False
    permission: str = ""


@dataclass(frozen=True)
class Decision:
    """One open question; `level` is a status colour, `cost` orders the list (higher waits dearer)."""

    level: str
    status: str
    what: str
    why: str
    url: str
    cost: float
    actions: tuple[Action, ...] = field(default=())


def decisions(at: datetime, user: User, lines: Sequence[Any]) -> list[Decision]:
    """Everything that needs a person at `at` and that `user` may see, dearest first.

    :param lines: open order lines with progress, in any order.
    """
    sources: dict[str, Iterable[Decision]] = {
        "orders.view_orderline": waiting_lines(at, lines),
        "quality.view_nonconformance": nonconformances(at),
        "production.view_downtime": machines_down(at),
        "forecasting.view_replenishment": stockouts(at),
        "production.view_operation": blocked_operations(at),
        "quality.view_inspection": waiting_inspections(),
        "core.view_factdelivery": parked_facts(),
    }
    found = [
        replace(decision, actions=tuple(a for a in decision.actions if _may(user, a)))
        for permission, source in sources.items()
        if user.has_perm(permission)
        for decision in islice(source, MOST_PER_SOURCE)
    ]
    return sorted(found, key=lambda decision: -decision.cost)


def _may(user: User, action: Action) -> bool:
    return not action.permission or user.has_perm(action.permission)


def waiting_lines(at: datetime, lines: Sequence[Any]) -> Iterator[Decision]:
    """Lines that are late, at risk, held or ready and due; a held lot costs least here, because its nonconformance stands in the list too."""
    waiting = [line for line in lines if line.state in LINE_COSTS and not _can_wait(line)]
    for line in sorted(waiting, key=lambda line: -_line_cost(line, at)):
        order_page = reverse("admin:orders_customorder_change", args=[line.order_id])
        state = State(line.state)
        board = Action("On the board", f"{reverse('console:board')}?find={line.item}")
        yield Decision(
            level=LINE[state],
            status=state.label,
            what=f"{line} {line.item.description} × {_plain(line.quantity)} for {line.order.customer}",
            why=line.why,
            url=order_page,
            cost=_line_cost(line, at),
            actions=(
                Action("Ship" if state == State.READY else "Order", order_page, is_main=True),
                *(() if state == State.READY else (board,)),
            ),
        )


def _can_wait(line: Any) -> bool:
    """What is made and not due yet waits in stock, which needs nobody."""
    return bool(line.state == State.READY and line.wanted_date > line.local_today)


def _line_cost(line: Any, at: datetime) -> float:
    """The state counts most, then how long the day is past, then how important the line is."""
    days: int = (at.date() - line.wanted_date).days
    return LINE_COSTS[State(line.state)] + max(min(days, 20), -20) / int(line.priority)


def nonconformances(at: datetime) -> Iterator[Decision]:
    waiting = (
        Nonconformance.objects.undecided()
        .select_related("lot__item", "inspection__plan")
        .order_by("opened_at", "pk")
    )
    for each in waiting:
        url = reverse("admin:quality_nonconformance_change", args=[each.pk])
        yield Decision(
            level="held",
            status="Held",
            what=f"Lot {each.lot} of {each.lot.item} {each.lot.item.description} does not conform",
            why=f"{each.description} Open for {timesince(each.opened_at, at)}.",
            url=url,
            cost=70 + min(_days(at - each.opened_at), 20),
            actions=(
                Action("Decide", url, is_main=True, permission="quality.change_nonconformance"),
                Action("Where it went", reverse("console:genealogy", args=[each.lot_id])),
            ),
        )


def machines_down(at: datetime) -> Iterator[Decision]:
    current = Downtime.objects.current(at).select_related("machine__work_center__site")
    for down in current.order_by("starts_at", "pk"):
        zone = down.machine.work_center.site.zone
        until = down.ends_at or down.expected_until
        back = f"expected back {until.astimezone(zone):%a %d %b %H:%M}" if until else "no end in sight"
        planned = down.kind == Downtime.Kind.PLANNED
        yield Decision(
            level="risk" if planned else "late",
            status="Maintenance" if planned else "Down",
            what=f"{down.machine} is down: {down.reason}",
            why=f"For {timesince(down.starts_at, at)} now, {back}.",
            url=address_of(down.machine) or reverse("console:board"),
            cost=20 if planned else 60,
            actions=(
                Action(
                    "Runs again",
                    reverse("console:end-downtime", args=[down.pk]),
                    posts=True,
                    is_main=True,
                    permission="production.change_downtime",
                ),
                Action("On the board", f"{reverse('console:board')}?find={down.machine}"),
            ),
        )


def stockouts(at: datetime) -> Iterator[Decision]:
    """Items that run out soon, each with its most urgent proposal if that must be decided now."""
    proposals = (
        Replenishment.objects.proposed()
        .filter(stockout_date__lte=at.date() + SOON)
        .select_related("item")
        .order_by("stockout_date", "item", "start_date", "pk")
    )
    seen: set[int] = set()
    for each in proposals:
        if each.item_id not in seen:
            seen.add(each.item_id)
            yield _stockout(each, at)


def _stockout(proposal: Replenishment, at: datetime) -> Decision:
    item, item_page = proposal.item, reverse("console:item", args=[proposal.item_id])
    runs_out = proposal.stockout_date or proposal.due_date
    is_out = runs_out <= at.date()
    firm = Action(
        f"Firm {_plain(proposal.quantity)} {unit_name(item.uom)} by {proposal.due_date:%d %b}",
        reverse("console:firm", args=[proposal.pk]),
        posts=True,
        is_main=True,
        permission="forecasting.change_replenishment",
    )
    can_wait = proposal.start_date > at.date() + DECIDE_AHEAD
    return Decision(
        level="late" if is_out else "risk",
        status="Out of stock" if is_out else "Stock-out",
        what=f"{item} {item.description} {'is out' if is_out else f'runs out {runs_out:%a %d %b}'}",
        why="What is on its way comes later than that: see what can be hastened."
        if can_wait
        else proposal.why,
        url=item_page,
        cost=50 - (runs_out - at.date()).days,
        actions=(
            *(() if can_wait else (firm,)),
            Action("Look closer", item_page, is_main=can_wait),
        ),
    )


def blocked_operations(at: datetime) -> Iterator[Decision]:
    blocked = (
        Operation.objects.blocked()
        .select_related("batch__order__item", "batch__lot", "step")
        .order_by("batch__order__due_at", "pk")
    )
    for operation in blocked:
        lot = operation.batch.lot
        inspections = f"{reverse('admin:quality_inspection_changelist')}?q={lot}"
        yield Decision(
            level="held",
            status="Blocked",
            what=f"{operation.step.name} of batch {operation.batch} cannot start",
            why=f"Lot {lot} of {operation.batch.order.item} waits for an inspection or is held.",
            url=address_of(operation) or inspections,
            cost=40 + max(min(_days(at - operation.batch.order.due_at), 20), -20),
            actions=(Action("Its inspections", inspections, is_main=True),),
        )


def waiting_inspections() -> Iterator[Decision]:
    """Open inspections, one entry for each stage and site, so that a busy desk does not bury the rest of the list."""
    waiting = (
        Inspection.objects.open()
        .values("plan__item__site__name", "plan__stage")
        .annotate(count=Count("pk"))
        .order_by("-count", "plan__stage", "plan__item__site__name")
    )
    for group in waiting:
        stage, count = group["plan__stage"], group["count"]
        url = f"{reverse('admin:quality_inspection_changelist')}?status__exact=open"
        yield Decision(
            level="planned",
            status="To inspect",
            what=f"{count} {Stage(stage).label.lower()} inspection{'s wait' if count != 1 else ' waits'} at {group['plan__item__site__name']}",
            why="What they judge can neither move on nor ship until then.",
            url=url,
            cost=10,
            actions=(Action("Inspect", url, is_main=True),),
        )


def parked_facts() -> Iterator[Decision]:
    parked = FactDelivery.objects.parked().count()
    if parked:
        runs = reverse("console:runs")
        yield Decision(
            level="late",
            status="Stuck",
            what=f"{parked} message{'s' if parked != 1 else ''} between departments could not be delivered",
            why="Each was tried until its attempts were used up; the rest of the plant was not held up.",
            url=runs,
            cost=30,
            actions=(Action("Look and retry", runs, is_main=True),),
        )


def unit_name(code: str) -> str:
    """A UN/ECE Rec 20 code as people write it."""
    return UNITS.get(code, code)


def _plain(quantity: Any) -> str:
    return f"{quantity.normalize():,f}"


def _days(span: timedelta) -> float:
    return span.total_seconds() / 86_400
