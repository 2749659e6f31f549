"""The customer agrees to what was accepted as it is before he was asked."""

from datetime import datetime

from django.db import transaction

from mes.core import signing
from mes.core.firsts import who_set
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, require_said
from quality.models import Nonconformance


class NothingToAgreeTo(DomainError):
    code = "quality.nothing_to_agree_to"
    title = "No customer has to agree to this"


class AgreedBefore(DomainError):
    code = "quality.agreed_before"
    title = "The customer has agreed"


@transaction.atomic
def note_customer_agreement(
    nonconformance: Nonconformance,
    customer_agreement: str,
    *,
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> Nonconformance:
    """Say what shows that the customer agrees to a use as is; its decision is then signed anew where the rules demand that.

    :param customer_agreement: the customer's letter or number.
    :raises InvalidInput: without words.
    :raises NothingToAgreeTo: unless it was decided to use it as it is.
    :raises AgreedBefore: when his agreement is noted already.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    require_said(customer_agreement, "Name the customer's letter or number", field="customer_agreement")
    nonconformance.refresh_from_db(
        fields=["status", "disposition", "customer_agreement"],
        from_queryset=Nonconformance.objects.select_for_update(no_key=True),
    )
    if nonconformance.disposition != Nonconformance.Disposition.USE_AS_IS:
        raise NothingToAgreeTo(
            f"{nonconformance} was not accepted as it is.",
            remedy="Decide it first: use as is, with his agreement.",
        )
    if nonconformance.customer_agreement:
        noted = f" (noted {first})" if (first := who_set(nonconformance, "customer_agreement")) else ""
        raise AgreedBefore(
            f"The customer agreed to {nonconformance}: {nonconformance.customer_agreement}{noted}.",
            remedy="Nothing is left to do.",
        )
    nonconformance.customer_agreement = customer_agreement.strip()
    nonconformance.save(update_fields=["customer_agreement"])
    signing.sign_as_demanded(nonconformance, Meaning.DISPOSITION, credentials=credentials, by=by, at=at)
    return nonconformance
