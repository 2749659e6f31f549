"""Something is not as it should be: it is reported, and its lot is held until somebody decides."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from inventory.numbering import numbered
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import InvalidInput, require_said
from quality.facts import NonconformanceOpened
from quality.models import Inspection, Nonconformance
from quality.services.extent import at_most_there, require_there

WHY_FOR_AUDITORS = "Say why: whoever audits this will ask"


class JustificationMissing(InvalidInput):
    code = "quality.justification_missing"
    title = "A justification is needed"


@transaction.atomic
def open_nonconformance(
    lot: Lot, quantity: Decimal, description: str, *, by: User, at: datetime
) -> Nonconformance:
    """Report something that is not as it should be. The lot is held until it is decided.

    :param quantity: how much of the lot is in doubt.
    :raises MoreThanThere: when that is more than there is of it; of a lot that is being made nobody knows yet.
    :raises JustificationMissing: when nobody says what is wrong.
    """
    quantity = check_quantity(lot.item, quantity)
    require_said(description, "Say what is wrong with it", field="description", refusal=JustificationMissing)
    inventory.lock_lots([lot])
    require_there(lot, quantity)
    return report_finding(lot, quantity, description, by=by, at=at)


@transaction.atomic
def report_finding(
    lot: Lot,
    quantity: Decimal,
    description: str,
    *,
    inspection: Inspection | None = None,
    by: User,
    at: datetime,
) -> Nonconformance:
    """What an inspection, a chart or a gauge finds is reported by itself. The lot is held until it is decided.

    :param quantity: how much was judged; what is gone of it since is not in doubt any more.
    """
    inventory.lock_lots([lot])
    quantity = at_most_there(lot, check_quantity(lot.item, quantity))
    earlier = Nonconformance.objects.undecided().filter(lot=lot).order_by("pk").first()
    nonconformance = Nonconformance.objects.create(
        **numbered(Nonconformance, "NC"),
        lot=lot,
        lot_was=earlier.lot_was if earlier else lot.status,
        inspection=inspection,
        description=description,
        quantity=quantity,
        opened_at=at,
    )
    if lot.status not in {Lot.Status.HELD, Lot.Status.REJECTED}:
        inventory.hold_lot(lot, f"{nonconformance.number}: {description}"[:300], by=by, at=at)
    record(NonconformanceOpened(nonconformance=nonconformance.pk, lot=lot.pk, quantity=quantity))
    return nonconformance
