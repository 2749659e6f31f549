"""What must be known before a person changes an item's numbers: its lock, and who stands in the way."""

from datetime import date, datetime

from forecasting.models import Consensus, Freeze, Override
from inventory.models import Item
from inventory.quantities import plain
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput

CHANGE_FROZEN = "forecasting.unfreeze_forecast"


class StretchInThePast(InvalidInput):
    code = "forecasting.stretch_in_the_past"
    title = "These days are over"


class PeriodFrozen(DomainError):
    code = "forecasting.period_frozen"
    title = "The forecast of these days is frozen"


class AgreedAlready(DomainError):
    code = "forecasting.agreed_already"
    title = "A number was agreed for these days"


def lock_item(item: Item) -> Item:
    """The item as it is now; of two people who change its numbers at once the second waits."""
    return Item.objects.select_for_update(no_key=True).select_related("site").get(pk=item.pk)


def check_days(item: Item, first_date: date, last_date: date, *, at: datetime) -> None:
    """:raises StretchInThePast: unless it is a stretch of days of which some are to come."""
    if last_date < first_date or last_date < at.astimezone(item.site.zone).date():
        raise StretchInThePast(
            f"{first_date} to {last_date} is not a stretch of days to come.",
            remedy="Choose a first day and a later last day, from today on.",
            errors={"last_date": ["The last day is today or later, and not before the first."]},
        )


def check_not_frozen(
    item: Item, first_date: date, last_date: date, *, by: User, since: datetime | None = None
) -> None:
    """:param since: a number that was stated then; a freeze that came later already holds it, and is not changed with it.
    :raises PeriodFrozen: where some of the days are frozen and this person may not change what is frozen.
    """
    frozen = Freeze.objects.filter(
        item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date
    )
    if since is not None:
        frozen = frozen.filter(frozen_at__lt=since)
    found = frozen.select_related("frozen_by").order_by("first_date").first()
    if found is not None and not by.has_perm(CHANGE_FROZEN):
        raise PeriodFrozen(
            f"{found.frozen_by} has frozen {found.first_date} to {found.last_date} of {item}: {found.reason}",
            remedy="Choose days after that, or ask somebody who may change frozen forecasts to lift the freeze.",
        )


def check_not_agreed(item: Item, first_date: date, last_date: date) -> None:
    """:raises AgreedAlready: where a number was agreed for some of the days."""
    found = (
        Consensus.objects.filter(
            item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date
        )
        .select_related("agreed_by")
        .order_by("first_date")
        .first()
    )
    if found is not None:
        raise AgreedAlready(
            f"{plain(found.quantity)} {item.unit} were agreed for {found.first_date} to {found.last_date}, by {found.agreed_by}: "
            f"{found.reason}",
            remedy="Say your number as a contribution and agree anew, or end that consensus first.",
        )


def standing_override(item: Item, first_date: date, last_date: date) -> Override | None:
    """The override that holds some of these days, the earliest if there are several."""
    return (
        Override.objects.filter(
            item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date
        )
        .select_related("owner")
        .order_by("first_date", "pk")
        .first()
    )
