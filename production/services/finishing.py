"""Finishing operations and, with the last of them, batches: what is yielded, judged, released.

Quantities are conserved: what came out of a step before is good or scrap after the next. Scrap of a batch leaves production for
the scrap location through the ledger, as a part of the batch's own lot.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from inventory import services as inventory
from inventory.models import Item, Lot, Transformation
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from production.facts import BatchFinished, OperationFinished, ProductionOrderDone
from production.handing_on import begun_after
from production.models import Batch, Operation, ProductionOrder, Slot
from production.services.accounting import require_accounted, require_former_done, require_used_covered
from production.services.checkpoints import require_first_piece
from production.services.claims import claim_for_waiting_batches, wait_for_item
from production.services.consuming import consume
from production.services.gates import open_final_inspection, open_gate
from production.services.orders import cancel_order, give_up_claims, lock_waiting_operations
from production.services.starting import lock_batch, write_time
from quality import services as quality
from quality.models import Inspection, Stage

NOT_OVER = {Batch.Status.RELEASED, Batch.Status.RUNNING}


@transaction.atomic
def finish_operation(
    operation: Operation,
    *,
    good: Decimal,
    scrap: Decimal = Decimal(0),
    consumed: Sequence[tuple[Lot, Decimal]] | None = None,
    by: User,
    at: datetime,
) -> Operation:
    """Finish an operation: consume its material, note its scrap, open its inspection; the last one yields the batch's lot.

    :param good: what can go on, in the item's unit.
    :param scrap: what cannot.
    :param consumed: lots that were used with their quantities; for components of which none is named, what is kept for the batch and
        then free stock is taken, first expired first.
    :raises WrongQuantity: unless good and scrap account for what came in, and for what was reported while it ran; and when less is good
        than the next step, begun on what this one handed on, has used.
    :raises FormerNotDone: while the step before, which handed on what this one works on, is not finished.
    :raises FirstPieceOpen: while its first piece has not passed.
    :raises IllegalTransition: unless it runs.
    Raises also what `consume` raises.
    """
    batch = lock_batch(operation)
    item = batch.plan.item
    good = check_quantity(item, good, name="good", allow_zero=True)
    scrap = check_quantity(item, scrap, name="scrap", allow_zero=True)
    since = operation.running_since
    if operation.status == Operation.Status.RUNNING:
        require_former_done(operation)
        require_accounted(operation, batch, good, scrap)
        require_used_covered(operation, batch, good)
        require_first_piece(operation)
    operation.move_to(
        Operation.Status.DONE, good_quantity=good, scrap_quantity=scrap, finished_at=at, running_since=None
    )
    write_time(operation, since, by=by, at=at)
    Slot.objects.published().filter(operation=operation).update(is_published=False)
    consume(operation, good + scrap, consumed, by=by, at=at)
    if scrap:
        _write_off(batch, operation, scrap, by=by, at=at)
    record(OperationFinished(operation=operation.pk, good=good, scrap=scrap, by=by.pk))
    following = lock_waiting_operations(batch)
    if not good:
        _cancel(following)
    if good and (following or begun_after(operation) is not None):
        # Rework is judged by the repeated inspection, which its decision opened.
        if operation.rework_of_id is None:
            open_gate(operation, good, by=by, at=at)
        end_rejected_batch(batch, by=by, at=at)
    else:
        _finish_batch(batch, operation, good, by=by, at=at)
    return operation


@transaction.atomic
def end_rejected_batch(batch: Batch, *, by: User, at: datetime) -> Batch:
    """End a batch whose lot was rejected before it was done: what it had left good is written off, nothing more is made of it.

    Rework that nobody has done anything of is cancelled.

    Safe to repeat; nothing happens while an operation of it is under way, which ends the batch when it finishes.
    """
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "lot__item__site", "plan__item", "transformation", "order", "rework_of__inspection__plan"
        )
        .get(pk=batch.pk)
    )
    under_way = batch.operations.under_way()
    done = batch.operations.filter(status=Operation.Status.DONE).select_related("step")
    if batch.lot is None or batch.lot.status != Lot.Status.REJECTED:
        return batch
    if batch.rework_of_id and batch.status in NOT_OVER and not (under_way.exists() or done.exists()):
        cancel_order(batch.order, f"Lot {batch.lot} was rejected", by=by, at=at)
        return batch
    if batch.status != Batch.Status.RUNNING or under_way.exists() or not done.exists():
        return batch
    last = done.latest("sequence")
    _cancel(lock_waiting_operations(batch))
    if last.good_quantity:
        _write_off(batch, last, last.good_quantity, by=by, at=at)
    _finish_batch(batch, last, Decimal(0), extra_scrap=last.good_quantity, by=by, at=at)
    return batch


@transaction.atomic
def clear_batch(batch: Batch, *, by: User, at: datetime) -> Lot | None:
    """Let the lot of a finished batch go its way once every gate is open: to its final inspection or, without one, into stock.

    Safe to repeat; nothing happens while a gate is shut or the lot is not waiting. The final inspection of a lot that is held opens
    too, so that it cannot be released past it.

    :return: the lot, when it was released by this.
    """
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("lot", "rework_of__inspection__plan")
        .get(pk=batch.pk)
    )
    lot = batch.lot
    if batch.status != Batch.Status.DONE or lot is None:
        return None
    inventory.lock_lots([lot])
    if quality.is_being_reworked(lot) or _waits_for_repetition(batch):
        return None
    if lot.status not in {Lot.Status.QUARANTINE, Lot.Status.IN_PROCESS, Lot.Status.HELD}:
        return None
    if Operation.objects.filter(batch=batch).gates_shut().exists():
        return None
    if (
        not _judged(batch) and open_final_inspection(batch, lot, by=by, at=at)
    ) or lot.status == Lot.Status.HELD:
        return None
    if not quality.pass_lot(lot, by=by, at=at):
        return None
    inventory.put_away(lot, by=by, at=at)
    return lot


@transaction.atomic
def hand_out(lot: Lot, *, by: User, at: datetime) -> list[Lot]:
    """Give out a lot that has become usable: a batch of pieces known by number is serialised, then waiting batches claim it.

    Safe to repeat.

    :return: the serial numbers, as lots; empty for any other lot.
    """
    item = lot.item
    wait_for_item(item)
    pieces: list[Lot] = []
    if item.tracking == Item.Tracking.SERIAL and Batch.objects.making().filter(lot=lot).exists():
        inventory.lock_lots([lot])
        if lot.status == Lot.Status.RELEASED and inventory.on_hand(lot):
            pieces = inventory.serialise(lot, numbers=quality.serial_numbers_of(lot), by=by, at=at)
    claim_for_waiting_batches(item, lot=lot, by=by, at=at)
    return pieces


def _write_off(batch: Batch, operation: Operation, scrap: Decimal, *, by: User, at: datetime) -> None:
    """Scrap never becomes stock, but the ledger sees it leave production as a part of the batch's lot."""
    lot, transformation = _made_of(batch)
    move = inventory.output(lot, scrap, transformation=transformation, reference=batch.number, by=by, at=at)
    inventory.scrap(
        lot,
        scrap,
        source=move.destination,
        reason=f"Scrap of {operation.step}",
        reference=batch.number,
        by=by,
        at=at,
    )


