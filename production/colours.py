"""What colour a status of production has in the console; the same words and colours everywhere, one meaning each."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString

from inventory.colours import chip
from production.models import Batch, InstructionVersion, Operation, ProductionOrder

ORDER_LEVELS = {
    ProductionOrder.Status.TENTATIVE: "held",
    ProductionOrder.Status.PLANNED: "planned",
    ProductionOrder.Status.RELEASED: "running",
    ProductionOrder.Status.RUNNING: "running",
    ProductionOrder.Status.DONE: "done",
    ProductionOrder.Status.CANCELLED: "planned",
}
OPERATION_LEVELS = {
    Operation.Status.WAITING: "planned",
    Operation.Status.RUNNING: "running",
    Operation.Status.PAUSED: "risk",
    Operation.Status.DONE: "done",
    Operation.Status.CANCELLED: "planned",
}
TIGHT = timedelta(days=1)
DAY = 86400


def order_chip(order: ProductionOrder | Batch) -> SafeString:
    """Orders and batches share their statuses."""
    return chip(order.get_status_display(), ORDER_LEVELS[ProductionOrder.Status(order.status)])


def operation_chip(operation: Any) -> SafeString:
    """An operation's status; of one that waits, whether it could start (`with_readiness` adds that)."""
    if getattr(operation, "is_blocked", False):
        return chip("Blocked", "held")
    if getattr(operation, "is_ready", False):
        return chip("Ready", "running")
    return chip(operation.get_status_display(), OPERATION_LEVELS[Operation.Status(operation.status)])


def instruction_chip(version: InstructionVersion, at: datetime) -> SafeString:
    """Whether a version is in force, by its moments rather than by what its status is called."""
    begins, ends = version.effective_from, version.effective_until
    if begins is None:
        return chip("Draft", "planned")
    if ends is not None and ends <= at:
        return chip("Superseded", "planned")
    return chip("Approved, begins later", "risk") if begins > at else chip("In force", "done")


def lateness_chip(lateness: timedelta | None) -> SafeString:
    """How a projection stands against its due date."""
    if lateness is None:
        return chip("No projection", "planned")
    if lateness > timedelta():
        return chip(f"Late by {_span(lateness)}", "late")
    if lateness > -TIGHT:
        return chip(f"{_span(-lateness)} to spare", "risk")
    return chip(f"{_span(-lateness)} to spare", "done")


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds / DAY:.1f} d" if seconds >= DAY else f"{seconds / 3600:.1f} h"
