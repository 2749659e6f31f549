"""Giving a customer a date, and saying what binds it."""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.facts import LinePromised
from orders.models import CustomOrder, OrderLine, Promise, State
from orders.services.entry import lock_order
from production.models import Operation, Slot


class NotPromisable(DomainError):
    code = "orders.not_promisable"
    title = "No date is promised for this order"


class PromisedInThePast(InvalidInput):
    code = "orders.promised_in_the_past"
    title = "The date has passed"


# Of where a line stands, what its earliest day depends on: the rest takes the database longer than this.
_LOOKED_AT: Final = (
    "quantity",
    "shipped_quantity",
    "ready_quantity",
    "uncovered_quantity",
    "unjudged_quantity",
    "local_today",
    "expected_date",
    "projected_at",
    "projected_date",
    "is_unscheduled",
    "next_step",
)


class Earliest(NamedTuple):
    """The first day on which a line could be shipped, and what keeps it from being earlier."""

    day: date
    binding: str


@transaction.atomic
def promise_line(
    line: OrderLine, *, promised_date: date | None = None, binding: str = "", by: User, at: datetime
) -> Promise:
    """Give the customer a date for a line of a confirmed order; it replaces the one given before.

    :param promised_date: the date agreed; by default the day asked for or, if that cannot be kept, the earliest that can.
    :param binding: what it hangs on, in words; worked out when no date is given.
    :raises NotPromisable: unless the order is confirmed.
    :raises PromisedInThePast: for a date that has passed at the site.
    """
    if lock_order(line.order).status != CustomOrder.Status.CONFIRMED:
        raise NotPromisable(
            f"Order {line.order} is {line.order.get_status_display().lower()}.",
            remedy="Confirm it first."
            if line.order.status == CustomOrder.Status.DRAFT
            else "Nothing of it is left to promise; enter what is new as another order.",
        )
    today = at.astimezone(line.item.site.zone).date()
    if promised_date is not None and promised_date < today:
        raise PromisedInThePast(
            f"{promised_date} has passed; today is {today}.",
            remedy="Promise today or later.",
            errors={"promised_date": [f"It has passed; today is {today}."]},
        )
    if promised_date is None:
        promised_date, binding = _best(line, at)
    promise = Promise.objects.create(
        line=line,
        promised_date=promised_date,
        binding=(binding.strip() or "Agreed with the customer")[:200],
        made_at=at,
        by=by,
    )
    record(LinePromised(line=line.pk, promised_date=promised_date))
    return promise


@transaction.atomic
def promise_order(order: CustomOrder, *, by: User, at: datetime) -> list[Promise]:
    """Promise every line of an order that is not fully shipped afresh, from what is known now.

    :raises NotPromisable: unless the order is confirmed.
    """
    lines = order.lines.select_related("item__site", "order").with_progress(at).exclude(state=State.SHIPPED)
    return [promise_line(line, by=by, at=at) for line in lines.order_by("number")]


def earliest(line: OrderLine, at: datetime) -> Earliest:
    """When a line could be shipped as things stand: from stock, by the published schedule, else by the usual lead time."""
    progress: Any = OrderLine.objects.with_progress(at).values_list(*_LOOKED_AT, named=True).get(pk=line.pk)
    today: date = progress.local_today
    if progress.ready_quantity >= progress.quantity - progress.shipped_quantity:
        return Earliest(today, "In stock, reserved")
    if progress.uncovered_quantity > 0 and progress.expected_date:
        return Earliest(
            max(today, progress.expected_date), f"The purchase due {progress.expected_date:%d %b %Y}"
        )
    if progress.projected_at and not progress.is_unscheduled and not progress.uncovered_quantity:
        return Earliest(progress.projected_date, _last_step(line))
    if progress.unjudged_quantity and not progress.next_step:
        return Earliest(today, "Made; its final inspection")
    days = line.item.lead_time_days
    return Earliest(
        today + timedelta(days=days),
        f"The usual lead time of {line.item}, {days} days: not in the schedule yet",
    )


def _best(line: OrderLine, at: datetime) -> tuple[date, str]:
    """The day asked for where it can be kept, else the earliest."""
    first = earliest(line, at)
    if first.day > line.due_date:
        return first.day, first.binding
    return line.due_date, f"The day asked for; possible from {first.day:%d %b %Y} ({first.binding})"


def _last_step(line: OrderLine) -> str:
    slots = Slot.objects.published().filter(
        operation__batch__order__in=line.pegs.of_production().values("production_order"),
        operation__status__in=Operation.UNFINISHED,
    )
    last = slots.select_related("operation__step", "machine").order_by("-ends_at").first()
    if last is None:
        return "The schedule"
    where = f" on {last.machine}" if last.machine else ""
    return f"The schedule: {last.operation.step.name}{where} ends {last.ends_at:%d %b %Y}"
