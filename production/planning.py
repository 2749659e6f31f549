"""Rescheduling: read the plant, work out a plan, publish it. And what the published plan asks of each work center."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction

from mes.core.collector import collector_at_rest
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.facts import PlanRefused
from production.figures import figures_of, unplanned_rows
from production.load import load_by_day as load
from production.models import Schedule
from production.news import known_facts, late_operations, misplaced_operations, news_since
from production.posed import Posed
from production.posing import frozen, pose
from production.publishing import Overtaken, Place, assignments_of, places_of, publish
from production.scheduling import Assignment, Result, Weights, solve
from production.scheduling.check import check
from production.snapshot import take_snapshot
from production.weights import of_a_repair, unsearched

__all__ = ["load", "reschedule"]

ATTEMPTS = 3
CAUSES_KEPT = 200
FAULTS_TOLD = 5

logger = logging.getLogger(__name__)


class UnsoundPlan(DomainError):
    code = "production.unsound_plan"
    title = "The plan found breaks a rule of the plant"


@collector_at_rest()
def reschedule(
    *,
    reason: str,
    by: User | None = None,
    at: datetime,
    seconds: float | None = None,
    seed: int = 0,
    like: Sequence[Place] = (),
    repair: bool = False,
) -> Schedule:
    """Plan every unfinished operation anew and publish the plan as the next version.

    Running operations stay where they are, pinned ones go where the planner put them. What cannot be planned is listed in
    the version's `unplanned`, each with its reason; material that nobody ordered, in its `figures["shortages"]`. When an operation is
    started meanwhile where another was planned, the plan is made again, with less time, and at last without the other.

    :param seconds: that the search may take; by default what the settings say, 0 for the first plan that comes.
    :param like: a plan to stay close to, instead of the one in force.
    :param repair: leave everything where it is that need not move, or whose move saves less than `weights.WORTH_A_MOVE`.
    :raises UnsoundPlan: when the plan found breaks a rule of the plant; nothing is published then.
    """
    began = monotonic()
    drift = [*late_operations(at), *misplaced_operations(at)]
    causes = [*news_since(Schedule.objects.latest_known()), *drift]
    budget = float(settings.MES["SCHEDULE_SECONDS"] if seconds is None else seconds)
    for attempt in range(1, ATTEMPTS + 1):
        moment = at + timedelta(seconds=monotonic() - began if attempt > 1 else 0)
        known = known_facts()  # before looking: what follows calls for a new plan
        plant = take_snapshot(at=moment)
        posed = pose(plant, frozen=frozen())
        weights = _weights(posed, budget, repair=repair)
        present = (assignments_of(posed, like) if like else posed.present) or None
        result = solve(
            posed.problem,
            seconds=budget / attempt**2,
            seed=seed,
            workers=settings.MES["SCHEDULE_WORKERS"],
            weights=weights,
            present=present,
            margin=0 if repair else _margin_seconds(),  # it is there for repairs to use
        )
        _require_sound(posed, result, present, reason)
        try:
            return publish(
                places_of(posed, result),
                reason=reason,
                causes=[news.row() for news in causes[-CAUSES_KEPT:]],
                objective=result.cost,
                figures=figures_of(plant, posed, result, attempts=attempt) | known | {"is_repair": repair},
                unplanned=unplanned_rows(plant, posed, result),
                drop_conflicts=attempt == ATTEMPTS,
                by=by,
                at=moment,
            )
        except Overtaken:
            continue
    raise AssertionError("the last attempt publishes or raises")


def _margin_seconds() -> int:
    return int(60 * settings.MES["SHIFT_MARGIN_MINUTES"])


def _weights(posed: Posed, seconds: float, *, repair: bool) -> Weights:
    if repair:
        return of_a_repair(posed.weights)
    return posed.weights if seconds else unsearched(posed.weights)


def _require_sound(posed: Posed, result: Result, present: Sequence[Assignment] | None, reason: str) -> None:
    """No plan is published that the checker, which knows nothing of how it was found, does not accept."""
    faults = check(posed.problem, result, present)
    if not faults:
        return
    logger.error("The plan for “%s” breaks %d rules and is not published: %s", reason, len(faults), faults)
    with transaction.atomic():
        record(PlanRefused(reason=reason, faults=tuple(faults[:FAULTS_TOLD])))
    raise UnsoundPlan(
        f"The plan found breaks {len(faults)} rules of the plant and is not published. {faults[0]}",
        remedy="The plan in force stands. Plan again; if it stays so, tell whoever runs this system.",
    )
