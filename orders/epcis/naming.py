"""By what name EPCIS calls things: GS1 Digital Link URIs where there is a GTIN or GLN, readable private ones where not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from inventory.gs1 import item_uri, lot_uri, party_uri, place_uri, private_uri, serial_uri
from inventory.models import Item, Location, Lot, Site, Supplier
from orders.models import Customer

Event: TypeAlias = dict[str, Any]
COUNTED = "C62"  # a plain count has no unit in EPCIS


def of_lot(lot: Lot) -> str:
    """The identifier of a serial number, or the class that a quantity of the lot belongs to."""
    gtin = lot.item.gtin
    known = (serial_uri if lot.is_serial else lot_uri)(gtin, lot.number) if gtin else None
    return known or private_uri("serial" if lot.is_serial else "lot", _item(lot.item), lot.number)


def of_item(item: Item) -> str:
    return item_uri(item.gtin) if item.gtin else private_uri("item", _item(item))


def of_place(place: Location) -> str:
    """The address of a place: of its plant by GLN with an extension, else in a name space of our own."""
    own = place_uri(place.site.gln) if place.site.gln else None
    return (
        f"{own}/254/{place.code}"
        if own and _is_plain(place.code)
        else private_uri("location", place.site.code, place.code)
    )


def of_party(party: Site | Supplier | Customer) -> str:
    """Somebody who owns goods: a site of ours, a supplier, a customer."""
    kind = type(party).__name__.lower()
    return party_uri(party.gln) if party.gln else private_uri(kind, party.code)


def moment(at: datetime, site: Site) -> Event:
    """When it was, in UTC, with the offset of the clock on the wall there."""
    offset = at.astimezone(site.zone).strftime("%z")
    return {
        "eventTime": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventTimeZoneOffset": f"{offset[:3]}:{offset[3:5]}",
    }


def what(amounts: list[tuple[Lot, Decimal]], *, side: str = "") -> Event:
    """`epcList` of serial numbers and `quantityList` of the rest; `side` is input or output in a transformation."""
    serials = [of_lot(lot) for lot, _ in amounts if lot.is_serial]
    rest = [_quantity(lot, quantity) for lot, quantity in amounts if not lot.is_serial]
    names = ("epcList", "quantityList") if not side else (f"{side}EPCList", f"{side}QuantityList")
    found: Event = {}
    if serials or not (side or rest):
        found[names[0]] = serials
    if rest:
        found[names[1]] = rest
    return found


def _quantity(lot: Lot, quantity: Decimal) -> Event:
    element: Event = {"epcClass": of_lot(lot), "quantity": float(quantity)}
    return element if lot.item.uom == COUNTED else element | {"uom": lot.item.uom}


def _item(item: Item) -> str:
    return f"{item.number}.{item.revision}" if item.revision else item.number


def _is_plain(code: str) -> bool:
    return code.isascii() and code.isalnum() and len(code) <= 20
