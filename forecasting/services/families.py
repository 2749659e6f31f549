"""A number for a whole family or plant: shared out over its items as they are forecast, each part an override of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from forecasting.adding_up import shared_out
from forecasting.facts import FamilyOverridden, FamilyOverrideEnded
from forecasting.models import FamilyForecast, FamilyOverride, ForecastRun, ItemForecast, Override
from forecasting.numbers import counting, said_by_item
from forecasting.services.reasons import require_why
from forecasting.services.standing import StretchInThePast
from inventory.models import Item, unit_of
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.bills import quantum


class NotForecastSoFar(InvalidInput):
    code = "forecasting.not_forecast_so_far"
    title = "The forecast does not reach over these days"


class NothingToShareOut(DomainError):
    code = "forecasting.nothing_to_share_out"
    title = "This number cannot be shared out"


@dataclass(frozen=True)
class _Shares:
    """What items are expected to be asked for over a stretch: by key of those that a number can be shared out over, and of the others in all."""

    open: Mapping[int, float]
    stated: float
    stated_items: int


@transaction.atomic
def override_family(
    total: FamilyForecast,
    *,
    first_date: date,
    last_date: date,
    quantity: Decimal,
    reason: str,
    by: User,
    at: datetime,
) -> FamilyOverride:
    """Put a person's number in place of the forecast of a family or plant for a stretch of days.

    What people have said of an item in these days, overridden, agreed or frozen, stays; the rest of the number is shared out over the other
    items as they are forecast now, so that all of them add up to it. Each part is an override of its item, with the same owner.

    :param total: names the family or plant; the newest run says how it is shared out.
    :raises StretchInThePast: unless all days are to come.
    :raises NotForecastSoFar: when the forecast ends before they do.
    :raises NothingToShareOut: when all items have numbers of their own there, or these are more than the number already.
    """
    require_why(reason)
    run = ForecastRun.objects.latest_done() or total.run
    _check_days(run, total, first_date, last_date, at=at)
    items = _items(run, total)
    if items:
        check_quantity(items[0], quantity, allow_zero=True)
    shares = _shares(run, items, first_date, last_date)
    stays = Decimal(str(round(shares.stated, 4)))
    if not shares.open or stays > quantity:
        raise _refusal(total, shares, quantity, first_date, last_date)
    step = quantum(items[0])
    left = round((quantity - stays) / step) * step
    made = FamilyOverride.objects.create(
        site=total.site,
        level=total.level,
        family=total.family,
        uom=total.uom,
        first_date=first_date,
        last_date=last_date,
        quantity=quantity,
        reason=reason.strip(),
        owner=by,
        made_at=at,
    )
    told = f"{plain(quantity)} {unit_of(total.uom)} for {made.subject} in all: {made.reason}"
    Override.objects.bulk_create(
        Override(
            item_id=item,
            first_date=first_date,
            last_date=last_date,
            quantity=part,
            reason=told[:200],
            owner=by,
            made_at=at,
            part_of=made,
        )
        for item, part in zip(shares.open, shared_out(left, list(shares.open.values()), step), strict=True)
    )
    record(
        FamilyOverridden(
            family_override=made.pk,
            site=made.site_id,
            items=len(shares.open),
            first_date=first_date,
            last_date=last_date,
            by=by.pk,
        )
    )
    return made


@transaction.atomic
def end_family_override(override: FamilyOverride, *, by: User, at: datetime) -> FamilyOverride:
    """Let the statistical numbers of all its items count again, but where somebody has put another in its place since. Ending one that has ended
    changes nothing.
    """
    _locked(override.parts.filter(is_active=True).values("item"))
    ended = {"is_active": False, "ended_at": at, "ended_by": by}
    if FamilyOverride.objects.filter(pk=override.pk, is_active=True).update(**ended):
        Override.objects.filter(part_of=override, is_active=True).update(**ended)
        record(FamilyOverrideEnded(family_override=override.pk, site=override.site_id, by=by.pk))
        override.ended_at, override.ended_by = at, by
    override.is_active = False
    return override


def _items(run: ForecastRun, total: FamilyForecast) -> list[Item]:
    """Those of its items that are forecast, locked: of two people who change their numbers at once the second waits."""
    found = Item.objects.filter(pk__in=run.items.values("item"), site=total.site, uom=total.uom)
    if total.level == FamilyForecast.Level.FAMILY:
        found = found.filter(family=total.family)
    return _locked(found.values("pk"))


def _locked(keys: QuerySet[Any, Any]) -> list[Item]:
    return list(Item.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _check_days(
    run: ForecastRun, total: FamilyForecast, first_date: date, last_date: date, *, at: datetime
) -> None:
    if last_date < first_date or first_date < at.astimezone(total.site.zone).date():
        raise StretchInThePast(
            f"{first_date} to {last_date} is not a stretch of days to come.",
            remedy="Choose a first day from today on and a last day that is not before it.",
            errors={"first_date": ["The first day is today or later, and not after the last."]},
        )
    until = run.as_of + timedelta(days=run.horizon_days - 1)
    if last_date > until:
        raise NotForecastSoFar(
            f"The forecast reaches to {until}, and says only so far which item is how much of the number.",
            remedy=f"Choose a last day up to {until}.",
            errors={"last_date": [f"The forecast reaches to {until}."]},
        )


def _shares(run: ForecastRun, items: Sequence[Item], first_date: date, last_date: date) -> _Shares:
    first, last = max((first_date - run.as_of).days, 0), (last_date - run.as_of).days
    keys = [item.pk for item in items]
    said = said_by_item(run.as_of, items=keys)
    rows = ItemForecast.objects.filter(run=run, item__any_of=keys).order_by("item")
    shares, stated = {}, []
    for item, means in rows.values_list("item", "daily_means"):
        own = said.get(item, ())
        expected = sum(counting(means, run.as_of, own)[first : last + 1])
        if any(
            each.what != "sensed" and each.first_date <= last_date and each.last_date >= first_date
            for each in own
        ):
            stated.append(expected)
        else:
            shares[item] = expected
    return _Shares(shares, sum(stated), len(stated))


def _refusal(
    total: FamilyForecast, shares: _Shares, quantity: Decimal, first_date: date, last_date: date
) -> NothingToShareOut:
    days = f"{first_date} to {last_date}"
    if not shares.open and not shares.stated_items:
        return NothingToShareOut(
            f"No item of {total} is forecast.", remedy="Override items by themselves, or run the forecast."
        )
    which = f"{shares.stated_items} item{'' if shares.stated_items == 1 else 's'} of {total}"
    numbers = f"{shares.stated:,.0f} {unit_of(total.uom)} in all"
    if not shares.open:
        return NothingToShareOut(
            f"All of them, {which}, have numbers of their own for {days}: {numbers}.",
            remedy="End those first, or change them by themselves.",
        )
    return NothingToShareOut(
        f"{which} have numbers of their own for {days}, {numbers}: more than the {plain(quantity)} for the whole.",
        remedy="State a larger number, or end some of those first.",
        errors={"quantity": [f"It is at least {shares.stated:,.0f}."]},
    )
