"""The HTTP face of this app."""

from production.api import capacity, execution, limits, plans, resources, schedule, what_ifs

VIEWSETS: dict[str, type] = {
    "work-centers": resources.WorkCenterViewSet,
    "machines": resources.MachineViewSet,
    "shifts": resources.ShiftViewSet,
    "calendar-exceptions": resources.CalendarExceptionViewSet,
    "changeovers": resources.ChangeoverViewSet,
    "downtimes": resources.DowntimeViewSet,
    "overtime": resources.OvertimeViewSet,
    "operators": resources.OperatorViewSet,
    "qualifications": resources.QualificationViewSet,
    "tools": limits.ToolViewSet,
    "tool-absences": limits.ToolAbsenceViewSet,
    "tool-needs": limits.ToolNeedViewSet,
    "scheduling-rules": limits.SchedulingRulesViewSet,
    "process-plans": plans.ProcessPlanViewSet,
    "steps": plans.StepViewSet,
    "components": plans.ComponentViewSet,
    "production-orders": execution.ProductionOrderViewSet,
    "batches": execution.BatchViewSet,
    "operations": execution.OperationViewSet,
    "specifications": execution.SpecificationViewSet,
    "time-entries": execution.TimeEntryViewSet,
    "capacity": capacity.CapacityViewSet,
    "schedules": schedule.ScheduleViewSet,
    "slots": schedule.SlotViewSet,
    "what-ifs": what_ifs.WhatIfViewSet,
}
