"""Why a proposal is made, and what it costs to leave it: one sentence each, with its numbers."""

from collections.abc import Callable

from forecasting.netting.book import Rule, Sizing
from forecasting.netting.costs import Cost
from forecasting.netting.kernel.tables import Draft
from forecasting.wording import amount


def why(draft: Draft, rule: Rule, name_of_day: Callable[[int], str]) -> str:
    """Without it so much is short, or stock falls so low; how far it reaches; why it is not sooner or smaller."""
    due, needed, left, covers = draft.due, draft.needed, draft.left, draft.covers
    day = name_of_day(due)
    if left < 0:
        text = f"Without it {amount(-left)} are short on {day}"
    elif left < rule.safety_stock:
        text = f"Without it stock falls to {amount(left)} on {day}, below the safety stock of {amount(rule.safety_stock)}"
    else:
        text = f"{rule.family} is set up on {day} anyway, and stock of {amount(left)} does not last until the next time"
    if covers > 1 and rule.sizing != Sizing.FIXED:
        text += f"; it covers {covers} days{_sized(rule)}"
    if rule.sizing == Sizing.FIXED and rule.fixed_lot:
        text += f"; lots are of {amount(rule.fixed_lot)}"
    if needed < due:
        text += f"; needed on {name_of_day(needed)}, but the lead time is {_lead(rule)}"
    return text + "."


def _sized(rule: Rule) -> str:
    if rule.sizing == Sizing.LEAST_COST:
        return ", which costs the least in set-up and holding"
    return f" together with {rule.family}" if rule.sizing == Sizing.JOINT and rule.family else ""


def _lead(rule: Rule) -> str:
    if rule.inspection_days:
        return f"{rule.lead_days} days and {rule.inspection_days} of inspection"
    return f"{rule.lead_days} days"


def why_it_costs(cost: Cost) -> str:
    """The arithmetic of the cost of doing nothing; empty where it costs nothing."""
    parts = []
    if cost.lost >= LEAST:
        sum_of = f"{amount(cost.short)} expected to be short × {amount(cost.margin)} margin"
        parts.append(f"{sum_of} = {amount(cost.lost)}")
    if cost.waiting_cost >= LEAST:
        parts.append(f"{amount(cost.waiting)} of orders would wait, which costs {amount(cost.waiting_cost)}")
    return "; ".join(parts)


LEAST = 0.005
"""What rounds to nothing costs nothing."""
