"""Signatures on the console's page of a record."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from mes.core.signing.reading import signatures_of


class ShowsSignatures:
    """Put before a `ConsoleAdmin`: below its form the page shows who signed the record, and which signatures are void."""

    change_form_outer_after_template = "core/signatures.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        record = self.get_object(request, object_id)  # type: ignore[attr-defined]  # mixed into an admin
        signed = {"signatures": signatures_of(record) if record is not None else []}
        shown: HttpResponse = super().change_view(  # type: ignore[misc]  # as above
            request, object_id, form_url, (extra_context or {}) | signed
        )
        return shown
