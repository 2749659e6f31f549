"""What the rules demand before an act."""

from collections.abc import Sequence

from django.contrib.auth.models import Permission
from django.db.models import Model

from mes.core.models import SignaturePolicy
from mes.core.signing.content import kind_of, known
from mes.core.signing.reading import standing

Demand = SignaturePolicy.Demand


def is_demanded(records: Sequence[Model], meaning: str) -> bool:
    """Whether, of these records of one kind, any demands a signature for an act of this meaning."""
    return bool(demanding(records, meaning))


def needs_signature(record: Model, meaning: str) -> bool:
    """Whether an act of this meaning on the record must be signed."""
    return is_demanded([record], meaning)


def demanding(records: Sequence[Model], meaning: str) -> set[int]:
    """Keys of the records, all of one kind, whose act must be signed."""
    if not records:
        return set()
    kind = kind_of(records[0])
    rules = [rule for rule in SignaturePolicy.objects.for_act(kind, meaning) if rule.meaning == meaning]
    keys = [int(record.pk) for record in records]
    return {key for rule in rules for key in bound_by(rule, keys)}


def short_of(record: Model, meaning: str) -> int:
    """How many signatures of this meaning the rules demand of a record that are not there, or do not hold any more."""
    kind, key = kind_of(record), int(record.pk)
    rule = SignaturePolicy.objects.filter(kind=kind, meaning=meaning).first()
    if rule is None or not bound_by(rule, [key]):
        return 0
    return max(rule.count - len({each.signer_id for each in standing(record) if each.meaning == meaning}), 0)


def bound_by(rule: SignaturePolicy, keys: Sequence[int]) -> set[int]:
    """Which of these records a rule binds."""
    if rule.demand == Demand.ALWAYS:
        return set(keys)
    told = known(rule.kind)
    return told.regulated_of(keys) if rule.demand == Demand.REGULATED and told is not None else set()


def is_permission(name: str) -> bool:
    """Whether there is a permission `app.codename`."""
    app, _, codename = name.partition(".")
    return Permission.objects.filter(content_type__app_label=app, codename=codename).exists()
