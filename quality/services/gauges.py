"""Gauges: taken away, blocked, given back; and whether one may take a measurement.

Whoever measures locks the gauge first, and so does whoever calibrates it (`quality.services.calibrating`): a result is either taken before the calibration, and
then among those that it casts doubt on, or after it, and then refused where the gauge is blocked.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Site
from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality.facts import GaugeBlocked
from quality.models import Characteristic, Gauge

ALTERNATIVES_SHOWN = 4


class GaugeNeeded(InvalidInput):
    code = "quality.gauge_needed"
    title = "The result must name its gauge"


class WrongGauge(InvalidInput):
    code = "quality.wrong_gauge"
    title = "Not a gauge for this"


class GaugeUnusable(DomainError):
    code = "quality.gauge_unusable"
    title = "This gauge may not be used"


class BeyondGauge(InvalidInput):
    code = "quality.beyond_gauge"
    title = "The gauge cannot show such a value"


class NotCalibrated(DomainError):
    code = "quality.not_calibrated"
    title = "The gauge needs a calibration"


def require_gauge(
    characteristic: Characteristic, gauge: Gauge | None, value: Decimal | None, *, site: Site, at: datetime
) -> Gauge | None:
    """The gauge, locked until the transaction ends, as one that may take this result; None where none is asked for or named.

    :raises GaugeNeeded: when the characteristic asks for a kind of gauge and none is named.
    :raises WrongGauge: when it is of another kind, or belongs to another site.
    :raises GaugeUnusable: when it is blocked, away, or due for calibration; says which may be used instead.
    :raises BeyondGauge: when the value lies outside its range.
    """
    kind = characteristic.gauge_kind
    if gauge is None:
        if not kind:
            return None
        sentence = f"{characteristic} is measured with a {kind}; say which"
        raise GaugeNeeded(
            f"{sentence}.",
            remedy=_instead(kind, site, at),
            errors={"gauge": [sentence[0].lower() + sentence[1:]]},
        )
    lock_gauge(gauge)
    if kind and gauge.kind.casefold() != kind.casefold():
        sentence = f"{gauge} is a {gauge.kind}; {characteristic} asks for a {kind}"
        raise WrongGauge(f"{sentence}.", remedy=_instead(kind, site, at), errors={"gauge": [sentence]})
    if gauge.site_id != site.pk:
        sentence = f"{gauge} belongs to {gauge.site}"
        raise WrongGauge(f"{sentence}.", remedy=_instead(gauge.kind, site, at), errors={"gauge": [sentence]})
    _require_usable(gauge, at)
    _require_in_range(gauge, characteristic, value)
    return gauge


@transaction.atomic
def block_gauge(gauge: Gauge, reason: str, *, by: User, at: datetime) -> Gauge:
    """Nobody measures with it until it is put back in use: it was dropped, or its results are doubted.

    :raises ReasonMissing: without a reason.
    :raises IllegalTransition: when it is blocked already, or retired.
    """
    _leave(gauge, Gauge.Status.BLOCKED, reason)
    record(GaugeBlocked(gauge=gauge.pk, reason=reason, by=by.pk))
    return gauge


@transaction.atomic
def take_out_gauge(gauge: Gauge, reason: str, *, by: User, at: datetime) -> Gauge:
    """It is away for some time, at its calibration or lent.

    :raises ReasonMissing: without a reason.
    :raises IllegalTransition: when it is out already, or retired.
    """
    _leave(gauge, Gauge.Status.OUT, reason)
    return gauge


@transaction.atomic
def put_gauge_in_use(gauge: Gauge, reason: str, *, by: User, at: datetime) -> Gauge:
    """It is back, or what it was blocked for has been looked into.

    :raises ReasonMissing: without a reason.
    :raises NotCalibrated: when its last calibration left it out of tolerance.
    :raises IllegalTransition: when it is in use, or retired.
    """
    lock_gauge(gauge)
    latest = gauge.calibrations.newest_first().first()
    if latest is not None and not latest.left_in_tolerance:
        raise NotCalibrated(
            f"{gauge} was left out of tolerance on {latest.at:%Y-%m-%d}.",
            remedy="Have it adjusted, then record that calibration; it puts the gauge back in use.",
        )
    _leave(gauge, Gauge.Status.IN_USE, reason)
    return gauge


@transaction.atomic
def retire_gauge(gauge: Gauge, reason: str, *, by: User, at: datetime) -> Gauge:
    """It never measures again; what it measured and its calibrations stay.

    :raises ReasonMissing: without a reason.
    :raises IllegalTransition: when it is retired already.
    """
    _leave(gauge, Gauge.Status.RETIRED, reason)
    return gauge


def lock_gauge(gauge: Gauge) -> None:
    """Lock the gauge until the transaction ends, and see how it now stands."""
    gauge.refresh_from_db(
        from_queryset=Gauge.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    )


def _leave(gauge: Gauge, status: str, reason: str) -> None:
    require_said(reason, "Say why", refusal=inventory.ReasonMissing)
    lock_gauge(gauge)
    gauge.move_to(status, status_reason=reason)


def _require_usable(gauge: Gauge, at: datetime) -> None:
    today = gauge.local_date(at)
    if gauge.is_usable(today):
        return
    sentence = why_unusable(gauge)
    raise GaugeUnusable(
        sentence, remedy=_instead(gauge.kind, gauge.site, at), errors={"gauge": [sentence.rstrip(".")]}
    )


def why_unusable(gauge: Gauge) -> str:
    """Why a gauge that may not be used may not, in a sentence."""
    if gauge.status != Gauge.Status.IN_USE:
        why = f" ({gauge.status_reason})" if gauge.status_reason else ""
        return f"{gauge} is {gauge.get_status_display().lower()}{why}."
    if gauge.due_date is None:
        return f"{gauge} has never been calibrated."
    return f"{gauge} was due for calibration on {gauge.due_date}."


def _require_in_range(gauge: Gauge, characteristic: Characteristic, value: Decimal | None) -> None:
    """A value that the gauge cannot show; only where both speak of the same unit. What is no number is refused as that."""
    if (
        value is None
        or not value.is_finite()
        or (gauge.uom and characteristic.uom and gauge.uom != characteristic.uom)
    ):
        return
    low, high = gauge.range_from, gauge.range_to
    if (low is None or value >= low) and (high is None or value <= high):
        return
    sentence = f"{gauge} measures {gauge.shown_range}; {plain(value)} lies beyond"
    raise BeyondGauge(
        f"{sentence}.",
        remedy="Look at the decimal point and the unit, or take another gauge.",
        errors={"value": [sentence]},
    )


def _instead(kind: str, site: Site, at: datetime) -> str:
    """Which gauges may be used, in a sentence."""
    today = at.astimezone(site.zone).date()
    numbers = [
        gauge.number for gauge in Gauge.objects.instead_of(kind, site, today)[: ALTERNATIVES_SHOWN + 1]
    ]
    if not numbers:
        return f"No {kind} of {site} is in calibration; have one calibrated."
    more = " and others" if len(numbers) > ALTERNATIVES_SHOWN else ""
    return f"These may be used: {', '.join(numbers[:ALTERNATIVES_SHOWN])}{more}."
