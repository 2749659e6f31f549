"""Who was first, and when: what somebody is told who wanted to do what is done already.

Read only where something is refused. A row that keeps who decided it tells that itself; else its history does, and where that names
nobody (a command, an import) the last signature under it.
"""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone


def when(at: datetime) -> str:
    """`2026-03-02 09:00 CET`, in the time of whoever reads it."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


def who_and_when(who: object, at: datetime) -> str:
    """`by Ann Miller, 2026-03-02 09:00 CET`"""
    return f"by {who}, {when(at)}"


def who_moved(row: Model) -> str:
    """Who brought a row to the status that it has, and when, as `who_and_when` words it; empty where nobody is known."""
    return _kept_on(row) or who_set(row, "status") or _last_signed(row)


def who_set(row: Model, field: str) -> str:
    """Who gave a field of a row the value that it has, by the row's history; empty where that is not kept or names nobody."""
    meta = row._meta
    try:
        model = apps.get_model(meta.app_label, f"{meta.object_name}Event")
    except LookupError:
        return ""
    events = model._default_manager.filter(pgh_obj=row.pk).order_by("-pgh_id")
    latest = events.first()
    if latest is None:
        return ""
    before = events.exclude(**{field: getattr(latest, field)}).first()
    since = events.filter(pgh_id__gt=before.pk) if before is not None else events
    event = since.select_related("pgh_context").last()
    key = event.pgh_context.metadata.get("user") if event is not None and event.pgh_context else None
    user = get_user_model()._default_manager.filter(pk=key).first() if key else None
    return who_and_when(user, event.pgh_created_at) if user is not None else ""


def _kept_on(row: Model) -> str:
    """Of a row that is `approved`, `decided`, …: its fields `approved_by` and `approved_at` as they are stored; of an end, `closed_by` serves too."""
    model: type[Any] = type(row)
    names = {field.name for field in model._meta.get_fields()}
    stored = model._default_manager.filter(pk=row.pk).first()
    for verb in (stored.status, "closed") if stored is not None else ():
        who, at = f"{verb}_by", f"{verb}_at"
        if {who, at} <= names and getattr(stored, who) and getattr(stored, at):
            return who_and_when(getattr(stored, who), getattr(stored, at))
    return ""


def _last_signed(row: Model) -> str:
    signatures = apps.get_model("core", "Signature")._default_manager.filter(
        kind=row._meta.label_lower, key=row.pk
    )
    last = signatures.order_by("-pk").first()
    if last is None:
        return ""
    return f"last signed, {last.get_meaning_display().lower()}, {who_and_when(last.printed_name, last.signed_at)}"
