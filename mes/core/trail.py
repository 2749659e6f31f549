"""The audit trail, read back: who changed what, when, from which value to which, and why (21 CFR 11.10(e), Annex 11 clause 9).

The database writes it, with a trigger on every regulated table; nobody can change or delete a row of it, and it is sealed. What is read
here is one entry for each change, with the values before and after side by side.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from pghistory.models import Event

from mes.core.history import FOLLOWS
from mes.core.models import User
from mes.core.models.facts import in_words

MOST = 500
OWN = {"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "id"}
Names = Mapping[type[Model], Mapping[int, str]]
DONE = {"insert": "Added", "update": "Changed", "delete": "Deleted"}


@dataclass(frozen=True)
class Change:
    """One value that is another since."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One change of one record. `by` is None where no person was signed in: a job of the house, or an import."""

    at: datetime
    what: str
    kind: str
    key: int
    record: str
    changes: tuple[Change, ...]
    by: str
    user: int | None
    why: str
    where: str

    @property
    def follows(self) -> str:
        """What this came of by itself, in words, where it was not done on a page: what happened before it, a rule."""
        if self.where.startswith("/"):
            return ""
        is_fact = self.where.startswith(FOLLOWS)
        return f"by itself, after: {in_words(self.where.removeprefix(FOLLOWS))}" if is_fact else self.where

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.key}:{self.at.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose changes, of what, and when; everything that is not given is not asked for.

    :ivar also: more records, by kind and key, whose changes are told with those of the one that is asked for.
    """

    kind: str = ""
    key: int | None = None
    also: tuple[tuple[str, int], ...] = ()
    user: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def tracked() -> dict[str, type[Model]]:
    """The history of each tracked table, by the table's kind (`app.model`)."""
    return {
        str(tracked._meta.label_lower): event
        for event in apps.get_models()
        if issubclass(event, Event) and (tracked := getattr(event, "pgh_tracked_model", None)) is not None
    }


def entries(asked: Asked, most: int = MOST) -> list[Entry]:
    """The newest changes that were asked for.

    Of one record (`kind` and `key`): its own, and those of everything that refers to it, such as the steps of a plan or the
    inspections of a lot. Of a kind alone: all of its records.
    """
    found: list[Entry] = []
    for kind, event in tracked().items():
        wanted = _concerning(event, kind, asked)
        if wanted is not None:
            found += _read(kind, event, _limited(event, wanted, asked), most)
    return _with_people(sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[:most])


def _concerning(event: type[Model], kind: str, asked: Asked) -> Q | None:
    """Which rows of a history are about what was asked for; None where none can be."""
    if not asked.kind:
        return Q()
    if asked.key is None:
        return Q() if kind == asked.kind else None
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for its_kind, key in ((asked.kind, asked.key), *asked.also):
        wanted[its_kind].append(key)
    found = Q(pgh_obj_id__in=wanted[kind]) if kind in wanted else Q()
    for field in event._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.name not in OWN and _kind_of(field) in wanted:
            found |= Q(**{f"{field.attname}__in": wanted[_kind_of(field)]})
    return found or None


def _kind_of(field: ForeignKey[Any, Any]) -> str:
    """What kind of record the field refers to."""
    return str(field.related_model._meta.label_lower)


def _limited(event: type[Model], wanted: Q, asked: Asked) -> QuerySet[Any]:
    rows: QuerySet[Any] = event._default_manager.filter(wanted)
    if asked.user is not None:
        rows = rows.filter(pgh_context__metadata__user=asked.user)
    if asked.since is not None:
        rows = rows.filter(pgh_created_at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(pgh_created_at__lt=asked.until)
    return rows


def _read(kind: str, event: type[Model], rows: QuerySet[Any], most: int) -> list[Entry]:
    earlier = event._default_manager.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id"))
    newest: list[Any] = list(
        rows.annotate(pgh_before=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1]))
        .select_related("pgh_context")
        .order_by("-pgh_id")[:most]
    )
    before = event._default_manager.in_bulk([row.pgh_before for row in newest if row.pgh_before is not None])
    model: type[Model] = event.pgh_tracked_model  # type: ignore[attr-defined]  # of every history
    named = _names(model, {row.pgh_obj_id for row in newest})
    names = _names_of_referred([*newest, *before.values()])
    return [_entry(kind, model, row, before.get(row.pgh_before), named, names) for row in newest]


def _entry(
    kind: str, model: type[Model], row: Any, before: Any, named: Mapping[int, str], names: Names
) -> Entry:
    context: Mapping[str, Any] = row.pgh_context.metadata if row.pgh_context else {}
    user = context.get("user")
    return Entry(
        at=row.pgh_created_at,
        what=DONE.get(row.pgh_label, row.pgh_label.capitalize()),
        kind=kind,
        key=row.pgh_obj_id,
        record=f"{str(model._meta.verbose_name).capitalize()} {named.get(row.pgh_obj_id, f'#{row.pgh_obj_id}')}",
        changes=tuple(_changes(row, before, names)),
        by="",
        user=int(user) if user is not None else None,
        why=str(context.get("reason", "")),
        where=str(context.get("url", "")),
    )


def _changes(row: Any, before: Any, names: Names) -> Iterable[Change]:
    for field in _told(row):
        new = _said(field, row, names)
        old = _said(field, before, names) if before is not None else ""
        if old != new:
            yield Change(str(field.verbose_name).capitalize(), old, new)


def written(at: datetime, zone: tzinfo | None = None) -> str:
    """`02 Mar 2026, 10:15:00 CET`: a moment to the second with its zone named, by default that of whoever reads it."""
    return f"{timezone.localtime(at, zone):%d %b %Y, %H:%M:%S %Z}"


def _told(row: Any) -> Iterable[Field[Any, Any]]:
    return (field for field in row._meta.concrete_fields if field.name not in OWN)


def _said(field: Field[Any, Any], row: Any, names: Names) -> str:
    """A value in words: what a choice or a record is called, a moment in the plant's zone, nothing for nothing."""
    value = getattr(row, field.attname)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, ForeignKey):
        return names[field.related_model].get(value, f"#{value}, deleted since")
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _names_of_referred(rows: Iterable[Any]) -> Names:
    """What the records are called that some rows refer to, read once for each table."""
    keys: defaultdict[type[Model], set[int]] = defaultdict(set)
    for row in rows:
        for field in _told(row):
            if isinstance(field, ForeignKey):
                keys[field.related_model].add(getattr(row, field.attname))
    return {model: _names(model, wanted - {None}) for model, wanted in keys.items()}


def _names(model: type[Model], keys: Collection[int]) -> dict[int, str]:
    """By key, with what a name may be made of (a batch's item, an order's customer) read along."""
    referred = [field.name for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    rows = model._default_manager.filter(pk__in=keys).select_related(*referred)
    return {int(row.pk): str(row) for row in rows}


def _with_people(found: list[Entry]) -> list[Entry]:
    keys = {entry.user for entry in found if entry.user is not None}
    names: defaultdict[int | None, str] = defaultdict(lambda: "the house itself")
    names.update({user.pk: f"{user} ({user.username})" for user in User.objects.filter(pk__in=keys)})
    return [Entry(**{**entry.__dict__, "by": names[entry.user]}) for entry in found]
