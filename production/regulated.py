"""Which of production's settings are regulated, beside what is signed."""

from collections.abc import Collection

from django.db.models import QuerySet

from inventory.models import Item
from mes.core.regulated import part_of, regulates
from production.models import (
    Changeover,
    Component,
    Instruction,
    Qualification,
    Step,
    StepInstruction,
    ToolNeed,
)


@regulates(Instruction)
def _instructions(keys: Collection[int]) -> Collection[int]:
    """Documents that a step of a regulated item is worked to."""
    steps = StepInstruction.objects.filter(instruction__in=keys, plan__item__in=Item.objects.under_rules())
    return steps.values_list("instruction", flat=True)


@regulates(Changeover)
def _changeovers(keys: Collection[int]) -> Collection[int]:
    """They say what is cleaned between two products, and whether a second person checks it."""
    rows = Changeover.objects.filter(pk__in=keys, work_center__site__in=_sites())
    return rows.values_list("pk", flat=True)


@regulates(Qualification)
def _qualifications(keys: Collection[int]) -> Collection[int]:
    """They say who may do what."""
    return Qualification.objects.filter(pk__in=keys, operator__site__in=_sites()).values_list("pk", flat=True)


def _sites() -> QuerySet[Item, int]:
    """Where anything is made under the rules."""
    return Item.objects.under_rules().filter(is_active=True).values_list("site", flat=True)


for part in (Step, Component, ToolNeed, StepInstruction):
    part_of(part, "plan")
