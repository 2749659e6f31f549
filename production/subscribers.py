"""What production does when a verdict falls, when stock becomes usable, and when the plan no longer holds."""

from django.db import transaction

from inventory.facts import (
    LotHeld,
    LotReceived,
    LotRejected,
    LotReleased,
    PurchaseCancelled,
    PurchasePostponed,
    PurchaseReduced,
)
from inventory.models import Lot
from mes.core.facts import Fact, subscriber
from mes.core.models import User
from mes.core.outbox import moment
from production import services, tasks
from production.facts import (
    MachineBroken,
    MachineRestored,
    OperationFinished,
    OperationPinned,
    OrderPlanned,
    OrderReprioritised,
    ReworkPlanned,
)
from production.models import Batch, Priority
from production.nonconformance_costs import labour_of
from quality import services as quality
from quality.facts import InspectionFailed, InspectionPassed, NonconformanceDecided, RecallHeld
from quality.models import Nonconformance


@subscriber(InspectionPassed)
def let_passed_batch_go_on(fact: InspectionPassed) -> None:
    _let_go_on(lot=fact.lot, by=fact.by)


@subscriber(NonconformanceDecided)
def let_decided_batch_go_on(fact: NonconformanceDecided) -> None:
    _let_go_on(lot=fact.lot, by=fact.by)


@subscriber(NonconformanceDecided)
def cost_the_work_in_doubt(fact: NonconformanceDecided) -> None:
    """What was spent on what is lost or done again."""
    if fact.disposition in {"scrap", "rework"}:
        found = Nonconformance.objects.get(pk=fact.nonconformance)
        if (labour := labour_of(found)) is not None:
            by = User.objects.get(pk=fact.by)
            quality.ensure_labour_cost(found, labour.amount, labour.arithmetic, by=by, at=moment())


@subscriber(LotRejected)
def end_batch_of_rejected_lot(fact: LotRejected) -> None:
    under_way = [Batch.Status.RELEASED, Batch.Status.RUNNING]
    for batch in Batch.objects.filter(lot=fact.lot, status__in=under_way).order_by("pk"):
        services.end_rejected_batch(batch, by=User.objects.get(pk=fact.by), at=moment())


@subscriber(LotReleased)
def hand_out_released_lot(fact: LotReleased) -> None:
    """Pieces known by number get theirs; then whoever waits for the item is served."""
    lot = Lot.objects.select_related("item__site").get(pk=fact.lot)
    services.hand_out(lot, by=User.objects.get(pk=fact.by), at=moment())


@subscriber(LotReceived)
def claim_received_lot(fact: LotReceived) -> None:
    """A delivery that needs no verdict goes to the batches that wait for it."""
    lot = Lot.objects.select_related("item__site").get(pk=fact.lot)
    services.claim_for_waiting_batches(lot.item, lot=lot, at=moment())


@subscriber(
    MachineBroken,
    MachineRestored,
    OperationPinned,
    InspectionFailed,
    LotHeld,
    LotRejected,
    RecallHeld,
    PurchasePostponed,
    PurchaseCancelled,
    PurchaseReduced,
)
def ask_for_a_plan(fact: Fact) -> None:
    """What upsets the plan is answered within seconds; what only adds to it waits for company (`production.replanning`)."""
    _ask()


@subscriber(OrderPlanned)
def ask_for_a_plan_with_the_rush_order(fact: OrderPlanned) -> None:
    if fact.priority == Priority.RUSH:
        _ask()


@subscriber(OrderReprioritised)
def ask_for_a_plan_with_the_order_that_became_a_rush(fact: OrderReprioritised) -> None:
    if fact.priority == Priority.RUSH:
        _ask()


@subscriber(ReworkPlanned)
def ask_for_a_plan_with_the_rework(fact: ReworkPlanned) -> None:
    _ask()


@subscriber(OperationFinished)
def ask_for_a_plan_without_the_scrap(fact: OperationFinished) -> None:
    if fact.scrap:
        _ask()


def _ask() -> None:
    # robust: when broker or cache is away, the sweep plans.
    transaction.on_commit(tasks.ask_for_a_plan, robust=True)


def _let_go_on(*, lot: int, by: int) -> None:
    """When the last gate of a finished batch has opened, its lot goes to the final inspection, or into stock.

    Of a lot that was reworked, the batch that did so came last, and is what is judged.
    """
    for batch in Batch.objects.filter(lot=lot, status=Batch.Status.DONE).order_by("-pk")[:1]:
        services.clear_batch(batch, by=User.objects.get(pk=by), at=moment())
