"""Amending what a confirmed order asks beyond the drawing: proposed, approved, handed down anew to what is being made.

Until an amendment is approved the order stands as it was. Approval locks the order first, so that nothing ships in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from inventory.models import Lot, Reservation
from inventory.renumbering import roots_of
from inventory.services import is_being_made, on_hand, release_reservation
from mes.core import signing
from mes.core.facts import record
from mes.core.firsts import who_and_when
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from orders.evidence import lots_so_far, matrix
from orders.facts import AmendmentDropped, OrderAmended
from orders.handdown import specifications_for
from orders.models import Amendment, CustomOrder, OrderLine, Peg, Requirement
from orders.services.entry import RequirementAsked, lock_order, require_clear
from production import services as production
from production.models import Batch, ProductionOrder
from quality import services as quality
from quality.models import Nonconformance


class NotAmendable(DomainError):
    code = "orders.not_amendable"
    title = "The order cannot be amended"


class AmendmentClosed(DomainError):
    code = "orders.amendment_closed"
    title = "The amendment is decided"


class NothingAmended(DomainError):
    code = "orders.nothing_amended"
    title = "The amendment changes nothing"


@dataclass(frozen=True)
class Change:
    """One change: `asked` alone adds to `line`; with `requirement` it takes its place; `requirement` alone ends it."""

    line: OrderLine | None = None
    requirement: Requirement | None = None
    asked: RequirementAsked | None = None


@transaction.atomic
def propose_amendment(
    order: CustomOrder,
    reason: str,
    *,
    changes: Sequence[Change] = (),
    customer_reference: str = "",
    by: User,
    at: datetime,
) -> Amendment:
    """Begin an amendment of what a confirmed order asks; more changes can be added until it is decided.

    :param reason: why, for whoever reads the order's history.
    :raises InvalidInput: without a reason.
    :raises NotAmendable: unless the order is confirmed, and while another amendment of it is open.
    :raises UnclearRequirement: when a requirement does not say what it asks.
    """
    require_said(reason, "Say why the order is amended")
    if lock_order(order).status != CustomOrder.Status.CONFIRMED:
        draft = order.status == CustomOrder.Status.DRAFT
        raise NotAmendable(
            f"Order {order} is {order.get_status_display().lower()}.",
            remedy="Change its requirements as they are." if draft else "Enter what is new as another order.",
        )
    if waiting := order.amendments.filter(status=Amendment.Status.PROPOSED).first():
        raise NotAmendable(f"{waiting} is not decided yet.", remedy="Add to that one, approve it or drop it.")
    last = order.amendments.aggregate(last=Max("number"))["last"] or 0
    amendment = Amendment.objects.create(
        order=order,
        number=last + 1,
        reason=reason.strip(),
        customer_reference=customer_reference.strip(),
        proposed_by=by,
        proposed_at=at,
    )
    for change in changes:
        if change.asked is None and change.requirement is not None:
            end_requirement(amendment, change.requirement, by=by, at=at)
        elif change.asked is not None:
            restate_requirement(
                amendment,
                line=change.line,
                requirement=change.requirement,
                **_fields(change.asked),
                by=by,
                at=at,
            )
    return amendment


@transaction.atomic
def restate_requirement(
    amendment: Amendment,
    *,
    line: OrderLine | None = None,
    requirement: Requirement | None = None,
    by: User,
    at: datetime,
    **asked: Any,
) -> Requirement:
    """Ask something new of a line, or something else in the place of a requirement.

    :param asked: the fields of `RequirementAsked`.
    :raises AmendmentClosed: once it is decided.
    :raises InvalidInput: for a line or requirement of another order, or one that is not asked any more.
    :raises UnclearRequirement: when it does not say what it asks.
    """
    _require_open(amendment)
    if requirement is not None:
        _require_own(amendment, requirement)
        line = requirement.line
    if line is None or line.order_id != amendment.order_id:
        raise InvalidInput.at_field("line", f"Choose a line of {amendment.order}.")
    values = RequirementAsked(**asked)._asdict()
    stated = Requirement(
        line=line, **values | {"text": values["text"].strip()}, stated_in=amendment, replaces=requirement
    )
    require_clear(stated)
    stated.save()
    if requirement is not None:
        requirement.ended_in = amendment
        requirement.save(update_fields=["ended_in"])
    return stated


@transaction.atomic
def end_requirement(amendment: Amendment, requirement: Requirement, *, by: User, at: datetime) -> Requirement:
    """Ask a requirement no more, from the approval of the amendment on.

    :raises AmendmentClosed: once it is decided.
    :raises InvalidInput: for a requirement of another order, or one that is not asked any more.
    """
    _require_open(amendment)
    _require_own(amendment, requirement)
    requirement.ended_in = amendment
    requirement.save(update_fields=["ended_in"])
    return requirement


@transaction.atomic
def approve_amendment(
    amendment: Amendment, *, credentials: signing.Credentials | None = None, by: User, at: datetime
) -> Amendment:
    """Put an amendment in force, by signature where the rules demand it: what is asked now is handed down to everything of the order that is still being made.

    What was made already and does not meet it, and results in open inspections beyond the new limits, become nonconformances: the lot is held
    until somebody decides. Nothing changes when it cannot be handed down.

    :raises AmendmentClosed: when it is decided already.
    :raises NothingAmended: when it states and ends nothing.
    :raises NotAmendable: when the order was shipped or cancelled meanwhile.
    :raises UnknownBinding, ImpossibleLimits, SpecificationOutOfReach: when it cannot be handed down, saying why.
    """
    order = lock_order(amendment.order)
    _require_open(amendment)
    if order.status != CustomOrder.Status.CONFIRMED:
        raise NotAmendable(
            f"Order {order} is {order.get_status_display().lower()}.", remedy="Drop the amendment."
        )
    touched = Q(requirements__stated_in=amendment) | Q(requirements__ended_in=amendment)
    lines = list(order.lines.filter(touched).distinct().select_related("item__site", "order").order_by("pk"))
    if not lines:
        raise NothingAmended(
            f"{amendment} states and ends nothing.", remedy="Add what is asked, or drop the amendment."
        )
    signing.sign_as_demanded(amendment, Meaning.APPROVE, credentials=credentials, by=by, at=at)
    amendment.move_to(Amendment.Status.APPROVED, decided_by=by, decided_at=at)
    for line in lines:
        _hand_down_anew(line, amendment, by=by, at=at)
    found = _flag_what_does_not_meet_it(amendment, lines, by=by, at=at)
    record(
        OrderAmended(
            order=order.pk, amendment=amendment.pk, nonconformances=tuple(each.pk for each in found), by=by.pk
        )
    )
    return amendment


@transaction.atomic
def drop_amendment(amendment: Amendment, *, by: User, at: datetime) -> Amendment:
    """Give an amendment up; the order stands as it was. What was proposed stays readable.

    :raises AmendmentClosed: when it is decided already.
    """
    lock_order(amendment.order)
    _require_open(amendment)
    amendment.ended.update(ended_in=None)
    amendment.move_to(Amendment.Status.DROPPED, decided_by=by, decided_at=at)
    record(AmendmentDropped(order=amendment.order_id, amendment=amendment.pk, by=by.pk))
    return amendment


def _fields(asked: RequirementAsked) -> dict[str, Any]:
    return asked._asdict()


def _require_open(amendment: Amendment) -> None:
    amendment.refresh_from_db(
        fields=["status", "decided_by", "decided_at"],
        from_queryset=Amendment.objects.select_for_update(no_key=True),
    )
    if amendment.status != Amendment.Status.PROPOSED:
        by, at = amendment.decided_by, amendment.decided_at
        first = f" ({who_and_when(by, at)})" if by is not None and at is not None else ""
        raise AmendmentClosed(
            f"{amendment} is {amendment.get_status_display().lower()}{first}.", remedy="Propose another one."
        )


def _require_own(amendment: Amendment, requirement: Requirement) -> None:
    asked = Requirement.objects.proposed_in(amendment).filter(line__order=amendment.order_id)
    if not asked.filter(pk=requirement.pk).exists():
        raise InvalidInput.at_field(
            "requirement", f"“{requirement}” is not asked by {amendment.order} any more, or never was."
        )


def _hand_down_anew(line: OrderLine, amendment: Amendment, *, by: User, at: datetime) -> None:
    """Give every production order of a line, finished ones too, what the line asks now."""
    specifications = specifications_for(line)
    pegs = line.pegs.of_production().standing().values("production_order")
    made_for = ProductionOrder.objects.filter(pk__in=pegs).exclude(status=ProductionOrder.Status.CANCELLED)
    for order in made_for.select_related("item").order_by("pk"):
        beyond = production.respecify_order(order, str(line), specifications, by=by, at=at)
        for lot in {each.inspection.lot_id: each.inspection.lot for each in beyond}.values():
            results = [each for each in beyond if each.inspection.lot_id == lot.pk]
            told = ", ".join(
                f"{each.characteristic} of piece {each.piece}: {each.value:f}" for each in results[:5]
            )
            _report(lot, f"{amendment}: results beyond what is asked now ({told}).", by=by, at=at)


def _flag_what_does_not_meet_it(
    amendment: Amendment, lines: Sequence[OrderLine], *, by: User, at: datetime
) -> list[Nonconformance]:
    """Hold the lots that were made, or are being made, otherwise than what is asked now; give back stock that does not meet it."""
    by_line = lots_so_far([line.pk for line in lines])
    everything = {lot for found in by_line.values() for lot in found}
    lots = Lot.objects.select_related("item__site").in_bulk(everything)
    found = []
    for line, keys in by_line.items():
        made = _made_for(line, keys)
        for key in keys:
            proofs = matrix(amendment.order, lots={line: [key]})
            against = [
                each for each in proofs if each.is_violated and each.requirement.stated_in_id == amendment.pk
            ]
            if not against:
                continue
            told = " ".join(f"“{each.requirement}”: {each.evidence}" for each in against)
            if key not in made:
                _give_back(line, key, by=by, at=at)
            elif lots[key].status != Lot.Status.REJECTED and (on_hand(lots[key]) or is_being_made(lots[key])):
                found.append(_report(lots[key], f"{amendment}: {told}", by=by, at=at))
    return found


def _made_for(line: int, lots: Sequence[int]) -> set[int]:
    """Those of these lots that production made for the line, under whatever number they go now."""
    orders = Peg.objects.of_production().filter(line=line).values("production_order")
    own = set(Batch.objects.filter(order__in=orders, lot__isnull=False).values_list("lot", flat=True))
    return {lot for lot, roots in roots_of(lots).items() if roots & own}


def _give_back(line: int, lot: int, *, by: User, at: datetime) -> None:
    """Stock that was only kept for the line is free again; the line then lacks it."""
    kept = Reservation.objects.open().filter(
        pk__in=Peg.objects.filter(line=line).values("reservation"), lot=lot
    )
    for reservation in kept.order_by("pk"):
        release_reservation(reservation, by=by, at=at)


def _report(lot: Lot, description: str, *, by: User, at: datetime) -> Nonconformance:
    batch = Batch.objects.making().filter(lot=lot).first()
    quantity = on_hand(lot) or (batch.quantity if batch is not None else 1)
    return quality.report_finding(lot, quantity, description, by=by, at=at)  # type: ignore[arg-type]  # 1 is a quantity
