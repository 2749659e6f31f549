"""Every write of production. Other apps import these names from here."""

from production.services.claims import claim_for_waiting_batches, claim_material
from production.services.consuming import (
    NotAComponent,
    NotEnoughMaterial,
    SpecificationUnmet,
    TooLittleConsumed,
    TooMuchConsumed,
)
from production.services.finishing import (
    WrongQuantity,
    clear_batch,
    end_rejected_batch,
    finish_operation,
    hand_out,
)
from production.services.machines import (
    AlreadyDown,
    AlreadyOver,
    WrongTime,
    end_downtime,
    plan_downtime,
    report_breakdown,
)
from production.services.orders import (
    NotMadeHere,
    SpecificationOutOfReach,
    StillRunning,
    cancel_order,
    plan_production,
    release_order,
)
from production.services.overtime import call_off_overtime, plan_overtime
from production.services.pinning import AlreadyStarted, pin_operation, restore_pin, unpin_operation
from production.services.plans import (
    CircularBill,
    PlanIncomplete,
    PlanInForce,
    RevisionTaken,
    approve_process_plan,
    require_draft,
    revise_process_plan,
)
from production.services.priorities import OrderOver, reprioritise_order
from production.services.splitting import BatchBegun, WrongSplit, split_batch
from production.services.starting import (
    MachineBusy,
    MachineDown,
    MachineNotEligible,
    MaterialMissing,
    NotQualified,
    NotReady,
    pause_operation,
    resume_operation,
    start_operation,
    why_not_ready,
)
from production.services.tooling import ToolNotFree

__all__ = [
    "AlreadyDown",
    "AlreadyOver",
    "AlreadyStarted",
    "BatchBegun",
    "CircularBill",
    "MachineBusy",
    "MachineDown",
    "MachineNotEligible",
    "MaterialMissing",
    "NotAComponent",
    "NotEnoughMaterial",
    "NotMadeHere",
    "NotQualified",
    "NotReady",
    "OrderOver",
    "PlanInForce",
    "PlanIncomplete",
    "RevisionTaken",
    "SpecificationOutOfReach",
    "SpecificationUnmet",
    "StillRunning",
    "TooLittleConsumed",
    "TooMuchConsumed",
    "ToolNotFree",
    "WrongQuantity",
    "WrongSplit",
    "WrongTime",
    "approve_process_plan",
    "call_off_overtime",
    "cancel_order",
    "claim_for_waiting_batches",
    "claim_material",
    "clear_batch",
    "end_downtime",
    "end_rejected_batch",
    "finish_operation",
    "hand_out",
    "pause_operation",
    "pin_operation",
    "plan_downtime",
    "plan_overtime",
    "plan_production",
    "release_order",
    "report_breakdown",
    "reprioritise_order",
    "require_draft",
    "restore_pin",
    "resume_operation",
    "revise_process_plan",
    "split_batch",
    "start_operation",
    "unpin_operation",
    "why_not_ready",
]
