"""Which machines may do an operation, and how long it takes there."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from math import ceil

from inventory.quantities import plain
from production.models import Machine, Operation, Step


def named_machines(steps: Collection[int]) -> dict[int, set[int]]:
    """The machines that steps name, by step; steps that name none are left out. One query."""
    named: dict[int, set[int]] = {}
    rows = Step.machines.through._default_manager.filter(step__any_of=steps)
    for step, machine in rows.values_list("step", "machine"):
        named.setdefault(step, set()).add(machine)
    return named


def eligible_machines(
    step: Step, quantity: Decimal, machines: Iterable[Machine], *, named: Collection[int] | None = None
) -> list[Machine]:
    """Of a work center's machines, the active ones that the step names (all, if it names none) and that hold the batch.

    :param named: the machines that it names, where they are known already; otherwise its `machines` are looked at.
    """
    if named is None:
        named = {machine.pk for machine in step.machines.all()}
    return [
        machine
        for machine in machines
        if machine.is_active
        and machine.work_center_id == step.work_center_id
        and (not named or machine.pk in named)
        and (machine.batch_limit is None or machine.batch_limit >= quantity)
    ]


def run_seconds(step: Step, quantity: Decimal, speed: Decimal) -> int:
    """Working seconds without set-up, at a machine of that speed; at least one."""
    return max(ceil((step.fixed_seconds + step.run_seconds * quantity) / speed), 1)


def why_no_machine(operation: Operation, quantity: Decimal, machines: Iterable[Machine]) -> str:
    """A sentence for an operation that no machine may do, and what to do about it.

    :param machines: those of its work center.
    """
    step, unit = operation.step, operation.batch.plan.item.unit
    fitting = eligible_machines(step, Decimal(0), machines)
    if not fitting:
        return f"no active machine of {step.work_center} may do step {step}; put one to work, or revise its process plan"
    largest = max(fitting, key=lambda machine: machine.batch_limit or 0)
    return (
        f"step {step} is for {plain(quantity)} {unit}, more than any machine of {step.work_center} holds "
        f"({largest}: {plain(largest.batch_limit or Decimal(0))} {unit}); cancel it and plan smaller batches"
    )
