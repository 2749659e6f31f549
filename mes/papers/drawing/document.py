"""What a paper says, as plain data.

A document is a heading with its summary and sections of parts: fields, tables, statements, signatures. Every field and column has a
stable key beside its label, so that a program reads the same content as a person. Values are text, written as they are to be read;
nothing is worked out while drawing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Symbology(StrEnum):
    CODE_128 = "code_128"
    DATA_MATRIX = "data_matrix"
    GS1_128 = "gs1_128"
    GS1_DATA_MATRIX = "gs1_data_matrix"


class Tone(StrEnum):
    """How a row or statement is meant; the words say so too, for colour alone is not read by everybody."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True)
class Symbol:
    """A barcode; of a GS1 symbology its content is an element string: `[01]09506000134352[10]A1`."""

    part: ClassVar[str] = "symbol"
    symbology: Symbology
    content: str
    caption: str = ""


Cell = str | Symbol


@dataclass(frozen=True)
class Field:
    """One labelled value; `box` is its number on a form that numbers them."""

    key: str
    label: str
    value: str
    box: str = ""
    is_wide: bool = False


@dataclass(frozen=True)
class Fields:
    part: ClassVar[str] = "fields"
    key: str
    fields: Sequence[Field]
    heading: str = ""
    columns: int = 3


@dataclass(frozen=True)
class Column:
    """:ivar share: of the width that is left, beside the shares of the others."""

    key: str
    label: str
    share: float = 1
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """:ivar tones: one for each row, where some are marked.
    :ivar empty: what to say where there are no rows.
    """

    part: ClassVar[str] = "table"
    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    heading: str = ""
    empty: str = "None."
    note: str = ""
    tones: Sequence[Tone] = ()

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.columns)]:
            raise ValueError(f"{self.key} has {len(self.columns)} columns, not {len(wrong[0])}.")
        if self.tones and len(self.tones) != len(self.rows):
            raise ValueError(f"{self.key} has {len(self.rows)} rows and {len(self.tones)} tones.")


@dataclass(frozen=True)
class Statement:
    part: ClassVar[str] = "statement"
    key: str
    paragraphs: Sequence[str]
    heading: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Signed:
    """Who signed: printed name, moment, meaning (21 CFR 11.50) and the hash of what was signed; without a name a line to sign by hand."""

    role: str
    name: str = ""
    at: str = ""
    meaning: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Signatures:
    part: ClassVar[str] = "signatures"
    key: str
    signed: Sequence[Signed]
    heading: str = "Signatures"


Part = Fields | Table | Statement | Signatures


@dataclass(frozen=True)
class Section:
    key: str
    parts: Sequence[Part]
    heading: str = ""
    on_new_page: bool = False


@dataclass(frozen=True)
class Issuer:
    """Who answers for the paper."""

    name: str
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """A paper of pages: a head on the first, then sections that flow."""

    layout: ClassVar[str] = "sheet"
    title: str
    issuer: Issuer
    about: str
    summary: Sequence[Field]
    sections: Sequence[Section]
    is_landscape: bool = False


@dataclass(frozen=True)
class Label:
    """One sticker: what a person reads, and the same to scan."""

    title: str
    subtitle: str
    fields: Sequence[Field]
    linear: Symbol | None
    matrix: Symbol
    foot: str = ""


@dataclass(frozen=True)
class Labels:
    """A roll of stickers of one size, in millimetres, one a page."""

    layout: ClassVar[str] = "labels"
    title: str
    issuer: Issuer
    about: str
    width_mm: int
    height_mm: int
    labels: Sequence[Label]


Document = Sheet | Labels


def as_json(value: Any) -> Any:
    """Documents and their parts as dictionaries and lists, each with the word for what it is."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
        return {name: getattr(value, name) for name in ("part", "layout") if hasattr(value, name)} | told
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [as_json(each) for each in value]
    return value


def canonical(content: Any) -> bytes:
    """The one way to write a content down, whatever order its keys came in."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()
