"""Evidence that a requirement was met, and concessions where it was not."""

from datetime import datetime

from django.core.files.base import File
from django.db import transaction

from inventory.models import Lot
from mes.core import signing
from mes.core.facts import record
from mes.core.files import store_file
from mes.core.firsts import who_and_when
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from orders.facts import ConcessionGranted, RequirementProven
from orders.models import CustomOrder, Evidence, Requirement
from quality.models import Inspection


class AlreadyProven(DomainError):
    code = "orders.already_proven"
    title = "It was proven before"


class EvidenceMissing(InvalidInput):
    code = "orders.evidence_missing"
    title = "Evidence is needed"


class WrongEvidence(InvalidInput):
    code = "orders.wrong_evidence"
    title = "This shows nothing about it"


class NotAskedAnyMore(DomainError):
    code = "orders.not_asked_any_more"
    title = "The order does not ask this any more"


class NotAskedYet(DomainError):
    code = "orders.not_asked_yet"
    title = "The order is a draft"


class AgreementMissing(InvalidInput):
    code = "orders.agreement_missing"
    title = "The customer has to agree"


@transaction.atomic
def prove_requirement(
    requirement: Requirement,
    evidence: str,
    *,
    file: File[bytes] | None = None,
    inspection: Inspection | None = None,
    lot: Lot | None = None,
    by: User,
    at: datetime,
) -> Requirement:
    """Name what proves a requirement: a certificate's number, a report; with the paper itself, the inspection or the lot that shows it.

    :param file: the certificate or report, PDF or picture.
    :param inspection: one that passed.
    :raises EvidenceMissing: without words.
    :raises WrongEvidence: for an inspection that has not passed.
    :raises AlreadyProven: when somebody did before; evidence is not rewritten.
    :raises NotAskedYet: while its order is a draft.
    :raises NotAskedAnyMore: when an amendment ended it.
    :raises FileRefused: for a file that is neither a PDF nor a picture.
    """
    require_said(evidence, "Name the evidence", field="evidence", refusal=EvidenceMissing)
    if inspection is not None and inspection.status != Inspection.Status.PASSED:
        raise WrongEvidence.at_field(
            "inspection",
            f"{inspection} is {inspection.get_status_display().lower()}.",
            remedy="Choose one that passed.",
        )
    _lock(requirement)
    kind = (
        Evidence.Kind.DOCUMENT
        if file is not None
        else Evidence.Kind.INSPECTION
        if inspection is not None
        else Evidence.Kind.LOT
        if lot is not None
        else Evidence.Kind.STATEMENT
    )
    stored = store_file(file, by=by, at=at) if file is not None else None
    Evidence.objects.create(
        requirement=requirement,
        kind=kind,
        text=evidence.strip()[:300],
        file=stored,
        inspection=inspection,
        lot=lot,
        by=by,
        at=at,
    )
    _settle(requirement, evidence, by=by, at=at)
    record(RequirementProven(requirement=requirement.pk, by=by.pk))
    return requirement


@transaction.atomic
def grant_concession(
    requirement: Requirement,
    reason: str,
    *,
    customer_agreement: str = "",
    file: File[bytes] | None = None,
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> Requirement:
    """Accept by signature that a requirement is not met.

    :param reason: why the goods may go all the same; kept and shown.
    :param customer_agreement: the customer's letter or number that agrees; needed where the customer asks to be asked.
    :param file: that letter.
    :raises EvidenceMissing: without a reason.
    :raises AgreementMissing: where the customer has to agree and nothing says that he did.
    :raises AlreadyProven, NotAskedYet, NotAskedAnyMore, FileRefused: as for other evidence.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign` raises; a concession is always signed.
    """
    require_said(reason, "Say why the goods may go all the same", refusal=EvidenceMissing)
    _lock(requirement)
    customer = requirement.line.order.customer
    if customer.agrees_to_concessions and not customer_agreement.strip():
        raise AgreementMissing.at_field(
            "customer_agreement",
            f"{customer} has to agree to every concession.",
            remedy="Ask, and name the answer.",
        )
    stored = store_file(file, by=by, at=at) if file is not None else None
    concession = Evidence.objects.create(
        requirement=requirement,
        kind=Evidence.Kind.CONCESSION,
        text=reason.strip()[:300],
        customer_agreement=customer_agreement.strip(),
        file=stored,
        by=by,
        at=at,
    )
    signing.sign(concession, Meaning.CONCESSION, about=requirement, credentials=credentials, by=by, at=at)
    agreed = f" Agreed by the customer: {customer_agreement.strip()}." if customer_agreement.strip() else ""
    _settle(requirement, f"Concession: {reason.strip()}.{agreed}", by=by, at=at)
    record(ConcessionGranted(requirement=requirement.pk, evidence=concession.pk, by=by.pk))
    return requirement


def _lock(requirement: Requirement) -> None:
    requirement.refresh_from_db(from_queryset=Requirement.objects.select_for_update(no_key=True))
    if requirement.proven_at is not None:
        raise AlreadyProven(
            f"“{requirement}” was proven {who_and_when(requirement.proven_by, requirement.proven_at)}: {requirement.evidence}.",
            remedy="Nothing is left to do: what was shown is kept as it was shown.",
        )
    if requirement.line.order.status == CustomOrder.Status.DRAFT:
        raise NotAskedYet(
            f"Order {requirement.line.order} is a draft: nothing is made or kept for it that could show “{requirement}”.",
            remedy="Confirm the order first. A requirement that is wrong is taken out of a draft.",
        )
    if not Requirement.objects.in_force().filter(pk=requirement.pk).exists():
        raise NotAskedAnyMore(
            f"“{requirement}” is not asked, or not any more.", remedy="See the order's amendments."
        )


def _settle(requirement: Requirement, told: str, *, by: User, at: datetime) -> None:
    requirement.evidence, requirement.proven_by, requirement.proven_at = told.strip()[:300], by, at
    requirement.save(update_fields=["evidence", "proven_by", "proven_at"])
