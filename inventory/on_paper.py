"""How this floor's things are written on papers."""

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from decimal import Decimal

from inventory.models import Item, Lot, Site
from inventory.quantities import plain
from mes.papers.drawing.document import Issuer

PROVENANCE = ("heat", "certificate", "melt_source")


def issuer_of(site: Site) -> Issuer:
    """Who answers for a paper: the site, its address, its GS1 location number."""
    lines = [line.strip() for line in site.address.splitlines() if line.strip()]
    return Issuer(site.name, [*lines, *([f"GLN {site.gln}"] if site.gln else [])])


def amount(quantity: Decimal, item: Item) -> str:
    """`12 pcs`"""
    return f"{plain(quantity)} {item.unit}"


def day(when: date | None) -> str:
    """`2 March 2026`; nothing for no day."""
    return f"{when.day} {when:%B %Y}" if when else ""


def moment(at: datetime | None, zone: tzinfo) -> str:
    """`2 Mar 2026, 10:15` in the plant's zone; nothing for no moment."""
    if at is None:
        return ""
    there = at.astimezone(zone)
    return f"{there.day} {there:%b %Y, %H:%M}"


def provenance(lot: Lot) -> str:
    """What a lot carries of its origin: `heat: H-4711, certificate: 3.1-0815`, those that are asked for most first."""
    known = [name for name in PROVENANCE if lot.attributes.get(name)]
    rest = sorted(name for name, value in lot.attributes.items() if value and name not in PROVENANCE)
    return ", ".join(f"{name.replace('_', ' ')}: {lot.attributes[name]}" for name in [*known, *rest])


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in one line; of many the first and how many more."""
    found = [name for name in dict.fromkeys(names) if name]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
