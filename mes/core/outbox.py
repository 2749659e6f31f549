"""The outbox: one delivery per fact and subscriber, worked off after commit.

Each delivery is its own transaction, in which the subscriber's writes and the mark "done" are one: its effect on
this database happens exactly once, however many dispatchers run. A subscriber that reaches outside (mail, webhook) may see a
fact again if the process dies between its act and the commit, so it must tolerate repeats.

Order: one subscriber is served by one dispatcher at a time, in order of fact id, except that a failing delivery
waits for its next attempt and is overtaken. Ids are drawn before commit, so of two transactions that overlap the
later id may be visible, and delivered, first. Between subscribers nothing is promised.

An attempt is counted before it is made. A fact that kills its worker therefore runs out of attempts like one
that merely raises, is parked, and holds up nobody.
"""

import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from mes.core.history import FOLLOWS, done_by
from mes.core.models import Fact, FactDelivery, Forgetting, User

logger = logging.getLogger(__name__)

Payload = Mapping[str, Any]
Handler = Callable[[Payload], None]

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
PRUNE_BATCH = 5_000

_acting_at: ContextVar[datetime | None] = ContextVar("acting_at", default=None)
_handlers: defaultdict[str, dict[str, Handler]] = defaultdict(dict)


@dataclass(frozen=True, kw_only=True)
class Dispatched:
    """What one round did. `more` says that a subscriber was left with work that is already due."""

    delivered: int = 0
    failed: int = 0
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class Pruned:
    deliveries: int
    facts: int


def register(fact_name: str, path: str, handler: Handler) -> None:
    """Let `handler` receive the payload of every fact of that name recorded from now on."""
    _handlers[fact_name][path] = handler


def subscribers_of(fact_name: str) -> list[str]:
    """Dotted paths of the functions that hear of such a fact."""
    return sorted(_handlers.get(fact_name, {}))


def moment() -> datetime:
    """The time at which a subscriber acts: the clock of whoever dispatches."""
    return _acting_at.get() or timezone.now()


def dispatch_facts(*, at: datetime, acting_at: datetime | None = None, limit: int = 500) -> Dispatched:
    """Deliver what is due at `at`, at most `limit` deliveries to each subscriber.

    :param acting_at: what subscribers take for now (`moment()`); differs from `at` where a plant is played in other days.

    Safe to run in any number of processes at once: a subscriber that another one is serving is skipped.
    """
    delivered = failed = 0
    more = False
    for subscriber in FactDelivery.objects.due(at).subscribers():
        with _alone_with(subscriber) as alone:
            if not alone:
                continue
            for _ in range(limit):
                outcome = _deliver_next(subscriber, at=at, acting_at=acting_at or at)
                if outcome is None:
                    break
                delivered += outcome
                failed += not outcome
            else:
                more = True
    return Dispatched(delivered=delivered, failed=failed, more=more)


@transaction.atomic
def retry_parked(delivery: FactDelivery, *, by: User, at: datetime) -> None:
    """Give a parked delivery a fresh set of attempts; the next sweep picks it up.

    :raises IllegalTransition: when it is not parked.
    """
    delivery.move_to(FactDelivery.Status.PENDING, attempts=0, due_at=at)
    logger.info("%s retries delivery %s", by, delivery)


