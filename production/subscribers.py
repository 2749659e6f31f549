"""What production does when a verdict falls or stock becomes usable. That the plan must be made anew is seen by `production.tasks`."""

from inventory.facts import LotReceived, LotRejected, LotReleased
from inventory.models import Lot
from mes.core.facts import subscriber
from mes.core.models import User
from mes.core.outbox import moment
from production import services
from production.models import Batch
from quality.facts import InspectionPassed, NonconformanceDecided


@subscriber(InspectionPassed)
def let_passed_batch_go_on(fact: InspectionPassed) -> None:
    _let_go_on(lot=fact.lot, by=fact.by)


@subscriber(NonconformanceDecided)
def let_decided_batch_go_on(fact: NonconformanceDecided) -> None:
    _let_go_on(lot=fact.lot, by=fact.by)


@subscriber(LotRejected)
def end_batch_of_rejected_lot(fact: LotRejected) -> None:
    batch = Batch.objects.filter(lot=fact.lot, status=Batch.Status.RUNNING).first()
    if batch is not None:
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


def _let_go_on(*, lot: int, by: int) -> None:
    """When the last gate of a finished batch has opened, its lot goes to the final inspection, or into stock."""
    batch = Batch.objects.filter(lot=lot, status=Batch.Status.DONE).first()
    if batch is not None:
        services.clear_batch(batch, by=User.objects.get(pk=by), at=moment())
