"""Proposals that become orders by rule."""

from datetime import datetime
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet

from forecasting.models import FirmingRule, Replenishment
from forecasting.services.replenishing import firm_replenishment
from mes.core.history import done_by
from mes.core.models import User
from mes.core.refusals import DomainError

_FIRM = "forecasting.change_replenishment"


def firm_by_rules(*, at: datetime) -> int:
    """Firm what the rules in force say, each in the name of its owner and each order in a transaction of its own; returns how many.

    A proposal that cannot become an order does not stop the others. How it went stands on each rule. Safe to repeat.
    """
    return sum(firm_by_rule(rule, at=at) for rule in FirmingRule.objects.in_force().order_by("pk"))


def firm_by_rule(rule: FirmingRule, *, by: User | None = None, at: datetime) -> int:
    """Firm what one rule says, most urgent first; returns how many became orders.

    :param by: who asks for it now; by default it is done in the name of the rule's owner.
    """
    owner = by or rule.owner
    if not (owner.is_active and owner.has_perm(_FIRM)):
        return _note(rule, 0, [f"{owner} may not firm proposals any more; give the rule another owner."], at)
    firmed, refused = 0, []
    for row in proposals_under(rule, at=at).select_related("item").most_urgent_first():
        try:
            with done_by(owner.pk, reason=f"By rule {rule}", where="firming rule"):
                firm_replenishment(row, reason=f"By rule {rule}", by=owner, at=at)
        except DomainError as refusal:
            refused.append(f"{row}: {refusal}")
        else:
            firmed += 1
    return _note(rule, firmed, refused, at)


def proposals_under(rule: FirmingRule, *, at: datetime) -> Any:
    """Open proposals that a rule would firm now."""
    wanted: dict[str, Any] = {
        "item__site": rule.site,
        "item__supply": rule.supply,
        "item__family": rule.item_family,
        "item": rule.item,
    }
    rows: QuerySet[Replenishment] = (
        Replenishment.objects.proposed()
        .starting_within(rule.within_days, at)
        .filter(**{name: value for name, value in wanted.items() if value})
    )
    if rule.most_value is None:
        return rows
    money = DecimalField[Any, Any](max_digits=20, decimal_places=4)
    value = ExpressionWrapper(F("quantity") * F("item__unit_cost"), output_field=money)
    # What an item without a cost is worth nobody knows, so that is not for a rule to decide.
    return rows.annotate(value=value).filter(value__lte=rule.most_value, item__unit_cost__gt=0)


def _note(rule: FirmingRule, firmed: int, refused: list[str], at: datetime) -> int:
    result = f"{firmed} became orders."
    if refused:
        result += f" {len(refused)} could not: {refused[0]}"
    rule.last_run_at = at
    rule.last_result = result[:400]
    rule.save(update_fields=["last_run_at", "last_result"])
    return firmed
