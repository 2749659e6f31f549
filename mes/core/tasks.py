"""Background work of the ground. Beat runs both; `record` nudges the first after each commit."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from mes.core import outbox
from mes.core.sealing import seal_records, verify_records

NUDGED = "mes.core.facts.nudged"
SWEEP_SECONDS = 5


@shared_task(ignore_result=True)
def deliver_facts() -> None:
    """Deliver what is due; run every `SWEEP_SECONDS` for retries and for nudges that got lost."""
    # Before looking, not after: a fact committed from here on sends a nudge of its own.
    cache.delete(NUDGED)
    if outbox.dispatch_facts(at=timezone.now()).more:
        deliver_facts.delay()


@shared_task(ignore_result=True)
def prune_facts() -> None:
    outbox.prune_facts(at=timezone.now())


@shared_task(ignore_result=True)
def seal() -> None:
    seal_records(at=timezone.now())


@shared_task(ignore_result=True)
def verify() -> None:
    verify_records(started_at=timezone.now())
