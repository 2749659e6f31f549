"""Pages of what is under revision control: only a draft changes, what is in force is revised."""

from typing import Any

from django.http import HttpRequest

from mes.core.states import is_draft


class ChangesAsDraft:
    """Put before a `ConsoleAdmin`, or an inline of one: nothing is changed or deleted once the page's record is no draft."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_change_permission(request, obj))  # type: ignore[misc]  # mixed into an admin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_delete_permission(request, obj))  # type: ignore[misc]  # as above


class RowsOfADraft(ChangesAsDraft):
    """Put before an inline: nothing is added either."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or is_draft(obj)) and bool(super().has_add_permission(request, obj))  # type: ignore[misc]  # as above
