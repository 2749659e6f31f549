"""The console of production."""

from production.admin.batches import BatchAdmin
from production.admin.cleaning import CleaningAdmin, GateOverrideAdmin
from production.admin.instructions import InstructionAdmin, InstructionVersionAdmin
from production.admin.limits import SchedulingRulesAdmin, ToolAdmin
from production.admin.operations import OperationAdmin, TimeEntryAdmin
from production.admin.orders import ProductionOrderAdmin
from production.admin.overtime import OvertimeAdmin
from production.admin.plans import ProcessPlanAdmin
from production.admin.resources import DowntimeAdmin, MachineAdmin, OperatorAdmin, WorkCenterAdmin
from production.admin.schedules import ScheduleAdmin
from production.admin.what_ifs import WhatIfAdmin

__all__ = [
    "BatchAdmin",
    "CleaningAdmin",
    "DowntimeAdmin",
    "GateOverrideAdmin",
    "InstructionAdmin",
    "InstructionVersionAdmin",
    "MachineAdmin",
    "OperationAdmin",
    "OperatorAdmin",
    "OvertimeAdmin",
    "ProcessPlanAdmin",
    "ProductionOrderAdmin",
    "ScheduleAdmin",
    "SchedulingRulesAdmin",
    "TimeEntryAdmin",
    "ToolAdmin",
    "WhatIfAdmin",
    "WorkCenterAdmin",
]
