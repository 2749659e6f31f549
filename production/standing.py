"""How the gates before an operation stand for somebody, each in words: for the operation's page, for terminals, for whoever answers for one."""

from dataclasses import dataclass
from datetime import datetime

from mes.core.models import User
from production.models import Gate, GateOverride, Machine, Operation
from production.services.start_gates import (
    OVERRIDABLE,
    PERSONAL,
    Shut,
    Start,
    overrides_of,
    shut_gates,
)

OPEN, SHUT, OVERRIDDEN = "open", "shut", "overridden"
MAY_OVERRIDE = "production.override_gate"
NAMES_SHOWN = 5


@dataclass(frozen=True)
class GateStanding:
    """One gate: open, shut, or shut and answered for; with the refusal and what to do."""

    gate: Gate
    state: str
    detail: str = ""
    remedy: str = ""
    override: GateOverride | None = None

    @property
    def label(self) -> str:
        return str(self.gate.label)

    @property
    def may_be_overridden(self) -> bool:
        return self.state == SHUT and self.gate in OVERRIDABLE

    @property
    def is_personal(self) -> bool:
        """Whether it is about the person, so that nobody answers for it for themselves."""
        return self.gate in PERSONAL


def gates_standing(
    operation: Operation, *, person: User, machine: Machine | None = None, at: datetime
) -> list[GateStanding]:
    """Every gate of an operation that waits or is paused, for who would start it now; empty for any other operation.

    Only looks: what stands here may have changed when it is started, which looks again and locks what it saw.

    :param machine: where; by default where the schedule has it.
    """
    if operation.status not in {Operation.Status.WAITING, Operation.Status.PAUSED}:
        return []
    machine = machine or operation.machine
    _, shut = shut_gates(Start(operation, operation.batch, machine, person, at, locked=False))
    overrides = overrides_of(operation)
    by_gate = {each.gate: each for each in shut}
    return [_standing(gate, by_gate.get(gate), overrides) for gate in Gate]


def who_may_answer(*, beside: User) -> list[User]:
    """Some of those who may answer for a gate that is shut, by name; administrators are left out, for it is not their work."""
    holders = User.objects.with_perm(MAY_OVERRIDE, include_superusers=False).exclude(pk=beside.pk)
    return list(holders.order_by("last_name", "username")[:NAMES_SHOWN])


def _standing(gate: Gate, shut: Shut | None, overrides: dict[tuple[str, str], GateOverride]) -> GateStanding:
    if shut is None:
        return GateStanding(gate, OPEN)
    override = overrides.get((gate, shut.subject))
    return GateStanding(
        gate,
        OVERRIDDEN if override else SHUT,
        detail=shut.refusal.detail,
        remedy=shut.refusal.remedy,
        override=override,
    )
