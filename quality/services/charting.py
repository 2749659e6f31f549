"""Points of control charts, plotted as measurements are recorded, and judged at once where limits are fixed.

Whoever plots locks the chart, so that points count from one without a gap and two inspections at once leave one order. Locks are taken
in the order inspection, gauge, chart, lot.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import fsum

from django.db import transaction

from mes.core.models import User
from quality import spc
from quality.models import Characteristic, ChartPoint, ControlChart, Inspection, Measurement
from quality.services.signalling import judge_point

CONCLUDED = frozenset({Inspection.Status.PASSED, Inspection.Status.FAILED})


@transaction.atomic
def plot_measurements(measurements: Sequence[Measurement], *, by: User, at: datetime) -> list[ChartPoint]:
    """Add the points that these results complete, or replace by correcting one, to every chart of their characteristics.

    Results that were entered in one act make one point of each subgroup, however many of its pieces are among them. A point whose rule
    asks for it holds the lot or asks for another sample in the same transaction.
    """
    plotted: dict[tuple[int, int], ChartPoint] = {}
    watching: dict[tuple[int, str], list[ControlChart]] = {}
    for measurement in measurements:
        inspection, characteristic = measurement.inspection, measurement.characteristic
        line = inspection.line
        if (characteristic.pk, line) not in watching:
            watching[characteristic.pk, line] = _lock_charts(characteristic, line)
        for chart in watching[characteristic.pk, line]:
            block = _block(chart, inspection, measurement.piece)
            if block is None or (chart.pk, block[0]) in plotted:
                continue
            point = _plot(chart, inspection, characteristic, *block, at=at)
            if point is not None:
                plotted[chart.pk, point.first_piece] = point
                judge_point(chart, point, by=by, at=at)
    return list(plotted.values())


@transaction.atomic
def plot_rest(inspection: Inspection, *, by: User, at: datetime) -> list[ChartPoint]:
    """Add what an inspection that is concluded early leaves: charts of whole samples take what was looked at."""
    plotted = []
    for characteristic in inspection.plan.characteristics.order_by("pk"):
        for chart in _lock_charts(characteristic, inspection.line, kinds=ControlChart.WHOLE_SAMPLE):
            first = _next_piece(chart, inspection)
            point = _plot(
                chart, inspection, characteristic, first, inspection.sample_size, partly=True, at=at
            )
            if point is not None:
                plotted.append(point)
                judge_point(chart, point, by=by, at=at)
    return plotted


def plot_history(chart: ControlChart) -> int:
    """Plot what was measured before there was a chart, in order of time; nothing is judged. How many points that makes.

    A sample that is not complete makes a point of its share where its inspection was concluded early, as `plot_rest` does; none
    where it is open still or was cancelled, which says nothing about the lot.
    Two queries to read and one to write, however many there are. The chart must be new and locked.
    """
    rows = (
        Measurement.objects.standing()
        .filter(
            characteristic__plan__code=chart.characteristic.plan.code,
            characteristic__number=chart.characteristic.number,
            characteristic__name=chart.characteristic.name,
            **({"inspection__line": chart.line} if chart.line else {}),
        )
        .order_by("inspection__opened_at", "inspection", "piece")
        .values_list(
            "inspection", "inspection__status", "inspection__sample_size", "piece", "value", "conforms", "at"
        )
    )
    by_inspection: dict[int, list[tuple[int, float | None, bool, datetime]]] = {}
    concluded: dict[int, bool] = {}
    sizes: dict[int, int] = {}
    for inspection, status, size, piece, value, conforms, at in rows:
        by_inspection.setdefault(inspection, []).append(
            (piece, None if value is None else float(value), conforms, at)
        )
        concluded[inspection] = status in CONCLUDED
        sizes[inspection] = size
    points: list[ChartPoint] = []
    for key, results in by_inspection.items():
        for first, last in _history_blocks(chart, sizes[key]):
            inside = [each for each in results if first <= each[0] <= last]
            complete = len(inside) == last - first + 1
            if inside and (complete or (concluded[key] and chart.kind in ControlChart.WHOLE_SAMPLE)):
                points.append(_point(chart, key, first, last, inside))
    points.sort(key=lambda point: (point.at, point.inspection_id, point.first_piece))
    for sequence, point in enumerate(points, start=1):
        point.sequence = sequence
    ChartPoint.objects.bulk_create(points)
    return len(points)


def _lock_charts(
    characteristic: Characteristic, line: str, kinds: Iterable[str] = ControlChart.Kind.values
) -> list[ControlChart]:
    watching = ControlChart.objects.watching(characteristic, line).filter(kind__in=list(kinds))
    return list(watching.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _block(chart: ControlChart, inspection: Inspection, piece: int) -> tuple[int, int] | None:
    """First and last piece of the subgroup that this piece belongs to; None when the sample ends before it is full."""
    plotted = (
        chart.points.standing()
        .filter(inspection=inspection, first_piece__lte=piece, last_piece__gte=piece)
        .first()
    )
    if plotted is not None:
        return plotted.first_piece, plotted.last_piece
    if chart.kind in ControlChart.WHOLE_SAMPLE:
        return _next_piece(chart, inspection), inspection.sample_size
    first = (piece - 1) // chart.subgroup_size * chart.subgroup_size + 1
    last = first + chart.subgroup_size - 1
    return (first, last) if last <= inspection.sample_size else None


def _next_piece(chart: ControlChart, inspection: Inspection) -> int:
    """The first piece of the sample that no point stands for yet."""
    plotted = chart.points.standing().filter(inspection=inspection).order_by("-last_piece").first()
    return plotted.last_piece + 1 if plotted else 1


def _history_blocks(chart: ControlChart, sample_size: int) -> Sequence[tuple[int, int]]:
    if chart.kind in ControlChart.WHOLE_SAMPLE:
        return [(1, sample_size)]
    n = chart.subgroup_size
    return [(first, first + n - 1) for first in range(1, sample_size - n + 2, n)]


def _plot(
    chart: ControlChart,
    inspection: Inspection,
    characteristic: Characteristic,
    first: int,
    last: int,
    *,
    partly: bool = False,
    at: datetime,
) -> ChartPoint | None:
    """The point of these pieces, once all (or with `partly` some) of them have a result; one that was there is replaced."""
    standing = inspection.measurements.standing().filter(
        characteristic=characteristic, piece__range=(first, last)
    )
    results = [
        (piece, None if value is None else float(value), conforms, moment)
        for piece, value, conforms, moment in standing.order_by("piece").values_list(
            "piece", "value", "conforms", "at"
        )
    ]
    if not results or (len(results) <= last - first and not partly):
        return None
    point = _point(chart, inspection.pk, first, last, results)
    before = chart.points.standing().filter(inspection=inspection, first_piece=first).first()
    if before is not None:
        point.replaces, point.sequence = before, before.sequence
    else:
        latest = chart.points.order_by("-sequence").first()
        point.sequence = latest.sequence + 1 if latest else 1
    point.save(force_insert=True)
    return point


def _point(
    chart: ControlChart,
    inspection: int,
    first: int,
    last: int,
    results: Sequence[tuple[int, float | None, bool, datetime]],
) -> ChartPoint:
    """What these results plot as on this kind of chart."""
    value, spread, values = _plotted(chart.kind, results)
    return ChartPoint(
        chart=chart,
        inspection_id=inspection,
        first_piece=first,
        last_piece=last,
        value=value,
        spread=spread,
        size=len(results),
        values=values,
        at=max(moment for *_, moment in results),
    )


def _plotted(
    kind: str, results: Sequence[tuple[int, float | None, bool, datetime]]
) -> tuple[float, float | None, list[float]]:
    values = [value for _, value, _, _ in results if value is not None]
    if kind in {"p", "np"}:
        bad = float(sum(not conforms for _, _, conforms, _ in results))
        return (bad / len(results) if kind == "p" else bad), None, [bad]
    if kind in {"c", "u"}:
        count = fsum(values)
        return (count / len(results) if kind == "u" else count), None, [count]
    if kind == "i_mr":
        return values[0], None, values
    spread = spc.ranges([values])[0] if kind == "xbar_r" else spc.standard_deviations([values])[0]
    return fsum(values) / len(values), spread, values
