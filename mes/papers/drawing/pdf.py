"""A content as PDF: PDF/A-2a for the archive and PDF/UA-1 for every reader, set by Typst; the same bytes for the same content."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from mes.papers.drawing import symbols

HERE = Path(__file__).parent
ARCHIVE: list[Any] = ["a-2a", "ua-1"]
STAMPED: list[Any] = [
    "a-2b"
]  # a stamp lies over the page and belongs to no paragraph, which tagging does not allow
_TEMPLATES = {"sheet": (HERE / "sheet.typ").read_bytes(), "labels": (HERE / "labels.typ").read_bytes()}
_OURS = {
    "IBM Plex Sans",
    "DejaVu Sans Mono",
    "Libertinus Serif",
    "New Computer Modern",
    "New Computer Modern Math",
}


class NotPrintable(ValueError):
    """A character has no shape in any font at hand."""


def draw(
    content: Mapping[str, Any], *, issued_at: datetime, stamp: str = "", font_folder: Path | None = None
) -> bytes:
    """The content of an issued paper, its document as `document.as_json` writes it, as PDF.

    :param stamp: written across every page.
    :param font_folder: with fonts for scripts beyond Latin, Greek and Cyrillic.
    :raises NotPrintable: naming the characters that no font has.
    :raises NotEncodable: for a barcode that its symbology cannot hold.
    """
    fonts, families = _fonts(font_folder)
    drawn = {
        f"{each['symbology']} {each['content']}": symbols.svg(each["symbology"], each["content"])
        for each in [*symbols_in(content["document"]), mark_of(content)]
    }
    try:
        return typst.compile(
            _TEMPLATES[content["document"]["layout"]],
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={
                "paper": json.dumps({**content, "symbols": drawn}, ensure_ascii=False),
                "stamp": stamp,
                "fonts": "|".join(families),
            },
            pdf_standards=STAMPED if stamp else ARCHIVE,
            timestamp=issued_at.replace(microsecond=0),
        )
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        raise NotPrintable(error.message.partition(": ")[2] or error.message) from error


def mark_of(content: Mapping[str, Any]) -> dict[str, str]:
    """The symbol in the head of a paper: its number and revision."""
    return {"symbology": "data_matrix", "content": f"{content['number']}/{content['revision']}"}


def symbols_in(document: Any) -> Iterator[Mapping[str, str]]:
    """Every symbol, wherever it stands."""
    if isinstance(document, Mapping):
        if document.get("part") == "symbol":
            yield document
        else:
            for each in document.values():
                yield from symbols_in(each)
    elif isinstance(document, list):
        for each in document:
            yield from symbols_in(each)


@lru_cache(maxsize=4)
def _fonts(folder: Path | None) -> tuple[Any, Sequence[str]]:
    """Our fonts, then the plant's own, whose families stand in where ours lack a character."""
    paths = [HERE / "fonts", *([folder] if folder is not None else [])]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(path) for path in paths]
    )
    return fonts, sorted(set(fonts.families()) - _OURS)
