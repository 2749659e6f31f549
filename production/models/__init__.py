from production.models.execution import Checkpoint, Operation, ProgressReport, TimeEntry
from production.models.first_articles import FirstArticle
from production.models.instructions import (
    Acknowledgement,
    Instruction,
    InstructionFile,
    InstructionVersion,
    StepInstruction,
)
from production.models.orders import Batch, MaterialClaim, Priority, ProductionOrder, Specification
from production.models.overtime import Overtime
from production.models.people import Operator, Qualification
from production.models.plans import Component, ProcessPlan, Step, ToolNeed
from production.models.resources import (
    CalendarException,
    Changeover,
    Downtime,
    Machine,
    Shift,
    WorkCenter,
)
from production.models.rules import SchedulingRules
from production.models.schedule import Schedule, Slot
from production.models.starting import Cleaning, CleaningCheck, Gate, GateOverride
from production.models.tools import Tool, ToolAbsence
from production.models.what_ifs import BoardChange, WhatIf

__all__ = [
    "Acknowledgement",
    "Batch",
    "BoardChange",
    "CalendarException",
    "Changeover",
    "Checkpoint",
    "Cleaning",
    "CleaningCheck",
    "Component",
    "Downtime",
    "FirstArticle",
    "Gate",
    "GateOverride",
    "Instruction",
    "InstructionFile",
    "InstructionVersion",
    "Machine",
    "MaterialClaim",
    "Operation",
    "Operator",
    "Overtime",
    "Priority",
    "ProcessPlan",
    "ProductionOrder",
    "ProgressReport",
    "Qualification",
    "Schedule",
    "SchedulingRules",
    "Shift",
    "Slot",
    "Specification",
    "Step",
    "StepInstruction",
    "TimeEntry",
    "Tool",
    "ToolAbsence",
    "ToolNeed",
    "WhatIf",
    "WorkCenter",
]
