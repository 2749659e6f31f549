"""Builders of a small plant: plain functions, each building only what its caller states and the least it stands on.

Every quantity is in the item's unit. Whatever is not stated is made up and different each time, so that tests built on
one database do not meet each other's rows.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from inventory import services
from inventory.models import Item, Location, Lot, Site, Supplier
from mes.core.models import User

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_numbers = count(1)


def next_name(prefix: str) -> str:
    return f"{prefix}-{next(_numbers)}"


def make_user(username: str = "", **fields: Any) -> User:
    return User.objects.create_user(username=username or next_name("user"), **fields)


def make_site(code: str = "", **fields: Any) -> Site:
    """A site with its five boundaries and one location of each real kind."""
    code = code or next_name("SITE")
    site = Site.objects.create(code=code, name=fields.pop("name", f"Plant {code}"), **fields)
    services.ensure_locations(site)
    return site


def make_location(site: Site, kind: str = Location.Kind.STORAGE, **fields: Any) -> Location:
    code = fields.pop("code", None) or next_name("LOC")
    return Location.objects.create(site=site, code=code, name=fields.pop("name", code), kind=kind, **fields)


def make_supplier(code: str = "", **fields: Any) -> Supplier:
    code = code or next_name("SUP")
    return Supplier.objects.create(code=code, name=fields.pop("name", f"Supplier {code}"), **fields)


def make_item(number: str = "", *, site: Site | None = None, **fields: Any) -> Item:
    """An item in pieces, made to stock, unless `fields` say otherwise."""
    number = number or next_name("ITEM")
    return Item.objects.create(
        number=number,
        description=fields.pop("description", f"Part {number}"),
        site=site or make_site(),
        **fields,
    )


def make_lot(
    item: Item | None = None,
    quantity: Decimal | int = 10,
    *,
    status: str = Lot.Status.RELEASED,
    location: Location | None = None,
    number: str | None = None,
    supplier: Supplier | None = None,
    attributes: dict[str, Any] | None = None,
    expires_on: date | None = None,
    by: User | None = None,
    at: datetime = MONDAY,
) -> Lot:
    """A received lot with `quantity` on hand, released unless said otherwise."""
    return services.receive(
        item or make_item(),
        Decimal(quantity),
        number=number,
        supplier=supplier,
        attributes=attributes,
        expires_on=expires_on,
        status=status,
        location=location,
        by=by or make_user(),
        at=at,
    )
