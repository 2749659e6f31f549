"""GS1 keys: check digits, and the addresses under which the world knows an item, a lot, a serial number or a place.

Keys are plain digits (GS1 General Specifications, section 7.9: weights 3 and 1 from the right, check digit last). Addresses are GS1 Digital
Link URIs (`https://id.gs1.org/01/09506000134352/10/ABC`), which EPCIS 2.0 takes wherever it takes an EPC and which, unlike the
older URNs, need no knowledge of how long a company's prefix is.
"""

import re
from urllib.parse import quote
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError

from mes.papers.drawing import gs1

DIGITAL_LINK = "https://id.gs1.org"
GTIN_LENGTHS = (8, 12, 13, 14)
GLN_LENGTH = 13
# The characters of GS1's set 82, which batch and serial numbers are made of, at most twenty of them.
_BATCH_OR_SERIAL = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
_OURS = UUID("6b9d3f0e-52a7-4d0c-9a55-3c1f0b7a9e41")


def check_digit(digits: str) -> int:
    """The digit that completes a key of `digits`, which has none yet."""
    return int(gs1.check_digit(digits))


def is_sound(key: str) -> bool:
    """Whether a key consists of digits of which the last is right."""
    return key.isascii() and key.isdigit() and len(key) > 1 and check_digit(key[:-1]) == int(key[-1])


def validate_gtin(gtin: str) -> None:
    """:raises ValidationError: unless it is a GTIN-8, -12, -13 or -14."""
    if len(gtin) not in GTIN_LENGTHS or not gtin.isascii() or not gtin.isdigit():
        raise ValidationError("A GTIN has 8, 12, 13 or 14 digits.", code="gtin")
    _validate_check_digit(gtin, "GTIN")


def validate_gln(gln: str) -> None:
    """:raises ValidationError: unless it is a global location number."""
    if len(gln) != GLN_LENGTH or not gln.isascii() or not gln.isdigit():
        raise ValidationError("A GLN has 13 digits.", code="gln")
    _validate_check_digit(gln, "GLN")


def item_uri(gtin: str) -> str:
    """A GTIN as a GS1 Digital Link."""
    return f"{DIGITAL_LINK}/01/{gtin.zfill(14)}"


def lot_uri(gtin: str, number: str) -> str | None:
    """A quantity of a lot; None for a number that GS1 does not let be a batch number."""
    return f"{item_uri(gtin)}/10/{quote(number, safe='')}" if _BATCH_OR_SERIAL.fullmatch(number) else None


def serial_uri(gtin: str, number: str) -> str | None:
    """One piece; None for a number that GS1 does not let be a serial number."""
    return f"{item_uri(gtin)}/21/{quote(number, safe='')}" if _BATCH_OR_SERIAL.fullmatch(number) else None


def place_uri(gln: str) -> str:
    return f"{DIGITAL_LINK}/414/{gln}"


def party_uri(gln: str) -> str:
    return f"{DIGITAL_LINK}/417/{gln}"


def private_uri(kind: str, *names: object) -> str:
    """Of something without a GS1 key: readable, and the same whenever it is asked for."""
    return ":".join(["urn:mes", kind, *(quote(str(name), safe="") for name in names)])


def stable_uuid(*names: object) -> str:
    """A `urn:uuid:` that is the same whenever it is asked for the same thing."""
    return f"urn:uuid:{uuid5(_OURS, '|'.join(str(name) for name in names))}"


def _validate_check_digit(key: str, name: str) -> None:
    if not is_sound(key):
        right = check_digit(key[:-1])
        raise ValidationError(
            f"The last digit of this {name} should be {right}; a digit is wrong or two are swapped.",
            code="check_digit",
        )
