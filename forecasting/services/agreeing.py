"""One number that everybody agrees on: what each expects, and what was agreed."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from forecasting.facts import ConsensusEnded, ForecastAgreed
from forecasting.models import Consensus, Contribution, ForecastRun
from forecasting.services.standing import check_days, check_not_frozen, lock_item
from forecasting.statistical import statistical_total
from inventory.models import Item
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError


class ConsensusOverlaps(DomainError):
    code = "forecasting.consensus_overlaps"
    title = "Part of these days was agreed otherwise"


@transaction.atomic
def contribute(
    item: Item,
    *,
    first_date: date,
    last_date: date,
    quantity: Decimal,
    department: str,
    reason: str = "",
    by: User,
    at: datetime,
) -> Contribution:
    """Say what one expects over a stretch of days. It is weighed when a number is agreed; by itself it changes nothing.

    Said again for the same days, the later number counts and the earlier stays readable.

    :raises StretchInThePast: when the stretch ends before it begins, or before today.
    """
    check_quantity(item, quantity, allow_zero=True)
    check_days(item, first_date, last_date, at=at)
    return Contribution.objects.create(
        item=item,
        first_date=first_date,
        last_date=last_date,
        quantity=quantity,
        department=department,
        reason=reason,
        owner=by,
        made_at=at,
    )


@transaction.atomic
def agree(
    item: Item,
    *,
    first_date: date,
    last_date: date,
    quantity: Decimal,
    reason: str,
    by: User,
    at: datetime,
) -> Consensus:
    """Agree on a number for a stretch of days: it counts instead of the forecast and of overrides made before.

    Agreeing anew on exactly the same days ends the consensus that stood, which stays readable.

    :raises StretchInThePast: when the stretch ends before it begins, or before today.
    :raises ConsensusOverlaps: when a consensus on other days shares some of these.
    :raises PeriodFrozen: when some of them are frozen and `by` may not change what is frozen.
    """
    check_quantity(item, quantity, allow_zero=True)
    check_days(item, first_date, last_date, at=at)
    lock_item(item)
    check_not_frozen(item, first_date, last_date, by=by)
    standing = Consensus.objects.filter(
        item=item, is_active=True, first_date__lte=last_date, last_date__gte=first_date
    )
    for other in standing.select_related("agreed_by").order_by("first_date"):
        if (other.first_date, other.last_date) != (first_date, last_date):
            raise ConsensusOverlaps(
                f"{plain(other.quantity)} {item.unit} were agreed for {other.first_date} to {other.last_date}, by {other.agreed_by}.",
                remedy="Agree on exactly those days anew, end that consensus first, or choose other days.",
            )
        _end(other, by=by, at=at)
    run = ForecastRun.objects.latest_done()
    made = Consensus.objects.create(
        item=item,
        first_date=first_date,
        last_date=last_date,
        quantity=quantity,
        statistical=statistical_total(run, item, first_date, last_date),
        reason=reason,
        agreed_by=by,
        agreed_at=at,
    )
    record(
        ForecastAgreed(consensus=made.pk, item=item.pk, first_date=first_date, last_date=last_date, by=by.pk)
    )
    return made


@transaction.atomic
def end_consensus(consensus: Consensus, *, by: User, at: datetime) -> Consensus:
    """Let the forecast and overrides count again. Ending one that has ended changes nothing.

    :raises PeriodFrozen: for one that was put over a frozen number, unless `by` may change what is frozen.
    """
    item = lock_item(consensus.item)
    check_not_frozen(item, consensus.first_date, consensus.last_date, by=by, since=consensus.agreed_at)
    _end(consensus, by=by, at=at)
    return consensus


def _end(consensus: Consensus, *, by: User, at: datetime) -> None:
    found = Consensus.objects.filter(pk=consensus.pk, is_active=True)
    if found.update(is_active=False, ended_at=at, ended_by=by):
        record(ConsensusEnded(consensus=consensus.pk, item=consensus.item_id, by=by.pk))
        consensus.ended_at, consensus.ended_by = at, by
    consensus.is_active = False
