"""Papers read back: a PDF's text page by page, the barcodes of a page as a scanner sees them."""

from typing import Any

import pypdfium2
import zxingcpp


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page; the places where a long number may break are left out, as a reader does."""
    document = pypdfium2.PdfDocument(pdf)
    return [
        page.get_textpage().get_text_bounded().replace("\u200b", "").replace("\ufffe", "")
        for page in document
    ]


def scanned(pdf: bytes, page: int = 0) -> list[Any]:
    """Every barcode that a scanner finds on a page, as `zxingcpp` tells it."""
    image = pypdfium2.PdfDocument(pdf)[page].render(scale=6, grayscale=True).to_numpy()
    return list(zxingcpp.read_barcodes(image.squeeze().copy()))


def cells_of(content: dict[str, Any], key: str) -> list[list[Any]]:
    """The rows of a table of a paper's content."""
    return list(part_of(content, key)["rows"])


def part_of(content: dict[str, Any], key: str) -> dict[str, Any]:
    parts = [part for section in content["document"]["sections"] for part in section["parts"]]
    return next(part for part in parts if part["key"] == key)


def summary_of(content: dict[str, Any]) -> dict[str, str]:
    return {field["key"]: field["value"] for field in content["document"]["summary"]}
