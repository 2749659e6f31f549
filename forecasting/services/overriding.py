"""Overrides of many items at once: all of them are written, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from forecasting.models import Override
from forecasting.services.people import add_override, end_override
from forecasting.services.reasons import require_why
from inventory.models import Item
from mes.core.models import User
from mes.core.refusals import DomainError


class OverridesChanged(DomainError):
    code = "forecasting.overrides_changed"
    title = "Numbers changed underneath"


class NumberRefused(DomainError):
    code = "forecasting.number_refused"
    title = "One of the numbers cannot be taken"


@dataclass(frozen=True)
class NewNumber:
    """A number for a stretch of days of an item, in place of the override `replaces` (its key, 0 for none).

    :param quantity: None ends the override and puts nothing in its place.
    :param where: the place it was read from, for refusals.
    """

    item: Item
    first_date: date
    last_date: date
    quantity: Decimal | None
    reason: str
    replaces: int = 0
    where: str = ""


@transaction.atomic
def save_numbers(numbers: Sequence[NewNumber], *, by: User, at: datetime) -> int:
    """Put people's numbers in place of the forecast, all or none; returns how many were written.

    :raises ReasonNeeded: for a number without a reason.
    :raises OverridesChanged: where the override that a number replaces no longer stands.
    :raises NumberRefused: where a number cannot be taken, naming the place; nothing is written then.
    """
    items = sorted({number.item.pk for number in numbers})
    list(Item.objects.select_for_update(no_key=True).filter(pk__in=items).order_by("pk"))
    standing = (
        Override.objects.filter(item__in=items, is_active=True).select_related("item", "owner").in_bulk()
    )
    for number in numbers:
        require_why(number.reason)
        if number.replaces and number.replaces not in standing:
            raise OverridesChanged(
                f"{number.where or number.item}: the override of {number.first_date} to {number.last_date} was ended meanwhile.",
                remedy="Nothing was saved. Look at the grid again and enter what is still wanted.",
            )
    for number in numbers:
        if number.replaces:
            end_override(standing[number.replaces], by=by, at=at)
    for number in numbers:
        if number.quantity is not None:
            _add(number, number.quantity, by=by, at=at)
    return len(numbers)


def _add(number: NewNumber, quantity: Decimal, *, by: User, at: datetime) -> None:
    try:
        add_override(
            number.item,
            first_date=number.first_date,
            last_date=number.last_date,
            quantity=quantity,
            reason=number.reason.strip()[:200],
            by=by,
            at=at,
        )
    except DomainError as refusal:
        place = number.where or f"{number.item}, {number.first_date}"
        raise NumberRefused(
            f"{place}: {refusal.detail}", remedy=f"Nothing was saved. {refusal.remedy}".strip()
        ) from refusal
