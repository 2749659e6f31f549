"""Every write of production. Other apps import these names from here."""

from production.services.claims import claim_for_waiting_batches, claim_material
from production.services.orders import (
    NotMadeHere,
    SpecificationOutOfReach,
    StillRunning,
    cancel_order,
    plan_production,
    release_order,
)
from production.services.plans import (
    CircularBill,
    PlanIncomplete,
    RevisionTaken,
    approve_process_plan,
    revise_process_plan,
)

__all__ = [
    "CircularBill",
    "NotMadeHere",
    "PlanIncomplete",
    "RevisionTaken",
    "SpecificationOutOfReach",
    "StillRunning",
    "approve_process_plan",
    "cancel_order",
    "claim_for_waiting_batches",
    "claim_material",
    "plan_production",
    "release_order",
    "revise_process_plan",
]
