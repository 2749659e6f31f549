"""How large the sample of a lot is, and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from random import SystemRandom

from django.utils.formats import date_format

from inventory.models import Lot
from inventory.quantities import COUNTED_UNITS, plain
from mes.core.refusals import InvalidInput
from quality import sampling
from quality.models import WHILE_RUNNING, InspectionPlan, SamplingScheme, SamplingSource
from quality.services.sources import draw_lot, source_of

_chance = SystemRandom()


class SampleTooLarge(InvalidInput):
    code = "quality.sample_too_large"
    title = "The sample is larger than the lot"


@dataclass(frozen=True)
class Sizing:
    """The samples that a lot asks for.

    :ivar because: the arithmetic in a sentence or two.
    :ivar source: whose state decided, where one did.
    :ivar is_skipped: the lot goes on without being inspected.
    """

    samples: tuple[sampling.Sample, ...]
    because: str
    code_letter: str = ""
    severity: str = ""
    source: SamplingSource | None = None
    is_skipped: bool = False


def size_sample(
    plan: InspectionPlan,
    lot: Lot,
    lot_quantity: Decimal,
    *,
    line: str = "",
    asked: int | None = None,
    cause: str = "",
    may_skip: bool = False,
    at: datetime,
) -> Sizing:
    """What a plan's sampling scheme asks of a lot.

    :param line: machine that made it, for sources by machine.
    :param asked: pieces that somebody wants inspected instead; none of them may fail.
    :param cause: why so many are asked for, in a sentence.
    :raises SampleTooLarge: when that is more than the lot has.
    """
    counted = lot.item.uom in COUNTED_UNITS
    if asked is not None:
        return _as_asked(asked, lot, lot_quantity, cause, counted=counted)
    scheme = plan.sampling
    if plan.stage in WHILE_RUNNING:
        return _at_a_running_operation(scheme)
    if scheme is None or not (scheme.by_aql and counted):
        sizing = _share(scheme, lot_quantity, lot.item.unit, counted=counted)
    else:
        sizing = _by_aql(plan, scheme, lot, lot_quantity, line=line, at=at)
    if scheme is None or (rule := scheme.skip_rule) is None:
        return sizing
    source = sizing.source or source_of(plan, lot, scheme, line=line, at=at)
    was_drawn = not may_skip or draw_lot(source, rule, chance=_chance.random())
    because = _drawn(sizing.because, source, rule, was_drawn=was_drawn) if may_skip else sizing.because
    return replace(sizing, because=because, source=source, is_skipped=not was_drawn)


def _drawn(because: str, source: SamplingSource, rule: sampling.SkipRule, *, was_drawn: bool) -> str:
    """Why a lot of a source that has earned it is inspected all the same, or is not."""
    if not source.skipping.skips:
        return because
    after = f"after {source.skipping.run} accepted lots in a row one of {rule.every} is inspected, drawn at random"
    if was_drawn:
        return f"{because} {after[0].upper()}{after[1:]}; this one was drawn."
    return f"Skipped: {after}; this one was not drawn."


def _as_asked(asked: int, lot: Lot, lot_quantity: Decimal, cause: str, *, counted: bool) -> Sizing:
    if asked < 1 or (counted and asked > lot_quantity):
        fault = f"the lot has {plain(lot_quantity)} {lot.item.unit}; a sample of it has 1 to {plain(lot_quantity)}"
        raise SampleTooLarge(f"{fault[0].upper()}{fault[1:]}, not {asked}.", errors={"sample_size": [fault]})
    return Sizing(
        (sampling.Sample(asked, 0, 1),),
        f"{cause} {asked} instead of what the plan draws; none may fail.".strip(),
    )


def _at_a_running_operation(scheme: SamplingScheme | None) -> Sizing:
    """A first piece or a periodic sample is not drawn out of a lot: it is so many pieces of what is made just then."""
    fixed = scheme is not None and scheme.kind == SamplingScheme.Kind.FIXED
    size = int(scheme.size or 1) if scheme is not None and fixed else 1
    accept = scheme.accept if scheme is not None and fixed else 0
    return Sizing((sampling.Sample(size, accept, accept + 1),), f"{size} of what is made at this moment.")


def _share(scheme: SamplingScheme | None, lot_quantity: Decimal, unit: str, *, counted: bool) -> Sizing:
    kind = scheme.kind if scheme is not None and not scheme.by_aql else "all"
    accept = scheme.accept if scheme is not None and not scheme.by_aql else 0
    size = sampling.sample_size(kind, scheme.size if scheme else None, lot_quantity, counted=counted)
    of_lot = f"of {plain(lot_quantity)} {unit}"
    if not counted:
        because = (
            f"{size} sample{'s' if size != 1 else ''} {of_lot}: what is not counted has no pieces to draw."
        )
    elif kind == "percent" and scheme is not None:
        because = f"{size} {of_lot}: {plain(scheme.size or Decimal(0))} per cent."
    elif kind == "fixed" and scheme is not None:
        because = f"{size} {of_lot}: {plain(scheme.size or Decimal(0))} of each lot."
    else:
        because = f"Every piece {of_lot}."
    may_fail = f" {accept} may fail." if accept else ""
    return Sizing((sampling.Sample(size, accept, accept + 1),), because + may_fail)


def _by_aql(
    plan: InspectionPlan, scheme: SamplingScheme, lot: Lot, lot_quantity: Decimal, *, line: str, at: datetime
) -> Sizing:
    pieces = int(lot_quantity.to_integral_value(ROUND_CEILING))
    aql = scheme.aql or Decimal(0)
    if scheme.kind == SamplingScheme.Kind.ZERO:
        zero = sampling.zero_plan(pieces, aql=aql, level=scheme.level)
        because = (
            f"{zero.sample_size} of {pieces:,} accepted with none: the protection of Z1.4 level {scheme.level} at "
            f"AQL {_written(aql)}."
        )
        return Sizing((sampling.Sample(zero.sample_size, 0, 1),), because, zero.code_letter)
    source = source_of(plan, lot, scheme, line=line, at=at) if scheme.switches else None
    severity = source.severity if source is not None else "normal"
    given = {"aql": str(aql), "level": str(scheme.level), "severity": severity}
    if scheme.kind == SamplingScheme.Kind.SINGLE:
        single = sampling.single_plan(pieces, **given)
        staged = sampling.StagedPlan(single.code_letter, (sampling.Sample(*single[1:]),))
    elif scheme.kind == SamplingScheme.Kind.DOUBLE:
        staged = sampling.double_plan(pieces, **given)
    else:
        staged = sampling.multiple_plan(pieces, **given)
    because = " ".join([_numbers(staged, pieces, scheme), _strictness(source, plan, at)])
    return Sizing(staged.samples, because, staged.code_letter, severity, source)


def _numbers(staged: sampling.StagedPlan, pieces: int, scheme: SamplingScheme) -> str:
    """Code letter J for 501 to 1,200 pieces at level II, AQL 1.0: 80, accepted up to 2."""
    own = sampling.code_letter(pieces, scheme.level)
    letter = (
        f"Code letter {own}"
        if own == staged.code_letter
        else f"Code letter {own}, which points to {staged.code_letter},"
    )
    lots = f"{letter} for {sampling.lot_band(pieces)} pieces at level {scheme.level}, AQL {_written(scheme.aql or Decimal(0))}"
    first = staged.samples[0]
    if len(staged.samples) > 1:
        return f"{lots}: up to {len(staged.samples)} samples of {first.size}, each only if those before leave it open."
    if first.size >= pieces:
        return f"{lots}: every piece, for the sample is as large as the lot; {_accepted(first)}."
    return f"{lots}: {first.size} of {pieces:,}, {_accepted(first)}."


def _accepted(sample: sampling.Sample) -> str:
    return sampling.accepted(sample.accept or 0)


def _strictness(source: SamplingSource | None, plan: InspectionPlan, at: datetime) -> str:
    if source is None:
        return "Always normal inspection."
    day = date_format(source.since.astimezone(plan.item.site.zone), "j M")
    return f"{source.severity.capitalize()} since {day}: {source.because}."


def _written(aql: Decimal) -> str:
    return next((known for known in sampling.AQLS if Decimal(known) == aql), plain(aql))
