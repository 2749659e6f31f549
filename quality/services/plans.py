"""Inspection plans: drafted, approved, superseded by their next revision."""

from datetime import datetime

from django.db import transaction

from inventory.models import Item
from mes.core import signing
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError
from mes.core.regulated import reason_kept
from mes.core.states import require_draft_revision
from quality.models import RELEASING, Characteristic, InspectionPicture, InspectionPlan

CODE_LENGTH = 40


class NothingToInspect(DomainError):
    code = "quality.nothing_to_inspect"
    title = "The plan has no characteristics"


class AnotherPlanInForce(DomainError):
    code = "quality.another_plan_in_force"
    title = "Another plan is in force"


class RevisionExists(DomainError):
    code = "quality.revision_exists"
    title = "There is such a revision"


class PlanInForce(DomainError):
    code = "quality.plan_in_force"
    title = "Only a draft can be changed"


def require_draft(plan: InspectionPlan) -> None:
    """:raises PlanInForce: unless the plan is a draft; what lots are judged by does not change under them."""
    require_draft_revision(plan, PlanInForce)


@transaction.atomic
def approve_inspection_plan(
    plan: InspectionPlan, *, credentials: signing.Credentials | None = None, by: User, at: datetime
) -> InspectionPlan:
    """Put a draft in force, by signature where the rules demand it. The revision that was in force is superseded; inspections opened under it go on under it.

    :raises IllegalTransition: when it is no draft.
    :raises NothingToInspect: when it has no characteristic.
    :raises AnotherPlanInForce: when the item has a plan of another code in force at this stage (receiving, final).
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    plan.refresh_from_db(from_queryset=InspectionPlan.objects.select_for_update(no_key=True))
    if not plan.characteristics.exists():
        raise NothingToInspect(
            f"{plan} lists nothing to inspect.", remedy="Add at least one characteristic, then approve it."
        )
    if plan.stage in RELEASING:
        _require_no_rival(plan)
    if plan.may_move_to(InspectionPlan.Status.APPROVED):
        signing.sign_as_demanded(plan, Meaning.APPROVE, credentials=credentials, by=by, at=at)
    in_force = InspectionPlan.objects.select_for_update(no_key=True).effective().filter(code=plan.code)
    for former in in_force.exclude(pk=plan.pk):
        former.move_to(InspectionPlan.Status.SUPERSEDED)
    plan.move_to(InspectionPlan.Status.APPROVED, approved_by=by, approved_at=at)
    return plan


@transaction.atomic
def revise_inspection_plan(
    plan: InspectionPlan,
    revision: str,
    *,
    reason: str = "",
    by: User | None = None,
    at: datetime | None = None,
) -> InspectionPlan:
    """A draft of the next revision, with every characteristic and picture of this one, to be changed and approved.

    :param reason: what is going to be different, and why; the history keeps it.
    :raises RevisionExists: when the plan has this revision already.
    :raises ChangeReasonMissing: without a reason, where the item is regulated.
    """
    if InspectionPlan.objects.filter(code=plan.code, revision=revision).exists():
        raise RevisionExists(
            f"{plan.code} has a revision {revision} already.", remedy="Give the new one the next revision."
        )
    with reason_kept(plan, reason):
        return _copied(plan, code=plan.code, revision=revision, item=plan.item)


@transaction.atomic
def copy_inspection_plans(
    item: Item, successor: Item, *, by: User, at: datetime
) -> dict[str, InspectionPlan]:
    """Drafts for another revision of an item: of each of its inspection plans in force one, under a code that ends with the new revision.

    :returns: the drafts by the code of the plan that each is a copy of.
    :raises RevisionExists: when there is a plan of such a code already.
    """
    drafts = {}
    for plan in InspectionPlan.objects.effective().filter(item=item).order_by("pk"):
        code = _code_for(plan.code, item.revision, successor.revision)
        if InspectionPlan.objects.filter(code=code).exists():
            raise RevisionExists(
                f"There is an inspection plan {code} already.",
                remedy="Give that to the new revision of the item, or choose another revision.",
            )
        drafts[plan.code] = _copied(plan, code=code, revision="A", item=successor)
    return drafts


def _code_for(code: str, revision: str, following: str) -> str:
    """`FI-2310` becomes `FI-2310-B`, and that in turn `FI-2310-C`."""
    stem = code.removesuffix(f"-{revision}") if revision else code
    ending = f"-{following}"
    return f"{stem[: CODE_LENGTH - len(ending)]}{ending}"


def _copied(plan: InspectionPlan, *, code: str, revision: str, item: Item) -> InspectionPlan:
    draft = InspectionPlan.objects.create(
        code=code,
        revision=revision,
        name=plan.name,
        item=item,
        stage=plan.stage,
        sampling=plan.sampling,
        every_minutes=plan.every_minutes,
        every_quantity=plan.every_quantity,
        identifies_pieces=plan.identifies_pieces,
        instruction=plan.instruction,
    )
    copies: dict[int | None, Characteristic] = {}
    for characteristic in plan.characteristics.order_by("number"):
        copies[characteristic.pk] = characteristic
        characteristic.pk = None
        characteristic.plan = draft
    Characteristic.objects.bulk_create(copies.values())
    pictures = list(plan.pictures.order_by("pk"))
    for picture in pictures:
        # The file is shared: nothing that a plan in force shows is ever written over.
        picture.pk = None
        picture.plan = draft
        picture.characteristic = copies.get(picture.characteristic_id)
    InspectionPicture.objects.bulk_create(pictures)
    return draft


def _require_no_rival(plan: InspectionPlan) -> None:
    rival = (
        InspectionPlan.objects.effective()
        .filter(item=plan.item, stage=plan.stage)
        .exclude(code=plan.code)
        .first()
    )
    if rival is not None:
        raise AnotherPlanInForce(
            f"{rival} is in force for the {plan.get_stage_display().lower()} inspection of {plan.item}.",
            remedy=f"Make this a revision of {rival.code} instead.",
        )
