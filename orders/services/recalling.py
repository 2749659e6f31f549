"""Recalls from start to end, seen from the top: what they start from is known by production, whom they concern by orders."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from inventory.balancing import LotBalance, balances_of
from inventory.models import Lot, Supplier
from mes.core.models import User
from mes.core.signing import Credentials
from orders.models import RecallNotice
from orders.recall_starts import Given, origins_of, start_of
from orders.recalled import effectiveness_of, reach_of
from production.models import Machine, ProcessPlan
from quality import services as quality
from quality.models import Gauge, Recall, RecallRun

NAMED = 3


@transaction.atomic
def start_recall(
    *,
    basis: str,
    reason: str,
    lots: Sequence[Lot] = (),
    supplier: Supplier | None = None,
    supplier_lot: str = "",
    machine: Machine | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    plan: ProcessPlan | None = None,
    gauge: Gauge | None = None,
    is_mock: bool = False,
    by: User,
    at: datetime,
) -> Recall:
    """Open a recall and find at once what it affects. Nothing is held yet: that is the next step, `quality.services.hold_recall`.

    :param basis: one of `Recall.Basis`, which says which of the following are needed: `lots`; `supplier_lot`, of `supplier` or of any;
        `machine` with `since` and, unless it goes on, `until`; `gauge`, from its last good calibration unless `since` says otherwise,
        to when it was found out of tolerance, or to now, unless `until` does;
        `plan`, a revision of a process plan.
    :param is_mock: a drill.
    :raises StartUnclear: when what the basis needs is missing, naming the field.
    :raises RecallReasonMissing, NothingAffected: from quality.
    """
    given = Given(tuple(lots), supplier, supplier_lot.strip(), machine, since, until, plan, gauge, now=at)
    scope, words = start_of(basis, given)
    return quality.open_recall(
        basis, scope, words, reason, origins=origins_of(basis, scope), is_mock=is_mock, by=by, at=at
    )


@transaction.atomic
def retrace_recall(recall: Recall, *, by: User, at: datetime) -> RecallRun:
    """Look again for what a recall affects; what is new is held at once where the recall holds stock.

    :raises RecallClosedAlready: when it is over.
    """
    origins = origins_of(recall.basis, recall.scope)
    return quality.retrace_recall(recall, origins=origins, by=by, at=at)


@transaction.atomic
def balance_recall(recall: Recall, note: str = "", *, by: User, at: datetime) -> Recall:
    """Confirm that the quantities of all affected lots were looked at; see `quality.services.balance_recall`."""
    return quality.balance_recall(recall, note, is_even=not uneven_lots(recall), by=by, at=at)


@transaction.atomic
def close_recall(
    recall: Recall, conclusion: str, *, credentials: Credentials | None = None, by: User, at: datetime
) -> Recall:
    """End a recall after a last look, by an electronic signature: its lots are let go or rejected as was decided.

    :raises SignatureMissing, WrongCredentials, AccountLocked: from signing; nothing is changed then.
    :raises RecallUnfinished: when the last look found new lots, while a notice is a draft or customers have some and were not told, and
        as long as quality has something open.
    """
    run = retrace_recall(recall, by=by, at=at)
    _require_nothing_new(recall, run)
    reach = reach_of(recall)
    if not recall.is_mock:
        _require_told(recall, any(each.untold for each in reach))
    return quality.close_recall(
        recall,
        conclusion,
        effectiveness=effectiveness_of(recall, reach),
        credentials=credentials,
        by=by,
        at=at,
    )


def uneven_lots(recall: Recall) -> list[LotBalance]:
    """Balances of the affected lots of which something is missing, or more is there than came."""
    balances = balances_of(recall.lots.values_list("lot", flat=True))
    return [balance for balance in balances.values() if balance.unaccounted]


def _require_nothing_new(recall: Recall, run: RecallRun) -> None:
    if run.new_lots:
        names = recall.lots.filter(run=run).order_by("lot").values_list("lot__number", flat=True)[:NAMED]
        raise quality.RecallUnfinished(
            f"{run.new_lots} lots are affected that nobody has looked at, among them {', '.join(names)}.",
            remedy="Look for affected lots again, then balance, decide and tell about those too.",
        )


def _require_told(recall: Recall, is_untold: bool) -> None:
    drafts = RecallNotice.objects.drafts().filter(recall=recall)
    if drafts.exists():
        numbers = list(drafts.order_by("pk").values_list("number", flat=True))
        more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
        raise quality.RecallUnfinished(
            f"{', '.join(numbers[:NAMED])}{more} {'is' if len(numbers) == 1 else 'are'} not sent.",
            remedy="Send the drafts, or withdraw them.",
        )
    if is_untold:
        raise quality.RecallUnfinished(
            "Customers have affected goods and were not told.", remedy="Prepare the notices and send them."
        )
