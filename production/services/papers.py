"""Papers of production, each on one call."""

from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from mes.core.models import User
from mes.core.signing import Credentials
from mes.papers import services as papers
from mes.papers.models import Paper
from mes.papers.services import NotReadyForPaper
from production.models import Batch, ProductionOrder
from production.papers.batch_record import batch_record
from production.papers.batch_records import gather, lots_of
from production.papers.completeness import gaps_of, require_complete, require_done
from production.papers.traveler import batches_of, traveler


@sensitive_variables("credentials")
def issue_batch_record(
    batch: Batch, *, reason: str = "", credentials: Credentials | None = None, by: User, at: datetime
) -> Paper:
    """Issue the record of a batch: exceptions first, then yields, components, steps, people and inspections.

    :param reason: why it is issued again.
    :raises NotReadyForPaper: naming every step that is not finished, inspection that is open and nonconformance that is not closed.
    :raises ReasonMissing: when there is one already and no reason is given.
    :raises SignatureMissing: where the rules demand a signature and no credentials are given.
    """
    batch = Batch.objects.select_related(
        "order", "plan__item__site", "plan__approved_by", "lot__item", "transformation"
    ).get(pk=batch.pk)
    require_done(batch)
    lots = lots_of(batch)
    require_complete(f"The record of batch {batch}", gaps_of(lots))
    known = gather(batch, lots)
    return papers.issue(
        Paper.Kind.BATCH_RECORD,
        batch,
        lambda _: batch_record(known, is_signed=credentials is not None),
        concerns=[batch.order, *known.lots.values()],
        zone=known.zone,
        reason=reason,
        is_regulated=known.batch.plan.item.is_under_rules,
        credentials=credentials,
        by=by,
        at=at,
    )


def issue_traveler(order: ProductionOrder, *, reason: str = "", by: User, at: datetime) -> Paper:
    """Issue the traveler of a production order: the routing of every batch with a barcode for each operation.

    :param reason: why it is issued again.
    :raises NotReadyForPaper: while nothing of it is released, for then no lot has a number.
    :raises ReasonMissing: when there is one already and no reason is given.
    """
    batches = batches_of(order)
    if not batches:
        raise NotReadyForPaper(
            f"No batch of {order} is released.",
            remedy="Release the order first." if order.is_open else "It has nothing left to make.",
        )
    zone = batches[0].plan.item.site.zone
    document = traveler(order, batches, zone, at=at)
    return papers.issue(
        Paper.Kind.TRAVELER,
        order,
        lambda _: document,
        concerns=[*batches, *(batch.lot for batch in batches if batch.lot)],
        zone=zone,
        reason=reason,
        by=by,
        at=at,
    )
