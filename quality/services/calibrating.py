"""Calibrations of gauges: they put them in use or block them, and say whether what they measured is in doubt."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import InvalidInput
from quality.facts import GaugeCalibrated, GaugeFoundOut
from quality.models import Calibration, Gauge, GaugeReview
from quality.services.gauge_reviews import hold_doubtful_lots
from quality.services.gauges import lock_gauge

LONGEST_INTERVAL = timedelta(days=3660)


class InvalidCalibration(InvalidInput):
    code = "quality.invalid_calibration"
    title = "Not a calibration of this gauge"


@transaction.atomic
def calibrate_gauge(
    gauge: Gauge,
    *,
    found_in_tolerance: bool | None = None,
    as_found: Decimal | None = None,
    left_in_tolerance: bool | None = None,
    as_left: Decimal | None = None,
    certificate: str = "",
    laboratory: str = "",
    calibrated_at: datetime | None = None,
    next_due_date: date | None = None,
    note: str = "",
    hold: bool = False,
    by: User,
    at: datetime,
) -> Calibration:
    """Record a calibration. Left in tolerance, the gauge is in use again until its next due date; otherwise it is blocked.

    Found out of tolerance, it opens a review of every result taken since the last good calibration.

    :param found_in_tolerance: may be left to `as_found` where the gauge has a permissible error.
    :param as_found: largest error before adjustment, in the gauge's unit.
    :param left_in_tolerance: by default as it was found, or as `as_left` says.
    :param calibrated_at: when it was done; by default now.
    :param next_due_date: the last day on which it may be used; by default the gauge's interval from then.
    :param hold: hold every lot in doubt at once, each by a nonconformance.
    :raises InvalidCalibration: when nobody says how it was found or left, when what is said contradicts the errors, and when it
        was not after the calibration before or is in the future.
    :raises IllegalTransition: when the gauge is retired.
    """
    lock_gauge(gauge)
    moment = _moment_of(gauge, calibrated_at, at)
    found = _judged("found_in_tolerance", gauge, as_found, found_in_tolerance, by_default=None)
    left = _judged("left_in_tolerance", gauge, as_left, left_in_tolerance, by_default=found or None)
    since = Calibration.objects.last_good(gauge, before=moment)
    calibration = Calibration.objects.create(
        gauge=gauge,
        as_found=as_found,
        found_in_tolerance=found,
        as_left=as_left,
        left_in_tolerance=left,
        certificate=certificate,
        laboratory=laboratory,
        note=note,
        next_due_date=_due(gauge, next_due_date, moment),
        at=moment,
        recorded_at=at,
        by=by,
    )
    gauge.refresh_from_db(fields=["due_date"])
    _follow(gauge, left=left, certificate=certificate)
    record(GaugeCalibrated(gauge=gauge.pk, calibration=calibration.pk, found=found, left=left, by=by.pk))
    if not found:
        _open_review(calibration, since=since, until=moment if left else at, hold=hold, by=by, at=at)
    return calibration


def _moment_of(gauge: Gauge, calibrated_at: datetime | None, at: datetime) -> datetime:
    moment = calibrated_at or at
    if moment > at:
        raise InvalidCalibration.at_field("calibrated_at", "A calibration is recorded once it has been done.")
    latest = gauge.calibrations.newest_first().first()
    if latest is not None and latest.at >= moment:
        raise InvalidCalibration.at_field(
            "calibrated_at",
            f"{gauge} was calibrated after that, on {timezone.localtime(latest.at):%Y-%m-%d %H:%M %Z}.",
        )
    return moment


def _judged(
    field: str, gauge: Gauge, error: Decimal | None, said: bool | None, *, by_default: bool | None
) -> bool:
    """In tolerance or not: as said, as the error says, or by default; two that disagree are refused."""
    limit = gauge.permissible_error
    if error is not None and not error.is_finite():
        raise InvalidCalibration.at_field(field, "An error is a number.")
    measured = None if error is None or limit is None else abs(error) <= limit
    if said is not None and measured is not None and said != measured:
        unit = f" {gauge.uom}" if gauge.uom else ""
        raise InvalidCalibration.at_field(
            field,
            f"An error of {plain(error or Decimal(0))}{unit} is {'in' if measured else 'out of'} tolerance: {plain(limit or Decimal(0))}{unit} is permissible.",
        )
    verdict = said if said is not None else measured if measured is not None else by_default
    if verdict is None:
        when = "found" if field.startswith("found") else "left"
        raise InvalidCalibration.at_field(field, f"Say whether it was {when} in tolerance.")
    return verdict


def _due(gauge: Gauge, wanted: date | None, moment: datetime) -> date:
    calibrated_on = gauge.local_date(moment)
    due = wanted or calibrated_on + timedelta(days=gauge.interval_days)
    if not calibrated_on < due <= calibrated_on + LONGEST_INTERVAL:
        raise InvalidCalibration.at_field(
            "next_due_date", "The next calibration is due after this one, within ten years."
        )
    return due


def _follow(gauge: Gauge, *, left: bool, certificate: str) -> None:
    """A good calibration puts the gauge in use, a bad one blocks it; a retired one can do neither."""
    status = Gauge.Status.IN_USE if left else Gauge.Status.BLOCKED
    reason = "" if left else f"left out of tolerance{f', certificate {certificate}' if certificate else ''}"
    if gauge.status != status:
        gauge.move_to(status, status_reason=reason)


def _open_review(
    calibration: Calibration, *, since: datetime | None, until: datetime, hold: bool, by: User, at: datetime
) -> None:
    review = GaugeReview.objects.create(calibration=calibration, since=since, until=until, opened_at=at)
    record(GaugeFoundOut(gauge=calibration.gauge_id, calibration=calibration.pk, review=review.pk, by=by.pk))
    if hold:
        hold_doubtful_lots(review, by=by, at=at)
