"""Background work of production: each task one call, safe to repeat."""

from celery import shared_task
from django.utils import timezone

from production import replanning


@shared_task(ignore_result=True)
def replan() -> None:
    """Make the plan anew if anything calls for it; swept every few seconds, so a burst of events makes one plan."""
    replanning.replan_if_needed(at=timezone.now())
