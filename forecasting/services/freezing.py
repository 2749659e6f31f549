"""Keeping the numbers of some days as they are, whatever later runs and people say."""

from datetime import date, datetime, timedelta

from django.db import transaction

from forecasting.facts import ForecastFrozen, FreezeLifted
from forecasting.models import ForecastRun, Freeze
from forecasting.numbers import counting, said_by_item
from forecasting.services.standing import CHANGE_FROZEN, check_days, lock_item
from forecasting.statistical import statistical_means
from inventory.models import Item
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError


class NothingToFreeze(DomainError):
    code = "forecasting.nothing_to_freeze"
    title = "There are no numbers for these days"


class FrozenAlready(DomainError):
    code = "forecasting.frozen_already"
    title = "These days are frozen already"


class MayNotLift(DomainError):
    code = "forecasting.may_not_lift"
    status = 403
    title = "Frozen forecasts are changed by few"


@transaction.atomic
def freeze(item: Item, *, first_date: date, last_date: date, reason: str, by: User, at: datetime) -> Freeze:
    """Freeze the numbers that count now for a stretch of days: later runs, overrides and agreements leave them alone.

    :raises StretchInThePast: when the stretch ends before it begins, or before today.
    :raises FrozenAlready: when some of the days are frozen.
    :raises NothingToFreeze: when the newest run does not reach over the whole stretch.
    """
    check_days(item, first_date, last_date, at=at)
    lock_item(item)
    other = (
        Freeze.objects.filter(item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date)
        .select_related("frozen_by")
        .first()
    )
    if other is not None:
        raise FrozenAlready(
            f"{other.frozen_by} has frozen {other.first_date} to {other.last_date}: {other.reason}",
            remedy="Choose days outside, or have that freeze lifted first.",
        )
    means = _numbers(item, first_date, last_date)
    made = Freeze.objects.create(
        item=item,
        first_date=first_date,
        last_date=last_date,
        means=[round(mean, 4) for mean in means],
        reason=reason,
        frozen_by=by,
        frozen_at=at,
    )
    record(ForecastFrozen(freeze=made.pk, item=item.pk, first_date=first_date, last_date=last_date, by=by.pk))
    return made


@transaction.atomic
def lift_freeze(freeze: Freeze, *, reason: str, by: User, at: datetime) -> Freeze:
    """Let later runs and people's numbers count again. Lifting one that is lifted changes nothing.

    :raises MayNotLift: unless `by` may change what is frozen.
    """
    if not by.has_perm(CHANGE_FROZEN):
        raise MayNotLift(
            f"{freeze} by {freeze.frozen_by}: {freeze.reason}",
            remedy="Ask somebody who may change frozen forecasts, such as a manager.",
        )
    lock_item(freeze.item)
    found = Freeze.objects.filter(pk=freeze.pk, is_active=True)
    if found.update(is_active=False, lifted_by=by, lifted_at=at, lift_reason=reason):
        record(FreezeLifted(freeze=freeze.pk, item=freeze.item_id, by=by.pk))
        freeze.lifted_by, freeze.lifted_at, freeze.lift_reason = by, at, reason
    freeze.is_active = False
    return freeze


def _numbers(item: Item, first_date: date, last_date: date) -> list[float]:
    """What counts now on each of these days."""
    run = ForecastRun.objects.latest_done()
    begin, means = statistical_means(run, item)
    if not means:
        raise NothingToFreeze(f"{item} has not been forecast yet.", remedy="Run a forecast first.")
    end = begin + timedelta(days=len(means) - 1)
    if first_date < begin or last_date > end:
        raise NothingToFreeze(
            f"The newest forecast of {item} reaches from {begin} to {end}.",
            remedy="Choose days within that, or forecast further ahead first.",
        )
    counted = counting(means, begin, said_by_item(begin, items=[item.pk]).get(item.pk, ()))
    return counted[(first_date - begin).days : (last_date - begin).days + 1]
