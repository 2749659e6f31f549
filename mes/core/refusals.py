"""Refusals: anticipated failures, each a typed exception with a stable code, worded for the person who reads it.

A refusal is defined beside the function that raises it. The API turns it into `application/problem+json`, the console
into a message. It says what is wrong and what to do next; bugs are never dressed up as refusals.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from django.db.models import Model


class DomainError(Exception):
    """Base of every refusal.

    :cvar code: stable, dotted identifier, e.g. `inventory.insufficient_stock`; part of the API.
    :cvar status: HTTP status when it reaches the API.
    :cvar title: the same short sentence for every occurrence (RFC 9457 `title`).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"

    def __init__(
        self,
        detail: str,
        *,
        remedy: str = "",
        errors: Mapping[str, Sequence[str]] | None = None,
        see: Sequence[Model] = (),
    ) -> None:
        """:param detail: what is wrong here, with numbers and names.
        :param remedy: what to do next.
        :param errors: sentences by field name, where fields are to blame.
        :param see: records where the remedy is to be had; the console links to their pages.
        """
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.errors = dict(errors or {})
        self.see = tuple(see)

    @classmethod
    def at_field(cls, field: str, sentence: str, *, remedy: str = "") -> Self:
        """The refusal of what one field says, which is told there too."""
        return cls(sentence, remedy=remedy, errors={field: [sentence]})

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}".strip()


class Stale(DomainError):
    """Somebody else changed the row between reading and writing."""

    code = "stale"
    title = "Changed by somebody else"


class InvalidInput(DomainError):
    """A value that no state of the plant could accept."""

    code = "invalid_input"
    status = 422
    title = "Invalid input"


def require_said(
    text: str, sentence: str, *, field: str = "reason", refusal: type[DomainError] = InvalidInput
) -> None:
    """Somebody has to say something here.

    :param sentence: what, as the refusal asks for it, without its full stop: `Say why it is held`.
    :raises refusal: where nothing is said, at its field.
    """
    if not text.strip():
        raise refusal.at_field(field, f"{sentence}.")
