"""What an inspector at Clearwell finds in the morning: caps whose good record made inspection milder, caps whose poor one made it stricter,
deliveries that wait, and a filling line that was just started.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from inventory.models import Item
from mes.console.demo.people import let
from mes.core.models import User
from mes.core.refusals import DomainError
from production.models import Operation
from production.services import start_operation
from quality.models import Inspection, SamplingSource
from quality.services import Entry, decide_nonconformance, receive, record_results

GOOD, POOR = ("CP-28", 2500), ("CP-45", 600)
ACCEPTED = 11  # lots in a row: one more than reduces inspection
FILLS_SINCE = timedelta(minutes=20)


def watching_is_missing() -> bool:
    return not SamplingSource.objects.exists()


def watch(_: object) -> None:
    """Deliveries of some weeks with their inspections, and one filling operation started, where one can be."""
    now = timezone.now()
    for weeks in range(ACCEPTED, 0, -1):
        _deliver(*GOOD, at=now - timedelta(days=3 * weeks), bad=0)
    for days in (9, 5):
        _deliver(*POOR, at=now - timedelta(days=days), bad=2)
    _deliver(*POOR, at=now - timedelta(days=2), bad=0)
    for item, quantity in (GOOD, POOR):
        _receive(item, quantity, at=now - timedelta(hours=2))
    _start_filling(now - FILLS_SINCE)


def _deliver(number: str, quantity: int, *, at: datetime, bad: int) -> None:
    """A delivery that was inspected at once; what failed went back."""
    inspection = _receive(number, quantity, at=at)
    by = User.objects.get(username="inspector")
    characteristics = list(inspection.plan.characteristics.order_by("number"))
    entries = [
        Entry(each, piece, conforms=piece > bad or each != characteristics[0])
        for piece in range(1, inspection.sample_size + 1)
        for each in characteristics
    ]
    done = at + timedelta(hours=3)
    let(by, record_results, inspection, entries, at=done)
    if inspection.status == Inspection.Status.FAILED:
        why = "Outside the order; the supplier replaces it."
        let(by, decide_nonconformance, inspection.nonconformance, "return", why, at=done + timedelta(hours=1))


def _receive(number: str, quantity: int, *, at: datetime) -> Inspection:
    item = Item.objects.select_related("site", "supplier").get(number=number)
    by = User.objects.get(username="planner")
    lot = let(by, receive, item, Decimal(quantity), reference=f"DN-{number}-{at:%m%d}", at=at)
    found = Inspection.objects.select_related("plan__sampling", "lot__item__site", "source")
    return found.get(lot=lot)


def _start_filling(at: datetime) -> None:
    """The first filling operation that may start, so that a first carton waits at its line."""
    ready = Operation.objects.ready().filter(step__first_piece_plan__isnull=False)
    by = User.objects.get(username="operator")
    for operation in ready.select_related("batch", "step__work_center__site").order_by("pk")[:10]:
        try:
            let(by, start_operation, operation, at=at)
        except DomainError:
            continue
        return
