"""Progress of running operations: what is made is told while it is made, not only when it is done."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.facts import ProgressReported
from production.handing_on import former_of
from production.models import Operation, ProgressReport
from production.services.accounting import most_of, wrong_quantity
from production.services.checkpoints import open_periodic, reported_of, require_first_piece
from production.services.starting import lock_batch


class NotRunning(DomainError):
    code = "production.not_running"
    title = "The operation does not run"


@transaction.atomic
def report_progress(
    operation: Operation, *, good: Decimal, scrap: Decimal = Decimal(0), by: User, at: datetime
) -> ProgressReport:
    """Report what came of a running operation since the last report. A sample that is due by that is asked for at once.

    Quantities are those since the last report; finishing tells the totals, which may then shift from good to scrap.

    :param good: what can go on, in the item's unit.
    :param scrap: what cannot.
    :raises NotRunning: unless it runs.
    :raises WrongQuantity: when nothing is reported, or more in all than came in.
    :raises FirstPieceOpen: while the first piece has not passed, for more than its pieces.
    """
    batch = lock_batch(operation)
    item = batch.plan.item
    if operation.status != Operation.Status.RUNNING:
        raise NotRunning(
            f"{operation} is {operation.get_status_display().lower()}.",
            remedy="Start or resume it, then report what is made.",
        )
    good = check_quantity(item, good, name="good", allow_zero=True)
    scrap = check_quantity(item, scrap, name="scrap", allow_zero=True)
    if not good + scrap:
        raise wrong_quantity(f"Nothing is reported of {operation}.", "Report what is good and what is scrap.")
    before = reported_of(operation)
    total = before + good + scrap
    most = most_of(operation, batch)
    if total > most:
        raise wrong_quantity(
            f"{plain(before)} {item.unit} were reported before; with these {plain(good + scrap)} it is more than {plain(most)}, "
            f"which is all that {_source(operation)}.",
            "Correct the quantity: a report tells only what was made since the last one.",
        )
    require_first_piece(operation, total)
    report = ProgressReport.objects.create(operation=operation, good=good, scrap=scrap, by=by, at=at)
    record(ProgressReported(operation=operation.pk, good=good, scrap=scrap, by=by.pk))
    open_periodic(operation, by=by, at=at)
    return report


def _source(operation: Operation) -> str:
    former = former_of(operation)
    if former is None or former.status == Operation.Status.DONE:
        return "can come of it"
    return f"step {former.step} has handed on so far"
