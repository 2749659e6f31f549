"""Lots: what stock consists of. A serial number is a lot of one."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from inventory.models.counting import Counted, counted_in_a_unit_that_stays
from inventory.models.items import Item, Site, Supplier
from inventory.models.totals import total_over
from mes.core.history import ChangedByTheThousand
from mes.core.states import Stateful

ZONE = "item__site__time_zone"
"""Where the time zone of a lot's plant is found."""


class LotQuerySet(models.QuerySet["Lot"]):
    def usable(self, on: date | models.Func) -> Self:
        """Lots that may be issued or shipped on that day: released and not expired.

        :param on: a day, or an expression of the lots; `day_at(now, ZONE)` is today where each lot's plant is.
        """
        return self.filter(status=Lot.Status.RELEASED).filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=on)
        )

    def carrying(self, attributes: Mapping[str, str]) -> Self:
        """Lots that carry each of these attributes; an empty value asks only that there is one."""
        lots = self
        for name, value in attributes.items():
            lots = (
                lots.filter(attributes__contains={name: value})
                if value
                else lots.filter(attributes__has_key=name)
            )
        return lots

    def in_stock(self, site: Site | None = None) -> Self:
        """Lots of which something is in a real location, at `site` if one is given."""
        balances = apps.get_model("inventory", "Balance").objects.on_hand()
        if site is not None:
            balances = balances.filter(location__site=site)
        return self.filter(Exists(balances.filter(lot=OuterRef("pk"))))

    def first_expired_first(self) -> Self:
        return self.order_by(models.F("expires_on").asc(nulls_last=True), "made_at", "pk")

    def with_on_hand(self) -> Self:
        """Adds `on_hand`, the quantity in real locations, and `reserved`, what is claimed of it, in the item's unit."""
        balances = apps.get_model("inventory", "Balance").objects.on_hand().filter(lot=OuterRef("pk"))
        claims = apps.get_model("inventory", "Reservation").objects.open().filter(lot=OuterRef("pk"))
        return self.annotate(on_hand=total_over(balances, "lot"), reserved=total_over(claims, "lot"))


# A recall holds ten thousand lots in one statement. Their keys never change: the moves of a lot see to that.
@pghistory.track(pghistory.InsertEvent(), ChangedByTheThousand(), pghistory.DeleteEvent())
class Lot(Stateful):
    """A quantity of one item with one origin, that is judged, held, used and recalled as one.

    The lot of a running batch is `in_process`: it has a number and an origin before it has a quantity.
    """

    class Status(models.TextChoices):
        IN_PROCESS = "in_process", "In process"
        QUARANTINE = "quarantine", "Quarantine"
        RELEASED = "released", "Released"
        HELD = "held", "Held"
        REJECTED = "rejected", "Rejected"

    TRANSITIONS: ClassVar = {
        Status.IN_PROCESS: {Status.QUARANTINE, Status.RELEASED, Status.HELD, Status.REJECTED},
        Status.QUARANTINE: {Status.RELEASED, Status.HELD, Status.REJECTED},
        Status.RELEASED: {Status.HELD, Status.QUARANTINE},
        Status.HELD: {Status.IN_PROCESS, Status.QUARANTINE, Status.RELEASED, Status.REJECTED},
        Status.REJECTED: {Status.HELD},
    }
    COUNTED: ClassVar = Counted("lots")

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=60)
    status = models.CharField("disposition", max_length=10, choices=Status, default=Status.QUARANTINE)
    hold_reason = models.CharField(max_length=300, blank=True)
    attributes = models.JSONField(default=dict, blank=True, help_text="Heat, certificate, melt source, …")
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="lots"
    )
    supplier_lot = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField(help_text="Made or received")
    expires_on = models.DateField(null=True, blank=True)
    is_serial = models.BooleanField(
        default=False, editable=False, help_text="A serial number: one piece, never more"
    )
    is_recalled = models.BooleanField(
        default=False, editable=False, help_text="An open recall holds it: nobody else can let it go"
    )
    traceability_code = models.CharField(
        max_length=60,
        blank=True,
        editable=False,
        help_text="Code it is known by to others where that is not its own number, such as that of the lot it was split from",
    )

    objects: ClassVar = LotQuerySet.as_manager()

    class Meta(Stateful.Meta):
        permissions = [("judge_lot", "Can release, hold, quarantine and reject lots")]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_lot_per_item_and_number"),
            models.CheckConstraint(
                condition=Q(is_recalled=False) | Q(status__in=["held", "rejected"]),
                name="a_recalled_lot_is_held_or_rejected",
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="lot_by_number"),
            models.Index(fields=["supplier_lot"], name="lot_by_supplier_lot", condition=~Q(supplier_lot="")),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            counted_in_a_unit_that_stays(),  # type: ignore[list-item]  # all are triggers
            # Looked at when the transaction ends: a lot is written before the move that brings it. The lot of a batch
            # waits for its output; it has nothing until then.
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="comes_from_somewhere",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.status <> 'in_process'
                    AND EXISTS (SELECT FROM inventory_lot WHERE id = NEW.id)
                    AND NOT EXISTS (SELECT FROM inventory_move WHERE lot_id = NEW.id) THEN
                        RAISE EXCEPTION 'lot % of item % was neither received nor made', NEW.number, NEW.item_id;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def code(self) -> str:
        """The traceability lot code (21 CFR 1.1320): the supplier's as long as it is the supplier's lot, else the one given here."""
        return self.traceability_code or self.supplier_lot or self.number

    @property
    def code_source(self) -> Supplier | Site:
        """Who gave the traceability lot code: the supplier whose code it is, else our own site."""
        return self.supplier if self.supplier and self.supplier_lot == self.code else self.item.site

    def unusable_because(self, on: date) -> tuple[str, str] | None:
        """Why the lot may not be issued or shipped on that day, and what to do about it; None when it may."""
        if self.status == self.Status.RELEASED:
            if self.expires_on is None or self.expires_on >= on:
                return None
            return (
                f"Lot {self} expired on {self.expires_on}.",
                "Take another lot; scrap this one or have it re-tested.",
            )
        if self.is_recalled:
            return (
                f"Lot {self} is recalled ({self.hold_reason}).",
                "Take another lot; the recall decides about this one.",
            )
        reason = f" ({self.hold_reason})" if self.status == self.Status.HELD and self.hold_reason else ""
        standing = (
            "in quarantine" if self.status == self.Status.QUARANTINE else self.get_status_display().lower()
        )
        return f"Lot {self} is {standing}{reason}.", _UNTIL_USABLE[self.Status(self.status)]


_UNTIL_USABLE = {
    Lot.Status.IN_PROCESS: "Finish and inspect its batch first.",
    Lot.Status.QUARANTINE: "Take another lot, or have this one released: its page says what it waits for.",
    Lot.Status.HELD: "Decide its nonconformance or release it first, or take another lot.",
    Lot.Status.REJECTED: "Take another lot; scrap this one or return it.",
}