def _cancel(operations: Sequence[Operation]) -> None:
    keys = [operation.pk for operation in operations]
    Operation.objects.filter(pk__in=keys).update(status=Operation.Status.CANCELLED)
    Slot.objects.published().filter(operation__in=keys).update(is_published=False)


def _finish_batch(
    batch: Batch,
    last: Operation,
    good: Decimal,
    *,
    extra_scrap: Decimal = Decimal(0),
    by: User,
    at: datetime,
) -> None:
    lot, transformation = _made_of(batch)
    inventory.lock_lots([lot])
    if good and not batch.rework_of_id:
        inventory.date_lot(lot, by=by, at=at)
    if good or inventory.on_hand(lot):
        if lot.status in {Lot.Status.IN_PROCESS, Lot.Status.RELEASED}:
            inventory.quarantine_lot(lot, by=by, at=at)
    elif lot.may_move_to(Lot.Status.REJECTED):
        inventory.reject_lot(lot, "Wholly scrapped in production", by=by, at=at)
    if good:
        inventory.output(lot, good, transformation=transformation, reference=batch.number, by=by, at=at)
    reported = batch.operations.aggregate(total=Sum("scrap_quantity"))["total"] or Decimal(0)
    scrap = reported + extra_scrap
    batch.move_to(Batch.Status.DONE, good_quantity=good, scrap_quantity=scrap, finished_at=at)
    give_up_claims(batch, by=by, at=at)
    if batch.rework_of is None:
        quality.ask_for_review(lot, batch, at=at)
    else:
        quality.end_rework(batch.rework_of, by=by, at=at)
    record(BatchFinished(batch=batch.pk, lot=lot.pk, good=good, scrap=scrap))
    _finish_order(batch.order_id)
    if good and last.rework_of_id is None:
        open_gate(last, good, by=by, at=at)
    if good or inventory.on_hand(lot):
        clear_batch(batch, by=by, at=at)


def _waits_for_repetition(batch: Batch) -> bool:
    """Whether what called for the rework was found by an inspection whose repetition has not passed yet."""
    found = batch.rework_of.inspection if batch.rework_of is not None else None
    return found is not None and not Inspection.objects.cleared().filter(pk=found.gate).exists()


def _judged(batch: Batch) -> bool:
    """Whether the rework was called for by a final inspection: its repetition judges what came of it."""
    found = batch.rework_of.inspection if batch.rework_of is not None else None
    return found is not None and found.plan.stage == Stage.FINAL


def _made_of(batch: Batch) -> tuple[Lot, Transformation]:
    if batch.lot is None or batch.transformation is None:
        raise AssertionError("a running batch has its lot and its transformation")
    return batch.lot, batch.transformation


def _finish_order(key: int) -> None:
    """The order is done when none of its batches is open any more; it is locked, so that one of two last batches sees it."""
    order = ProductionOrder.objects.select_for_update(no_key=True).get(pk=key)
    if order.batches.open().exists() or order.status != ProductionOrder.Status.RUNNING:
        return
    order.move_to(ProductionOrder.Status.DONE)
    good = order.batches.aggregate(total=Sum("good_quantity"))["total"] or Decimal(0)
    record(ProductionOrderDone(order=order.pk, good=good))
