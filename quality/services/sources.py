"""Sources of lots: each verdict makes inspection of the next lot stricter or milder, or stops it.

Whoever opens or concludes an inspection locks its source last, after inspection and lot, so that verdicts that fall at the same moment
are counted one after the other.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, require_said
from quality import sampling
from quality.facts import SeverityChanged
from quality.models import Inspection, InspectionPlan, SamplingScheme, SamplingSource, SeverityChange


class NotDiscontinued(DomainError):
    code = "quality.not_discontinued"
    title = "Inspection of this source goes on"


class AlreadySo(DomainError):
    code = "quality.already_so"
    title = "It is so already"


def source_of(
    plan: InspectionPlan, lot: Lot, scheme: SamplingScheme, *, line: str, at: datetime
) -> SamplingSource:
    """The source that a lot comes from, locked until the transaction ends; made when it is the first of its lots."""
    source, _ = SamplingSource.objects.get_or_create(
        plan_code=plan.code,
        item=lot.item,
        supplier=lot.supplier if scheme.source == SamplingScheme.Source.SUPPLIER else None,
        line=line if scheme.source == SamplingScheme.Source.LINE else "",
        defaults={"since": at, "because": "where every source begins"},
    )
    return _locked(source.pk)


def draw_lot(source: SamplingSource, rule: sampling.SkipRule, *, chance: float) -> bool:
    """Whether the lot that has come is inspected; the source remembers that it came."""
    wanted, skipping = sampling.inspects_next(source.skipping, rule, chance=chance)
    _keep(source, skipping=skipping)
    return wanted


def count_verdict(
    inspection: Inspection, *, accepted: bool, between: bool = False, found: int = 0, by: User, at: datetime
) -> None:
    """Let a verdict bear on how the next lots of the same source are inspected.

    :param between: accepted between the numbers of a reduced plan.
    :param found: nonconforming pieces, or nonconformities, in its samples.
    """
    scheme = inspection.plan.sampling
    if inspection.source_id is None or scheme is None or _was_judged_before(inspection):
        return
    source = _locked(inspection.source_id)
    if (rule := scheme.skip_rule) is not None:
        _keep(source, skipping=sampling.skip_after(source.skipping, rule, accepted=accepted))
    if not scheme.is_switching:
        return
    outcome = sampling.LotOutcome(
        accepted,
        severity=inspection.severity,
        between=between,
        nonconforming=found,
        is_steady=source.is_steady,
    )
    state, switch = sampling.after(source.switching, outcome, scheme.switching_rules)
    _keep(source, switching=state)
    if switch is not None:
        _tell(source, switch, inspection=inspection, by=by, at=at)


@transaction.atomic
def restart_inspection(source: SamplingSource, reason: str, *, by: User, at: datetime) -> SamplingSource:
    """Inspect lots of a source again after inspection was discontinued: tightened, from the beginning.

    :param reason: what was put right.
    :raises inventory.ReasonMissing: without a reason.
    :raises NotDiscontinued: when its inspection goes on.
    """
    require_said(reason, "Say what was put right", refusal=inventory.ReasonMissing)
    source = _locked(source.pk)
    if not source.is_discontinued:
        raise NotDiscontinued(
            f"Inspection of {source} is not discontinued.", remedy="Its open lots can be inspected."
        )
    _keep(source, switching=sampling.restarted())
    _tell(source, sampling.Switch("tightened", "tightened", f"Restarted: {reason}"), by=by, at=at)
    return source


@transaction.atomic
def set_steadiness(
    source: SamplingSource, *, is_steady: bool, reason: str, by: User, at: datetime
) -> SamplingSource:
    """Say whether production at a source is steady. While it is not, its lots are never inspected at reduced severity.

    :raises inventory.ReasonMissing: without a reason.
    :raises AlreadySo: when it is.
    """
    require_said(reason, "Say what became of production there", refusal=inventory.ReasonMissing)
    source = _locked(source.pk)
    if source.is_steady == is_steady:
        raise AlreadySo(
            f"Production of {source} is {'steady' if is_steady else 'not steady'} already.",
            remedy="Nothing is left to do; whoever said so before is in the history of the source.",
        )
    source.is_steady = is_steady
    source.save(update_fields=["is_steady"])
    if not is_steady and source.severity == "reduced":
        _keep(source, switching=sampling.Switching())
        _tell(
            source, sampling.Switch("reduced", "normal", f"production is not steady: {reason}"), by=by, at=at
        )
    return source


def _was_judged_before(inspection: Inspection) -> bool:
    """A lot that is submitted again counts for nothing; one whose first inspection was merely cancelled is new."""
    same = Inspection.objects.filter(Q(pk=inspection.gate) | Q(repeats=inspection.gate)).exclude(
        pk=inspection.pk
    )
    return same.filter(status__in=[Inspection.Status.PASSED, Inspection.Status.FAILED]).exists()


def _locked(key: int) -> SamplingSource:
    return (
        SamplingSource.objects.select_for_update(no_key=True, of=("self",))
        .select_related("item", "supplier")
        .get(pk=key)
    )


def _keep(
    source: SamplingSource,
    *,
    switching: sampling.Switching | None = None,
    skipping: sampling.Skipping | None = None,
) -> None:
    kept: dict[str, Any] = dict(source.history)
    if switching is not None:
        looked_back_on = {"recent", "found", "not_accepted"}
        kept = kept | {"switching": {k: v for k, v in asdict(switching).items() if k in looked_back_on}}
        source.severity, source.is_discontinued = switching.severity, switching.is_discontinued
    if skipping is not None:
        kept = kept | {"skipping": asdict(skipping)}
    source.history = kept
    source.save(update_fields=["history", "severity", "is_discontinued"])


def _tell(
    source: SamplingSource,
    switch: sampling.Switch,
    *,
    inspection: Inspection | None = None,
    by: User,
    at: datetime,
) -> None:
    source.since, source.because = at, switch.why[:300]
    source.save(update_fields=["since", "because"])
    SeverityChange.objects.create(
        source=source,
        before=switch.before,
        now=switch.now,
        stops=switch.stops,
        why=switch.why[:300],
        inspection=inspection,
        at=at,
        by=by,
    )
    record(
        SeverityChanged(
            source=source.pk,
            item=source.item_id,
            severity=switch.now,
            stops=switch.stops,
            why=switch.why[:300],
        )
    )
