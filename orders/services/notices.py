"""Notices of a recall: prepared for every customer who has some, edited, sent, answered."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from textwrap import dedent

from django.db import transaction

from inventory.numbering import numbered
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.facts import (
    RecalledGoodsAccounted,
    RecallNoticeAcknowledged,
    RecallNoticeSent,
    RecallNoticesPrepared,
)
from orders.models import Customer, RecallNotice, RecallNoticeLine, ShipmentLine
from orders.recalled import Delivered, delivered_of, untold_of
from orders.services.returning import return_goods, still_there
from quality import services as quality
from quality.models import Recall

WHEN_OVER = "Its notices stand as they were then. Open another recall to tell customers more; what they send back is taken back against its shipment."
EXERCISE = """\
EXERCISE. This is a drill: nothing is wrong with these goods, and there is nothing that you have to do. Go on using and selling them. Below \
is what we would write to you if it were real.

{letter}
END OF THE EXERCISE. Nothing is recalled, and there is nothing that you have to do.
"""


class NobodyToTell(DomainError):
    code = "orders.nobody_to_tell"
    title = "No customer has any of it that was not told"


class NoticeSent(DomainError):
    code = "orders.notice_sent"
    title = "The notice has been sent"


class NoticeNotSent(DomainError):
    code = "orders.notice_not_sent"
    title = "The notice has not been sent"


class DrillTellsNobody(DomainError):
    code = "orders.drill_tells_nobody"
    title = "A drill alarms no customer"


class TooMuchAccounted(InvalidInput):
    code = "orders.too_much_accounted"
    title = "More than they were sent"


class NoticeIncomplete(InvalidInput):
    code = "orders.notice_incomplete"
    title = "Something is missing"


@transaction.atomic
def prepare_notices(recall: Recall, *, by: User, at: datetime) -> list[RecallNotice]:
    """Write a draft for every customer who has affected lots that no notice tells of; an open draft takes in what is new.

    :raises NobodyToTell: when there is nobody.
    :raises RecallClosedAlready: when the recall is over.
    """
    quality.lock_recall(recall)
    lots = list(recall.lots.values_list("lot", flat=True))
    untold = untold_of(delivered_of(lots), recall)
    if not untold:
        raise NobodyToTell(
            f"Nothing that {recall} affects is at a customer who was not told.",
            remedy="Look for affected lots again when more may have been shipped.",
        )
    customers = Customer.objects.in_bulk({each.customer for each in untold})
    drafts = {draft.customer_id: draft for draft in RecallNotice.objects.drafts().filter(recall=recall)}
    for key, customer in sorted(customers.items()):
        if key not in drafts:
            drafts[key] = _draft(recall, customer, by=by, at=at)
    _list(untold, drafts)
    notices = [drafts[key] for key in sorted(customers)]
    record(RecallNoticesPrepared(recall=recall.pk, notices=tuple(notice.pk for notice in notices), by=by.pk))
    return notices


@transaction.atomic
def edit_notice(notice: RecallNotice, subject: str, text: str, *, by: User, at: datetime) -> RecallNotice:
    """Change what a draft says.

    :raises NoticeSent: once it is no draft any more.
    :raises RecallClosedAlready: when the recall is over.
    :raises NoticeIncomplete: without a subject or a text.
    """
    missing = [name for name, value in (("subject", subject), ("text", text)) if not value.strip()]
    if missing:
        raise NoticeIncomplete(
            "A notice has a subject and a text.", errors={name: ["write it"] for name in missing}
        )
    _require_draft(notice)
    notice.subject, notice.text = subject.strip()[:200], text.strip()
    notice.save(update_fields=["subject", "text"])
    return notice


@transaction.atomic
def send_notice(
    notice: RecallNotice, channel: str, sent_to: str = "", *, by: User, at: datetime
) -> RecallNotice:
    """Note that a notice went out: how, and to whom. It stands from then on; what is found later is told in another.

    :param channel: one of `RecallNotice.Channel`.
    :param sent_to: address, number or person; by default the customer's e-mail address.
    :raises NoticeSent: when it went out before.
    :raises DrillTellsNobody: for a mock recall.
    :raises RecallClosedAlready: when the recall is over.
    :raises NoticeIncomplete: for another channel, or without anybody to send it to.
    """
    if channel not in RecallNotice.Channel.values:
        known = ", ".join(RecallNotice.Channel.values)
        raise NoticeIncomplete(f"A channel is one of: {known}.", errors={"channel": [f"one of: {known}"]})
    to = sent_to.strip() or (notice.customer.email if channel == RecallNotice.Channel.EMAIL else "")
    if not to:
        raise NoticeIncomplete(
            "Say to whom it was sent.", errors={"sent_to": ["an address, number or person"]}
        )
    _require_draft(notice)
    if notice.recall.is_mock:
        raise DrillTellsNobody(
            f"{notice.recall} is a drill.", remedy="The prepared notices show whom you would have told."
        )
    notice.move_to(RecallNotice.Status.SENT, channel=channel, sent_to=to[:254], sent_at=at, sent_by=by)
    record(RecallNoticeSent(recall=notice.recall_id, notice=notice.pk, by=by.pk))
    return notice


@transaction.atomic
def send_notices(recall: Recall, *, by: User, at: datetime) -> tuple[list[RecallNotice], list[RecallNotice]]:
    """Note that all drafts of a recall went out by e-mail, each to its customer's address.

    :returns: those that are noted as sent, and the drafts left, because their customer has no e-mail address.
    :raises NoticeSent: when there is no draft.
    :raises DrillTellsNobody: for a mock recall.
    :raises NoticeIncomplete: when none of the customers has an e-mail address.
    """
    drafts = RecallNotice.objects.filter(recall=recall, status=RecallNotice.Status.DRAFT)
    notices = list(drafts.select_related("recall", "customer").order_by("customer__name", "pk"))
    if not notices:
        raise NoticeSent(f"{recall} has no draft of a notice.", remedy="Prepare notices first.")
    reached = [notice for notice in notices if notice.customer.email]
    if not reached:
        raise NoticeIncomplete(
            "None of these customers has an e-mail address.",
            remedy="Note each notice by itself: how, and to whom.",
        )
    for notice in reached:
        send_notice(notice, RecallNotice.Channel.EMAIL, by=by, at=at)
    return reached, [notice for notice in notices if not notice.customer.email]


@transaction.atomic
def withdraw_notice(notice: RecallNotice, *, by: User, at: datetime) -> RecallNotice:
    """Drop a draft; what it would have told can be prepared again.

    :raises NoticeSent: once it is no draft any more.
    :raises RecallClosedAlready: when the recall is over.
    """
    _require_draft(notice)
    notice.move_to(RecallNotice.Status.WITHDRAWN)
    return notice


@transaction.atomic
def acknowledge_notice(
    notice: RecallNotice, acknowledged_by: str = "", *, by: User, at: datetime
) -> RecallNotice:
    """Note that the customer has confirmed to know of it.

    :param acknowledged_by: who of their people.
    :raises IllegalTransition: unless it was sent and not acknowledged yet.
    :raises RecallClosedAlready: when the recall is over.
    """
    _lock(notice)
    notice.move_to(
        RecallNotice.Status.ACKNOWLEDGED, acknowledged_at=at, acknowledged_by=acknowledged_by.strip()[:120]
    )
    record(RecallNoticeAcknowledged(recall=notice.recall_id, notice=notice.pk, by=by.pk))
    return notice


@transaction.atomic
def account_for(
    line: RecallNoticeLine,
    *,
    returned: Decimal = Decimal(0),
    destroyed: Decimal = Decimal(0),
    by: User,
    at: datetime,
) -> RecallNoticeLine:
    """Note what became of recalled goods at a customer, in addition to what was noted before.

    :param returned: what came back now: it is taken into stock, held like the rest.
    :param destroyed: what they say is used up or destroyed.
    :raises TooMuchAccounted: for nothing, or more than is open of the line.
    :raises NoticeNotSent: while the customer was not told.
    :raises RecallClosedAlready: when the recall is over.
    """
    notice = line.notice
    _lock(notice)
    if notice.status not in {RecallNotice.Status.SENT, RecallNotice.Status.ACKNOWLEDGED}:
        raise NoticeNotSent(f"{notice} has not been sent.", remedy="Send it, then note what they answer.")
    item = line.lot.item
    returned = check_quantity(item, returned, name="returned", allow_zero=True)
    destroyed = check_quantity(item, destroyed, name="destroyed", allow_zero=True)
    line.refresh_from_db(from_queryset=RecallNoticeLine.objects.select_for_update(no_key=True))
    left = line.quantity - line.returned - line.destroyed
    if not 0 < returned + destroyed <= left:
        still = f"{plain(left)} {item.unit}" if left else "nothing"
        sentence = f"Still open of lot {line.lot} at {notice.customer}: {still}"
        raise TooMuchAccounted(
            f"{sentence}.",
            remedy="Note more than nothing, and at most that.",
            errors={"returned" if returned else "destroyed": [sentence]},
        )
    _take_back(line, returned, by=by, at=at)
    line.refresh_from_db(fields=["returned"])
    line.destroyed += destroyed
    line.save(update_fields=["destroyed"])
    record(
        RecalledGoodsAccounted(
            recall=notice.recall_id,
            notice=notice.pk,
            lot=line.lot_id,
            returned=returned,
            destroyed=destroyed,
            by=by.pk,
        )
    )
    return line


def _draft(recall: Recall, customer: Customer, *, by: User, at: datetime) -> RecallNotice:
    return RecallNotice.objects.create(
        recall=recall,
        customer=customer,
        **numbered(RecallNotice, "RN"),
        subject=f"{'Exercise: p' if recall.is_mock else 'P'}roduct recall {recall.number}",
        text=_letter(recall, customer),
        prepared_at=at,
        prepared_by=by,
    )


def _letter(recall: Recall, customer: Customer) -> str:
    """What a customer is told; of a drill it says first and last that nothing has to be done, should it ever leave the house."""
    letter = dedent(
        """\
        Dear {customer},

        we recall products that we shipped to you. They are listed below with lot numbers and quantities.

        What is wrong: {reason}

        Please do the following today:
        1. Stop using and selling these lots, and set aside what you have of them.
        2. If you passed them on, tell your customers.
        3. Confirm this notice, and tell us how much you still have, how much is used up, and how much you have destroyed.

        We take back what you still have at our expense. Please quote {number} in your answer.
        """
    ).format(customer=customer, reason=recall.reason, number=recall.number)
    return EXERCISE.format(letter=letter) if recall.is_mock else letter


def _list(untold: Iterable[Delivered], drafts: Mapping[int, RecallNotice]) -> None:
    """Put what customers were not told of on their drafts; more of a lot that is on one already adds to its line."""
    lines = {
        (line.notice_id, line.lot_id): line
        for line in RecallNoticeLine.objects.filter(notice__in=drafts.values())
    }
    new = []
    for each in untold:
        notice = drafts[each.customer]
        if line := lines.get((notice.pk, each.lot)):
            line.quantity += each.quantity
            line.save(update_fields=["quantity"])
        else:
            new.append(RecallNoticeLine(notice=notice, lot_id=each.lot, quantity=each.quantity))
    RecallNoticeLine.objects.bulk_create(new)


def _take_back(line: RecallNoticeLine, quantity: Decimal, *, by: User, at: datetime) -> None:
    """Against the shipments that brought it, the oldest first."""
    for shipped in _shipments(line) if quantity else ():
        part = min(quantity, still_there(shipped))
        if part > 0:
            reason = f"Recall {line.notice.recall}"
            return_goods(shipped, part, reason, reference=line.notice.number, by=by, at=at)
            quantity -= part
        if not quantity:
            return
    if quantity:
        raise TooMuchAccounted(
            f"{plain(quantity)} of it came back before.",
            remedy="Note at most what is still at the customer; what came back is in their returns.",
            errors={"returned": ["less of it is at the customer"]},
        )


def _shipments(line: RecallNoticeLine) -> Sequence[ShipmentLine]:
    found = ShipmentLine.objects.standing().filter(
        lot=line.lot_id, shipment__order__customer=line.notice.customer_id
    )
    return list(
        found.select_related("shipment__order", "lot__item__site").order_by("shipment__shipped_at", "pk")
    )


def _lock(notice: RecallNotice) -> None:
    """The recall first, as everywhere: nobody closes it meanwhile, and what it was closed with stands."""
    quality.lock_recall(notice.recall, remedy=WHEN_OVER)
    notice.refresh_from_db(from_queryset=RecallNotice.objects.select_for_update(no_key=True))


def _require_draft(notice: RecallNotice) -> None:
    _lock(notice)
    if notice.status != RecallNotice.Status.DRAFT:
        raise NoticeSent(
            f"{notice} is {notice.get_status_display().lower()} and stands as it is.",
            remedy="Prepare another for what is new.",
        )
