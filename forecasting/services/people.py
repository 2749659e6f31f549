"""What one person knows better than the statistics: overrides, each with its reason."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from forecasting.facts import ForecastOverridden, OverrideEnded
from forecasting.models import Override
from forecasting.services.standing import (
    check_days,
    check_not_agreed,
    check_not_frozen,
    lock_item,
    standing_override,
)
from inventory.models import Item
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError


class OverridesOverlap(DomainError):
    code = "forecasting.overrides_overlap"
    title = "These days are overridden already"


@transaction.atomic
def add_override(
    item: Item,
    *,
    first_date: date,
    last_date: date,
    quantity: Decimal,
    reason: str,
    by: User,
    at: datetime,
) -> Override:
    """Put a person's number in place of the forecast for a stretch of days; it counts from the next netting on.

    :param quantity: for the whole stretch, in the item's unit; days share it as they share the forecast.
    :raises StretchInThePast: when the stretch ends before it begins, or before today.
    :raises OverridesOverlap: when another override holds some of these days.
    :raises AgreedAlready: when a number was agreed for some of them.
    :raises PeriodFrozen: when some of them are frozen and `by` may not change what is frozen.
    """
    check_quantity(item, quantity, allow_zero=True)
    check_days(item, first_date, last_date, at=at)
    lock_item(item)
    check_not_frozen(item, first_date, last_date, by=by)
    check_not_agreed(item, first_date, last_date)
    other = standing_override(item, first_date, last_date)
    if other is not None:
        raise OverridesOverlap(
            f"{other.owner} has overridden {other.first_date} to {other.last_date}: {other.reason}",
            remedy="End that override first, or choose other days.",
        )
    made = Override.objects.create(
        item=item,
        first_date=first_date,
        last_date=last_date,
        quantity=quantity,
        reason=reason,
        owner=by,
        made_at=at,
    )
    record(
        ForecastOverridden(
            override=made.pk, item=item.pk, first_date=first_date, last_date=last_date, by=by.pk
        )
    )
    return made


@transaction.atomic
def end_override(override: Override, *, by: User, at: datetime) -> Override:
    """Let the statistical number count again. Ending one that has ended changes nothing.

    :raises PeriodFrozen: for one that was put over a frozen number, unless `by` may change what is frozen.
    """
    item = lock_item(override.item)
    check_not_frozen(item, override.first_date, override.last_date, by=by, since=override.made_at)
    ended = Override.objects.filter(pk=override.pk, is_active=True)
    if ended.update(is_active=False, ended_at=at, ended_by=by):
        record(OverrideEnded(override=override.pk, item=override.item_id, by=by.pk))
        override.ended_at, override.ended_by = at, by
    override.is_active = False
    return override
