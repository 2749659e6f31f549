"""Gauge studies, recorded whole: a study that is not balanced is no study."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from mes.core.models import User
from mes.core.refusals import InvalidInput
from quality import spc
from quality.models import Characteristic, Gauge, GaugeStudy, StudyReading


class InvalidStudy(InvalidInput):
    code = "quality.invalid_study"
    title = "Not a gauge study"


@transaction.atomic
def record_study(
    gauge: Gauge,
    name: str,
    *,
    readings: Sequence[spc.Reading],
    tolerance: float | None = None,
    characteristic: Characteristic | None = None,
    pools: bool = True,
    note: str = "",
    by: User,
    at: datetime,
) -> GaugeStudy:
    """Record a gauge study with all its readings; its result is `GaugeStudy.result()`.

    :param readings: in the order in which they were taken; of one part and appraiser they count as trials 1, 2, …
    :param tolerance: width of the drawing's limits; by default that of the characteristic, if it has both.
    :param pools: whether an interaction that may be chance is added to repeatability.
    :raises InvalidStudy: unless every appraiser measured every part equally often, at least twice, and the readings vary.
    """
    width = tolerance if tolerance is not None else _width(characteristic)
    try:
        spc.gage_rr(readings, tolerance=width)
    except ValueError as fault:
        field = "tolerance" if "tolerance" in str(fault) else "readings"
        raise InvalidStudy(
            str(fault),
            remedy="Usual are ten parts, three appraisers and two or three trials, each part read by everybody.",
            errors={field: [str(fault)]},
        ) from fault
    study = GaugeStudy.objects.create(
        gauge=gauge,
        name=name,
        characteristic=characteristic,
        tolerance=width,
        pools=pools,
        note=note,
        by=by,
        at=at,
    )
    trials: Counter[tuple[str, str]] = Counter()
    rows = []
    for reading in readings:
        trials[reading.part, reading.appraiser] += 1
        rows.append(
            StudyReading(
                study=study,
                part=reading.part,
                appraiser=reading.appraiser,
                trial=trials[reading.part, reading.appraiser],
                value=reading.value,
            )
        )
    StudyReading.objects.bulk_create(rows)
    return study


def _width(characteristic: Characteristic | None) -> float | None:
    if (
        characteristic is None
        or characteristic.lower_limit is None
        or characteristic.upper_limit is None
        or characteristic.lower_limit == characteristic.upper_limit
    ):
        return None
    return float(characteristic.upper_limit - characteristic.lower_limit)
