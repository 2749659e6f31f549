"""Netting carried out and stored: of all items at once, or of some of a run's, which count when the run is done."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from forecasting import faults, proposed
from forecasting.messages import Finding, findings
from forecasting.models import ForecastRun, NettingRules, Replenishment
from forecasting.models.replenishments import ReplenishmentQuerySet
from forecasting.netting import Group, Plan
from forecasting.on_order import OnOrder, on_order
from forecasting.proposals import Book, book_of, plan_of
from forecasting.stored import planned_of
from forecasting.today import today_at
from mes.core.copying import copy_values

Status = Replenishment.Status
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, eq=False)
class Netted:
    """What came of some items.

    :ivar proposals: how many there are; :ivar found: what is better changed of their open orders; :ivar faults: by the key of an item of which
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
    could be. What is proposed as it stands stays as it is. Call it in a transaction.
    """
    today = today_at(at, not_before=run.as_of)
    book = book_of(planned_of(run, today), at=at, today=today, horizon_days=run.horizon_days)
    plan = plan_of(book, horizon_days=run.horizon_days)
    beyond = proposed.beyond_numbers(plan)
    # Locked first: whoever is dismissing one is waited for here and counted below, or waits for us.
    standing = _Standing(leaving=beyond)
    made = _stored(run, book, plan, beyond, but_for=standing)
    standing.supersede(at=at)
    return made


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


class _Standing:
    """Proposals that stand, locked; each that is proposed again, in every word, is kept, and others take the place of the rest."""

    def __init__(self, *, leaving: Collection[int]) -> None:
        self.kept = 0
        self._others: dict[int, list[int]] = defaultdict(list)
        rows = _proposed(leaving).select_for_update(no_key=True).order_by("pk")
        for pk, *told in rows.values_list("pk", *proposed.Row._fields).iterator(chunk_size=_AT_ONCE):
            self._others[_said(proposed.Row(*told))].append(pk)

    def keeps(self, row: proposed.Row) -> bool:
        """Whether this stands already."""
        alike = self._others.get(_said(row))
        if not alike:
            return False
        alike.pop()
        self.kept += 1
        return True

    def supersede(self, *, at: datetime) -> None:
        """Others have taken the place of those that were not kept."""
        rest = [pk for alike in self._others.values() for pk in alike]
        rows = Replenishment.objects.filter(pk__any_of=rest)
        rows.update(status=Status.SUPERSEDED, superseded_at=at)


def _said(row: proposed.Row) -> int:
    """All that a proposal says, in short: a plant has half a million of them."""
    pegs = tuple(tuple(sorted(peg.items())) for peg in row.pegging)
    return hash(row._replace(pegging=pegs))  # type: ignore[arg-type]  # lists have no hash


def _stored(
    run: ForecastRun, book: Book, plan: Plan, beyond: Mapping[int, str], but_for: _Standing | None = None
) -> Netted:
    rows = proposed.rows(run, book, plan, leaving=beyond)
    new = rows if but_for is None else (row for row in rows if not but_for.keeps(row))
    made = copy_values(Replenishment, proposed.Row._fields, new)
    found = findings(book, plan, NettingRules.objects.current(), leaving=beyond)
    return Netted(made + (but_for.kept if but_for else 0), list(found), beyond)


def supersede(*, leaving: Collection[int] = (), at: datetime) -> None:
    """Others take the place of the proposals that stand, but for those of some items."""
    _proposed(leaving).update(status=Status.SUPERSEDED, superseded_at=at)


def _proposed(leaving: Collection[int]) -> ReplenishmentQuerySet:
    standing = Replenishment.objects.proposed()
    return standing.exclude(item__any_of=leaving) if leaving else standing


def take_back(run: ForecastRun, items: Collection[int] | None = None, *, at: datetime) -> None:
    """What a run that is not done has proposed, of some items or of all, never counts."""
    rows = run.replenishments.filter(status=Status.PROPOSED)
    if items is not None:
        rows = rows.filter(item__any_of=items)
    rows.update(status=Status.SUPERSEDED, superseded_at=at)
