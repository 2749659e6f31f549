"""Who may do what: the report that is looked through from time to time (Annex 11 clause 12, 21 CFR 11.10(d) and (g))."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from mes.console.pages import page
from mes.console.trail import Echo
from mes.core.models import User
from mes.core.sheets import harmless


@page("core.view_user")
def access_rights(request: HttpRequest) -> HttpResponse:
    """Every account as one line of a table: whose it is, whether it is active or locked, its roles and single permissions."""
    writer = csv.writer(Echo())
    answer = StreamingHttpResponse(
        (writer.writerow([harmless(cell) for cell in row]) for row in _rows()),
        content_type="text/csv; charset=utf-8",
    )
    answer["Content-Disposition"] = 'attachment; filename="access-rights.csv"'
    return answer  # type: ignore[return-value]  # a response all the same


def _rows() -> Iterator[list[str]]:
    yield [
        "user name",
        "person",
        "kind",
        "active",
        "locked since (UTC)",
        "given on (UTC)",
        "last signed in (UTC)",
        "roles",
        "single permissions",
        "superuser",
    ]
    people = User.objects.select_related("lock").prefetch_related("groups", "user_permissions__content_type")
    for user in people.order_by("username"):
        lock = getattr(user, "lock", None)
        single = sorted(
            f"{each.content_type.app_label}.{each.codename}" for each in user.user_permissions.all()
        )
        yield [
            user.username,
            str(user),
            "machine" if user.is_machine else "person",
            "yes" if user.is_active else "no",
            f"{lock.locked_at:%Y-%m-%d %H:%M}" if lock and lock.locked_at else "",
            f"{user.date_joined:%Y-%m-%d %H:%M}",
            f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "",
            ", ".join(sorted(group.name for group in user.groups.all())),
            ", ".join(single),
            "yes" if user.is_superuser else "no",
        ]
