"""A number for a whole family or plant: shared out over its items as they are forecast, each part an override of its own.

When a run begins, numbers whose days are still to come are shared out anew where the items are forecast otherwise by now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from forecasting.adding_up import shared_out
from forecasting.facts import FamilyOverridden, FamilyOverrideEnded, FamilySharedAnew
from forecasting.models import FamilyForecast, FamilyOverride, ForecastRun, ItemForecast, Override
from forecasting.numbers import Said, counting, said_by_item
from forecasting.services.reasons import require_why
from forecasting.services.standing import StretchInThePast
from inventory.models import Item, unit_of
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.bills import quantum

SHARE_MOVED: Final = Decimal("0.05")
SUM_MOVED: Final = Decimal("0.01")
"""A number is shared out anew when a share is off by more than the one of itself, or all of them by more than the other of the number."""

Whole = FamilyForecast | FamilyOverride
"""What names a family or plant, and the unit its items are added up in."""


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
    parts = shared_out(left, list(shares.open.values()), step)
    _keep_parts(made, dict(zip(shares.open, parts, strict=True)), at=at)
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


def share_families_anew(*, at: datetime) -> int:
    """Share numbers for families out once more as the newest run forecasts their items, where that has moved or items have joined.

    Those whose days have begun stay as they are, and so does an item whose share somebody has ended or put another number in place of.
    Safe to repeat; returns how many were shared out anew.
    """
    standing = FamilyOverride.objects.filter(is_active=True).select_related("site", "owner").order_by("pk")
    ahead = [each for each in standing if each.first_date >= at.astimezone(each.site.zone).date()]
    run = ForecastRun.objects.latest_done() if ahead else None
    if run is None:
        return 0
    with transaction.atomic():
        return sum(_share_anew(run, each, at=at) for each in ahead)


def _share_anew(run: ForecastRun, override: FamilyOverride, *, at: datetime) -> bool:
    items = _items(run, override)
    newest = {part.item_id: part for part in override.parts.order_by("pk")}
    given = {item: part for item, part in newest.items() if part.is_active}
    shares = _shares(
        run,
        items,
        override.first_date,
        override.last_date,
        without={part.pk for part in given.values()},
        left=newest.keys() - given.keys(),
    )
    left = override.quantity - Decimal(str(round(shares.stated, 4)))
    if not shares.open or left < 0:
        return False
    step = quantum(items[0])
    parts = shared_out(round(left / step) * step, list(shares.open.values()), step)
    new = dict(zip(shares.open, parts, strict=True))
    old = {item: given[item].quantity for item in new if item in given}
    if not _has_moved(old, new, step, of=override.quantity):
        return False
    override.parts.filter(is_active=True, item__any_of=list(old)).update(is_active=False, ended_at=at)
    _keep_parts(override, new, at=at)
    record(FamilySharedAnew(family_override=override.pk, site=override.site_id, items=len(new)))
    return True


def _has_moved(old: Mapping[int, Decimal], new: Mapping[int, Decimal], step: Decimal, *, of: Decimal) -> bool:
    whole = sum(new.values(), Decimal()) - sum(old.values(), Decimal())
    if old.keys() != new.keys() or abs(whole) > SUM_MOVED * of:
        return True
    return any(abs(new[item] - was) > max(SHARE_MOVED * was, step) for item, was in old.items())


def _keep_parts(override: FamilyOverride, parts: Mapping[int, Decimal], *, at: datetime) -> None:
    """Each share as an override of its item, by key."""
    told = (
        f"{plain(override.quantity)} {unit_of(override.uom)} for {override.subject} in all: {override.reason}"
    )
    Override.objects.bulk_create(
        Override(
            item_id=item,
            first_date=override.first_date,
            last_date=override.last_date,
            quantity=quantity,
            reason=told[:200],
            owner=override.owner,
            made_at=at,
            part_of=override,
        )
        for item, quantity in parts.items()
    )


def _items(run: ForecastRun, total: Whole) -> list[Item]:
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


def _shares(
    run: ForecastRun,
    items: Sequence[Item],
    first_date: date,
    last_date: date,
    *,
    without: Collection[int] = (),
    left: Collection[int] = (),
) -> _Shares:
    """What is expected of each item.

    :param without: keys of overrides that do not count; :param left: keys of items that are not to get a share.
    """
    first, last = max((first_date - run.as_of).days, 0), (last_date - run.as_of).days
    keys = [item.pk for item in items]
    said = said_by_item(run.as_of, items=keys)
    rows = ItemForecast.objects.filter(run=run, item__any_of=keys).order_by("item")
    shares, stated = {}, []
    for item, means in rows.values_list("item", "daily_means"):
        own = [each for each in said.get(item, ()) if each.what != "override" or each.key not in without]
        expected = sum(counting(means, run.as_of, own)[first : last + 1])
        if item in left or _is_stated(own, first_date, last_date):
            stated.append(expected)
        else:
            shares[item] = expected
    return _Shares(shares, sum(stated), len(stated))


def _is_stated(said: Iterable[Said], first_date: date, last_date: date) -> bool:
    """Whether people have said anything of these days."""
    return any(
        each.what != "sensed" and each.first_date <= last_date and each.last_date >= first_date
        for each in said
    )


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
