"""An open inspection whose customer has changed what he asks."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from quality.models import Inspection, Measurement, Tightening
from quality.services.inspecting import lock
from quality.services.tightening import Tightened, merged


@transaction.atomic
def narrow_inspection(
    inspection: Inspection, tightened: Sequence[Tightened], *, at: datetime
) -> list[Measurement]:
    """Put these limits in the place of those that bound in an open inspection; one that is concluded is left as it is.

    Results that were recorded keep their judgement, which was made against the limits that bound then.

    :return: the standing results that the new limits do not allow.
    """
    lock(inspection)
    if inspection.status != Inspection.Status.OPEN:
        return []
    inspection.tightenings.all().delete()
    rows = Tightening.objects.bulk_create(merged(inspection, tightened))
    limits = {row.characteristic_id: row for row in rows}
    standing = Measurement.objects.standing().filter(inspection=inspection, characteristic__in=limits)
    found = standing.select_related("characteristic", "inspection__lot", "inspection__plan").order_by("pk")
    return [each for each in found if _is_beyond(each, limits[each.characteristic_id])]


def _is_beyond(measurement: Measurement, row: Tightening) -> bool:
    value = measurement.value
    if value is None:
        return False
    below = row.lower_limit is not None and value < row.lower_limit
    return below or (row.upper_limit is not None and value > row.upper_limit)
