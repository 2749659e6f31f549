"""Finite-capacity scheduling: `solve(problem, seconds=…) -> Result`. Pure: plain data in, plain data out."""

from production.scheduling.calendar import Calendar
from production.scheduling.problem import (
    InvalidProblem,
    Job,
    Link,
    Machine,
    Mode,
    Need,
    Pin,
    Problem,
    Reserve,
    Resource,
    Running,
    Setup,
    Task,
    salvage,
)
from production.scheduling.result import Assignment, Remark, Result, Status, Weights
from production.scheduling.solver import solve

__all__ = [
    "Assignment",
    "Calendar",
    "InvalidProblem",
    "Job",
    "Link",
    "Machine",
    "Mode",
    "Need",
    "Pin",
    "Problem",
    "Remark",
    "Reserve",
    "Resource",
    "Result",
    "Running",
    "Setup",
    "Status",
    "Task",
    "Weights",
    "salvage",
    "solve",
]
