"""Who looks after a nonconformance, what caused it, and what it costs."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction

from inventory.quantities import plain
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from quality.models import CauseCategory, CostEntry, Nonconformance

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 11
LOST = {Nonconformance.Disposition.SCRAP, Nonconformance.Disposition.RETURN}


class NothingToSeeTo(DomainError):
    code = "quality.nothing_to_see_to"
    title = "Nothing is left to see to"


@transaction.atomic
def assign_nonconformance(
    nonconformance: Nonconformance, owner: User, due_date: date, *, by: User, at: datetime
) -> Nonconformance:
    """Say who sees to it and by when.

    :raises InvalidInput: for a day that is past.
    :raises NothingToSeeTo: once it is closed.
    """
    _lock(nonconformance)
    nonconformance.refresh_from_db(fields=["status"])
    if nonconformance.status == Nonconformance.Status.CLOSED:
        raise NothingToSeeTo(
            f"{nonconformance} is closed.", remedy="Report another one of the lot if something is left to do."
        )
    if due_date < at.astimezone(nonconformance.lot.item.site.zone).date():
        raise InvalidInput.at_field("due_date", f"{due_date} is past. Choose a day to come.")
    nonconformance.owner, nonconformance.due_date = owner, due_date
    nonconformance.save(update_fields=["owner", "due_date"])
    return nonconformance


@transaction.atomic
def name_cause(
    nonconformance: Nonconformance, cause: str, cause_category: str, *, by: User, at: datetime
) -> Nonconformance:
    """Say what caused it; causes are counted and costed by category.

    :raises InvalidInput: without words, or for a category that is none.
    """
    if not cause.strip():
        raise InvalidInput.at_field("cause", "Say what caused it.")
    if cause_category not in CauseCategory.values:
        raise InvalidInput.at_field("cause_category", f"Choose one of {', '.join(CauseCategory.values)}.")
    nonconformance.cause, nonconformance.cause_category = cause.strip()[:200], cause_category
    nonconformance.save(update_fields=["cause", "cause_category"])
    return nonconformance


@transaction.atomic
def put_cost(
    nonconformance: Nonconformance, kind: str, amount: Decimal, reason: str, *, by: User, at: datetime
) -> CostEntry:
    """Put a kind of cost otherwise than it was worked out; the earlier entries stay readable.

    :raises InvalidInput: for a negative or impossible amount, a kind that is none, and without a reason.
    """
    if kind not in CostEntry.Kind.values:
        raise InvalidInput.at_field("kind", f"Choose one of {', '.join(CostEntry.Kind.values)}.")
    if not amount.is_finite() or not 0 <= amount < LARGEST:
        raise InvalidInput.at_field("amount", "A cost is zero or more.")
    if not reason.strip():
        raise InvalidInput.at_field("reason", "Say why it is put otherwise.")
    _lock(nonconformance)
    return CostEntry.objects.create(
        nonconformance=nonconformance,
        kind=kind,
        amount=_rounded(amount),
        arithmetic=reason.strip()[:300],
        is_computed=False,
        by=by,
        at=at,
    )


@transaction.atomic
def ensure_material_cost(
    nonconformance: Nonconformance, quantity: Decimal, *, by: User, at: datetime
) -> CostEntry | None:
    """What is scrapped or returned, at the item's cost; None where nothing is lost or somebody has put it before."""
    item = nonconformance.lot.item
    if nonconformance.disposition not in LOST or _was_put(nonconformance, CostEntry.Kind.MATERIAL):
        return None
    amount = _rounded(quantity * item.unit_cost)
    told = f"{plain(quantity)} {item.unit} × {plain(item.unit_cost)} = {amount}"
    return _computed(nonconformance, CostEntry.Kind.MATERIAL, amount, told, by=by, at=at)


@transaction.atomic
def ensure_labour_cost(
    nonconformance: Nonconformance, amount: Decimal, arithmetic: str, *, by: User, at: datetime
) -> CostEntry | None:
    """What the work on what is lost or done again cost, as whoever knows the work worked it out; None where somebody has put it before."""
    if _was_put(nonconformance, CostEntry.Kind.LABOUR):
        return None
    return _computed(nonconformance, CostEntry.Kind.LABOUR, _rounded(amount), arithmetic[:300], by=by, at=at)


def _computed(
    nonconformance: Nonconformance, kind: str, amount: Decimal, told: str, *, by: User, at: datetime
) -> CostEntry:
    standing = CostEntry.objects.filter(nonconformance=nonconformance, kind=kind).order_by("-pk").first()
    if standing is not None and standing.amount == amount:
        return standing
    return CostEntry.objects.create(
        nonconformance=nonconformance, kind=kind, amount=amount, arithmetic=told, by=by, at=at
    )


def _was_put(nonconformance: Nonconformance, kind: str) -> bool:
    _lock(nonconformance)
    return CostEntry.objects.filter(nonconformance=nonconformance, kind=kind, is_computed=False).exists()


def _lock(nonconformance: Nonconformance) -> None:
    """What is worked out and what somebody puts come one after the other: the latest entry stands."""
    Nonconformance.objects.select_for_update(no_key=True).get(pk=nonconformance.pk)


def _rounded(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)
