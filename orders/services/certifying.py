"""Certificates of conformity: for what a delivery note holds, or for what is ready for a line before it leaves."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.views.decorators.debug import sensitive_variables

from inventory.models import Lot, Reservation
from mes.core.models import User
from mes.core.refusals import DomainError
from mes.core.signing import Credentials
from mes.papers import services as papers
from mes.papers.models import Paper
from orders.models import CustomOrder, OrderLine, Peg, Shipment, ShipmentLine
from orders.papers.certificate import certificate
from orders.papers.certificate_records import Records, Supply, concerned, gaps_in, gather
from orders.services.proving import prove_requirement
from production.papers.completeness import Gap, require_complete

NOTHING_SET_ASIDE = "Nothing is set aside for it yet."


class NothingToCertify(DomainError):
    code = "orders.nothing_to_certify"
    title = "There is nothing to certify"


@sensitive_variables("credentials")
@transaction.atomic
def issue_certificate(
    shipment: Shipment, *, reason: str = "", credentials: Credentials | None = None, by: User, at: datetime
) -> Paper:
    """Certify what a delivery note holds.

    A requirement that asks for a certificate of conformity and was not proven yet is proven by it.

    :param reason: why it is issued again.
    :raises NothingToCertify: when every move of the shipment was reversed.
    :raises NotReadyForPaper: naming every step, inspection, nonconformance and requirement that is still open.
    :raises ReasonMissing: when there is one already and no reason is given.
    :raises SignatureMissing: where the rules demand a signature and no credentials are given.
    """
    rows = ShipmentLine.objects.standing().filter(shipment=shipment)
    supplies = [
        Supply(row.line, row.lot, row.quantity)
        for row in rows.select_related("line__item__site", "line__order", "lot").order_by(
            "line__number", "lot__number", "pk"
        )
    ]
    if not supplies:
        raise NothingToCertify(f"Everything on {shipment} came back.", remedy="Certify the next delivery.")
    return _issue(
        shipment, shipment.order, supplies, shipment, reason=reason, credentials=credentials, by=by, at=at
    )


@sensitive_variables("credentials")
@transaction.atomic
def issue_line_certificate(
    line: OrderLine, *, reason: str = "", credentials: Credentials | None = None, by: User, at: datetime
) -> Paper:
    """Certify what is set aside for a line of an order before it leaves, so that the paper can go with it.

    What was shipped before is certified by its own delivery note. A requirement that asks for a certificate of conformity and was not
    proven yet is proven by it.

    :param reason: why it is issued again.
    :raises NothingToCertify: while nothing is set aside for it.
    :raises NotReadyForPaper: naming every step, inspection, nonconformance and requirement that is still open.
    :raises ReasonMissing: when there is one already and no reason is given.
    :raises SignatureMissing: where the rules demand a signature and no credentials are given.
    """
    line = OrderLine.objects.select_related("item__site", "order__customer").get(pk=line.pk)
    supplies = _set_aside_for([line])
    if not supplies:
        raise NothingToCertify(
            f"Nothing is set aside for {line}.",
            remedy="Cover the line, or certify what was shipped from its delivery note.",
        )
    return _issue(line, line.order, supplies, None, reason=reason, credentials=credentials, by=by, at=at)


def what_certificates_wait_for(order: CustomOrder, lines: Sequence[OrderLine]) -> dict[int, str]:
    """By line, what is missing before its certificate can be issued, in a sentence or two; empty when nothing is.

    The number of queries depends on no number of lines.

    :param lines: of the order, with their item and its site loaded.
    """
    supplies = _set_aside_for(lines)
    if not supplies:
        return {line.pk: NOTHING_SET_ASIDE for line in lines}
    known = gather(order, supplies, None)
    gaps = gaps_in(known)
    return {line.pk: _told(known, gaps, line) for line in lines}


def _told(known: Records, gaps: Sequence[Gap], line: OrderLine) -> str:
    """What is missing of a line."""
    if not known.supplied_to(line):
        return NOTHING_SET_ASIDE
    made_of = known.made_of(line)
    own = [gap.told for gap in gaps if gap.lots & made_of]
    return f"{own[0]} And {len(own) - 1} more." if len(own) > 1 else "".join(own)


def _set_aside_for(lines: Sequence[OrderLine]) -> list[Supply]:
    """What is reserved for lines, line by line, in the order of the lots' numbers."""
    claims = Peg.objects.filter(line__in=lines, reservation__in=Reservation.objects.open())
    kept = claims.values("line", "reservation__lot").annotate(total=Sum("reservation__quantity"))
    rows = list(kept.order_by("line__number", "reservation__lot__number", "reservation__lot"))
    lots = Lot.objects.in_bulk([row["reservation__lot"] for row in rows])
    asked = {line.pk: line for line in lines}
    return [Supply(asked[row["line"]], lots[row["reservation__lot"]], row["total"]) for row in rows]


def _issue(
    subject: Shipment | OrderLine,
    order: CustomOrder,
    supplies: Sequence[Supply],
    shipment: Shipment | None,
    *,
    reason: str,
    credentials: Credentials | None,
    by: User,
    at: datetime,
) -> Paper:
    known = gather(order, supplies, shipment)
    require_complete(f"The certificate of {subject}", gaps_in(known))
    document = certificate(known, is_signed=credentials is not None)
    paper = papers.issue(
        Paper.Kind.CERTIFICATE,
        subject,
        lambda _: document,
        concerns=concerned(known),
        zone=known.zone,
        reason=reason,
        is_regulated=any(each.line.item.is_under_rules for each in supplies),
        credentials=credentials,
        by=by,
        at=at,
    )
    for requirement in known.answered:
        prove_requirement(requirement, f"Certificate {paper}", by=by, at=at)
    return paper
