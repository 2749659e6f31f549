"""Messages about open orders: made anew with the proposals, acted on, dismissed."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction

from forecasting.facts import ExceptionActedOn, ExceptionDismissed, ExceptionReopened
from forecasting.messages import Finding
from forecasting.models import ExceptionMessage, NettingRules
from forecasting.models.messages import CHANGE_ORDER, CHANGE_PURCHASE
from forecasting.services.reasons import ReasonNeeded
from inventory import services as inventory
from inventory.models import ExpectedReceipt
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import services as production
from production.models import Batch, ProductionOrder

Kind = ExceptionMessage.Kind
Status = ExceptionMessage.Status
_NOUNS = {CHANGE_ORDER: "a production order", CHANGE_PURCHASE: "a purchase"}

_FACTS = ("due_date", "better_date", "stated_date", "quantity", "better_quantity", "why", "cost")


class SubjectChanged(DomainError):
    code = "forecasting.subject_changed"
    title = "The order is not what it was"


class MayNotChange(DomainError):
    code = "forecasting.may_not_change_order"
    status = 403
    title = "Changing the order is not yours to decide"


@transaction.atomic
def renew_messages(
    found: Iterable[Finding], terms: NettingRules, *, leaving: Collection[int] = (), at: datetime
) -> list[ExceptionMessage]:
    """Let the open messages say what is found now. A message that was dismissed stays so while the facts are what they were,
    give or take the tolerances. Returns the messages that are new.

    Safe to repeat.

    :param leaving: keys of items whose messages stay as they are.
    """
    # Locked, so that somebody who dismisses one meanwhile is either seen here or told that it has changed.
    known = {
        (row.production_order_id, row.expected_receipt_id): row
        for row in ExceptionMessage.objects.remembered().select_for_update(no_key=True).order_by("pk")
        if row.item_id not in leaving
    }
    made, told = [], set()
    gone: list[ExceptionMessage] = []
    retold: list[ExceptionMessage] = []
    for one in found:
        told.add(one.subject)
        former = known.get(one.subject)
        if former is not None and former.status == Status.DISMISSED and one.is_like(former, terms):
            continue
        if former is not None and former.status == Status.OPEN and former.kind == one.kind:
            if _retell(former, one):
                retold.append(former)
            continue
        if former is not None:
            gone.append(former)
        made.append(_message(one, at))
    over = _over(row for row in known.values() if row.status == Status.DISMISSED)
    gone += [
        row
        for subject, row in known.items()
        if subject not in told and (row.status == Status.OPEN or row.pk in over)
    ]
    # All at once, as they are locked; the database holds to the same transitions.
    ExceptionMessage.objects.filter(pk__in=[row.pk for row in gone]).update(status=Status.GONE, gone_at=at)
    ExceptionMessage.objects.bulk_update(retold, _FACTS)
    return ExceptionMessage.objects.bulk_create(made)


@transaction.atomic
def act_on_message(message: ExceptionMessage, *, by: User, at: datetime) -> ExceptionMessage:
    """Do what a message says, through the service that owns the order: move its due date, let it bring less, or cancel it.

    :raises IllegalTransition: unless it is open.
    :raises MayNotChange: unless `by` may change what it is about.
    :raises SubjectChanged: when the order is over, or its date or quantity is no longer what the message was made for.
    :raises DomainError: what the owning service refuses, such as to let an order bring less than is under way of it.
    """
    current = _lock(message)
    if not by.has_perm(current.permission):
        raise MayNotChange(
            f"{current} changes {_NOUNS[current.permission]}, which {by} may not.",
            remedy="Ask somebody who may, such as a planner, or dismiss the message with a reason.",
        )
    if current.may_move_to(Status.DONE):
        if current.production_order is not None:
            _change_order(current, current.production_order, by=by, at=at)
        elif current.expected_receipt is not None:
            _change_purchase(current, current.expected_receipt, by=by, at=at)
    current.move_to(Status.DONE, decided_by=by, decided_at=at)
    record(ExceptionActedOn(message=current.pk, kind=current.kind, item=current.item_id, by=by.pk))
    return current


@transaction.atomic
def dismiss_message(message: ExceptionMessage, reason: str, *, by: User, at: datetime) -> ExceptionMessage:
    """Leave the order as it stands; it does not come back until the facts change beyond the tolerances.

    :raises ReasonNeeded: without a reason.
    :raises IllegalTransition: unless it is open.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonNeeded.at_field(
            "reason", "Say why the order stays as it is.", remedy="The next planner reads it."
        )
    current = _lock(message)
    current.move_to(Status.DISMISSED, decided_by=by, decided_at=at, decision_reason=reason[:200])
    record(ExceptionDismissed(message=current.pk, item=current.item_id, reason=reason[:200], by=by.pk))
    return current


