"""Records that are regulated change only with a reason (Annex 11 clause 9).

Each app says in its `regulated.py` which rows of its tables are: by a reader of keys, or because they are part of another record. What
can be signed is told of in `signed.py` already.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pghistory
from django.db.models import Model
from django.http import HttpRequest

from mes.core.history import change_reason, stated_reason
from mes.core.models import SignaturePolicy
from mes.core.refusals import InvalidInput
from mes.core.signing.content import kind_of, known

M = TypeVar("M", bound=Model)
Reader = Callable[[Collection[int]], Collection[int]]

_readers: dict[str, Reader] = {}
_wholes: dict[str, str] = {}


class ChangeReasonMissing(InvalidInput):
    code = "core.change_reason_missing"
    title = "Say why this changes"


def regulates(model: type[Model]) -> Callable[[Reader], Reader]:
    """Let the decorated function tell which of these rows are regulated, by their keys."""

    def register(reader: Reader) -> Reader:
        _readers[str(model._meta.label_lower)] = reader
        return reader

    return register


def part_of(model: type[Model], whole: str) -> None:
    """Rows of this table are regulated where the record is that they are part of, by the name of the field that refers to it."""
    _wholes[str(model._meta.label_lower)] = whole


def is_told_of(model: type[Model]) -> bool:
    """Whether somebody has said which rows of this table are regulated."""
    kind = str(model._meta.label_lower)
    told = known(kind)
    return kind in _readers or kind in _wholes or (told is not None and told.tells_regulated)


def is_regulated(record: Model) -> bool:
    """Whether a record is regulated, by what the database says of it or, of a new one that is part of another, of that."""
    kind = kind_of(record)
    if kind in _wholes:
        whole = getattr(record, _wholes[kind], None)
        return whole is not None and is_regulated(whole)
    if record.pk is None or getattr(record, "status", "") == "draft":
        return False  # nobody works to it yet; its approval is what is signed
    key, told = int(record.pk), known(kind)
    if kind in _readers:
        return key in _readers[kind]([key])
    return told is not None and key in told.regulated_of([key])


def require_reason(record: Model, request: HttpRequest) -> None:
    """Before a record is changed by hand.

    :raises ChangeReasonMissing: when it is regulated and the request gives no reason.
    """
    if not change_reason(request) and is_regulated(record):
        raise _missing(
            record, "change_reason", "Give it below the form, or with a request as header X-Change-Reason."
        )


def require_reason_to_add(model: type[Model], values: Mapping[str, Any], request: HttpRequest) -> None:
    """Before a part is added to a record by hand.

    :raises ChangeReasonMissing: when that record is regulated and the request gives no reason.
    """
    whole = values.get(_wholes.get(str(model._meta.label_lower), ""))
    if isinstance(whole, Model):
        require_reason(whole, request)


@contextmanager
def reason_kept(record: Model, reason: str) -> Iterator[None]:
    """While the next version of a record is written: why there is one is kept with every row of it.

    :raises ChangeReasonMissing: when the record is regulated and neither `reason` nor the request says why.
    """
    given = reason.strip()
    if not given and not stated_reason() and is_regulated(record):
        raise _missing(record, "reason", "Say what is going to be different, and why.")
    with pghistory.context(**({"reason": given} if given else {})):
        yield


def _missing(record: Model, field: str, remedy: str) -> ChangeReasonMissing:
    sentence = "Say why this changes"
    return ChangeReasonMissing(
        f"{record} is regulated: it changes only with a reason, which its history keeps.",
        remedy=remedy,
        errors={field: [sentence]},
    )


@regulates(SignaturePolicy)
def _rules(keys: Collection[int]) -> Collection[int]:
    """Who signs what is a rule of the house, whatever it is about."""
    return keys
