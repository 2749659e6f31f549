"""Open purchases: noted, moved to another day, made smaller, called off."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from inventory.facts import PurchaseCancelled, PurchaseExpected, PurchasePostponed, PurchaseReduced
from inventory.models import ExpectedReceipt, Item, Supplier
from inventory.numbering import numbered
from inventory.quantities import InvalidQuantity, check_quantity, plain
from inventory.services.ledger import require_same_unit
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput


class NothingOwed(DomainError):
    code = "inventory.nothing_owed"
    title = "Nothing of this purchase is to come"


class DayHasPassed(InvalidInput):
    code = "inventory.day_has_passed"
    title = "Nothing comes on a day that is over"


@transaction.atomic
def expect_receipt(
    item: Item,
    quantity: Decimal,
    due_date: date,
    *,
    supplier: Supplier | None = None,
    number: str | None = None,
    by: User | None = None,
    at: datetime | None = None,
) -> ExpectedReceipt:
    """Note an open purchase: planning counts on it from `due_date`.

    :param at: when it was ordered, from which its lead time is measured; None where nobody knows any more.
    :raises Stale: when the item is counted in another unit since.
    """
    expected = ExpectedReceipt.objects.create(
        **({"number": number} if number else numbered(ExpectedReceipt, "PO")),
        item=item,
        supplier=supplier or item.supplier,
        quantity=check_quantity(item, quantity),
        due_date=due_date,
        ordered_at=at,
    )
    require_same_unit(item)
    record(
        PurchaseExpected(
            expected_receipt=expected.pk,
            item=item.pk,
            quantity=expected.quantity,
            due_date=due_date,
            by=_who(by),
        )
    )
    return expected


@transaction.atomic
def postpone_expected_receipt(
    expected_receipt: ExpectedReceipt,
    due_date: date,
    *,
    by: User | None = None,
    at: datetime | None = None,
) -> ExpectedReceipt:
    """Count on it from another day, later or sooner; what waits for it is planned anew.

    :raises NothingOwed: when it has arrived or was cancelled.
    :raises DayHasPassed: for a day before that of `at`.
    """
    _lock_open(expected_receipt)
    if due_date != expected_receipt.due_date:
        _require_to_come(expected_receipt.item, due_date, at)
        former_date, expected_receipt.due_date = expected_receipt.due_date, due_date
        expected_receipt.save(update_fields=["due_date"])
        record(
            PurchasePostponed(
                expected_receipt=expected_receipt.pk,
                item=expected_receipt.item_id,
                due_date=due_date,
                by=_who(by),
                former_date=former_date,
            )
        )
    return expected_receipt


@transaction.atomic
def reduce_expected_receipt(
    expected_receipt: ExpectedReceipt,
    quantity: Decimal,
    *,
    by: User | None = None,
    at: datetime | None = None,
) -> ExpectedReceipt:
    """Count on less of it: only `quantity` is still to come; what has arrived stays.

    :raises NothingOwed: when it has arrived or was cancelled.
    :raises InvalidQuantity: unless it is above zero and less than what is still to come.
    """
    _lock_open(expected_receipt)
    quantity = check_quantity(expected_receipt.item, quantity)
    owed = expected_receipt.quantity - expected_receipt.received_quantity
    if quantity >= owed:
        raise InvalidQuantity(
            f"{plain(owed)} of purchase {expected_receipt} are still to come; {plain(quantity)} is no less.",
            remedy="State less, cancel it, or note what else is on order as another purchase.",
            errors={"quantity": [f"less than {plain(owed)}"]},
        )
    expected_receipt.quantity = expected_receipt.received_quantity + quantity
    expected_receipt.save(update_fields=["quantity"])
    record(
        PurchaseReduced(
            expected_receipt=expected_receipt.pk,
            item=expected_receipt.item_id,
            quantity=quantity,
            by=_who(by),
        )
    )
    return expected_receipt


@transaction.atomic
def cancel_expected_receipt(
    expected_receipt: ExpectedReceipt, *, by: User | None = None, at: datetime | None = None
) -> ExpectedReceipt:
    """Count on it no longer; what has arrived of it stays.

    :raises IllegalTransition: when it has arrived or was cancelled before.
    """
    expected_receipt.refresh_from_db()
    expected_receipt.move_to(ExpectedReceipt.Status.CANCELLED)
    record(
        PurchaseCancelled(expected_receipt=expected_receipt.pk, item=expected_receipt.item_id, by=_who(by))
    )
    return expected_receipt


def _lock_open(expected_receipt: ExpectedReceipt) -> None:
    expected_receipt.refresh_from_db(from_queryset=ExpectedReceipt.objects.select_for_update(no_key=True))
    if expected_receipt.status != ExpectedReceipt.Status.OPEN:
        raise NothingOwed(
            f"Purchase {expected_receipt} is {expected_receipt.get_status_display().lower()}.",
            remedy="Note what else is on order as another purchase.",
        )


def _require_to_come(item: Item, day: date, at: datetime | None) -> None:
    today = at.astimezone(item.site.zone).date() if at is not None else None
    if today is not None and day < today:
        raise DayHasPassed.at_field(
            "due_date",
            f"{day:%d %b %Y} has passed; today is {today:%d %b %Y}.",
            remedy="State the day on which it comes, or receive it if it is here.",
        )


def _who(by: User | None) -> int | None:
    return by.pk if by else None
