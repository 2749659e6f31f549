"""How many of a lot are inspected, and how strictly lots of one source are judged after those before."""

from decimal import Decimal
from typing import Any, ClassVar, Self

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from inventory.models import Item, Supplier
from mes.core.states import AppendOnly
from quality import sampling


@pghistory.track()
class SamplingScheme(models.Model):
    """How a sample is drawn: a share of the lot, or by a plan of ANSI/ASQ Z1.4 that grows stricter or milder with the source's lots."""

    class Kind(models.TextChoices):
        ALL = "all", "Every piece"
        FIXED = "fixed", "A fixed number"
        PERCENT = "percent", "A percentage"
        SINGLE = "single", "Z1.4 single"
        DOUBLE = "double", "Z1.4 double"
        MULTIPLE = "multiple", "Z1.4 multiple"
        ZERO = "zero", "Zero acceptance (c = 0)"

    class Level(models.TextChoices):
        S1 = "S-1", "S-1"
        S2 = "S-2", "S-2"
        S3 = "S-3", "S-3"
        S4 = "S-4", "S-4"
        I = "I", "I"  # noqa: E741 - the standard's own names
        II = "II", "II"
        III = "III", "III"

    class Counts(models.TextChoices):
        PIECES = "pieces", "Nonconforming pieces"
        DEFECTS = "defects", "Nonconformities (per hundred pieces)"

    class Source(models.TextChoices):
        ITEM = "item", "Item"
        SUPPLIER = "supplier", "Item and supplier"
        LINE = "line", "Item and machine"

    BY_STANDARD: ClassVar = frozenset({Kind.SINGLE, Kind.DOUBLE, Kind.MULTIPLE})
    BY_AQL: ClassVar = BY_STANDARD | {Kind.ZERO}

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.ALL)
    size = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, help_text="Pieces, or per cent"
    )
    accept = models.PositiveIntegerField(
        "acceptance number", default=0, help_text="Nonconforming pieces still accepted"
    )
    aql = models.DecimalField(
        "AQL",
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Of Z1.4: per cent nonconforming, or nonconformities per hundred pieces",
    )
    level = models.CharField("inspection level", max_length=3, choices=Level, default=Level.II)
    counts = models.CharField(max_length=7, choices=Counts, default=Counts.PIECES)
    source = models.CharField(
        max_length=8,
        choices=Source,
        default=Source.SUPPLIER,
        help_text="Whose lots make inspection stricter or milder",
    )
    switches = models.BooleanField(
        default=True, help_text="Tightened after lots not accepted, normal again after accepted ones"
    )
    reduces = models.BooleanField(default=True, help_text="Reduced after ten accepted lots in a row")
    reduction_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Nonconforming in those ten lots' samples at most; empty: no limit"
    )
    skip_qualifies = models.PositiveIntegerField(
        "lots that qualify",
        null=True,
        blank=True,
        help_text="Skip-lot: accepted in a row before lots are skipped",
    )
    skip_every = models.PositiveIntegerField(
        "inspect one of", null=True, blank=True, help_text="Skip-lot: one lot of so many is inspected then"
    )
    stops_early = models.BooleanField(
        default=False,
        help_text="Conclude as soon as the verdict is certain; otherwise the sample is inspected to its end",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["fixed", "percent"]) | Q(size__isnull=False, size__gt=0),
                name="a_sample_smaller_than_the_lot_has_a_size",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["single", "double", "multiple", "zero"])
                | Q(aql__isnull=False, aql__gt=0),
                name="a_plan_of_the_standard_has_an_aql",
            ),
            models.CheckConstraint(
                condition=Q(skip_qualifies__isnull=True, skip_every__isnull=True)
                | Q(
                    skip_qualifies__isnull=False,
                    skip_qualifies__gt=0,
                    skip_every__isnull=False,
                    skip_every__gt=1,
                ),
                name="skipping_lots_says_after_how_many_and_one_of_how_many",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def by_aql(self) -> bool:
        """Whether the AQL sizes the sample."""
        return self.kind in self.BY_AQL

    @property
    def is_switching(self) -> bool:
        """Whether its lots are inspected more or less strictly after those before."""
        return self.switches and self.kind in self.BY_STANDARD

    @property
    def switching_rules(self) -> sampling.SwitchingRules:
        return sampling.SwitchingRules(reduces=self.reduces, limit=self.reduction_limit)

    @property
    def skip_rule(self) -> sampling.SkipRule | None:
        if self.skip_every is None or self.skip_qualifies is None:
            return None
        return sampling.SkipRule(qualify=self.skip_qualifies, every=self.skip_every)

    def clean(self) -> None:
        """:raises ValidationError: naming the field that does not go with the kind."""
        faults: dict[str, str] = {}
        if self.kind in {self.Kind.FIXED, self.Kind.PERCENT} and not self.size:
            faults["size"] = "Say how many pieces, or how many per cent."
        if self.kind == self.Kind.FIXED and self.size and self.size != self.size.to_integral_value():
            faults["size"] = "Pieces come in whole numbers."
        if self.by_aql:
            known = {Decimal(aql) for aql in sampling.AQLS}
            if self.aql is None or Decimal(self.aql) not in known:
                faults["aql"] = f"The standard has these: {', '.join(sampling.AQLS)}."
            elif self.kind == self.Kind.ZERO and self.aql > 10:
                faults["aql"] = "A plan that accepts with none has an AQL of at most 10."
            elif self.aql > 10 and self.counts == self.Counts.PIECES:
                faults["counts"] = "An AQL above 10 counts nonconformities, not pieces."
        if (self.skip_every is None) != (self.skip_qualifies is None):
            faults["skip_every"] = "Skipping lots needs both: after how many, and one of how many."
        elif self.skip_every is not None and (self.skip_every < 2 or not self.skip_qualifies):
            faults["skip_every"] = "One of at least two lots is inspected, after at least one that qualifies."
        if faults:
            raise ValidationError(faults)


class SamplingSourceQuerySet(models.QuerySet["SamplingSource"]):
    def discontinued(self) -> Self:
        return self.filter(is_discontinued=True)


class SamplingSource(models.Model):
    """Where lots come from, as sampling sees it: what is inspected by one plan, of one supplier or from one machine; and how strictly the
    next of its lots is judged. Every change of that is kept (`SeverityChange`).
    """

    plan_code = models.CharField(
        max_length=40, help_text="Every revision of the plan goes on with the same source"
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    line = models.CharField("machine", max_length=60, blank=True)
    severity = models.CharField(
        max_length=9, choices=[(each, each.capitalize()) for each in sampling.SEVERITIES], default="normal"
    )
    since = models.DateTimeField(help_text="Of this severity")
    because = models.CharField(max_length=300, help_text="Why this severity")
    is_discontinued = models.BooleanField(default=False)
    is_steady = models.BooleanField(
        default=True, help_text="Unsteady production is never inspected at reduced severity"
    )
    history: models.JSONField[Any, Any] = models.JSONField(
        default=dict, help_text="What the rules look back on: verdicts since the last change, lots skipped"
    )

    objects: ClassVar = SamplingSourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan_code", "item", "supplier", "line"],
                name="one_sampling_source_per_plan_supplier_and_machine",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        origin = " ".join(
            filter(
                None,
                [f"from {self.supplier}" if self.supplier else "", f"on {self.line}" if self.line else ""],
            )
        )
        return f"{self.item} {origin}".strip() + f" ({self.plan_code})"

    @property
    def switching(self) -> sampling.Switching:
        kept = self.history.get("switching", {})
        return sampling.Switching(
            severity=self.severity,
            recent=tuple(kept.get("recent", ())),
            found=tuple(kept.get("found", ())),
            not_accepted=kept.get("not_accepted", 0),
            is_discontinued=self.is_discontinued,
        )

    @property
    def skipping(self) -> sampling.Skipping:
        return sampling.Skipping(**self.history.get("skipping", {}))


class SeverityChange(AppendOnly):
    """Inspection of a source became stricter or milder, stopped, or was started again."""

    source = models.ForeignKey(SamplingSource, on_delete=models.PROTECT, related_name="changes")
    before = models.CharField(max_length=9)
    now = models.CharField(max_length=9)
    stops = models.BooleanField(
        default=False, help_text="No lot is judged until somebody restarts inspection"
    )
    why = models.CharField(max_length=300)
    inspection = models.ForeignKey(
        "quality.Inspection", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.source}: {self.before} to {self.became}"

    @property
    def became(self) -> str:
        """What inspection is from then on."""
        return "discontinued" if self.stops else self.now
