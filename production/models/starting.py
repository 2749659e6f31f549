"""What is asked before work starts: machines cleaned between products, and gates that somebody answered for by signature.

A changeover or a work center demands a cleaning by name. It counts for the machine until something runs on it again, and where a second
person is asked, once that person found it clean. An override opens one gate of one operation for exactly what was wrong with it then:
another person, another version, another machine is shut out as before.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from mes.core.states import AppendOnly
from production.models.execution import Operation
from production.models.resources import Machine


class Gate(models.TextChoices):
    """What must be true before an operation starts or goes on."""

    TURN = "turn", "Its turn"
    QUALIFICATION = "qualification", "Qualification"
    INSTRUCTIONS = "instructions", "Instructions"
    MACHINE = "machine", "Machine"
    TOOLS = "tools", "Tools"
    GAUGES = "gauges", "Gauges"
    CLEANING = "cleaning", "Cleaning"
    MATERIAL = "material", "Material"


class Cleaning(AppendOnly):
    """A machine was cleaned, or its line cleared, after whatever ran on it last."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="cleanings")
    kind = models.CharField(max_length=80, help_text="As the changeover or work center calls it")
    after = models.ForeignKey(
        Operation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What ran on it last",
    )
    note = models.CharField(max_length=300, blank=True, help_text="Agent, swab result, anything found")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(kind=""), name="a_cleaning_says_what_was_done")]
        indexes = [models.Index(fields=["machine", "-at"], name="cleaning_by_machine")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.machine}, {self.at:%Y-%m-%d %H:%M}"


class CleaningCheck(AppendOnly):
    """A second person looked at a cleaning."""

    cleaning = models.OneToOneField(Cleaning, on_delete=models.PROTECT, related_name="check_of_it")
    is_clean = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="nobody_checks_their_own_cleaning",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (SELECT FROM production_cleaning WHERE id = NEW.cleaning_id AND by_id = NEW.by_id) THEN
                        RAISE EXCEPTION 'A cleaning is checked by somebody else.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cleaning}: {'clean' if self.is_clean else 'not clean'}"


class GateOverride(AppendOnly):
    """Somebody with the right answered for one gate that was shut, and why."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="gate_overrides")
    gate = models.CharField(max_length=14, choices=Gate)
    subject = models.CharField(
        max_length=200, help_text="What exactly was wrong: the override is for this alone"
    )
    refusal = models.TextField(help_text="What the gate said")
    reason = models.CharField(max_length=500)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who may start in spite of it",
    )
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        permissions = [("override_gate", "Can answer for a gate that is shut")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_override_gives_its_reason"),
            models.CheckConstraint(
                condition=~Q(gate__in=["turn", "machine", "tools"]),
                name="what_cannot_be_done_is_not_overridden",
            ),
            models.UniqueConstraint(
                fields=["operation", "gate", "subject"], name="one_override_per_operation_gate_and_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_gate_display()} of {self.operation}"
