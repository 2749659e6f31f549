"""Barcodes as drawings, encoded by zxing-cpp."""

import re
from functools import lru_cache

import zxingcpp

from mes.papers.drawing.document import Symbology

_FORMATS = {
    Symbology.CODE_128: zxingcpp.BarcodeFormat.Code128,
    Symbology.GS1_128: zxingcpp.BarcodeFormat.Code128,
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.GS1_DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
}
_GS1 = {Symbology.GS1_128, Symbology.GS1_DATA_MATRIX}
_MATRIX = {Symbology.DATA_MATRIX, Symbology.GS1_DATA_MATRIX}
_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')


class NotEncodable(ValueError):
    """What was given does not fit the symbol."""


@lru_cache(maxsize=4096)
def svg(symbology: str, content: str) -> str:
    """The symbol as SVG with its quiet zone, one unit a module.

    :raises NotEncodable: for a content that the symbology cannot hold.
    """
    kind = Symbology(symbology)
    try:
        barcode = zxingcpp.create_barcode(content, _FORMATS[kind], **_options(kind))
        return str(zxingcpp.write_barcode_to_svg(barcode, add_quiet_zones=True))
    except (ValueError, RuntimeError) as error:
        raise NotEncodable(f"{content} cannot be written as {kind.replace('_', ' ')}: {error}") from error


@lru_cache(maxsize=4096)
def inline_svg(symbology: str, content: str) -> str:
    """The same for a page: without a prologue, and growing with the box that it stands in."""
    drawn = svg(symbology, content)
    body = drawn[drawn.index("<svg") :].replace(' id="barcode"', "")
    ratio = "xMidYMid meet" if Symbology(symbology) in _MATRIX else "none"
    return _SIZE.sub(rf'<svg viewBox="0 0 \1 \2" preserveAspectRatio="{ratio}"', body, count=1)


def _options(kind: Symbology) -> dict[str, bool]:
    return {"gs1": kind in _GS1} | ({"force_square": True} if kind in _MATRIX else {})
