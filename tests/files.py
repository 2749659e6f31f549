"""Files as they should not be."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile


def cut_in(workbook: bytes, part: str) -> bytes:
    """A workbook of which one part ends in its middle, within a tag; the ZIP around it is whole."""
    written = BytesIO()
    with ZipFile(BytesIO(workbook)) as packed, ZipFile(written, "w", ZIP_DEFLATED) as again:
        for name in packed.namelist():
            body = packed.read(name)
            again.writestr(name, body[: body.rindex(b"</")] + b"</" if name == part else body)
    return written.getvalue()
