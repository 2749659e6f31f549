"""Background work of orders: each task one service, safe to repeat."""

from celery import shared_task
from django.utils import timezone

from orders import services


@shared_task(ignore_result=True)
def expire_offers() -> None:
    """Free what is kept for offers whose time is over. They bind nobody from that moment on; this makes it seen."""
    services.expire_offers(at=timezone.now())
