"""GS1 element strings: what a scanner is told, after the GS1 General Specifications.

An element is an application identifier (AI) and its value. Values of a fixed length come first, so that as few separators as can be
are needed. Only what a plant prints on a part or a pack is known here.
"""

import re
from collections.abc import Mapping
from datetime import date

GTIN, CONTENT, SSCC, LOT, SERIAL, EXPIRY, COUNT = "01", "02", "00", "10", "21", "17", "37"
_ORDER = (SSCC, GTIN, CONTENT, EXPIRY, COUNT, LOT, SERIAL)
_GTIN_LENGTHS = (8, 12, 13, 14)
# Character set 82 (GS1 General Specifications, figure 7.11-1), which batch and serial numbers are made of.
_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")


class NotGs1(ValueError):
    """What was given cannot be said in GS1's terms; the sentence says why."""


def check_digit(digits: str) -> str:
    """The digit that follows `digits` in a GTIN, SSCC or GLN: weights 3 and 1 from the right, to the next ten (section 7.9)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin_14(number: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits, filled up to 14.

    :raises NotGs1: for anything else, or a wrong check digit.
    """
    if not (number.isascii() and number.isdigit() and len(number) in _GTIN_LENGTHS):
        raise NotGs1(f"{number or 'Nothing'} is no GTIN: it takes 8, 12, 13 or 14 digits.")
    if number[-1] != (right := check_digit(number[:-1])):
        raise NotGs1(f"The check digit of GTIN {number} is {number[-1]}; it should be {right}.")
    return number.zfill(14)


def sscc(company_prefix: str, serial: int, extension: str = "0") -> str:
    """A serial shipping container code: 18 digits from a GS1 company prefix and a number of our own.

    :raises NotGs1: for a prefix that is not 4 to 12 digits, or a number that does not fit.
    """
    if not (company_prefix.isascii() and company_prefix.isdigit() and 4 <= len(company_prefix) <= 12):
        raise NotGs1(f"{company_prefix or 'Nothing'} is no GS1 company prefix: it takes 4 to 12 digits.")
    room = 16 - len(company_prefix)
    if len(str(serial)) > room:
        raise NotGs1(f"The serial reference {serial} has no room behind the prefix {company_prefix}.")
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return body + check_digit(body)


def day(expires_on: date) -> str:
    """A date as AI 17 writes it: YYMMDD."""
    return f"{expires_on:%y%m%d}"


def element_string(elements: Mapping[str, str]) -> str:
    """Elements in square brackets, which no value may contain: `[01]09506000134352[17]270301[10]A1`. Empty ones are left out.

    :raises NotGs1: for a value that its AI does not allow.
    """
    for ai, value in elements.items():
        if ai not in _ORDER:
            raise NotGs1(f"AI {ai} is not known here.")
        if ai in {LOT, SERIAL} and value and not _SET_82.fullmatch(value):
            raise NotGs1(f"{value} does not fit AI {ai}: up to 20 letters, digits and common signs.")
        if ai == COUNT and value and not (value.isdigit() and len(value) <= 8):
            raise NotGs1(f"A count is 1 to 8 digits, not {value}.")
    return "".join(f"[{ai}]{elements[ai]}" for ai in _ORDER if elements.get(ai))


def readable(elements: str) -> str:
    """An element string as it is printed for people, in round brackets (section 4.14)."""
    return elements.replace("[", "(").replace("]", ")")
