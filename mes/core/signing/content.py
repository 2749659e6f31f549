"""What of a record is signed, and its hash."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import Model

Content = dict[str, Any]
M = TypeVar("M", bound=Model)
Reader = Callable[[Collection[int]], Mapping[int, Content]]


@dataclass(kw_only=True)
class Signable(Generic[M]):
    """One kind of record that can be signed, and what its app tells about it."""

    model: type[M]
    title: str
    contents: Reader
    _regulated: Callable[[Collection[int]], Collection[int]] | None = None
    _authors: Callable[[int], Collection[int]] | None = None
    _exceptions: Callable[[int], Sequence[str]] | None = None

    @property
    def kind(self) -> str:
        return str(self.model._meta.label_lower)

    def __call__(self, keys: Collection[int]) -> dict[int, Content]:
        """Plain JSON content of each record that exists."""
        return {key: plain(content) for key, content in self.contents(keys).items()} if keys else {}

    def regulated(self, reader: Callable[[Collection[int]], Collection[int]]) -> None:
        """Tell which of these keys rules for regulated items bind."""
        self._regulated = reader

    def authors(self, reader: Callable[[int], Collection[int]]) -> None:
        """Tell which users wrote a record."""
        self._authors = reader

    def exceptions(self, reader: Callable[[int], Sequence[str]]) -> None:
        """Tell in a sentence each what a reviewer of the record has to look at."""
        self._exceptions = reader

    @property
    def tells_regulated(self) -> bool:
        return self._regulated is not None

    def regulated_of(self, keys: Collection[int]) -> set[int]:
        return set(self._regulated(keys)) if self._regulated else set()

    def authors_of(self, key: int) -> set[int]:
        return set(self._authors(key)) if self._authors else set()

    def exceptions_of(self, key: int) -> list[str]:
        return list(self._exceptions(key)) if self._exceptions else []


_signables: dict[str, Signable[Any]] = {}


def signable(model: type[M], *, title: str) -> Callable[[Reader], Signable[M]]:
    """Let records of `model` be signed; the decorated function tells the content of many by their keys."""

    def register(contents: Reader) -> Signable[M]:
        found = Signable(model=model, title=title, contents=contents)
        _signables[found.kind] = found
        return found

    return register


def kind_of(record: Model) -> str:
    """What sort of record it is, as signatures know it: `app.model`."""
    return str(record._meta.label_lower)


def signable_of(kind: str) -> Signable[Any]:
    """:raises LookupError: when records of this kind cannot be signed; the app has to say what of them is."""
    try:
        return _signables[kind]
    except KeyError:
        raise LookupError(f"Nothing tells which content of {kind} is signed; see mes.core.signing.") from None


def known(kind: str) -> Signable[Any] | None:
    """What of such records is signed; None where they cannot be."""
    return _signables.get(kind)


def titles() -> list[tuple[str, str]]:
    """Every kind of record that can be signed, with what people call it."""
    return sorted(((kind, each.title) for kind, each in _signables.items()), key=lambda pair: pair[1])


def plain(value: Any) -> Any:
    """A value as JSON knows it. One quantity is written in one way: 1.50 and 1.5 are the same number, 9:00+01:00 is 8:00Z."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value)


def told_fields(row: Model, *, without: Collection[str] = ()) -> Content:
    """Every field of a row but these and its key, by name; what it refers to by what it is called.

    Complete by construction: a field that is added to the table later is signed from then on.
    """
    return {
        field.name: str(value) if isinstance(value := getattr(row, field.name), Model) else value
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in without
    }


def as_signed(signed: Any, present: Any) -> Any:
    """What is there now of what was signed: fields that the signed content did not know yet are left out."""
    if isinstance(signed, Mapping) and isinstance(present, Mapping):
        return {name: as_signed(signed[name], present[name]) for name in signed if name in present}
    if isinstance(signed, list) and isinstance(present, list) and len(signed) == len(present):
        return [as_signed(one, other) for one, other in zip(signed, present, strict=True)]
    return present


def canonical(content: Any) -> str:
    """The one way to write this content: names sorted, nothing between, as in RFC 8785 for what `plain` yields."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(content: Content) -> str:
    """SHA-256 of the content as it is always written, in hex."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
