"""A control chart as it is drawn: points, limits, what broke which rule, the histogram and the capability beside it.

Control limits are those of the process; limits of the drawing are told apart from them and never drawn over means.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, sqrt
from typing import Any

from django.db.models import OuterRef, Prefetch, Subquery

from quality import spc
from quality.models import (
    Characteristic,
    ChartLimits,
    ChartPoint,
    ChartSignal,
    ControlChart,
    InspectionPlan,
    SignalAcknowledgement,
)
from quality.services import limits_from, source_points
from quality.services.fixing import FEWEST_SUBGROUPS, USUAL_SUBGROUPS, InvalidLimits
from quality.services.signalling import conventions_of, sentence_of, spreads, violations

SHOWN = 60
BARS = 24


@dataclass(frozen=True)
class Drawn:
    """What a chart shows: as plain data, and the objects behind it.

    :ivar version: changes whenever anything that is drawn does.
    :ivar limits: those in force, or while none are, what the points so far would give; None while there are too few.
    :ivar is_trial: whether the limits are only such.
    """

    chart: ControlChart
    characteristic: Characteristic
    points: list[ChartPoint]
    limits: spc.Limits | None
    fixed: ChartLimits | None
    is_trial: bool
    signals: list[ChartSignal]
    capability: spc.Capability | None
    no_capability: str
    version: str

    def as_data(self) -> dict[str, Any]:
        """Everything that a drawing of it needs, as JSON values."""
        limits, nominal = self.limits, self.characteristic.nominal
        broken = _broken(self)
        return {
            "version": self.version,
            "name": self.chart.name,
            "kind": str(self.chart.kind),
            "status": str(self.chart.status),
            "unit": self.characteristic.uom,
            "is_trial": self.is_trial,
            "limits": _limits_data(limits) if limits else None,
            "points": [
                _point_data(point, spread, limits, broken.get(point.pk, []))
                for point, spread in zip(self.points, spreads(self.chart, self.points), strict=True)
            ],
            "specification": {
                "lower": _number(self.characteristic.lower_limit),
                "upper": _number(self.characteristic.upper_limit),
                "nominal": _number(nominal),
            },
            "histogram": histogram(_values(self)) if self.chart.is_measured else None,
            "capability": _capability_data(self.capability) if self.capability else None,
            "no_capability": self.no_capability,
            "waiting": sum(not hasattr(signal, "acknowledgement") for signal in self.signals),
        }


def draw(chart: ControlChart, *, shown: int = SHOWN) -> Drawn:
    """The chart with its last points; nine queries at most, however many there are.

    :param shown: how many of the last points.
    """
    characteristic = current_characteristic(chart)
    recent = (
        chart.points.standing()
        .order_by("-sequence", "-pk")
        .select_related("inspection__lot__item")
        .prefetch_related(
            Prefetch(
                "signals",
                queryset=ChartSignal.objects.select_related("acknowledgement__by").order_by("rule", "part"),
            )
        )
    )
    points = list(reversed(list(recent[:shown])))
    fixed = chart.limits.newest_first().select_related("by").first()
    in_force = fixed if chart.status != ControlChart.Status.ESTABLISHING else None
    limits = in_force.as_limits(chart) if in_force else _trial(chart)
    signals = [signal for point in points for signal in point.signals.all()]
    found, why_not = _capability(chart, characteristic, points, in_force, signals)
    return Drawn(
        chart=chart,
        characteristic=characteristic,
        points=points,
        limits=limits,
        fixed=fixed,
        is_trial=in_force is None,
        signals=signals,
        capability=found,
        no_capability=why_not,
        version=version_of(chart),
    )


def version_of(chart: ControlChart) -> str:
    """Changes whenever anything that is drawn does: a point, a correction, limits, a signal, its acknowledgement; one query."""
    newest = (
        ControlChart.objects.filter(pk=chart.pk)
        .values_list("status")
        .annotate(
            newest_point=Subquery(
                ChartPoint.objects.filter(chart=OuterRef("pk")).order_by("-pk").values("pk")[:1]
            ),
            newest_limits=Subquery(
                ChartLimits.objects.filter(chart=OuterRef("pk")).order_by("-pk").values("pk")[:1]
            ),
            newest_signal=Subquery(
                ChartSignal.objects.filter(chart=OuterRef("pk")).order_by("-pk").values("pk")[:1]
            ),
            newest_acknowledgement=Subquery(
                SignalAcknowledgement.objects.filter(signal__chart=OuterRef("pk"))
                .order_by("-pk")
                .values("pk")[:1]
            ),
        )
        .get()
    )
    return "-".join(str(each or 0) for each in newest)


def current_characteristic(chart: ControlChart) -> Characteristic:
    """The characteristic under the revision of its plan that is in force, with the limits that the drawing has now."""
    own = chart.characteristic
    now = Characteristic.objects.filter(
        plan__code=own.plan.code,
        plan__status=InspectionPlan.Status.APPROVED,
        number=own.number,
        name=own.name,
    )
    return now.select_related("plan__item__site").first() or own


def histogram(values: Sequence[float]) -> dict[str, Any] | None:
    """Bars of equal width over these values: where they begin, how wide they are, how many fall in each."""
    if len(values) < 2 or max(values) == min(values):
        return None
    bars = min(BARS, max(5, ceil(sqrt(len(values)))))
    low = min(values)
    width = (max(values) - low) / bars
    counts = [0] * bars
    for value in values:
        counts[min(bars - 1, int((value - low) / width))] += 1
    return {"from": low, "width": width, "counts": counts}


def _trial(chart: ControlChart) -> spc.Limits | None:
    """What the points so far would give; rules are shown by them, but nobody is called."""
    points = source_points(chart)
    if len(points) < 2:
        return None
    try:
        return limits_from(chart, points)
    except InvalidLimits:
        return None


def _broken(drawn: Drawn) -> dict[int, list[dict[str, Any]]]:
    """By point what broke which rule: the signals that were left, or while limits are on trial what would be one."""
    told: dict[int, list[dict[str, Any]]] = {}
    if not drawn.is_trial:
        for signal in drawn.signals:
            told.setdefault(signal.point_id, []).append(
                {
                    "rule": signal.rule,
                    "part": str(signal.part),
                    "sentence": signal.sentence,
                    "acknowledged": hasattr(signal, "acknowledgement"),
                }
            )
    elif drawn.limits is not None:
        rules = list(drawn.chart.rules.order_by("rule"))
        conventions = conventions_of({each.rule: each.points for each in rules})
        for point, rule, part in violations(drawn.chart, drawn.limits, drawn.points, rules):
            sentence = sentence_of(rule, part, conventions)
            told.setdefault(point.pk, []).append(
                {"rule": rule, "part": part, "sentence": sentence, "acknowledged": True}
            )
    return told


def _values(drawn: Drawn) -> list[float]:
    return [value for point in drawn.points for value in point.values]


def _capability(
    chart: ControlChart,
    characteristic: Characteristic,
    points: Sequence[ChartPoint],
    fixed: ChartLimits | None,
    signals: Sequence[ChartSignal],
) -> tuple[spc.Capability | None, str]:
    """Capability of the points shown that the limits in force are about, or why there is none."""
    if not chart.is_measured:
        return None, "What is counted has no capability index; the center line is the share itself."
    lower, upper = _number(characteristic.lower_limit), _number(characteristic.upper_limit)
    if lower is None and upper is None:
        return None, "The drawing sets no limit."
    judged = [point for point in points if fixed is None or point.sequence >= fixed.first]
    judged = [point for point in judged if fixed is None or point.sequence not in fixed.excluded]
    data: Any = (
        [point.values[0] for point in judged]
        if chart.kind == ControlChart.Kind.I_MR
        else [point.values for point in judged]
    )
    shown = {point.pk for point in judged}
    waiting = any(signal.point_id in shown and not hasattr(signal, "acknowledgement") for signal in signals)
    try:
        found = spc.capability(
            data,
            lower=lower,
            upper=upper,
            target=_number(characteristic.nominal),
            within="s" if chart.kind == ControlChart.Kind.XBAR_S else None,
            in_control=None if fixed is None else not waiting,
        )
    except ValueError as reason:
        return None, str(reason)
    return found, ""


def _limits_data(limits: spc.Limits) -> dict[str, Any]:
    return {
        "center": limits.center,
        "sigma": limits.sigma_of(),
        "varies": limits.kind in {"p", "u"},
        "lower": limits.lower(),
        "upper": limits.upper(),
        "source": limits.source_of_sigma,
        "spread": limits.spread,
        "spread_lower": limits.spread_lower,
        "spread_upper": limits.spread_upper,
    }


def _point_data(
    point: ChartPoint, spread: float | None, limits: spc.Limits | None, broken: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "sequence": point.sequence,
        "value": point.value,
        "spread": spread,
        "size": point.size,
        "at": point.at.isoformat(),
        "lot": point.inspection.lot.number,
        "inspection": point.inspection_id,
        "corrected": point.replaces_id is not None,
        "lower": limits.lower(point.size) if limits else None,
        "upper": limits.upper(point.size) if limits else None,
        "broken": broken,
    }


def _capability_data(found: spc.Capability) -> dict[str, Any]:
    indices = ("cp", "cpl", "cpu", "cpk", "cpm", "pp", "ppk")
    return {
        "n": found.n,
        "mean": found.mean,
        "sigma_within": found.sigma_within,
        "within_source": found.within_source,
        "sigma_overall": found.sigma_overall,
        "confidence": found.confidence,
        "indices": {name: asdict(index) for name in indices if (index := getattr(found, name)) is not None},
        "flags": [asdict(flag) for flag in found.flags],
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


@dataclass(frozen=True)
class Listed:
    """A chart in the list: its state in a word, and the last values as a small line."""

    chart: ControlChart
    level: str
    state: str
    why: str
    line: str
    signals: list[tuple[float, float]]
    points: int


def list_charts(charts: Any, *, width: int = 120, height: int = 26, points: int = 24) -> list[Listed]:
    """Charts ordered by what needs someone: signals that wait, limits that could be fixed, then the rest; three queries.

    :param charts: a QuerySet of charts.
    :param width, height: of the small line, in its own units.
    """
    found = list(
        charts.with_state().select_related("characteristic__plan__item__site", "owner").order_by("name", "pk")
    )
    recent = _recent(found, points)
    marked = set(
        ChartSignal.objects.filter(point__in=[point.pk for each in recent.values() for point in each])
        .values_list("point", flat=True)
        .distinct()
    )
    listed = [_listed(chart, recent.get(chart.pk, []), marked, width, height) for chart in found]
    return sorted(listed, key=_urgency)


def _urgency(listed: Listed) -> tuple[int, Any, int]:
    chart: Any = listed.chart
    return _ORDER[listed.level], chart.oldest or chart.made_at, chart.pk


def _recent(charts: Sequence[ControlChart], points: int) -> dict[int, list[ChartPoint]]:
    """The last points of each chart, in order; one query."""
    recent: dict[int, list[ChartPoint]] = {}
    standing = (
        ChartPoint.objects.standing()
        .filter(chart__in=[chart.pk for chart in charts])
        .last_of_each_chart(points)
    )
    for point in standing.in_order():
        recent.setdefault(point.chart_id, []).append(point)
    return recent


_ORDER = {"late": 0, "risk": 1, "running": 2, "done": 3, "planned": 4}


def _listed(chart: Any, points: Sequence[ChartPoint], marked: set[int], width: int, height: int) -> Listed:
    level, state, why = _state(chart)
    low, high = (min(p.value for p in points), max(p.value for p in points)) if points else (0.0, 1.0)
    span = (high - low) or 1.0
    step = width / max(1, len(points) - 1)
    places = [
        (round(index * step, 1), round(height - 3 - (point.value - low) / span * (height - 6), 1))
        for index, point in enumerate(points)
    ]
    return Listed(
        chart=chart,
        level=level,
        state=state,
        why=why,
        line=" ".join(f"{x},{y}" for x, y in places),
        signals=[place for place, point in zip(places, points, strict=True) if point.pk in marked],
        points=chart.points_count or 0,
    )


def _state(chart: Any) -> tuple[str, str, str]:
    count = chart.points_count or 0
    if chart.status == ControlChart.Status.RETIRED:
        return "planned", "Retired", "Nothing is plotted on it any more."
    if chart.waiting:
        many = f"{chart.waiting} signals wait" if chart.waiting > 1 else "1 signal waits"
        return "late", "Signal", f"{many} for somebody to find the cause."
    if chart.status == ControlChart.Status.ESTABLISHING:
        since = count - (chart.top_source or 0)
        if since >= USUAL_SUBGROUPS:
            return "risk", "Limits to fix", f"{since} points are there: fix the limits."
        fewest = f"; from {FEWEST_SUBGROUPS} on limits can be fixed" if since < FEWEST_SUBGROUPS else ""
        return "running", "Gathering", f"{since} of {USUAL_SUBGROUPS} points{fewest}."
    if not count:
        return (
            "planned",
            "No points",
            "Its limits are fixed; the first point comes with the first inspection.",
        )
    return "done", "In control", "No signal waits."
