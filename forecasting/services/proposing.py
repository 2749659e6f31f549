"""Netting carried out and stored: of all items at once, or of some of a run's, which count when the run is done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from forecasting import faults, proposed
from forecasting.messages import Finding, findings
from forecasting.models import ForecastRun, NettingRules, Replenishment
from forecasting.netting import Group, Plan
from forecasting.on_order import OnOrder, on_order
from forecasting.proposals import Book, book_of, plan_of
from forecasting.stored import planned_of
from forecasting.today import today_at
from mes.core.copying import copy_values

Status = Replenishment.Status


@dataclass(frozen=True, eq=False)
class Netted:
    """What came of some items.

    :ivar proposals: how many were stored; :ivar found: what is better changed of their open orders; :ivar faults: by the key of an item of which
        nothing could be proposed, why; :ivar on_order: what was counted on.
    """

    proposals: int = 0
    found: Sequence[Finding] = ()
    faults: Mapping[int, str] = field(default_factory=dict)
    on_order: OnOrder = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Given:
    """What is to be netted by one worker: groups of items that hang together, as of a moment."""

    groups: Sequence[Group]
    at: datetime


@transaction.atomic
def net_shard(run: ForecastRun, given: Given) -> Netted:
    """Net groups of a run's items and store what is proposed, which counts when the run is done.

    A group that cannot be netted is left out: its items are named.
    """

    def some(groups: Sequence[Group]) -> Netted:
        with transaction.atomic():
            return _net(run, [item for group in groups for item in group], at=given.at)

    done, failed = faults.carried_out(given.groups, some)
    left_out = {item: why for group, why in failed for item in group}
    return Netted(
        sum(one.proposals for one in done),
        [finding for one in done for finding in one.found],
        left_out | {item: why for one in done for item, why in one.faults.items()},
        {item: entries for one in done for item, entries in one.on_order.items()},
    )


def net_all(run: ForecastRun, *, at: datetime) -> Netted:
    """Net everything by a run that is done and store what is proposed, in the place of what was proposed before, but for items of which nothing
    could be. Call it in a transaction.
    """
    today = today_at(at, not_before=run.as_of)
    book = book_of(planned_of(run, today), at=at, today=today, horizon_days=run.horizon_days)
    plan = plan_of(book, horizon_days=run.horizon_days)
    beyond = proposed.beyond_numbers(plan)
    # Superseded first: whoever is dismissing one is waited for here and counted below, or is refused.
    supersede(leaving=beyond, at=at)
    return _stored(run, book, plan, beyond)


def _net(run: ForecastRun, items: Collection[int], *, at: datetime) -> Netted:
    # First, so that what changes while the rest is read is found to have changed.
    counted = on_order(items, since=run.as_of)
    today = today_at(at, not_before=run.as_of)
    book = book_of(
        planned_of(run, today, among=items),
        at=at,
        today=today,
        horizon_days=run.horizon_days,
        among=items,
        is_sensed=False,
    )
    plan = plan_of(book, horizon_days=run.horizon_days)
    return replace(_stored(run, book, plan, proposed.beyond_numbers(plan)), on_order=counted)


def _stored(run: ForecastRun, book: Book, plan: Plan, beyond: Mapping[int, str]) -> Netted:
    rows = proposed.rows(run, book, plan, leaving=beyond)
    made = copy_values(Replenishment, proposed.Row._fields, rows)
    found = findings(book, plan, NettingRules.objects.current(), leaving=beyond)
    return Netted(made, list(found), beyond)


def supersede(*, leaving: Collection[int] = (), at: datetime) -> None:
    """Others take the place of the proposals that stand, but for those of some items."""
    standing = Replenishment.objects.proposed()
    if leaving:
        standing = standing.exclude(item__any_of=leaving)
    standing.update(status=Status.SUPERSEDED, superseded_at=at)


def take_back(run: ForecastRun, items: Collection[int] | None = None, *, at: datetime) -> None:
    """What a run that is not done has proposed, of some items or of all, never counts."""
    rows = run.replenishments.filter(status=Status.PROPOSED)
    if items is not None:
        rows = rows.filter(item__any_of=items)
    rows.update(status=Status.SUPERSEDED, superseded_at=at)
