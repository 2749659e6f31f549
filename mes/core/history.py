"""Who changed a row, from which page, and why: kept with every change by `django-pghistory`.

The reason comes with the request, as header `X-Change-Reason` or as form field `change_reason`. Outside a request,
`done_by(user, reason=…)` says the same: in commands, in what follows a fact, in a plant that is loaded or played.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
import pgtrigger
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from pghistory import trigger
from pghistory.middleware import HistoryMiddleware as UserAndUrlMiddleware

LONGEST_REASON = 500
FOLLOWS = "follows "
"""Begins the name of the fact that a change followed by itself, where the address of a page would stand."""
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class _WrittenAtOnce(trigger.Event):
    """The trigger of `ChangedByTheThousand`."""

    def get_func(self, model: Any) -> pgtrigger.Func:
        written: str = super().get_func(model).func  # type: ignore[no-untyped-call]  # pghistory types only parts of itself
        insert = written.removesuffix("RETURN NULL;").strip().removesuffix(";")
        return pgtrigger.Func(f"EXECUTE $history$ {insert} $history$; RETURN NULL;")  # type: ignore[no-untyped-call]  # as above


class ChangedByTheThousand(pghistory.UpdateEvent):
    """Of a table of which thousands of rows are changed in one statement: their history is written in one, too.

    Rows before and after are matched by their key. How, the database decides each time anew: a way that it keeps from when the same
    session changed one row would compare each of ten thousand with all of them, which takes minutes.
    """

    def __init__(self, condition: pgtrigger.Condition | None = None) -> None:
        if condition is None:
            super().__init__(level=pgtrigger.Statement)
        else:
            super().__init__(level=pgtrigger.Statement, condition=condition)

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _WrittenAtOnce(  # type: ignore[no-untyped-call]  # pghistory types only parts of itself
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                when=pgtrigger.After,
                operation=self.operation,
                condition=self.condition,
                level=self.level,
            )
        )(event_model.pgh_tracked_model)


class HistoryMiddleware(UserAndUrlMiddleware):
    """User, address and reason of a request, with every row it changes. Token users are known once the API has let them in."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        reason = change_reason(request)
        return context | {"reason": reason} if reason else context


@contextmanager
def done_by(user: int, *, reason: str = "", where: str = "") -> Iterator[None]:
    """Whatever is changed meanwhile is kept as done by this user (by key), unless a request has said already by whom.

    :param where: stands where else the address of a page does, such as the fact that a subscriber follows.
    """
    with pghistory.context() as kept:
        if kept.metadata:
            yield
            return
        said = {"user": user, "reason": reason, "url": where}
        kept.metadata.update({name: value for name, value in said.items() if value})
        yield
        if connection.in_atomic_block:
            _name_nobody()


def _name_nobody() -> None:
    """Else the rest of the transaction would be put down to whoever was named last: the setting goes with the transaction only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"
        )


def change_reason(request: HttpRequest) -> str:
    """The reason given with a request, or an empty string."""
    given = request.headers.get("X-Change-Reason", "")
    # Only forms are looked into: reading any other body here would take it from the API's parser.
    if not given and request.content_type in FORMS:
        given = request.POST.get("change_reason", "")
    return given.strip()[:LONGEST_REASON]


def stated_reason() -> str:
    """The reason that is kept with whatever is changed at this moment, or an empty string."""
    with pghistory.context() as kept:
        return str(kept.metadata.get("reason", ""))


def writers_of(*events: QuerySet[Any]) -> set[int]:
    """Keys of the users in whose requests these history rows were written."""
    found: set[int] = set()
    for rows in events:
        users = rows.filter(pgh_context__metadata__has_key="user").values_list(
            "pgh_context__metadata__user", flat=True
        )
        found.update(int(user) for user in users.distinct() if user is not None)
    return found
