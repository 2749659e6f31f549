"""Rescheduling: read the plant, work out a plan, publish it. And what the published plan asks of each work center."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db.models import Max

from mes.core.models import Fact, User
from production.figures import figures_of, unplanned_rows
from production.load import load_by_day as load
from production.models import Schedule
from production.posing import pose
from production.publishing import Overtaken, Place, assignments_of, places_of, publish
from production.scheduling import solve
from production.snapshot import take_snapshot

__all__ = ["load", "reschedule"]

ATTEMPTS = 3


def reschedule(
    *,
    reason: str,
    by: User | None = None,
    at: datetime,
    seconds: float | None = None,
    seed: int = 0,
    like: Sequence[Place] = (),
) -> Schedule:
    """Plan every unfinished operation anew and publish the plan as the next version.

    Running operations stay where they are, pinned ones go where the planner put them. What cannot be planned is listed in
    the version's `unplanned`, each with its reason; material that nobody ordered, in its `figures["shortages"]`. When an operation is
    started meanwhile where another was planned, the plan is made again, with less time, and at last without the other.

    :param seconds: that the search may take; by default what the settings say, 0 for the first plan that comes.
    :param like: a plan to stay close to, instead of the one in force.
    """
    began = monotonic()
    budget = float(settings.MES["SCHEDULE_SECONDS"] if seconds is None else seconds)
    for attempt in range(1, ATTEMPTS + 1):
        moment = at + timedelta(seconds=monotonic() - began if attempt > 1 else 0)
        known = Fact.objects.aggregate(last=Max("pk"))[
            "last"
        ]  # before looking: what follows calls for a new plan
        plant = take_snapshot(at=moment)
        posed = pose(plant, frozen=timedelta(minutes=settings.MES.get("SCHEDULE_FROZEN_MINUTES", 0)))
        result = solve(
            posed.problem,
            seconds=budget / attempt**2,
            seed=seed,
            workers=settings.MES["SCHEDULE_WORKERS"],
            weights=posed.weights,
            present=(assignments_of(posed, like) if like else posed.present) or None,
        )
        try:
            return publish(
                places_of(posed, result),
                reason=reason,
                objective=result.cost,
                figures=figures_of(plant, posed, result, attempts=attempt) | {"facts_until": known},
                unplanned=unplanned_rows(plant, posed, result),
                drop_conflicts=attempt == ATTEMPTS,
                by=by,
                at=moment,
            )
        except Overtaken:
            continue
    raise AssertionError("the last attempt publishes or raises")
