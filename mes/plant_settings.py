"""The plant's own settings, each from an environment variable that begins with `MES_`, and the least that each may be."""

from typing import Any

import environ

AT_LEAST_ONE = (
    "FACT_MAX_ATTEMPTS",
    "FACT_RETENTION_DAYS",
    "DELIVERY_RETENTION_DAYS",
    "PROPOSAL_RETENTION_DAYS",
    "FORECAST_DAILY_DAYS",
    "FORECAST_NIGHTLY_DAYS",
    "FORECAST_RETENTION_DAYS",
    "SCHEDULE_WORKERS",
    "FILE_MEGABYTES",
    "OFFER_HOLD_HOURS",
    "ACCESS_MAX_FAILURES",
)
NOT_NEGATIVE = (
    "SCHEDULE_SECONDS",
    "REPAIR_SECONDS",
    "SCHEDULE_FROZEN_MINUTES",
    "SHIFT_MARGIN_MINUTES",
    "REPLAN_AFTER_SECONDS",
    "SIGNING_SESSION_MINUTES",
)
LEAST = dict.fromkeys(AT_LEAST_ONE, 1) | dict.fromkeys(NOT_NEGATIVE, 0)


def read(env: environ.Env, *, is_testing: bool) -> dict[str, Any]:
    """What the environment says, by name without the `MES_`."""
    return {
        # A fact that fails this often is parked for a person to look at.
        "FACT_MAX_ATTEMPTS": env.int("MES_FACT_MAX_ATTEMPTS", default=8),
        # Deliveries done, and facts with nothing left to deliver, are pruned after this many days.
        "FACT_RETENTION_DAYS": env.int("MES_FACT_RETENTION_DAYS", default=3650),
        "DELIVERY_RETENTION_DAYS": env.int("MES_DELIVERY_RETENTION_DAYS", default=30),
        # Proposals that others took the place of, and messages that are no longer true, unless somebody decided about them.
        "PROPOSAL_RETENTION_DAYS": env.int("MES_PROPOSAL_RETENTION_DAYS", default=3),
        # The numbers of past forecast runs: day by day, of every night, of the first run of each week.
        "FORECAST_DAILY_DAYS": env.int("MES_FORECAST_DAILY_DAYS", default=60),
        "FORECAST_NIGHTLY_DAYS": env.int("MES_FORECAST_NIGHTLY_DAYS", default=180),
        "FORECAST_RETENTION_DAYS": env.int("MES_FORECAST_RETENTION_DAYS", default=400),
        # Seconds the scheduler may search for a better plan once it has a feasible one.
        "SCHEDULE_SECONDS": env.int("MES_SCHEDULE_SECONDS", default=10),
        # The same for the repair of a plan that something urgent has upset.
        "REPAIR_SECONDS": env.float("MES_REPAIR_SECONDS", default=0.5),
        # How far from now on a new plan keeps what the published one has, running or not.
        "SCHEDULE_FROZEN_MINUTES": env.float("MES_SCHEDULE_FROZEN_MINUTES", default=0),
        # Left free before each break on machines whose work must not pause over it, so that the plan outlives small delays.
        "SHIFT_MARGIN_MINUTES": env.float("MES_SHIFT_MARGIN_MINUTES", default=5),
        # How long something urgent waits for company before the plan is repaired; 0 leaves it to the sweep.
        "REPLAN_AFTER_SECONDS": 0 if is_testing else env.float("MES_REPLAN_AFTER_SECONDS", default=0.2),
        "SCHEDULE_WORKERS": env.int("MES_SCHEDULE_WORKERS", default=2),
        # The largest file that is kept with a record: an instruction, a certificate.
        "FILE_MEGABYTES": env.int("MES_FILE_MEGABYTES", default=20),
        # How long an offer keeps stock and capacity, unless whoever makes it says otherwise.
        "OFFER_HOLD_HOURS": env.int("MES_OFFER_HOLD_HOURS", default=48),
        # A folder of fonts for scripts that the papers' own (Latin, Greek, Cyrillic) do not have.
        "PAPER_FONTS": env.str("MES_PAPER_FONTS", default=""),
        # The plant's GS1 company prefix; with it, labels of packs carry a serial shipping container code.
        "GS1_PREFIX": env.str("MES_GS1_PREFIX", default=""),
        # After so many wrong passwords in a row an account is locked until an administrator unlocks it.
        "ACCESS_MAX_FAILURES": env.int("MES_ACCESS_MAX_FAILURES", default=5),
        # So long after a signature the next one takes the password alone; later, or in another session, the user name too.
        "SIGNING_SESSION_MINUTES": env.int("MES_SIGNING_SESSION_MINUTES", default=15),
    }