def prune_facts(*, at: datetime) -> Pruned:
    """Forget deliveries done, and facts with no delivery left, once their retention is over (`settings.MES`).

    Works in short transactions and may be interrupted and repeated at will. Parked deliveries, and their facts, stay.
    """
    done_before = at - timedelta(days=settings.MES["DELIVERY_RETENTION_DAYS"])
    recorded_before = at - timedelta(days=settings.MES["FACT_RETENTION_DAYS"])
    deliveries = facts = 0
    while batch := list(
        FactDelivery.objects.done_before(done_before).values_list("pk", flat=True)[:PRUNE_BATCH]
    ):
        deliveries += FactDelivery.objects.filter(pk__in=batch).delete()[0]
    while batch := list(Fact.objects.forgettable(recorded_before).values_list("pk", flat=True)[:PRUNE_BATCH]):
        # What is sealed may be missed: this act says why it is gone.
        # Retention is the one reason for which a fact may leave its append-only table: past the agreed years keeping
        # what people did is a liability. Only whole facts go, oldest first, and none that somebody still waits for.
        with pgtrigger.ignore("core.Fact:append_only"), transaction.atomic():
            Forgetting.objects.create(
                table=Fact._meta.db_table, keys=batch, reason="Retention is over", at=at
            )
            facts += Fact.objects.filter(pk__in=batch).delete()[0]
    return Pruned(deliveries=deliveries, facts=facts)


@contextmanager
def _alone_with(subscriber: str) -> Iterator[bool]:
    """Yield whether this session got the subscriber to itself. The lock dies with the session, so nobody can leave it."""
    key = f"fact-subscriber:{subscriber}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


@contextmanager
def _clock(acting_at: datetime) -> Iterator[None]:
    before = _acting_at.set(acting_at)
    try:
        yield
    finally:
        _acting_at.reset(before)


def _following(fact: Fact) -> AbstractContextManager[None]:
    """What follows from somebody's act is kept in the audit trail as theirs, with what it follows from."""
    by = fact.payload.get("by")
    return done_by(by, where=f"{FOLLOWS}{fact.name}") if by is not None else nullcontext()


def _deliver_next(subscriber: str, *, at: datetime, acting_at: datetime) -> bool | None:
    """Deliver the subscriber's next fact: True when done, False when it failed, None when nothing is due."""
    claimed = _claim_next(subscriber, at=at)
    if claimed is None or claimed.status == FactDelivery.Status.PARKED:
        return None if claimed is None else False
    try:
        with transaction.atomic():
            delivery = (
                FactDelivery.objects.select_for_update(of=("self",)).select_related("fact").get(pk=claimed.pk)
            )
            with _clock(acting_at), _following(delivery.fact):
                _handlers[delivery.fact.name][subscriber](delivery.fact.payload)
            delivery.move_to(FactDelivery.Status.DONE, done_at=at, error="")
    except Exception:  # noqa: BLE001 - a subscriber may fail in any way at all and must not stop the others
        _note_failure(claimed, traceback.format_exc())
        return False
    return True


@transaction.atomic
def _claim_next(subscriber: str, *, at: datetime) -> FactDelivery | None:
    """Count the attempt and set the time of the one after it, committed before the attempt is made."""
    due = FactDelivery.objects.due(at).filter(subscriber=subscriber).order_by("fact_id", "pk")
    delivery = due.select_for_update(skip_locked=True).first()
    if delivery is None:
        return None
    if delivery.attempts >= settings.MES["FACT_MAX_ATTEMPTS"]:
        lost = delivery.error or f"The worker stopped without a word in each of {delivery.attempts} attempts."
        delivery.move_to(FactDelivery.Status.PARKED, error=lost)
        return delivery
    delivery.attempts += 1
    delivery.due_at = at + pause_after(delivery.attempts)
    delivery.save(update_fields=["attempts", "due_at"])
    return delivery


@transaction.atomic
def _note_failure(delivery: FactDelivery, error: str) -> None:
    logger.warning("Delivery %s failed in attempt %s.\n%s", delivery, delivery.attempts, error)
    if delivery.attempts >= settings.MES["FACT_MAX_ATTEMPTS"]:
        delivery.move_to(FactDelivery.Status.PARKED, error=error)
    else:
        FactDelivery.objects.filter(pk=delivery.pk).update(error=error)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after that many attempts: 5 s, 15 s, 45 s … up to an hour."""
    times: int = 3 ** (attempts - 1)
    return min(FIRST_PAUSE * times, LONGEST_PAUSE)