@transaction.atomic
def reopen_message(message: ExceptionMessage, *, by: User, at: datetime) -> ExceptionMessage:
    """Take a dismissal back.

    :raises IllegalTransition: unless it was dismissed.
    """
    current = _lock(message)
    current.move_to(Status.OPEN, decided_by=None, decided_at=None, decision_reason="")
    record(ExceptionReopened(message=current.pk, item=current.item_id, by=by.pk))
    return current


def _lock(message: ExceptionMessage) -> ExceptionMessage:
    rows = ExceptionMessage.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("item__site", "production_order", "expected_receipt").get(pk=message.pk)


def _change_order(message: ExceptionMessage, order: ProductionOrder, *, by: User, at: datetime) -> None:
    # Batches before their order, as whoever cancels it takes them: else each would wait for the other.
    batches = list(
        Batch.objects.open().filter(order=order).select_for_update(no_key=True, of=("self",)).order_by("pk")
    )
    order.refresh_from_db(from_queryset=ProductionOrder.objects.select_for_update(no_key=True))
    if not ProductionOrder.objects.open().filter(pk=order.pk).exists():
        raise SubjectChanged(f"{order} is over.", remedy="Renew the proposals; the message goes away.")
    due_date = order.due_at.astimezone(message.item.site.zone).date()
    _check_unchanged(message, str(order), due_date, sum((batch.quantity for batch in batches), Decimal()))
    if message.kind == Kind.REDUCE:
        production.reduce_order(order, message.better_quantity, message.why[:200], by=by, at=at)
        return
    if message.kind == Kind.CANCEL:
        production.cancel_order(order, message.why[:200], by=by, at=at)
        return
    due_at = datetime.combine(message.better_date, time(), tzinfo=message.item.site.zone)
    production.reprioritise_order(order, due_at=due_at, by=by, at=at)


def _change_purchase(message: ExceptionMessage, receipt: ExpectedReceipt, *, by: User, at: datetime) -> None:
    receipt.refresh_from_db(from_queryset=ExpectedReceipt.objects.select_for_update(no_key=True))
    if receipt.status != ExpectedReceipt.Status.OPEN:
        raise SubjectChanged(
            f"Purchase {receipt} is over.", remedy="Renew the proposals; the message goes away."
        )
    _check_unchanged(
        message, f"Purchase {receipt}", receipt.due_date, receipt.quantity - receipt.received_quantity
    )
    if message.kind == Kind.REDUCE:
        inventory.reduce_expected_receipt(receipt, message.better_quantity, by=by, at=at)
        return
    if message.kind == Kind.CANCEL:
        inventory.cancel_expected_receipt(receipt, by=by, at=at)
        return
    inventory.postpone_expected_receipt(receipt, message.better_date, by=by, at=at)


def _check_unchanged(message: ExceptionMessage, what: str, due_date: date, quantity: Decimal) -> None:
    """What was read before the order changed is not done to what it is now."""
    remedy = "Renew the proposals and read what the message says then."
    # Messages of before this was noted are told anew with the next proposals; until then their quantity alone speaks.
    if message.stated_date is not None and due_date != message.stated_date:
        raise SubjectChanged(
            f"{what} is due on {due_date:%d %b %Y} by now; when the message was made it was due on "
            f"{message.stated_date:%d %b %Y}.",
            remedy=remedy,
        )
    if quantity != message.quantity:
        raise SubjectChanged(
            f"{what} is to bring {quantity.normalize():f} by now; when the message was made it was "
            f"{message.quantity.normalize():f}.",
            remedy=remedy,
        )


def _message(one: Finding, at: datetime) -> ExceptionMessage:
    return ExceptionMessage(
        kind=one.kind,
        item=one.item,
        production_order_id=one.order,
        expected_receipt_id=one.receipt,
        due_date=one.due_date,
        better_date=one.better_date,
        stated_date=one.stated_date,
        quantity=one.quantity,
        better_quantity=one.better_quantity,
        why=one.why,
        cost=one.cost,
        made_at=at,
    )


def _retell(row: ExceptionMessage, one: Finding) -> bool:
    """Let a message say what is found now; whether that is anything else."""
    changed = [name for name in _FACTS if getattr(row, name) != getattr(one, name)]
    for name in changed:
        setattr(row, name, getattr(one, name))
    return bool(changed)


def _over(dismissed: Iterable[ExceptionMessage]) -> set[int]:
    """Of what was dismissed, the keys of those whose order is over."""
    rows = list(dismissed)
    orders = set(
        ProductionOrder.objects.open()
        .filter(pk__in=[row.production_order_id for row in rows if row.production_order_id])
        .values_list("pk", flat=True)
    )
    receipts = set(
        ExpectedReceipt.objects.open()
        .filter(pk__in=[row.expected_receipt_id for row in rows if row.expected_receipt_id])
        .values_list("pk", flat=True)
    )
    return {
        row.pk
        for row in rows
        if row.production_order_id not in orders and row.expected_receipt_id not in receipts
    }
