"""What needs someone today: every open question of the plant as one list, the dearest wait first.

Each source is one function over one QuerySet. People see what they may look at, with the buttons they may press.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from mes.console.decisions.decision import Action, Decision
from mes.console.decisions.foreseeing import forecast_alerts, unusual_days
from mes.console.decisions.judging import (
    discontinued_sources,
    due_actions,
    lots_nobody_judges,
    lots_to_release,
    nonconformances,
    open_recalls,
    parked_facts,
    waiting_inspections,
)
from mes.console.decisions.keeping import locked_accounts, unsound_records
from mes.console.decisions.making import blocked_operations, machines_down, unreleased_orders, without_a_place
from mes.console.decisions.measuring import chart_signals, gauge_reviews, gauges_due
from mes.console.decisions.reworking import reworks_to_plan
from mes.console.decisions.selling import displaced_stock, expiring_offers, stockouts, waiting_lines
from mes.console.decisions.training import qualifications_lapsing, qualifications_unheld, unread_instructions
from mes.core.models import User

__all__ = ["Action", "Decision", "decisions"]

MOST_PER_SOURCE = 8


def decisions(at: datetime, user: User, lines: Sequence[Any]) -> list[Decision]:
    """Everything that needs a person at `at` and that `user` may see, dearest first.

    :param lines: open order lines with progress, in any order.
    """
    sources: dict[str, Iterable[Decision]] = {
        "quality.view_recall": open_recalls(at),
        "orders.view_orderline": waiting_lines(lines),
        "quality.view_nonconformance": nonconformances(at),
        "production.view_batch": reworks_to_plan(at),
        "quality.view_samplingsource": discontinued_sources(at),
        "quality.view_correctiveaction": due_actions(at),
        "production.view_downtime": machines_down(at),
        "forecasting.view_replenishment": stockouts(at),
        "forecasting.view_displacement": displaced_stock(at),
        "forecasting.view_forecastalert": forecast_alerts(),
        "forecasting.view_demandevent": unusual_days(),
        "orders.view_offer": expiring_offers(at),
        "production.view_productionorder": unreleased_orders(at),
        "production.view_operation": blocked_operations(at),
        "production.view_slot": without_a_place(at),
        "quality.view_inspection": waiting_inspections(),
        "inventory.view_lot": lots_to_release(),
        "inventory.judge_lot": lots_nobody_judges(),
        "production.view_qualification": qualifications_lapsing(at),
        "production.view_operator": qualifications_unheld(at),
        "production.view_instructionversion": unread_instructions(),
        "quality.view_chartsignal": chart_signals(at),
        "quality.view_gaugereview": gauge_reviews(at),
        "quality.view_gauge": gauges_due(at),
        "core.view_factdelivery": parked_facts(),
        "core.unlock_account": locked_accounts(),
        "core.view_verification": unsound_records(),
    }
    found = [
        replace(decision, actions=tuple(a for a in decision.actions if _may(user, a)))
        for permission, source in sources.items()
        if user.has_perm(permission)
        for decision in islice(source, MOST_PER_SOURCE)
    ]
    return sorted(found, key=lambda decision: -decision.cost)


def _may(user: User, action: Action) -> bool:
    return not action.permission or user.has_perm(action.permission)
