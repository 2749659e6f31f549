"""Control charts: set up, their rules and reactions chosen, their signals acknowledged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.quantities import COUNTED_UNITS
from mes.core.firsts import who_and_when
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality import spc
from quality.models import (
    Characteristic,
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    SamplingScheme,
    SignalAcknowledgement,
)
from quality.services.charting import plot_history


class InvalidChart(InvalidInput):
    code = "quality.invalid_chart"
    title = "Not a chart of this characteristic"


class ChartExists(DomainError):
    code = "quality.chart_exists"
    title = "There is such a chart"


class ChartRetired(DomainError):
    code = "quality.chart_retired"
    title = "The chart is retired"


class AcknowledgedBefore(DomainError):
    code = "quality.acknowledged_before"
    title = "Somebody acknowledged this"


@dataclass(frozen=True)
class RuleAsked:
    """A rule that shall be on, in which variant, and what a signal of it sets off."""

    rule: int
    points: int | None = None
    holds_lot: bool = False
    asks_sample: bool = False


NELSON = tuple(RuleAsked(rule) for rule in spc.RULES)
WESTERN_ELECTRIC = tuple(
    RuleAsked(rule, points=spc.WESTERN_ELECTRIC.conventions.same_side if rule == 2 else None)
    for rule in spc.WESTERN_ELECTRIC.rules
)


@transaction.atomic
def set_up_chart(
    characteristic: Characteristic,
    kind: str,
    *,
    name: str = "",
    subgroup_size: int | None = None,
    line: str = "",
    owner: User | None = None,
    rules: Sequence[RuleAsked] = NELSON,
    with_history: bool = True,
    by: User,
    at: datetime,
) -> ControlChart:
    """Begin a chart. It gathers points until somebody fixes its limits.

    :param kind: one of `ControlChart.Kind`.
    :param subgroup_size: consecutive pieces that make a point; by default 5 for means, 1 otherwise. p and u take the whole sample.
    :param line: only what was made on this machine or line.
    :param rules: those that are on; by default all of Nelson's, none of which holds a lot by itself.
    :param with_history: whether what was measured before is plotted first.
    :raises InvalidChart: when the kind does not fit the characteristic, or the plan's sample never fills a subgroup.
    :raises ChartExists: when the characteristic has a live chart of this kind for this line.
    """
    size = subgroup_size or (5 if kind in {ControlChart.Kind.XBAR_R, ControlChart.Kind.XBAR_S} else 1)
    _require_fitting(characteristic, kind, size)
    _require_rules(rules)
    # The plan is the row that everybody who sets up a chart of the characteristic has in common.
    type(characteristic.plan).objects.select_for_update(no_key=True).get(pk=characteristic.plan_id)
    rival = ControlChart.objects.watching(characteristic, line).filter(kind=kind, line=line).first()
    if rival is not None:
        raise ChartExists(f"“{rival}” is such a chart.", remedy="Use it, or retire it first.")
    chart = ControlChart.objects.create(
        name=(name or f"{characteristic.plan.item} {characteristic.name}{f', {line}' if line else ''}")[:120],
        characteristic=characteristic,
        line=line,
        kind=kind,
        subgroup_size=size,
        owner=owner,
        made_at=at,
    )
    _write_rules(chart, rules)
    if with_history:
        plot_history(chart)
    return chart


@transaction.atomic
def set_chart_rules(
    chart: ControlChart, rules: Sequence[RuleAsked], *, by: User, at: datetime
) -> ControlChart:
    """Which rules are on from now, in which variants, with which reactions; signals of before stand.

    :raises InvalidChart: when a rule is named twice, there is no such rule, or no book has such a row.
    :raises ChartRetired: when nothing is plotted on it any more.
    """
    lock_chart(chart)
    _require_rules(rules)
    chart.rules.all().delete()
    _write_rules(chart, rules)
    return chart


@transaction.atomic
def retire_chart(chart: ControlChart, reason: str, *, by: User, at: datetime) -> ControlChart:
    """Nothing is plotted on it any more; what was stays.

    :raises ReasonMissing: without a reason.
    :raises ChartRetired: when it is retired already.
    """
    require_reason(reason)
    lock_chart(chart)
    chart.move_to(ControlChart.Status.RETIRED)
    return chart


@transaction.atomic
def acknowledge_signal(
    signal: ChartSignal, cause: str, *, action: str = "", by: User, at: datetime
) -> SignalAcknowledgement:
    """Say what caused a signal and what was done. What it set off (a held lot, another sample) is decided where that is.

    :raises InvalidChart: without a cause.
    :raises AcknowledgedBefore: when somebody did.
    """
    if not cause.strip():
        sentence = "say what caused it; “none found” is an answer too"
        raise InvalidChart(f"{sentence[0].upper()}{sentence[1:]}.", errors={"cause": [sentence]})
    lock_chart(signal.chart, retired=True)
    before = SignalAcknowledgement.objects.filter(signal=signal).select_related("by").first()
    if before is not None:
        raise AcknowledgedBefore(
            f"It was acknowledged {who_and_when(before.by, before.at)}: {before.cause}",
            remedy="Nothing is left to do; write to them if it was wrong.",
        )
    return SignalAcknowledgement.objects.create(signal=signal, cause=cause, action=action, by=by, at=at)


@transaction.atomic
def acknowledge_point(
    point: ChartPoint, cause: str, *, action: str = "", by: User, at: datetime
) -> list[SignalAcknowledgement]:
    """Say what caused a point, for all of its signals that nobody acknowledged yet: one cause, however many rules it breaks.

    :raises InvalidChart: without a cause.
    :raises AcknowledgedBefore: when all of them are.
    """
    lock_chart(point.chart, retired=True)
    signals = point.signals.select_related("chart").order_by("pk")
    waiting = list(signals.filter(acknowledgement__isnull=True)) or signals[:1]
    return [acknowledge_signal(each, cause, action=action, by=by, at=at) for each in waiting]


@transaction.atomic
def acknowledge_chart(
    chart: ControlChart, cause: str, *, until: int, action: str = "", by: User, at: datetime
) -> list[SignalAcknowledgement]:
    """Say one cause for every signal of a chart that waits: what drifts breaks rules point after point.

    :param until: sequence of the newest point that whoever says so has seen; later ones go on waiting.
    :raises InvalidChart: without a cause.
    :raises AcknowledgedBefore: when none of them waits.
    """
    lock_chart(chart, retired=True)
    signals = chart.signals.filter(point__replaced_by__isnull=True, point__sequence__lte=until)
    waiting = list(signals.filter(acknowledgement__isnull=True).select_related("chart").order_by("pk"))
    if not waiting:
        raise AcknowledgedBefore(
            f"No signal of {chart} waits up to point {until}.", remedy="Nothing is left to do there."
        )
    return [acknowledge_signal(each, cause, action=action, by=by, at=at) for each in waiting]


def _require_fitting(characteristic: Characteristic, kind: str, size: int) -> None:
    if kind not in ControlChart.Kind.values:
        raise InvalidChart.at_field("kind", f"A chart is one of: {', '.join(ControlChart.Kind.values)}.")
    counts = kind in {ControlChart.Kind.C, ControlChart.Kind.U}
    if (kind in ControlChart.MEASURED or counts) and characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        raise InvalidChart.at_field("kind", "What conforms or not has no values; take a p or np chart.")
    if counts and characteristic.kind == Characteristic.Kind.VARIABLE:
        raise InvalidChart.at_field(
            "kind",
            "A measured value is no number of nonconformities; take a chart of means or individuals, or p or np for how "
            "many pieces are outside their limits.",
        )
    means = (2, spc.LARGEST_SUBGROUP)
    low, high = {"xbar_r": means, "xbar_s": means, "np": (1, 10_000), "c": (1, 10_000)}.get(kind, (1, 1))
    if not low <= size <= high:
        span = f"{low} to {high}" if high > low else "1"
        raise InvalidChart.at_field("subgroup_size", f"A subgroup of this chart has {span} pieces.")
    _require_filled(characteristic, size)


def _require_filled(characteristic: Characteristic, size: int) -> None:
    """A subgroup is made of pieces of one inspection; where every sample is smaller, there would never be a point."""
    scheme = characteristic.plan.sampling
    counted = characteristic.plan.item.uom in COUNTED_UNITS
    pieces: Mapping[str, int | None] = {
        SamplingScheme.Kind.FIXED: int(scheme.size or 1) if scheme else None,
        SamplingScheme.Kind.ALL: None if counted else 1,
        SamplingScheme.Kind.PERCENT: None if counted else 1,
    }
    most = pieces.get(scheme.kind if scheme else SamplingScheme.Kind.ALL)
    if most is not None and most < size:
        raise InvalidChart.at_field(
            "subgroup_size",
            f"{characteristic.plan} looks at {most} a time; a subgroup of {size} would never be full.",
        )


def _require_rules(rules: Sequence[RuleAsked]) -> None:
    named = [each.rule for each in rules]
    if len(set(named)) != len(named):
        raise InvalidChart.at_field("rules", "A rule is on once.")
    lengths = {2: (7, 9), 3: (6, 7), 4: (14, 15)}
    for each in rules:
        if each.rule not in spc.RULES:
            raise InvalidChart.at_field("rules", f"There is no rule {each.rule}.")
        low, high = lengths.get(each.rule, (0, 0))
        if each.points is not None and not low <= each.points <= high:
            told = f"{low} to {high} points" if high else "no other number of points"
            raise InvalidChart.at_field("rules", f"Rule {each.rule} takes {told}.")


def _write_rules(chart: ControlChart, rules: Sequence[RuleAsked]) -> None:
    ChartRule.objects.bulk_create(
        [
            ChartRule(
                chart=chart,
                rule=each.rule,
                points=each.points,
                holds_lot=each.holds_lot,
                asks_sample=each.asks_sample,
            )
            for each in rules
        ]
    )


def lock_chart(chart: ControlChart, *, retired: bool = False) -> None:
    """Lock the chart until the transaction ends, and see how it now stands.

    :raises ChartRetired: when nothing is plotted on it any more, unless it may be `retired`.
    """
    chart.refresh_from_db(
        fields=["status"], from_queryset=ControlChart.objects.select_for_update(no_key=True)
    )
    if chart.status == ControlChart.Status.RETIRED and not retired:
        raise ChartRetired(f"“{chart}” is retired.", remedy="Set up a new chart of the characteristic.")


def require_reason(reason: str) -> None:
    """:raises ReasonMissing: where none is given."""
    require_said(reason, "Say why", refusal=inventory.ReasonMissing)
