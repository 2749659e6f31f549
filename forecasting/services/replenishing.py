"""Proposals: made anew, firmed, dismissed."""

import logging
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction

from forecasting.facts import (
    ProposalsRenewed,
    ReplenishmentDismissed,
    ReplenishmentFirmed,
    ReplenishmentReopened,
)
from forecasting.models import (
    ForecastRun,
    NettingRules,
    Replenishment,
)
from forecasting.services.messaging import renew_messages
from forecasting.services.proposing import net_all
from forecasting.services.reasons import ReasonNeeded
from inventory import services as inventory
from inventory.models import Item
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import services as production
from production.locks import Activity, wait_for_turn

Status = Replenishment.Status
_log = logging.getLogger(__name__)


class NoForecast(DomainError):
    code = "forecasting.no_forecast"
    title = "Nothing has been forecast yet"


class CannotFirm(DomainError):
    code = "forecasting.cannot_firm"
    title = "This proposal cannot become an order"


@transaction.atomic
def replenish(*, by: User | None = None, at: datetime) -> int:
    """Make proposals and messages anew from the newest forecasts and targets, and stock and orders as they are now.

    Open proposals are superseded; firm ones are orders by now and count as supply. Returns how many proposals there are.

    :raises NoForecast: before the first run is done.
    """
    run = ForecastRun.objects.latest_done()
    if run is None:
        raise NoForecast("There are no forecasts to replenish for.", remedy="Run the forecast first.")
    # Orders made while we net would be netted twice.
    wait_for_turn(Activity.PLANNING_ORDERS)
    made = net_all(run, at=at)
    for item, why in made.faults.items():
        _log.warning("Of item %s nothing could be proposed, what stood stays: %s", item, why)
    renew_messages(made.found, NettingRules.objects.current(), leaving=made.faults, at=at)
    record(ProposalsRenewed(run=run.pk, proposals=made.proposals, by=by.pk if by else None))
    return made.proposals


@transaction.atomic
def firm_replenishment(
    replenishment: Replenishment,
    *,
    quantity: Decimal | None = None,
    due_date: date | None = None,
    reason: str = "",
    by: User,
    at: datetime,
) -> Replenishment:
    """Turn a proposal into a production order (with everything below it) or a purchase.

    :param quantity: instead of the quantity proposed, :param due_date: instead of the day proposed.
    :param reason: kept with the decision, such as the rule that it follows.
    :raises IllegalTransition: unless it is still proposed.
    :raises CannotFirm: when nobody has said how the item is made.
    :raises InvalidQuantity: unless the quantity is above zero, and whole where the unit is counted.
    """
    # The turn before the row, as whoever makes proposals anew takes them: else each would wait for the other.
    wait_for_turn(Activity.PLANNING_ORDERS)
    # Locked as it is read: of two people who firm at once, one makes the order and the other is told.
    row = Replenishment.objects.counting().select_for_update(no_key=True, of=("self",))
    current = row.select_related("item__site").get(pk=replenishment.pk)
    quantity = check_quantity(current.item, current.quantity if quantity is None else quantity)
    due_date = due_date or current.due_date
    links = _order(current, quantity, due_date, by=by, at=at) if current.may_move_to(Status.FIRM) else {}
    current.move_to(
        Status.FIRM,
        quantity=quantity,
        due_date=due_date,
        start_date=min(current.start_date, due_date),
        decided_by=by,
        decided_at=at,
        decision_reason=reason[:200],
        **links,
    )
    record(
        ReplenishmentFirmed(
            replenishment=current.pk,
            item=current.item_id,
            quantity=quantity,
            production_order=current.production_order_id,
            expected_receipt=current.expected_receipt_id,
            by=by.pk,
        )
    )
    return current


@transaction.atomic
def dismiss_replenishment(
    replenishment: Replenishment, reason: str, *, by: User, at: datetime
) -> Replenishment:
    """Say no to a proposal; one like it for about the same day is not proposed again until that day is past.

    :raises ReasonNeeded: without a reason.
    :raises IllegalTransition: unless it is still proposed.
    """
    if not reason.strip():
        raise ReasonNeeded(
            "Say why it is dismissed.",
            remedy="The next planner reads it.",
            errors={"reason": ["Say why it is dismissed."]},
        )
    replenishment.refresh_from_db()
    # Compare-and-set: whoever makes proposals anew at the same moment has counted this, or has superseded it and this is refused.
    replenishment.move_to(
        Status.DISMISSED, decided_by=by, decided_at=at, decision_reason=reason.strip()[:200]
    )
    record(
        ReplenishmentDismissed(
            replenishment=replenishment.pk, item=replenishment.item_id, reason=reason.strip(), by=by.pk
        )
    )
    return replenishment


@transaction.atomic
def reopen_replenishment(replenishment: Replenishment, *, by: User, at: datetime) -> Replenishment:
    """Take a dismissal back.

    :raises IllegalTransition: unless it was dismissed.
    """
    replenishment.refresh_from_db()
    replenishment.move_to(Status.PROPOSED, decided_by=None, decided_at=None, decision_reason="")
    record(ReplenishmentReopened(replenishment=replenishment.pk, item=replenishment.item_id, by=by.pk))
    return replenishment


def firm_due(
    *, within_days: int, by: User, at: datetime
) -> tuple[list[Replenishment], list[tuple[Replenishment, DomainError]]]:
    """Firm every proposal that must start within so many days, most urgent first, each in a transaction of its own.

    Returns those that became orders, and those that could not with the refusal of each.
    """
    due = Replenishment.objects.proposed().starting_within(within_days, at).most_urgent_first()
    firmed: list[Replenishment] = []
    refused: list[tuple[Replenishment, DomainError]] = []
    for row in due.select_related("item"):
        try:
            firmed.append(firm_replenishment(row, by=by, at=at))
        except DomainError as refusal:
            refused.append((row, refusal))
    return firmed, refused


def _order(
    row: Replenishment, quantity: Decimal, due_date: date, *, by: User, at: datetime
) -> dict[str, object]:
    item = row.item
    if item.supply == Item.Supply.BUY:
        return {"expected_receipt": inventory.expect_receipt(item, quantity, due_date, by=by, at=at)}
    # Needed on that day means there when the day begins.
    due_at = datetime.combine(due_date, time(), tzinfo=item.site.zone)
    try:
        order = production.plan_production(
            item,
            quantity,
            due_at,
            strategy=Item.Strategy.TO_STOCK,
            reason=row.why[:200],
            campaign=row.campaign,
            by=by,
            at=at,
        )
    except production.NotMadeHere as refusal:
        raise CannotFirm(refusal.detail, remedy=refusal.remedy) from refusal
    return {"production_order": order}
