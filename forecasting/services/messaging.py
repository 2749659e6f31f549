"""Messages about open orders: made anew with the proposals, acted on, dismissed."""

from collections.abc import Iterable
from datetime import datetime, time

from django.db import transaction

from forecasting.facts import ExceptionActedOn, ExceptionDismissed
from forecasting.messages import Finding
from forecasting.models import ExceptionMessage, NettingRules
from forecasting.models.messages import CHANGE_ORDER, CHANGE_PURCHASE
from inventory import services as inventory
from inventory.models import ExpectedReceipt
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production import services as production
from production.models import ProductionOrder

Kind = ExceptionMessage.Kind
Status = ExceptionMessage.Status
_NOUNS = {CHANGE_ORDER: "a production order", CHANGE_PURCHASE: "a purchase"}


class DoneElsewhere(DomainError):
    code = "forecasting.done_elsewhere"
    title = "This change is made elsewhere"


class SubjectChanged(DomainError):
    code = "forecasting.subject_changed"
    title = "The order is not what it was"


class MayNotChange(DomainError):
    code = "forecasting.may_not_change_order"
    status = 403
    title = "Changing the order is not yours to decide"


class NoReasonGiven(InvalidInput):
    code = "forecasting.reason_needed"
    title = "A reason is needed"


@transaction.atomic
def renew_messages(found: Iterable[Finding], terms: NettingRules, *, at: datetime) -> list[ExceptionMessage]:
    """Let the open messages say what is found now. A message that was dismissed stays so while the facts are what they were,
    give or take the tolerances. Returns the messages that are new.

    Safe to repeat.
    """
    # Locked, so that somebody who dismisses one meanwhile is either seen here or told that it has changed.
    known = {
        (row.production_order_id, row.expected_receipt_id): row
        for row in ExceptionMessage.objects.remembered().select_for_update(no_key=True).order_by("pk")
    }
    made, told = [], set()
    for one in found:
        told.add(one.subject)
        former = known.get(one.subject)
        if former is not None and former.status == Status.DISMISSED and one.is_like(former, terms):
            continue
        if former is not None and former.status == Status.OPEN and former.kind == one.kind:
            _retell(former, one)
            continue
        if former is not None:
            former.move_to(Status.GONE)
        made.append(_message(one, at))
    for subject, row in known.items():
        if subject not in told and (row.status == Status.OPEN or not _is_open(row)):
            row.move_to(Status.GONE)
    return ExceptionMessage.objects.bulk_create(made)


@transaction.atomic
def act_on_message(message: ExceptionMessage, *, by: User, at: datetime) -> ExceptionMessage:
    """Do what a message says, through the service that owns the order: move its due date, or cancel it.

    :raises IllegalTransition: unless it is open.
    :raises MayNotChange: unless `by` may change what it is about.
    :raises SubjectChanged: when the order is over, or its date or quantity is no longer what the message was made for.
    :raises DoneElsewhere: to reduce, which nobody does but the supplier or whoever splits the order.
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

    :raises NoReasonGiven: without a reason.
    :raises IllegalTransition: unless it is open.
    """
    reason = reason.strip()
    if not reason:
        sentence = "Say why the order stays as it is."
        raise NoReasonGiven(sentence, remedy="The next planner reads it.", errors={"reason": [sentence]})
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
    return current


def _lock(message: ExceptionMessage) -> ExceptionMessage:
    rows = ExceptionMessage.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("item__site", "production_order", "expected_receipt").get(pk=message.pk)


def _change_order(message: ExceptionMessage, order: ProductionOrder, *, by: User, at: datetime) -> None:
    if not ProductionOrder.objects.open().filter(pk=order.pk).exists():
        raise SubjectChanged(f"{order} is over.", remedy="Renew the proposals; the message goes away.")
    if message.kind == Kind.REDUCE:
        raise DoneElsewhere(
            f"{order} is to bring {message.better_quantity.normalize():f} instead of {message.quantity.normalize():f}.",
            remedy="Cancel those of its batches that have not begun, or split one and cancel the rest, on the order's page.",
        )
    if message.kind == Kind.CANCEL:
        production.cancel_order(order, message.why[:200], by=by, at=at)
        return
    due_at = datetime.combine(message.better_date, time(), tzinfo=message.item.site.zone)
    production.reprioritise_order(order, due_at=due_at, by=by, at=at)


def _change_purchase(message: ExceptionMessage, receipt: ExpectedReceipt, *, by: User, at: datetime) -> None:
    if receipt.status != ExpectedReceipt.Status.OPEN:
        raise SubjectChanged(
            f"Purchase {receipt} is over.", remedy="Renew the proposals; the message goes away."
        )
    if message.kind == Kind.REDUCE:
        raise DoneElsewhere(
            f"Purchase {receipt} is to bring {message.better_quantity.normalize():f} instead of "
            f"{message.quantity.normalize():f}.",
            remedy="Agree it with the supplier; then cancel the purchase here and note the smaller one.",
        )
    if message.kind == Kind.CANCEL:
        inventory.cancel_expected_receipt(receipt, by=by, at=at)
        return
    inventory.postpone_expected_receipt(receipt, message.better_date, by=by, at=at)


def _message(one: Finding, at: datetime) -> ExceptionMessage:
    return ExceptionMessage(
        kind=one.kind,
        item=one.item,
        production_order_id=one.order,
        expected_receipt_id=one.receipt,
        due_date=one.due_date,
        better_date=one.better_date,
        quantity=one.quantity,
        better_quantity=one.better_quantity,
        why=one.why,
        cost=one.cost,
        made_at=at,
    )


def _retell(row: ExceptionMessage, one: Finding) -> None:
    facts = ("due_date", "better_date", "quantity", "better_quantity", "why", "cost")
    changed = [name for name in facts if getattr(row, name) != getattr(one, name)]
    for name in changed:
        setattr(row, name, getattr(one, name))
    if changed:
        row.save(update_fields=changed)


def _is_open(row: ExceptionMessage) -> bool:
    """Whether what was dismissed is still about something."""
    orders = ProductionOrder.objects.open().filter(pk__in=[row.production_order_id])
    receipts = ExpectedReceipt.objects.open().filter(pk__in=[row.expected_receipt_id])
    return orders.exists() if row.production_order_id is not None else receipts.exists()
