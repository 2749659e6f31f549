"""Master data: sites, items, the places where stock can be, and who supplies it."""

from datetime import date
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone

from inventory.gs1 import validate_gln, validate_gtin
from inventory.models.counting import counted_of, keeps_its_unit_while
from inventory.models.days import day_at
from inventory.models.totals import total_over

UNITS = {
    "C62": "pcs",
    "H87": "pcs",
    "EA": "each",
    "PR": "pairs",
    "SET": "sets",
    "XBX": "boxes",
    "XPK": "packs",
    "GRM": "g",
    "KGM": "kg",
    "TNE": "t",
    "MLT": "ml",
    "LTR": "l",
    "MTQ": "m³",
    "MMT": "mm",
    "MTR": "m",
    "MTK": "m²",
}
"""How people write the commonest UN/ECE Rec 20 and 21 codes; any other code stands for itself."""


def unit_of(code: str) -> str:
    """A unit as people write it: kg for KGM."""
    return UNITS.get(code, code)


@pghistory.track()
class Site(models.Model):
    """A plant of the group; its calendars and screens run in its own time zone."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=50, default="UTC", help_text="IANA name, e.g. Europe/Berlin")
    gln = models.CharField(
        "GLN", max_length=13, blank=True, validators=[validate_gln], help_text="GS1 location number"
    )
    address = models.TextField(blank=True, help_text="As it stands on papers, one line below the other")
    is_regulated = models.BooleanField(
        "regulated",
        default=False,
        help_text="Everything is made here under rules that ask for signatures, such as GMP, and the record of each batch is reviewed "
        "before its release; an item may say otherwise",
    )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """:raises ValidationError: for a time zone that nobody keeps: every page of the plant reckons by it."""
        if self.time_zone not in available_timezones():
            raise ValidationError(
                {"time_zone": f"There is no time zone “{self.time_zone}”: write it as Europe/Berlin."}
            )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@pghistory.track()
class Supplier(models.Model):
    """Who sends bought material."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    is_approved = models.BooleanField(default=True, help_text="On the approved supplier list")
    gln = models.CharField(
        "GLN", max_length=13, blank=True, validators=[validate_gln], help_text="GS1 location number"
    )

    def __str__(self) -> str:
        return self.name


class ItemQuerySet(models.QuerySet["Item"]):
    def made_to_stock(self) -> Self:
        return self.filter(strategy=Item.Strategy.TO_STOCK, is_active=True)

    def made_to_order(self) -> Self:
        return self.filter(strategy=Item.Strategy.TO_ORDER, is_active=True)

    def bought(self) -> Self:
        return self.filter(supply=Item.Supply.BUY)

    def under_rules(self) -> Self:
        """Regulated ones: those that say so, and where an item says nothing all of a regulated site."""
        return self.filter(Q(is_regulated=True) | Q(is_regulated__isnull=True, site__is_regulated=True))

    def called(self, name: str) -> Self:
        """Whose name begins like that, as people read it: `NP-2310 rev B`, or no more of it than `NP-2310 rev`; none for a name without a revision."""
        number, word, revision = f"{name.strip()} ".partition(" rev ")
        if not word:
            return self.none()
        return self.filter(number__iexact=number.strip(), revision__istartswith=revision.strip())

    def with_stock(self, on: date | None = None) -> Self:
        """Adds quantities in the item's unit: `on_hand` in real locations, `usable` of it on that day (by default today at
        the item's plant), `reserved` of that, and `expected` from open purchases.
        """
        balances = apps.get_model("inventory", "Balance").objects.on_hand().filter(lot__item=OuterRef("pk"))
        lots = apps.get_model("inventory", "Lot").objects.usable(
            on or day_at(timezone.now(), "item__site__time_zone")
        )
        claims = apps.get_model("inventory", "Reservation").objects.open().filter(lot__item=OuterRef("pk"))
        receipts = apps.get_model("inventory", "ExpectedReceipt").objects.open().filter(item=OuterRef("pk"))
        owed = F("quantity") - F("received_quantity")
        return self.annotate(
            on_hand=total_over(balances, "lot__item"),
            usable=total_over(balances.filter(lot__in=lots), "lot__item"),
            reserved=total_over(claims, "lot__item"),
            expected=total_over(receipts, "item", owed),
        )


