"""Pictures of inspection plans: attached to a draft, shown wherever the plan is inspected by."""

from datetime import datetime

from django.core.files.base import File
from django.db import transaction

from mes.core.files import store_file
from mes.core.models import User
from mes.core.refusals import InvalidInput
from quality.models import Characteristic, InspectionPicture, InspectionPlan
from quality.services.plans import require_draft


class NotOfThisPlan(InvalidInput):
    code = "quality.not_of_this_plan"
    title = "The plan has no such characteristic"


@transaction.atomic
def attach_picture(
    plan: InspectionPlan,
    file: File[bytes],
    *,
    characteristic: Characteristic | None = None,
    caption: str = "",
    by: User,
    at: datetime,
) -> InspectionPicture:
    """Show a picture or PDF to whoever inspects by this plan, beside one characteristic or above them all.

    :raises PlanInForce: unless the plan is a draft.
    :raises NotOfThisPlan: when the characteristic is another plan's.
    :raises FileRefused: see `mes.core.files.store_file`.
    """
    require_draft(plan)
    if characteristic is not None and characteristic.plan_id != plan.pk:
        fault = f"{plan} does not list {characteristic}"
        raise NotOfThisPlan(f"{fault}.", remedy="Choose one of its own.", errors={"characteristic": [fault]})
    stored = store_file(file, by=by, at=at)
    return InspectionPicture.objects.create(
        plan=plan, characteristic=characteristic, file=stored, caption=caption
    )


@transaction.atomic
def remove_picture(picture: InspectionPicture, *, by: User, at: datetime) -> None:
    """Take a picture off a draft.

    :raises PlanInForce: unless the plan is a draft.
    """
    require_draft(picture.plan)
    picture.delete()
