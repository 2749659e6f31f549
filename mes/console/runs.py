"""Runs and health: what works by itself, when it last did, and what needs a person before it goes on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django_celery_beat.models import PeriodicTask

from forecasting.models import ForecastRun, ForecastShard
from forecasting.progress import steps_of
from mes.core.models import FactDelivery, Seal, Verification
from production.models import Machine, Schedule

RUNS_SHOWN = 6
VERSIONS_SHOWN = 8
MOVES_SHOWN = 10
PARKED_SHOWN = 50
LONGEST_RUN = timedelta(days=1)
SLOW_AFTER = timedelta(minutes=2)
LATE_AFTER = timedelta(seconds=50)  # when a job was sent is written down within half a minute
RUN_LEVELS = {"running": "running", "done": "done", "failed": "late"}


@dataclass(frozen=True)
class Job:
    """A periodic task: when it last ran, when it is due."""

    name: str
    every: str
    is_enabled: bool
    last_run_at: datetime | None
    next_run_at: datetime | None
    times: int
    is_late: bool
    is_due: bool = False

    @property
    def state(self) -> tuple[str, str]:
        """Level and word."""
        if not self.is_enabled:
            return "planned", "Switched off"
        if self.last_run_at is None:
            return "planned", "Not yet"
        return ("late", "Late") if self.is_late else ("done", "On time")


def overview(at: datetime) -> dict[str, Any]:
    """Everything of the page, as of `at`."""
    runs = list(ForecastRun.objects.order_by("-started_at", "-pk")[:RUNS_SHOWN])
    in_part = _in_part(runs)
    return {
        "jobs": _jobs(at),
        "runs": [_run(run, is_in_part=run.pk in in_part) for run in runs],
        "is_running": any(run.status == ForecastRun.Status.RUNNING for run in runs),
        "versions": _versions(),
        "deliveries": _deliveries(at),
        "parked": _parked(),
        "verification": Verification.objects.newest(),
        "seals": Seal.objects.count(),
    }


def _jobs(at: datetime) -> list[Job]:
    tasks = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked").order_by("name")
    return [_job(task, at) for task in tasks.exclude(name__startswith="celery.")]


def _job(task: PeriodicTask, at: datetime) -> Job:
    left = None
    if task.enabled and task.last_run_at:
        left = task.schedule.remaining_estimate(task.last_run_at)
    return Job(
        name=task.name,
        every=_every(task),
        is_enabled=task.enabled,
        last_run_at=task.last_run_at,
        next_run_at=at + left if left is not None else None,
        times=task.total_run_count,
        is_due=left is not None and left <= timedelta(),
        is_late=left is not None and left < -LATE_AFTER,
    )


def _every(task: PeriodicTask) -> str:
    """How often a job is due, in words as far as there are any: ``every 5 minutes``, ``every day at 02:10 UTC``."""
    if task.interval is not None and task.interval.period == "seconds" and task.interval.every % 60 == 0:
        minutes = task.interval.every // 60
        return "every minute" if minutes == 1 else f"every {minutes} minutes"
    at = task.crontab
    if at is None or not at.minute.isdigit() or {at.day_of_week, at.day_of_month, at.month_of_year} != {"*"}:
        return str(task.scheduler)
    minute = f"{int(at.minute):02}"
    if at.hour.isdigit():
        return f"every day at {int(at.hour):02}:{minute} {at.timezone}"
    if hours := re.fullmatch(r"(\d+)-(\d+)/(\d+)", at.hour):
        first, last, step = map(int, hours.groups())
        last -= (last - first) % step
        return f"every {step} hours from {first:02}:{minute} to {last:02}:{minute} {at.timezone}"
    return str(task.scheduler)


def _in_part(runs: Iterable[ForecastRun]) -> set[int]:
    """Keys of those of which a shard failed or an item was left out: some items keep the numbers of the run before."""
    shards = ForecastShard.objects.filter(run__in=[run.pk for run in runs])
    lacking = shards.filter(Q(status=ForecastShard.Status.FAILED) | ~Q(left_out={}))
    return set(lacking.values_list("run", flat=True))


def _run(run: ForecastRun, *, is_in_part: bool) -> dict[str, Any]:
    is_partly_done = is_in_part and run.status == ForecastRun.Status.DONE
    return {
        "run": run,
        "level": "risk" if is_partly_done else RUN_LEVELS[run.status],
        "state": "Done in part" if is_partly_done else run.get_status_display(),
        "percent": progress(run),
        "steps": steps_of(run) if run.status == ForecastRun.Status.RUNNING else [],
        "took": _took(run),
    }


def _took(run: ForecastRun) -> timedelta | None:
    """How long a run took; None while it runs, and of one that was made as of another day, as when a past is lived through once more."""
    took = run.finished_at - run.started_at if run.finished_at else None
    return took if took is not None and took < LONGEST_RUN else None


def progress(run: ForecastRun) -> int:
    """How much of a run's items are done, in per cent."""
    if run.status == ForecastRun.Status.DONE:
        return 100
    return round(100 * run.items_done / run.items_total) if run.items_total else 0


def _versions() -> list[dict[str, Any]]:
    """The newest plan versions, each with what moved and whom it concerns."""
    versions = list(Schedule.objects.select_related("by").order_by("-version")[:VERSIONS_SHOWN])
    names = dict(Machine.objects.values_list("pk", "name"))
    return [
        {
            "plan": plan,
            "moved": [_move(row, names) for row in plan.moved[:MOVES_SHOWN]],
            "more": max(len(plan.moved) - MOVES_SHOWN, 0),
            "later": sum(row["delay_seconds"] > 0 for row in plan.moved),
        }
        for plan in versions
    ]


def _move(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    seconds = row["delay_seconds"]
    return row | {
        "machines": [names.get(row[end]["machine"], "") for end in ("from", "to")],
        "starts": [datetime.fromisoformat(row[end]["start"]) for end in ("from", "to")],
        "shift": _span(abs(seconds)) if seconds else "the same time",
        "way": ("later" if seconds > 0 else "sooner") if seconds else "",
        "level": "risk" if seconds > 0 else "done",
    }


def _span(seconds: int) -> str:
    hours = seconds / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} h"


def _deliveries(at: datetime) -> dict[str, Any]:
    waiting = FactDelivery.objects.due(at).aggregate(count=Count("pk"), oldest=Min("due_at"))
    oldest = waiting["oldest"]
    return waiting | {"is_slow": oldest is not None and at - oldest > SLOW_AFTER}


def _parked() -> list[dict[str, Any]]:
    rows = FactDelivery.objects.parked().select_related("fact").order_by("fact_id", "pk")[:PARKED_SHOWN]
    return [
        {
            "delivery": row,
            "cause": row.error.strip().splitlines()[-1] if row.error.strip() else "No error was left",
        }
        for row in rows
    ]
