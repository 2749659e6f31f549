"""Every write of forecasting. Other apps import these names from here."""

from forecasting.services.agreeing import ConsensusOverlaps, agree, contribute, end_consensus
from forecasting.services.demand import (
    DemandPoint,
    StatedAnewMeanwhile,
    UnusableDemand,
    correct_demand,
    import_demand,
    record_returned_demand,
    record_shipped_demand,
)
from forecasting.services.displacing import note_displacements
from forecasting.services.events import EventTwice, WrongEvent, add_event, confirm_event, dismiss_event
from forecasting.services.families import (
    NotForecastSoFar,
    NothingToShareOut,
    end_family_override,
    override_family,
    share_families_anew,
)
from forecasting.services.finding import mark_stock_outs, propose_outliers
from forecasting.services.firming import firm_by_rule, firm_by_rules
from forecasting.services.freezing import FrozenAlready, MayNotLift, NothingToFreeze, freeze, lift_freeze
from forecasting.services.hindcasting import hindcast
from forecasting.services.importing import RowsRefused, import_demand_file
from forecasting.services.judging import judge_forecasts, see_alert, sense_demand
from forecasting.services.messaging import (
    MayNotChange,
    SubjectChanged,
    act_on_message,
    dismiss_message,
    renew_messages,
    reopen_message,
)
from forecasting.services.overriding import NewNumber, NumberRefused, OverridesChanged, save_numbers
from forecasting.services.people import OverridesOverlap, add_override, end_override
from forecasting.services.pruning import Pruned, prune
from forecasting.services.reasons import ReasonNeeded
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
    go_on,
    run_forecast,
    work_on,
)
from forecasting.services.shards import (
    carry_out_shard,
    ensure_shards,
    hand_out_again,
    hand_out_set_back,
    is_ready,
)
from forecasting.services.standing import AgreedAlready, PeriodFrozen, StretchInThePast

__all__ = [
    "HORIZON_DAYS",
    "AgreedAlready",
    "CannotFirm",
    "ConsensusOverlaps",
    "DemandPoint",
    "EventTwice",
    "FrozenAlready",
    "MayNotChange",
    "MayNotLift",
    "NewNumber",
    "NoForecast",
    "NotForecastSoFar",
    "NothingToFreeze",
    "NothingToShareOut",
    "NumberRefused",
    "OverridesChanged",
    "OverridesOverlap",
    "PeriodFrozen",
    "Pruned",
    "ReasonNeeded",
    "RowsRefused",
    "RunFailed",
    "RunInProgress",
    "StatedAnewMeanwhile",
    "StretchInThePast",
    "SubjectChanged",
    "UnusableDemand",
    "WrongEvent",
    "act_on_message",
    "add_event",
    "add_override",
    "agree",
    "begin_run",
    "carry_out",
    "carry_out_shard",
    "confirm_event",
    "contribute",
    "correct_demand",
    "dismiss_event",
    "dismiss_message",
    "dismiss_replenishment",
    "end_consensus",
    "end_family_override",
    "end_override",
    "ensure_shards",
    "firm_by_rule",
    "firm_by_rules",
    "firm_due",
    "firm_replenishment",
    "freeze",
    "go_on",
    "hand_out_again",
    "hand_out_set_back",
    "hindcast",
    "import_demand",
    "import_demand_file",
    "is_ready",
    "judge_forecasts",
    "lift_freeze",
    "mark_stock_outs",
    "note_displacements",
    "override_family",
    "propose_outliers",
    "prune",
    "record_returned_demand",
    "record_shipped_demand",
    "renew_messages",
    "reopen_message",
    "reopen_replenishment",
    "replenish",
    "run_forecast",
    "save_numbers",
    "see_alert",
    "sense_demand",
    "share_families_anew",
    "work_on",
]
