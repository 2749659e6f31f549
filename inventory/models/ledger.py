"""The ledger of moves.

Every change of stock is one `Move`: a quantity of one lot leaves one location and arrives at another in the same row.
Moves are never changed or deleted; a mistake is reversed by another move. `Balance` is kept by a database trigger on
`Move` and by nothing else; in a real location it never goes below zero, and over all locations, boundaries included,
the balances of a lot add up to zero. A `Transformation` is one act of turning lots into lots: its moves into production
are what it consumed, its moves out of production what it made. Genealogy is those moves, nothing else, and the database keeps it
complete: every move goes between the ends that its kind says, a lot begins by a receipt, an output or a declared opening count, a
serial number stays one piece, and no lot goes into what it was made of.
"""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models.completeness import COMPLETE_GENEALOGY
from inventory.models.items import Location, Site
from inventory.models.lots import Lot
from inventory.quantities import plain
from mes.core.states import AppendOnly


class Transformation(AppendOnly):
    """One act of consuming some lots to produce others."""

    class Kind(models.TextChoices):
        PRODUCTION = "production", "Production"
        SERIALISATION = "serialisation", "Serialisation"
        SPLIT = "split", "Split"
        MERGE = "merge", "Merge"
        REWORK = "rework", "Rework"

    kind = models.CharField(max_length=14, choices=Kind)
    reference = models.CharField(max_length=60, blank=True, help_text="Number of the batch or document")
    lot = models.ForeignKey(
        Lot,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="makings",
        help_text="What it makes, where that is known before it comes out",
    )
    started_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference or self.pk}"


class MoveQuerySet(models.QuerySet["Move"]):
    def standing(self) -> Self:
        """Moves that are not reversed, and no reversals."""
        return self.filter(reverses__isnull=True, reversed_by__isnull=True)


class Move(AppendOnly):
    """A quantity of a lot, from one location to another."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        ISSUE = "issue", "Issue to production"
        OUTPUT = "output", "Output of production"
        TRANSFER = "transfer", "Transfer"
        SHIPMENT = "shipment", "Shipment"
        RETURN = "return", "Return"
        SCRAP = "scrap", "Scrap"
        ADJUSTMENT = "adjustment", "Adjustment"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    source = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="moves_out")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="moves_in")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    transformation = models.ForeignKey(
        Transformation, on_delete=models.PROTECT, null=True, blank=True, related_name="moves"
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    reference = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar = MoveQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        permissions = [
            ("reverse_move", "Can reverse moves"),
            ("adjust_stock", "Can bring the books to what is there"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="move_quantity_is_positive"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="move_has_two_different_ends"),
            models.CheckConstraint(
                condition=~Q(kind__in=["issue", "output"]) | Q(transformation__isnull=False),
                name="what_is_used_or_made_belongs_to_a_transformation",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "at"], name="move_by_lot"),
            models.Index(fields=["transformation", "kind", "lot"], name="move_by_transformation"),
            models.Index(fields=["at"], name="move_by_time"),
            models.Index(
                fields=["lot", "kind", "transformation"],
                name="genealogy_of_lot",
                condition=Q(transformation__isnull=False),
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            *COMPLETE_GENEALOGY,  # type: ignore[list-item]  # both are triggers
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="keeps_balances",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("end_location", "RECORD")],
                # Ends are posted in the order of their ids, so that opposite moves of one lot cannot deadlock. The
                # update comes first, because an insert of a negative row would fail its check before the conflict.
                func="""
                    FOR end_location IN
                        SELECT id, is_real, CASE WHEN id = NEW.source_id THEN -NEW.quantity ELSE NEW.quantity END AS change
                        FROM inventory_location WHERE id IN (NEW.source_id, NEW.destination_id) ORDER BY id
                    LOOP
                        UPDATE inventory_balance SET quantity = quantity + end_location.change
                        WHERE lot_id = NEW.lot_id AND location_id = end_location.id;
                        IF NOT FOUND THEN
                            INSERT INTO inventory_balance (lot_id, location_id, is_real, quantity)
                            VALUES (NEW.lot_id, end_location.id, end_location.is_real, end_location.change)
                            ON CONFLICT (lot_id, location_id)
                            DO UPDATE SET quantity = inventory_balance.quantity + EXCLUDED.quantity;
                        END IF;
                    END LOOP;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} of {self.lot}: {self.source} → {self.destination}"

    @property
    def site(self) -> Site:
        """Where it took place: the site of the end that is in the plant."""
        return self.destination.site if self.destination.is_real else self.source.site


class BalanceQuerySet(models.QuerySet["Balance"]):
    def on_hand(self) -> Self:
        return self.filter(is_real=True, quantity__gt=0)


class Balance(models.Model):
    """How much of a lot is at a location; written by the trigger on `Move` alone."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="balances")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="balances")
    is_real = models.BooleanField(
        help_text="Copied from the location, so that the row can promise for itself"
    )
    quantity = models.DecimalField(max_digits=18, decimal_places=4)

    objects: ClassVar = BalanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "location"], name="one_balance_per_lot_and_location"),
            models.CheckConstraint(
                condition=Q(is_real=False) | Q(quantity__gte=0), name="no_negative_balance_in_a_real_location"
            ),
        ]
        indexes = [
            models.Index(
                fields=["location"], name="balance_in_stock", condition=Q(is_real=True, quantity__gt=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.lot} at {self.location}: {plain(self.quantity)}"
