"""Every write of forecasting. Other apps import these names from here."""

from forecasting.services.demand import DemandPoint, import_demand, record_shipped_demand
from forecasting.services.displacing import note_displacements
from forecasting.services.firming import firm_by_rule, firm_by_rules
from forecasting.services.messaging import (
    DoneElsewhere,
    NoReasonGiven,
    SubjectChanged,
    act_on_message,
    dismiss_message,
    renew_messages,
    reopen_message,
)
from forecasting.services.overriding import NewNumber, NumberRefused, OverridesChanged, save_numbers
from forecasting.services.people import OverrideInThePast, OverridesOverlap, add_override, end_override
from forecasting.services.replenishing import (
    CannotFirm,
    NoForecast,
    dismiss_replenishment,
    firm_due,
    firm_replenishment,
    reopen_replenishment,
    replenish,
)
from forecasting.services.runs import (
    HORIZON_DAYS,
    RunFailed,
    RunInProgress,
    begin_run,
    carry_out,
    finish_run,
    prune_runs,
    run_forecast,
    work_on,
)
from forecasting.services.shards import carry_out_shard, ensure_shards, hand_out_again, is_ready

__all__ = [
    "HORIZON_DAYS",
    "CannotFirm",
    "DemandPoint",
    "DoneElsewhere",
    "NewNumber",
    "NoForecast",
    "NoReasonGiven",
    "NumberRefused",
    "OverrideInThePast",
    "OverridesChanged",
    "OverridesOverlap",
    "RunFailed",
    "RunInProgress",
    "SubjectChanged",
    "act_on_message",
    "add_override",
    "begin_run",
    "carry_out",
    "carry_out_shard",
    "dismiss_message",
    "dismiss_replenishment",
    "end_override",
    "ensure_shards",
    "finish_run",
    "firm_by_rule",
    "firm_by_rules",
    "firm_due",
    "firm_replenishment",
    "hand_out_again",
    "import_demand",
    "is_ready",
    "note_displacements",
    "prune_runs",
    "record_shipped_demand",
    "renew_messages",
    "reopen_message",
    "reopen_replenishment",
    "replenish",
    "run_forecast",
    "save_numbers",
    "work_on",
]
