"""Signatures as screens and papers show them: each with whether it still holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Model

from mes.core.models import Signature
from mes.core.signing.content import Content, as_signed, hash_of, kind_of, known


@dataclass(frozen=True)
class Shown:
    """One signature; void once its record's content is another than what was signed, or the record is gone."""

    signature: Signature
    is_void: bool
    changed: tuple[str, ...] = ()

    @property
    def manifestation(self) -> str:
        """Printed name, date and time, meaning (21 CFR 11.50(a))."""
        signature = self.signature
        moment = f"{signature.signed_at:%Y-%m-%d %H:%M:%S} UTC"
        void = " – VOID: changed since" if self.is_void else ""
        return f"{signature.get_meaning_display()}: {signature.printed_name}, {moment}{void}"


def signatures_of(record: Model) -> list[Shown]:
    """All signatures of one record, oldest first."""
    return signatures_by_key(type(record), [int(record.pk)]).get(int(record.pk), [])


def signatures_by_key(model: type[Model], keys: Collection[int]) -> dict[int, list[Shown]]:
    """All signatures of these records by their key, oldest first; the content of all is read at once."""
    found: defaultdict[int, list[Shown]] = defaultdict(list)
    for each in shown(Signature.objects.of(str(model._meta.label_lower), keys)):
        found[each.signature.key].append(each)
    return dict(found)


def shown(signatures: Iterable[Signature]) -> list[Shown]:
    """Signatures of any records, in their order, each compared with what its record says now."""
    rows = list(signatures)
    keys: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        keys[row.kind].add(row.key)
    present = {kind: told(wanted) if (told := known(kind)) else {} for kind, wanted in keys.items()}
    return [_shown(row, present[row.kind].get(row.key)) for row in rows]


def standing(record: Model) -> list[Signature]:
    """The signatures of a record that hold."""
    kind = kind_of(record)
    return [each.signature for each in shown(Signature.objects.of(kind, [record.pk])) if not each.is_void]


def _shown(signature: Signature, content: Content | None) -> Shown:
    if content is None:
        return Shown(signature, is_void=True)
    present = as_signed(signature.content, content)
    if hash_of(present) == signature.content_hash:
        return Shown(signature, is_void=False)
    changed = sorted(name for name, value in signature.content.items() if present.get(name) != value)
    return Shown(signature, is_void=True, changed=tuple(changed))
