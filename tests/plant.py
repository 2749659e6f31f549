"""Builders of a small plant: plain functions, each building only what its caller states and the least it stands on.

Every quantity is in the item's unit. Whatever is not stated is made up and different each time, so that tests built on
one database do not meet each other's rows.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission

from inventory import services
from inventory.models import Item, Location, Lot, Site, Supplier
from mes.core.models import User
from quality import services as quality
from quality.models import Characteristic, Gauge, Inspection, InspectionPlan, SamplingScheme, Stage

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


def make_inspection_plan(
    item: Item | None = None,
    stage: str = Stage.FINAL,
    *,
    characteristics: Sequence[dict[str, Any]] = ({"lower_limit": 9, "upper_limit": 11},),
    sampling: SamplingScheme | None = None,
    approved: bool = True,
    **fields: Any,
) -> InspectionPlan:
    """A plan in force, by default with one measured characteristic between 9 and 11 on every piece.

    :param characteristics: fields of each, numbered from 1; one without a limit is judged, not measured.
    """
    code = fields.pop("code", None) or next_name("IP")
    plan = InspectionPlan.objects.create(
        code=code,
        name=fields.pop("name", f"Inspection {code}"),
        item=item or make_item(),
        stage=stage,
        sampling=sampling,
        **fields,
    )
    for number, given in enumerate(characteristics, start=1):
        measured = "lower_limit" in given or "upper_limit" in given
        kind = Characteristic.Kind.VARIABLE if measured else Characteristic.Kind.ATTRIBUTE
        Characteristic.objects.create(
            **{"plan": plan, "number": number, "name": f"Characteristic {number}", "kind": kind} | given
        )
    if approved:
        quality.approve_inspection_plan(plan, by=make_user(), at=MONDAY)
    return plan


def make_sampling(size: int = 1, accept: int = 0, kind: str = SamplingScheme.Kind.FIXED) -> SamplingScheme:
    return SamplingScheme.objects.create(name=next_name("Sample"), kind=kind, size=size, accept=accept)


def make_inspection(
    plan: InspectionPlan | None = None, lot: Lot | None = None, *, lot_quantity: int = 1, **fields: Any
) -> Inspection:
    """An open inspection of a lot in quarantine, or in process where the plan says so."""
    plan = plan or make_inspection_plan()
    in_process = plan.stage == Stage.IN_PROCESS
    status = Lot.Status.IN_PROCESS if in_process else Lot.Status.QUARANTINE
    lot = lot or make_lot(plan.item, lot_quantity, status=status)
    return quality.open_inspection(plan, lot, lot_quantity=Decimal(lot_quantity), at=MONDAY, **fields)


def measure_all(
    inspection: Inspection, value: Decimal | float | str = 10, *, by: User | None = None
) -> Inspection:
    """Enter one value everywhere, and "conforms" where there is nothing to measure, until the inspection concludes."""
    by = by or make_user()
    for piece in range(1, inspection.sample_size + 1):
        for characteristic in inspection.plan.characteristics.order_by("number"):
            attribute = characteristic.kind == Characteristic.Kind.ATTRIBUTE
            result: dict[str, Any] = {"conforms": True} if attribute else {"value": Decimal(str(value))}
            quality.record_measurement(inspection, characteristic, piece=piece, **result, by=by, at=MONDAY)
    inspection.lot.refresh_from_db()
    return inspection


def grant(user: User, *permissions: str) -> User:
    """Give a user permissions by name, such as `inventory.view_lot`."""
    for permission in permissions:
        app, _, codename = permission.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def make_gauge(
    number: str = "",
    *,
    kind: str = "micrometer",
    site: Site | None = None,
    calibrated_at: datetime | None = MONDAY - timedelta(days=30),
    **fields: Any,
) -> Gauge:
    """A gauge in use, calibrated a month ago for a year; `calibrated_at=None` leaves it without any calibration."""
    gauge = Gauge.objects.create(
        number=number or next_name("G-"),
        kind=kind,
        site=site or make_site(),
        interval_days=fields.pop("interval_days", 365),
        **fields,
    )
    if calibrated_at is not None:
        quality.calibrate_gauge(gauge, found_in_tolerance=True, by=make_user(), at=calibrated_at)
    return gauge
