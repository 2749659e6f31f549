"""Records of regulated items change only with a reason (Annex 11 clause 9)."""

from django.db.models import Model
from django.http import HttpRequest

from mes.core.history import change_reason
from mes.core.refusals import InvalidInput
from mes.core.signing.content import kind_of, known


class ChangeReasonMissing(InvalidInput):
    code = "core.change_reason_missing"
    title = "Say why this changes"


def is_regulated(record: Model) -> bool:
    """Whether a stored record is regulated by what the database says: by its own mark, or as its app tells."""
    if getattr(record, "status", "") == "draft":
        return False  # nobody works to it yet; its approval is what is signed
    key = int(record.pk)
    if any(field.name == "is_regulated" for field in record._meta.concrete_fields):
        return type(record)._default_manager.filter(pk=key, is_regulated=True).exists()
    told = known(kind_of(record))
    return told is not None and key in told.regulated_of([key])


def require_reason(record: Model, request: HttpRequest) -> None:
    """Before a stored record is changed by hand.

    :raises ChangeReasonMissing: when it is regulated and the request gives no reason.
    """
    if is_regulated(record) and not change_reason(request):
        sentence = "Say why this changes"
        raise ChangeReasonMissing(
            f"{record} is regulated: it changes only with a reason, which its history keeps.",
            remedy="Give it below the form, or with a request as header X-Change-Reason.",
            errors={"change_reason": [sentence]},
        )
