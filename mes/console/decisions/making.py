"""What waits on the shop floor: machines that are down, orders nobody released, operations that may not start."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.timesince import timesince

from mes.console.decisions.decision import Action, Decision, days, written
from mes.core.links import address_of
from production.models import Downtime, Operation, ProductionOrder, Schedule, Slot

RELEASE_AHEAD = timedelta(hours=24)
WAITS = ("it waits for batch ", "it waits for job ")  # what is said of that which another batch holds up
BATCHES_NAMED = 3


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


def without_a_place(at: datetime) -> Iterator[Decision]:
    """What the plan in force could not take, by the reason; what merely waits for such batches is counted with it."""
    plan = Schedule.objects.defer("moved").order_by("-version").first()
    rows = plan.unplanned if plan is not None else []
    reasons: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if not row["reason"].startswith(WAITS):
            reasons.setdefault(row["reason"], []).append(row)
    waiting = len({row["batch"] for row in rows}) - len(
        {row["batch"] for own in reasons.values() for row in own}
    )
    for reason, own in reasons.items():
        batches = list(dict.fromkeys(row["batch"] for row in own))
        more = f" and {len(batches) - BATCHES_NAMED} more" if len(batches) > BATCHES_NAMED else ""
        also = f" {waiting} more wait for what has no place." if waiting else ""
        yield Decision(
            level="late",
            status="No place",
            what=f"{', '.join(batches[:BATCHES_NAMED])}{more}: not in the plan",
            why=f"{reason[0].upper()}{reason[1:]}.{also}",
            url=f"{reverse('console:board')}#tray",
            cost=70,
            actions=(Action("See all", f"{reverse('console:board')}#tray", is_main=True),),
        )


def unreleased_orders(at: datetime) -> Iterator[Decision]:
    """Orders that the schedule wants to begin soon and that nobody has released; a sub-order is released with its parent."""
    slots = Slot.objects.published().filter(operation__batch__order=OuterRef("pk")).order_by("starts_at")
    planned = ProductionOrder.Status.PLANNED
    waiting: Iterable[Any] = (
        ProductionOrder.objects.filter(status=planned)
        .annotate(starts_at=Subquery(slots.values("starts_at")[:1]))
        .filter(starts_at__lt=at + RELEASE_AHEAD)
        .select_related("item", "site", "parent__item", "parent__parent__item")
        .order_by("starts_at", "pk")
    )
    seen: set[int] = set()
    for order in waiting:
        top = order
        while top.parent is not None and top.parent.status == planned:
            top = top.parent
        if top.pk in seen:
            continue
        seen.add(top.pk)
        page = address_of(top) or reverse("console:board")
        starts = order.starts_at.astimezone(order.site.zone)
        yield Decision(
            level="late" if order.starts_at < at else "planned",
            status="Not released",
            what=f"{top} {top.item.description} × {written(top.quantity)} begins {starts:%a %d %b %H:%M}",
            why="Nobody can start it before it is released.",
            url=page,
            cost=55 if order.starts_at < at else 35,
            actions=(
                Action(
                    "Release",
                    reverse("console:release", args=[top.pk]),
                    posts=True,
                    is_main=True,
                    permission="production.change_productionorder",
                ),
                Action("Order", page),
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
            cost=40 + max(min(days(at - operation.batch.order.due_at), 20), -20),
            actions=(Action("Its inspections", inspections, is_main=True),),
        )
