"""The audit trail on one page: by record, by batch, by person, by time; to read, and to take along as a table.

A record is named by its number, of whatever kind it is. Of a batch the trail of its goods is told along: of its lot, under every number
that they bear since, with the inspections and reports about them.
"""

import csv
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.apps import apps
from django.db.models import CharField
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date

from inventory.renumbering import renumbered_from
from mes.console.pages import draw, page
from mes.core.links import address_of_key
from mes.core.models import User
from mes.core.sheets import harmless
from mes.core.trail import MOST, Asked, Entry, entries, tracked
from production.models import Batch

SHOWN: Final = 100
NUMBERS: Final = ("number", "code", "username")
LOT: Final = "inventory.lot"
BATCH: Final = "production.batch"


@dataclass(frozen=True)
class Search:
    """What was asked for, what is wrong with it, and the one record it is about, if it is about one."""

    asked: Asked
    trouble: str = ""
    record: Any = None


class Echo:
    """A file that hands each line on."""

    def write(self, line: str) -> str:
        return line


@page("core.read_trail")
def trail(request: HttpRequest) -> HttpResponse:
    """What was changed, by whom and why."""
    typed = _typed(request)
    search = _asked(typed)
    found = [] if search.trouble else entries(search.asked, SHOWN)
    if search.asked.key is not None:
        typed |= {"kind": search.asked.kind, "record": _number_of(search) or typed["record"]}
    return draw(
        request,
        "console/trail.html",
        "Audit trail",
        typed=typed,
        kinds=sorted(((kind, _kind_name(kind).capitalize()) for kind in tracked()), key=lambda pair: pair[1]),
        people=User.objects.order_by("username"),
        trouble=search.trouble,
        record=search.record,
        record_page=address_of_key(search.asked.kind, search.record.pk) if search.record else None,
        has_goods=bool(search.asked.also),
        entries=[(each, address_of_key(each.kind, each.key)) for each in found],
        is_cut=len(found) == SHOWN,
        shown=SHOWN,
        query=request.GET.urlencode(),
    )


@page("core.read_trail")
def trail_csv(request: HttpRequest) -> HttpResponse:
    """The same, up to the 500 newest changes, one line for each value that changed."""
    search = _asked(_typed(request))
    if search.trouble:
        return HttpResponse(search.trouble, status=400, content_type="text/plain; charset=utf-8")
    writer = csv.writer(Echo())
    lines = (writer.writerow(row) for row in _rows(entries(search.asked, MOST)))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    return answer  # type: ignore[return-value]  # a response all the same


def _rows(found: list[Entry]) -> Iterator[list[str]]:
    yield ["at (UTC)", "what", "kind", "key", "record", "field", "old", "new", "by", "why", "where"]
    for entry in found:
        start = [f"{entry.at:%Y-%m-%d %H:%M:%S.%f}", entry.what, entry.kind, str(entry.key), entry.record]
        for change in entry.changes:
            row = [
                *start,
                change.field,
                change.old,
                change.new,
                entry.by,
                entry.why,
                entry.follows or entry.where,
            ]
            yield [harmless(cell) for cell in row]


def _typed(request: HttpRequest) -> dict[str, str]:
    names = ("kind", "record", "key", "user", "since", "until")
    return {name: request.GET.get(name, "").strip() for name in names}


def _asked(typed: dict[str, str]) -> Search:
    kind = typed["kind"]
    if kind and kind not in tracked():
        return _trouble("There is no trail of this kind of record. Choose one of the list.")
    since, until = (_day(typed[name]) for name in ("since", "until"))
    if (typed["since"] and since is None) or (typed["until"] and until is None):
        return _trouble("Write days as 2026-03-02.")
    if typed["user"] and not typed["user"].isdecimal():
        return _trouble("Choose a person of the list.")
    key: int | None = None
    if kind and _is_key(typed["key"]) and not typed["record"]:
        key = int(typed["key"])  # of what is deleted since, too
    elif typed["record"]:
        found = _batch_before_lot(_named(typed["record"], [kind] if kind else tracked()))
        if len(found) != 1:
            return _trouble(_not_one(typed["record"], found))
        ((kind, key),) = found.items()
    return Search(
        Asked(
            kind=kind,
            key=key,
            also=_goods_of(kind, key),
            user=int(typed["user"]) if typed["user"] else None,
            since=since,
            until=until + timedelta(days=1) if until else None,
        ),
        record=_model(kind)._default_manager.filter(pk=key).first() if key is not None else None,
    )


def _trouble(sentence: str) -> Search:
    return Search(Asked(), sentence)


def _day(typed: str) -> datetime | None:
    try:
        day: date | None = parse_date(typed) if typed else None
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _named(record: str, kinds: Iterable[str]) -> dict[str, int]:
    """By kind, the key of the record that bears this number or code; where only one kind is asked for, also by its key."""
    among = list(kinds)
    found: dict[str, int] = {}
    for kind in among:
        model = _model(kind)
        for field in model._meta.concrete_fields:
            if field.name in NUMBERS and isinstance(field, CharField):
                rows = model._default_manager.filter(**{f"{field.name}__iexact": record})
                if (row := rows.order_by("-pk").first()) is not None:
                    found.setdefault(kind, int(row.pk))
    if not found and len(among) == 1 and _is_key(record):
        rows = _model(among[0])._default_manager.filter(pk=int(record))
        found |= {among[0]: int(record)} if rows.exists() else {}
    return found


def _batch_before_lot(found: dict[str, int]) -> dict[str, int]:
    """Where a batch and its lot bear one number, the batch: its trail tells of the lot along."""
    batch = found.get(BATCH)
    goods = {(BATCH, batch), *_goods_of(BATCH, batch)}
    return {BATCH: batch} if batch is not None and found.items() <= goods else found


def _not_one(record: str, found: Collection[str]) -> str:
    if not found:
        return f"There is no such record “{record}”. Give its number as the lists show it."
    kinds = " and ".join(f"the {_kind_name(kind)}" for kind in sorted(found))
    return f"“{record}” is the number of {kinds}. Say of which kind the record is."


def _goods_of(kind: str, key: int | None) -> tuple[tuple[str, int], ...]:
    """What was made by a batch: its lot, under every number that its goods bear since."""
    if key is None or kind != BATCH:
        return ()
    lots = renumbered_from(Batch.objects.filter(pk=key, lot__isnull=False).values_list("lot", flat=True))
    return tuple((LOT, each) for each in sorted({each for numbers in lots.values() for each in numbers}))


def _number_of(search: Search) -> str:
    names = [name for name in NUMBERS if hasattr(search.record, name)]
    return str(getattr(search.record, names[0])) if names else str(search.asked.key or "")


def _is_key(typed: str) -> bool:
    return typed.isdecimal() and len(typed) < 18


def _model(kind: str) -> Any:
    return apps.get_model(kind)


def _kind_name(kind: str) -> str:
    return str(_model(kind)._meta.verbose_name)
