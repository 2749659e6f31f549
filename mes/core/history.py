"""Who changed a row, from which page, and why: kept with every change by `django-pghistory`.

The reason comes with the request, as header `X-Change-Reason` or as form field `change_reason`. Outside a request,
`pghistory.context(user=…, reason=…)` says the same.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware as UserAndUrlMiddleware

LONGEST_REASON = 500
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class HistoryMiddleware(UserAndUrlMiddleware):
    """User, address and reason of a request, with every row it changes. Token users are known once the API has let them in."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        reason = change_reason(request)
        return context | {"reason": reason} if reason else context


def change_reason(request: HttpRequest) -> str:
    """The reason given with a request, or an empty string."""
    given = request.headers.get("X-Change-Reason", "")
    # Only forms are looked into: reading any other body here would take it from the API's parser.
    if not given and request.content_type in FORMS:
        given = request.POST.get("change_reason", "")
    return given.strip()[:LONGEST_REASON]


def writers_of(*events: QuerySet[Any]) -> set[int]:
    """Keys of the users in whose requests these history rows were written."""
    found: set[int] = set()
    for rows in events:
        users = rows.filter(pgh_context__metadata__has_key="user").values_list(
            "pgh_context__metadata__user", flat=True
        )
        found.update(int(user) for user in users.distinct() if user is not None)
    return found
