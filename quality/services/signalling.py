"""Signals of control charts: which rules the points break, and what is said and done about it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mes.core.facts import record
from mes.core.models import User
from quality import spc
from quality.facts import ChartSignalled
from quality.models import ChartLimits, ChartPoint, ChartRule, ChartSignal, ControlChart
from quality.services.reactions import Reaction, react

REACH = spc.Conventions().longest
Part = ChartSignal.Part


def judge_point(chart: ControlChart, point: ChartPoint, *, by: User, at: datetime) -> None:
    """Leave a signal for each rule that finds a pattern ending in this point or, where it was corrected, in a later one."""
    if chart.status != ControlChart.Status.FIXED:
        return
    row = chart.limits.newest_first().first()
    rules = {each.rule: each for each in chart.rules.order_by("rule")}
    if row is None or not rules:
        return
    window = [each for each in _plotted_before(chart, point.sequence) if each.sequence >= row.first]
    known = set(
        ChartSignal.objects.filter(point__in=[each.pk for each in window]).values_list(
            "point", "rule", "part"
        )
    )
    for found, rule, part in violations(chart, row.as_limits(chart), window, rules.values()):
        if found.sequence >= point.sequence and (found.pk, rule, part) not in known:
            _signal(chart, row, found, rules[rule], part, by=by, at=at)


def violations(
    chart: ControlChart, limits: spc.Limits, points: Sequence[ChartPoint], rules: Iterable[ChartRule]
) -> list[tuple[ChartPoint, int, str]]:
    """Which point breaks which rule in which part of the chart; of the spread only rule 1 is asked."""
    on = {rule.rule: rule.points for rule in rules}
    found = spc.rule_violations(
        [point.value for point in points],
        center=limits.center,
        sigma=[limits.sigma_of(point.size) for point in points],
        rules=tuple(on),
        conventions=conventions_of(on),
    )
    broken = [(points[index], rule, str(Part.LOCATION)) for index, rule in found]
    low, high = limits.spread_lower, limits.spread_upper
    if 1 in on and low is not None and high is not None:
        for point, spread in zip(points, spreads(chart, points), strict=True):
            if spread is not None and not low <= spread <= high:
                broken.append((point, 1, str(Part.SPREAD)))
    return broken


def spreads(chart: ControlChart, points: Sequence[ChartPoint]) -> list[float | None]:
    """What the lower part of the chart plots; of individuals the step from the point before, which the first has none of."""
    if chart.kind != ControlChart.Kind.I_MR:
        return [point.spread for point in points]
    return [None, *spc.moving_ranges([point.value for point in points])][: len(points)]


def conventions_of(on: dict[int, int | None]) -> spc.Conventions:
    """How many points in a row the rules of a chart ask for, by rule number; the usual numbers where a chart says nothing."""
    usual = spc.Conventions()
    return spc.Conventions(
        same_side=on.get(2) or usual.same_side,
        trend=on.get(3) or usual.trend,
        alternating=on.get(4) or usual.alternating,
    )


def sentence_of(rule: int, part: str, conventions: spc.Conventions) -> str:
    """What a signal of this rule, in this part of a chart, says."""
    if part == Part.SPREAD:
        return "spread within the subgroup beyond its limits"
    return spc.describe(rule, conventions)


def _signal(
    chart: ControlChart,
    limits: ChartLimits,
    point: ChartPoint,
    rule: ChartRule,
    part: str,
    *,
    by: User,
    at: datetime,
) -> ChartSignal:
    sentence = sentence_of(rule.rule, part, conventions_of({rule.rule: rule.points}))
    reaction: Reaction = react(chart, point, rule, sentence, by=by, at=at)
    signal = ChartSignal.objects.create(
        chart=chart,
        point=point,
        limits=limits,
        rule=rule.rule,
        part=part,
        sentence=sentence,
        nonconformance=reaction.nonconformance,
        sample=reaction.sample,
        at=at,
    )
    record(
        ChartSignalled(
            chart=chart.pk,
            signal=signal.pk,
            point=point.pk,
            rule=rule.rule,
            lot=point.inspection.lot_id,
            owner=chart.owner_id,
        )
    )
    return signal


def _plotted_before(chart: ControlChart, sequence: int) -> list[ChartPoint]:
    """The standing points, in order, that a rule may look at to judge those from `sequence` on."""
    standing = chart.points.standing().filter(sequence__gt=sequence - REACH)
    return list(standing.in_order())
