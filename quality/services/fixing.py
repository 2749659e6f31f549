"""Control limits: fixed from points of the chart or as given, established anew; every set of them stays in history."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from quality import spc
from quality.facts import ChartLimitsFixed
from quality.models import ChartLimits, ChartPoint, ControlChart
from quality.services.charts import lock_chart, require_reason

FEWEST_SUBGROUPS = 10
USUAL_SUBGROUPS = 25


class TooFewPoints(DomainError):
    code = "quality.too_few_points"
    title = "Too few points for limits"


class InvalidLimits(InvalidInput):
    code = "quality.invalid_limits"
    title = "Not limits of this chart"


@transaction.atomic
def fix_limits(
    chart: ControlChart,
    reason: str,
    *,
    first: int | None = None,
    last: int | None = None,
    exclude: Iterable[int] = (),
    by: User,
    at: datetime,
) -> ChartLimits:
    """Fix the limits from points of the chart. Points from `first` on are judged by them from now.

    :param reason: why these points show the process as it should be.
    :param first, last: sequence numbers of the first and last point used; by default all since the limits before.
    :param exclude: sequence numbers of points with a cause that was found and removed.
    :raises ReasonMissing: without a reason.
    :raises TooFewPoints: below ten points.
    :raises InvalidLimits: when they do not vary, or numbers are named that the chart does not have.
    :raises ChartRetired: when nothing is plotted on it any more.
    """
    require_reason(reason)
    lock_chart(chart)
    left_out = sorted(set(exclude))
    points = source_points(chart, first=first, last=last)
    unknown = sorted(set(left_out) - {point.sequence for point in points})
    if unknown:
        raise InvalidLimits.at_field("exclude", f"There is no point {unknown[0]} among those used.")
    used = [point for point in points if point.sequence not in left_out]
    if len(used) < FEWEST_SUBGROUPS:
        raise TooFewPoints(
            f"{len(used)} points are too few: limits from them would wander.",
            remedy=f"Wait for at least {FEWEST_SUBGROUPS}, better {USUAL_SUBGROUPS}, or give limits from an earlier study.",
        )
    found = limits_from(chart, used)
    return _fix(
        chart,
        found,
        first=points[0].sequence,
        last=points[-1].sequence,
        excluded=left_out,
        reason=reason,
        by=by,
        at=at,
    )


@transaction.atomic
def give_limits(
    chart: ControlChart,
    reason: str,
    *,
    center: float,
    sigma: float | None = None,
    spread: float | None = None,
    by: User,
    at: datetime,
) -> ChartLimits:
    """Fix limits that are known: from a qualification, or from the chart of a like process. They judge the points from now on.

    :param center: center line of what is plotted: a mean, a share, a count.
    :param sigma: standard deviation of one value, within subgroups; counts need none, it follows from the center.
    :param spread: center line of the lower part; by default what `sigma` makes it.
    :raises ReasonMissing: without a reason.
    :raises InvalidLimits: when they are no numbers, a measured chart has no sigma above zero, or a count no center above zero.
    :raises ChartRetired: when nothing is plotted on it any more.
    """
    require_reason(reason)
    lock_chart(chart)
    given = _given(chart, center, sigma, spread)
    latest = chart.points.order_by("-sequence").first()
    return _fix(
        chart,
        given,
        first=latest.sequence + 1 if latest else 1,
        last=None,
        excluded=[],
        reason=reason,
        by=by,
        at=at,
    )


@transaction.atomic
def establish_anew(chart: ControlChart, reason: str, *, by: User, at: datetime) -> ControlChart:
    """The process was changed: gather points without judging them until limits are fixed again; the former limits stay in history.

    :raises ReasonMissing: without a reason.
    :raises IllegalTransition: unless limits are fixed.
    """
    require_reason(reason)
    lock_chart(chart)
    chart.move_to(ControlChart.Status.ESTABLISHING)
    return chart


def source_points(
    chart: ControlChart, *, first: int | None = None, last: int | None = None
) -> list[ChartPoint]:
    """The points that limits would be taken from: those asked for, by default all since the limits before."""
    before = chart.limits.newest_first().first()
    if first is None and before is not None:
        # Points that the present limits stand on are history once the process was changed; else they still tell.
        establishing = chart.status == ControlChart.Status.ESTABLISHING
        first = (before.last or before.first - 1) + 1 if establishing else before.first
    points = chart.points.standing().in_order()
    if first is not None:
        points = points.filter(sequence__gte=first)
    if last is not None:
        points = points.filter(sequence__lte=last)
    return list(points)


def limits_from(chart: ControlChart, points: Sequence[ChartPoint]) -> spc.Limits:
    """What these points give.

    :raises InvalidLimits: when they do not vary.
    """
    kind: Any = str(chart.kind)
    data: Any = (
        [point.values for point in points]
        if kind in {"xbar_r", "xbar_s"}
        else [point.values[0] for point in points]
    )
    sizes = None if chart.is_measured or kind == "c" else [float(point.size) for point in points]
    try:
        return spc.limits(kind, data, sizes=sizes)
    except ValueError as fault:
        raise InvalidLimits(
            str(fault),
            remedy="If the gauge shows too coarse steps, take a finer one; limits can also be given.",
            errors={"first": [str(fault)]},
        ) from fault


def _fix(
    chart: ControlChart,
    limits: spc.Limits,
    *,
    first: int,
    last: int | None,
    excluded: list[int],
    reason: str,
    by: User,
    at: datetime,
) -> ChartLimits:
    row = ChartLimits.objects.create(
        chart=chart,
        center=limits.center,
        sigma=limits.sigma,
        spread=limits.spread,
        first=first,
        last=last,
        excluded=excluded,
        subgroups=limits.subgroups,
        reason=reason,
        at=at,
        by=by,
    )
    if chart.status == ControlChart.Status.ESTABLISHING:
        chart.move_to(ControlChart.Status.FIXED)
    record(ChartLimitsFixed(chart=chart.pk, limits=row.pk, by=by.pk))
    return row


def _given(chart: ControlChart, center: float, sigma: float | None, spread: float | None) -> spc.Limits:
    kind: Any = str(chart.kind)
    n = chart.subgroup_size if kind in {"xbar_r", "xbar_s", "np"} else 1
    for field, value in (("center", center), ("sigma", sigma), ("spread", spread)):
        if value is not None and not isfinite(value):
            raise InvalidLimits.at_field(field, "A limit is a number.")
    if chart.is_measured:
        if sigma is None or sigma <= 0:
            raise InvalidLimits.at_field("sigma", "Give the standard deviation of one value, above zero.")
        if spread is not None and spread <= 0:
            raise InvalidLimits.at_field("spread", "A mean spread is above zero.")
        factors = spc.constants(2 if kind == "i_mr" else n)
        usual = sigma * (factors.c4 if kind == "xbar_s" else factors.d2_printed)
        return spc.Limits(kind, n, center, sigma, spread or usual)
    highest = 1.0 if kind == "p" else float(n) if kind == "np" else None
    if center <= 0 or (highest is not None and center >= highest):
        raise InvalidLimits.at_field(
            "center",
            f"A center lies above zero{f' and below {highest:g}' if highest is not None else ''}.",
        )
    share = center / n if kind == "np" else center
    variance = {
        "p": share * (1 - share),
        "np": center * (1 - share),
        "c": center,
        "u": center,
    }[kind]
    return spc.Limits(kind, n, center, variance**0.5)
