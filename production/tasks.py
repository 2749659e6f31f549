"""Background work of production: each task one call, safe to repeat."""

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from production import replanning, services
from production.under_way import is_under_way

ASKED = "production.replanning.asked"
ASKED_AT_MOST = 60  # seconds; a request that got lost holds up no other after that


@shared_task(ignore_result=True)
def replan() -> None:
    """Make the plan anew if anything calls for it. Asked for by what is urgent, and swept every few seconds for the rest."""
    # Before looking, not after: what happens from here on asks for itself.
    cache.delete(ASKED)
    if replanning.replan_if_needed(at=timezone.now()) is None and is_under_way():
        ask_for_a_plan()


@shared_task(ignore_result=True)
def supersede_instructions() -> None:
    """Call superseded the instructions that a later version has ended; which one is in force does not wait for this."""
    services.supersede_due(at=timezone.now())


def ask_for_a_plan() -> None:
    """Have a worker look in a moment; whoever asks meanwhile is answered by the same look, so a burst of facts makes one plan."""
    wait = settings.MES["REPLAN_AFTER_SECONDS"]
    if wait and cache.add(ASKED, True, timeout=ASKED_AT_MOST):
        replan.apply_async(countdown=wait, expires=wait + ASKED_AT_MOST)


@shared_task(ignore_result=True)
def open_due_samples() -> None:
    """Ask for the periodic samples of running operations that have become due; safe to repeat."""
    services.open_due_samples(at=timezone.now())