@pghistory.track()
class Item(models.Model):
    """Something that is bought, made, stocked or sold, under one revision of its drawing or formula."""

    class Kind(models.TextChoices):
        FINISHED = "finished", "Finished product"
        INTERMEDIATE = "intermediate", "Intermediate"
        COMPONENT = "component", "Bought component"
        RAW = "raw", "Raw material"
        PACKAGING = "packaging", "Packaging"

    class Strategy(models.TextChoices):
        TO_ORDER = "mto", "Made to order"
        TO_STOCK = "mts", "Made to stock"

    class Supply(models.TextChoices):
        MAKE = "make", "Made here"
        BUY = "buy", "Bought"

    class Tracking(models.TextChoices):
        LOT = "lot", "By lot"
        SERIAL = "serial", "By serial number"

    number = models.CharField(max_length=50)
    revision = models.CharField(max_length=10, blank=True, default="")
    description = models.CharField(max_length=200)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="items")
    uom = models.CharField(
        "unit", max_length=3, default="C62", help_text="UN/ECE Rec 20 code: C62 piece, KGM, LTR, MTR"
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FINISHED)
    strategy = models.CharField(max_length=3, choices=Strategy, default=Strategy.TO_STOCK)
    supply = models.CharField(max_length=4, choices=Supply, default=Supply.MAKE)
    tracking = models.CharField(max_length=6, choices=Tracking, default=Tracking.LOT)
    family = models.CharField(max_length=50, blank=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    storage_volume_m3 = models.DecimalField(
        "storage volume",
        max_digits=12,
        decimal_places=6,
        default=0,
        help_text="Cubic metres that one unit takes",
    )
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    lead_time_days = models.PositiveIntegerField(
        default=7, help_text="Days to buy it, or to make it when unscheduled"
    )
    order_minimum = models.DecimalField(
        max_digits=16, decimal_places=4, default=0, help_text="Smallest lot to make or buy"
    )
    order_multiple = models.DecimalField(
        max_digits=16, decimal_places=4, default=0, help_text="Make or buy in multiples of"
    )
    allergens = models.CharField(max_length=200, blank=True, help_text="Declared allergens, comma-separated")
    gtin = models.CharField(
        "GTIN", max_length=14, blank=True, validators=[validate_gtin], help_text="GS1 item number"
    )
    needs_first_article = models.BooleanField(
        default=False,
        help_text="Its first article is inspected (AS9102), and again after a change or two years without production",
    )
    is_active = models.BooleanField(default=True)
    is_regulated = models.BooleanField(
        "regulated",
        null=True,
        blank=True,
        help_text="Made under rules that ask for signatures, such as GMP or an aerospace contract: plans, releases and dispositions of it "
        "are signed, and its batches reviewed before release, as the signature rules say; where nothing is said here, as its site is",
    )

    objects: ClassVar = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "revision"], name="one_item_per_number_and_revision"),
            models.CheckConstraint(
                condition=Q(storage_volume_m3__gte=0) & Q(unit_cost__gte=0) & Q(unit_price__gte=0),
                name="item_volume_cost_and_price_are_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["family"], name="item_by_family")]
        triggers = [
            keeps_its_unit_while(
                "keeps_the_unit_that_it_is_kept_in",
                "lots or purchases",
                "SELECT item_id FROM inventory_lot WHERE item_id = NEW.id "
                "UNION ALL SELECT item_id FROM inventory_expectedreceipt WHERE item_id = NEW.id",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_its_other_units",
                "other units",
                "SELECT FROM inventory_itemunit WHERE item_id = NEW.id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} rev {self.revision}" if self.revision else self.number

    def clean(self) -> None:
        """:raises ValidationError: for another unit once something is counted in it, whose quantities would mean something else."""
        if stored := Item.objects.filter(pk=self.pk).first():
            self.keep_unit_of(stored)

    def keep_unit_of(self, stored: "Item") -> None:
        """:raises ValidationError: as `clean` does, for what is about to take the place of `stored`."""
        if stored.uom == self.uom:
            return
        for counted in counted_of(stored):
            sentence = f"{self} has {counted.told} in {stored.unit}, whose quantities would mean something else in {self.unit}"
            raise ValidationError({"uom": f"{sentence}. {counted.way}"})

    @property
    def unit(self) -> str:
        """The unit as people write it: kg for KGM."""
        return unit_of(self.uom)

    @property
    def is_under_rules(self) -> bool:
        """Whether it is regulated: by its own word or, where it has none, by that of its site."""
        return self.site.is_regulated if self.is_regulated is None else self.is_regulated


class LocationQuerySet(models.QuerySet["Location"]):
    def real(self) -> Self:
        return self.filter(kind__in=Location.REAL)

    def with_fill(self) -> Self:
        """Adds `filled_m3`, the storage volume of what is there, and `fill`, its share of the capacity (null = not limited)."""
        balances = apps.get_model("inventory", "Balance").objects.on_hand().filter(location=OuterRef("pk"))
        volume = F("quantity") * F("lot__item__storage_volume_m3")
        return self.annotate(filled_m3=total_over(balances, "location", volume)).annotate(
            fill=F("filled_m3") / F("capacity_m3")
        )


class Location(models.Model):
    """A place where stock is (real), or an edge of the plant that stock crosses (boundary).

    Supplier, customer, production, scrap and adjustment are locations too, so that every move has two ends.
    """

    class Kind(models.TextChoices):
        RECEIVING = "receiving", "Receiving"
        QUARANTINE = "quarantine", "Quarantine"
        STORAGE = "storage", "Storage"
        WIP = "wip", "Work in process"
        FINISHED = "finished", "Finished goods"
        SUPPLIER = "supplier", "Supplier"
        CUSTOMER = "customer", "Customer"
        PRODUCTION = "production", "Production"
        SCRAP = "scrap", "Scrap"
        ADJUSTMENT = "adjustment", "Adjustment"

    REAL = (Kind.RECEIVING, Kind.QUARANTINE, Kind.STORAGE, Kind.WIP, Kind.FINISHED)
    BOUNDARY = (Kind.SUPPLIER, Kind.CUSTOMER, Kind.PRODUCTION, Kind.SCRAP, Kind.ADJUSTMENT)

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="locations")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    capacity_m3 = models.DecimalField(
        "capacity",
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Cubic metres; empty = not limited",
    )
    is_real = models.GeneratedField(
        expression=models.Case(
            models.When(kind__in=["supplier", "customer", "production", "scrap", "adjustment"], then=False),
            default=True,
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects: ClassVar = LocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="one_location_per_site_and_code"),
            models.UniqueConstraint(
                fields=["site", "kind"],
                condition=Q(kind__in=["supplier", "customer", "production", "scrap", "adjustment"]),
                name="one_boundary_of_each_kind_per_site",
            ),
            models.CheckConstraint(
                condition=Q(capacity_m3__isnull=True) | Q(capacity_m3__gt=0),
                name="location_capacity_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """:raises ValidationError: when a place that the ledger knows becomes an edge of the plant, or an edge becomes anything else."""
        was = Location.objects.filter(pk=self.pk).values_list("kind", flat=True).first()
        if was is None or was == self.kind or {was, self.kind} <= set(self.REAL):
            return
        if self.moves_in.exists() or self.moves_out.exists():
            before = self.Kind(was).label.lower()
            raise ValidationError(
                {
                    "kind": f"The ledger has moves that knew it as {before}: leave it so, and add another location."
                }
            )
