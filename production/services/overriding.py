"""Answering for a gate that is shut, so that work may start in spite of it."""

from datetime import datetime

from django.db import transaction

from mes.core import signing
from mes.core.facts import record
from mes.core.firsts import when
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, require_said
from production.facts import GateOverridden
from production.models import Gate, GateOverride, Machine, Operation
from production.services.start_gates import OVERRIDABLE, PERSONAL, Start, overrides_of, shut_gates
from production.services.starting import lock_batch


class GateNotOverridable(DomainError):
    code = "production.gate_not_overridable"
    title = "Nobody can answer for this"


class GateOpen(DomainError):
    code = "production.gate_open"
    title = "This gate is open"


class OwnGate(DomainError):
    code = "production.own_gate"
    title = "Somebody else must answer for you"


@transaction.atomic
def override_gate(
    operation: Operation,
    gate: str,
    reason: str,
    *,
    person: User | None = None,
    machine: Machine | None = None,
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> GateOverride:
    """Answer by signature for one gate of an operation that is shut, for exactly what is wrong now and the person who is going to start.

    :param gate: one of qualification, instructions, gauges, cleaning, material.
    :param reason: why it may start in spite of it; kept, shown on the batch and told as a fact.
    :param person: who is going to start; by default whoever calls this.
    :param machine: where; by default where the schedule has it, as for a start.
    :raises InvalidInput: without a reason.
    :raises GateNotOverridable: for the batch's turn, the machine and tools.
    :raises OwnGate: for one's own qualification or reading.
    :raises GateOpen: when nothing is wrong there, or somebody answered for it before.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign` raises; an override is always signed.
    """
    require_said(reason, "Say why it may start in spite of it")
    if gate not in OVERRIDABLE:
        names = ", ".join(each.value for each in OVERRIDABLE)
        raise GateNotOverridable(
            f"“{gate}” cannot be overridden: it says that the work cannot be done at all.",
            remedy=f"These can: {names}.",
            errors={"gate": [f"Choose one of {names}."]},
        )
    person = person or by
    batch = lock_batch(operation)
    _, shut = shut_gates(Start(operation, batch, machine or operation.machine, person, at))
    found = next((each for each in shut if each.gate == gate), None)
    if found is None:
        raise GateOpen(
            f"Nothing is wrong there: {Gate(gate).label.lower()} of {operation} is in order for {person}.",
            remedy="Start it, or choose the person and machine that it is about.",
        )
    if earlier := overrides_of(operation).get((gate, found.subject)):
        raise GateOpen(
            f"{earlier.by} answered for this already: {earlier.reason} ({when(earlier.at)})",
            remedy="Start it.",
        )
    if gate in PERSONAL and person == by:
        raise OwnGate(
            f"{found.refusal.detail} Nobody answers for that of themselves.",
            remedy="Ask somebody else who has the right.",
        )
    override = GateOverride.objects.create(
        operation=operation,
        gate=gate,
        subject=found.subject,
        refusal=found.refusal.detail,
        reason=reason.strip(),
        person=person,
        machine=machine,
        by=by,
        at=at,
    )
    signing.sign(override, Meaning.OVERRIDE, about=operation, credentials=credentials, by=by, at=at)
    record(
        GateOverridden(override=override.pk, operation=operation.pk, gate=gate, person=person.pk, by=by.pk)
    )
    return override
