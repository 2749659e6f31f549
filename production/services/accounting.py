"""Quantities add up from step to step: what came out of one is good or scrap after the next, and nothing comes of what never went in.

The first step of a batch may yield a little more or less than was planned. A step that was begun on what the one before handed on has
used no more than that, and ends after it.
"""

from decimal import Decimal

from inventory.models import Item
from inventory.quantities import COUNTED_UNITS, plain
from mes.core.refusals import DomainError, InvalidInput
from production.bills import quantum
from production.explosion import round_up
from production.handing_on import begun_after, former_of, good_so_far
from production.models import Batch, Operation
from production.services.checkpoints import reported_of

TOLERATED_OVERRUN = Decimal("1.10")  # of the batch, at its first step
TOLERATED_GAIN = Decimal("1.05")  # of what a step before left, where quantities are measured, not counted


class WrongQuantity(InvalidInput):
    code = "production.wrong_quantity"
    title = "Quantities do not add up"


class FormerNotDone(DomainError):
    code = "production.former_not_done"
    title = "The step before is not finished"


def most_of(operation: Operation, batch: Batch) -> Decimal:
    """The most that can come of an operation: what came in, or of the first step a little more than was planned."""
    item, former = batch.plan.item, former_of(operation)
    if former is None and batch.rework_of_id:
        return batch.quantity
    if former is None:
        return round_up(batch.quantity * TOLERATED_OVERRUN, quantum(item))
    return _with_gain(item, good_so_far(former))


def _with_gain(item: Item, quantity: Decimal) -> Decimal:
    return quantity if item.uom in COUNTED_UNITS else quantity * TOLERATED_GAIN


def require_accounted(operation: Operation, batch: Batch, good: Decimal, scrap: Decimal) -> None:
    """Good and scrap add up to what came in; the first step may yield a little more or less than was planned.

    :raises WrongQuantity: where they do not, or are less than was reported while it ran.
    """
    item, total = batch.plan.item, good + scrap
    if not total:
        raise wrong_quantity(f"Nothing is reported of {operation}.", "Report what is good and what is scrap.")
    reported = reported_of(operation)
    if total < reported:
        raise wrong_quantity(
            f"{plain(reported)} {item.unit} were reported while it ran; {plain(total)} are reported now, so "
            f"{plain(reported - total)} are missing.",
            "Report the totals of the operation; what is lost is scrap.",
        )
    former, most = former_of(operation), most_of(operation, batch)
    if former is None and not batch.rework_of_id:
        if total > most:
            raise wrong_quantity(
                f"{plain(total)} {item.unit} reported of a batch of {plain(batch.quantity)}; at most {plain(most)} is taken "
                "for an over-run.",
                "Correct the quantity.",
            )
        return
    came, whence = (
        (former.good_quantity, f"came from step {former.step}")
        if former is not None
        else (batch.quantity, "went in to be reworked")
    )
    if (item.uom in COUNTED_UNITS or former is None) and total < came:
        raise wrong_quantity(
            f"{plain(came)} {whence}; {plain(total)} are reported, so {plain(came - total)} are missing.",
            "Report what is lost as scrap.",
        )
    if total > most:
        raise wrong_quantity(
            f"{plain(came)} {item.unit} {whence}; {plain(total)} are reported.",
            "Correct the quantity: no more can come out than went in.",
        )


def require_former_done(operation: Operation) -> None:
    """What is handed on bit by bit is complete only once the step that hands it on is.

    :raises FormerNotDone: while that step is under way.
    """
    former = former_of(operation)
    if former is None or former.status == Operation.Status.DONE:
        return
    handed_on, unit = good_so_far(former), operation.batch.plan.item.unit
    raise FormerNotDone(
        f"Step {former.step} is {former.get_status_display().lower()} and has handed on {plain(handed_on)} {unit} so far; more may come.",
        remedy=f"Report what is done of step {operation.step}, and finish it once step {former.step} is finished.",
    )


def require_used_covered(operation: Operation, batch: Batch, good: Decimal) -> None:
    """A next step that was begun on what this one handed on has its pieces from somewhere.

    :raises WrongQuantity: where it has used more than is good here, or nothing is.
    """
    following = begun_after(operation)
    if following is None:
        return
    item, used = batch.plan.item, reported_of(following)
    remedy = f"What turned out bad after it was handed on is scrap of step {following.step}: report it there."
    if used > _with_gain(item, good):
        raise wrong_quantity(
            f"Step {following.step} has used {plain(used)} {item.unit} of what this step handed on; {plain(good)} good are "
            f"{plain(used - good)} too few.",
            remedy,
        )
    if not good:
        raise wrong_quantity(
            f"Step {following.step} is under way on what this step handed on, so something of it is good.",
            remedy,
        )


def wrong_quantity(detail: str, remedy: str) -> WrongQuantity:
    """The refusal, told at the field of what is good."""
    return WrongQuantity.at_field("good", detail, remedy=remedy)
