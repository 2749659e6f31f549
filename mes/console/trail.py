"""The audit trail on one page: by record, by person, by time; to read, and to take along as a table."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date

from mes.console.pages import draw, page
from mes.core.models import User
from mes.core.trail import MOST, Asked, Entry, entries, tracked

SHOWN = 100


class Echo:
    """A file that hands each line on."""

    def write(self, line: str) -> str:
        return line


@page("core.read_trail")
def trail(request: HttpRequest) -> HttpResponse:
    """What was changed, by whom and why."""
    typed = {name: request.GET.get(name, "").strip() for name in ("kind", "record", "user", "since", "until")}
    kinds = sorted(
        ((kind, str(apps.get_model(kind)._meta.verbose_name).capitalize()) for kind in tracked()),
        key=lambda pair: pair[1],
    )
    asked, trouble = _asked(typed)
    found = [] if trouble else entries(asked, SHOWN)
    return draw(
        request,
        "console/trail.html",
        "Audit trail",
        typed=typed,
        kinds=kinds,
        people=User.objects.order_by("username"),
        trouble=trouble,
        entries=found,
        is_cut=len(found) == SHOWN,
        shown=SHOWN,
        query=request.GET.urlencode(),
    )


@page("core.read_trail")
def trail_csv(request: HttpRequest) -> HttpResponse:
    """The same, up to the 500 newest changes, one line for each value that changed."""
    typed = {name: request.GET.get(name, "").strip() for name in ("kind", "record", "user", "since", "until")}
    asked, trouble = _asked(typed)
    if trouble:
        return HttpResponse(trouble, status=400, content_type="text/plain; charset=utf-8")
    writer = csv.writer(Echo())
    lines = (writer.writerow(row) for row in _rows(entries(asked, MOST)))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    return answer  # type: ignore[return-value]  # a response all the same


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    yield ["at (UTC)", "what", "kind", "key", "record", "field", "old", "new", "by", "why", "where"]
    for entry in found:
        start = [f"{entry.at:%Y-%m-%d %H:%M:%S.%f}", entry.what, entry.kind, str(entry.key), entry.record]
        for change in entry.changes:
            row = [*start, change.field, change.old, change.new, entry.by, entry.why, entry.where]
            yield [harmless(cell) for cell in row]


def harmless(cell: str) -> str:
    """No spreadsheet takes what somebody typed for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _asked(typed: dict[str, str]) -> tuple[Asked, str]:
    """What was asked for, and what is wrong with it."""
    kind, record = typed["kind"], typed["record"]
    if kind and kind not in tracked():
        return Asked(), "There is no trail of this kind of record. Choose one of the list."
    since, until = (_day(typed[name]) for name in ("since", "until"))
    if (typed["since"] and since is None) or (typed["until"] and until is None):
        return Asked(), "Write days as 2026-03-02."
    if typed["user"] and not typed["user"].isdecimal():
        return Asked(), "Choose a person of the list."
    key = None
    if record:
        if not kind:
            return Asked(), "Say of which kind the record is."
        key = _key(kind, record)
        if key is None:
            return (
                Asked(),
                f"There is no such record “{record}”. Give its number as the lists show it, or its key.",
            )
    return Asked(
        kind=kind,
        key=key,
        user=int(typed["user"]) if typed["user"] else None,
        since=since,
        until=until + timedelta(days=1) if until else None,
    ), ""


def _day(typed: str) -> datetime | None:
    try:
        day: date | None = parse_date(typed) if typed else None
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _key(kind: str, record: str) -> int | None:
    """The key of a record that somebody named by its number, its code or its key."""
    model: Any = apps.get_model(kind)
    for name in ("number", "code", "username"):
        if any(field.name == name for field in model._meta.concrete_fields):
            found = model._default_manager.filter(**{name: record}).order_by("-pk").first()
            if found is not None:
                return int(found.pk)
    if record.isdecimal() and len(record) < 18 and model._default_manager.filter(pk=int(record)).exists():
        return int(record)
    return None
