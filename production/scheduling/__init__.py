"""Finite-capacity scheduling: `solve(problem, seconds=…) -> Result`. Pure: plain data in, plain data out."""

from production.scheduling.calendar import Calendar
from production.scheduling.problem import InvalidProblem, Problem, salvage, under_way
from production.scheduling.result import Assignment, Remark, Result, Status, Weights
from production.scheduling.rows import (
    Job,
    Link,
    Machine,
    Mode,
    Need,
    Pin,
    Reserve,
    Resource,
    Running,
    Setup,
    Task,
)
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
    "under_way",
]
