"""What people know better than the statistics: overrides, each with its reason."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from forecasting.facts import ForecastOverridden, OverrideEnded
from forecasting.models import Override
from inventory.models import Item
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput


class OverridesOverlap(DomainError):
    code = "forecasting.overrides_overlap"
    title = "These days are overridden already"


class OverrideInThePast(InvalidInput):
    code = "forecasting.override_in_the_past"
    title = "There is nothing left to override"


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
    :raises OverrideInThePast: when the stretch ends before it begins, or before today.
    :raises OverridesOverlap: when another override holds some of these days.
    """
    check_quantity(item, quantity, allow_zero=True)
    if last_date < first_date or last_date < at.astimezone(item.site.zone).date():
        raise OverrideInThePast(
            f"{first_date} to {last_date} is not a stretch of days to come.",
            remedy="Choose a first day and a later last day, from today on.",
            errors={"last_date": ["The last day is today or later, and not before the first."]},
        )
    Item.objects.select_for_update(no_key=True).get(
        pk=item.pk
    )  # two people who override at once: one is told
    other = Override.objects.filter(
        item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date
    ).first()
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
    """Let the statistical number count again. Ending one that has ended changes nothing."""
    if Override.objects.filter(pk=override.pk, is_active=True).update(is_active=False):
        record(OverrideEnded(override=override.pk, item=override.item_id, by=by.pk))
    override.is_active = False
    return override
