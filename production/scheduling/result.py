"""What the scheduler answers: where every task goes, what that costs, and what could not be planned."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf


class Status(StrEnum):
    """How good a plan is known to be."""

    OPTIMAL = "optimal"  # no better plan exists: proven
    FEASIBLE = "feasible"  # every task has its place; better plans may exist
    PARTIAL = "partial"  # some tasks could not be placed; `Result.unplanned` says which and why


FEW = 30
"""Moves that are few in any plan: a planner reads through them."""

MANY = 10
"""Times what a move costs that each counts for beyond those that are few."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a plan costs: the sum of each figure times its weight.

    The defaults rank weighted tardiness (or, where no job has a due date, makespan) first, set-up and flow time
    next, closeness to the present plan last: a task is moved where that saves five weighted minutes. `keen` is no part of the price:
    it is what the last of a large plant's search goes by, when the few jobs that matter most are looked after (see `hasten`).
    """

    tardiness: float = 1.0  # per second a job ends after its due date, times the job's weight
    makespan: float = 1.0  # per second of the last end, where no job has a due date
    setup: float = 0.01  # per second of set-up
    flow: float = 0.0001  # per second from a job's release to its end
    move: float = 300.0  # per task that leaves its machine or its time in the present plan
    keen: float = (
        3.0  # mean tasks' lengths for which a job's being late at all counts, above the least weight
    )
    whole_move: int = 1  # seconds; a task that shifts by less on its machine costs that share of a move
    few: float = 1.0  # share of the present plan's tasks that may move; each beyond it counts `MANY` times

    def __post_init__(self) -> None:
        """:raises ValueError: where a weight is negative or no number, or a whole move no shift at all."""
        for name in self.__slots__:
            if not 0 <= getattr(self, name) < inf:
                raise ValueError(f"the weight {name} is {getattr(self, name)}; it is a number from 0 on")
        if self.whole_move < 1:
            raise ValueError("whole_move is 0; it is the shift, in seconds from 1 on, that counts as a move")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One task's slot: set-up from `start`, run from `setup_end`, done at `end` (seconds).

    `setup_end` is the moment the run begins; without set-up it equals `start`. The machine belongs to the slot from
    `start` to `end`, breaks included.
    """

    job: str
    task: str
    machine: str
    start: int
    setup_end: int
    end: int

    @property
    def key(self) -> tuple[str, str]:
        """Job and task."""
        return self.job, self.task


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a planner must know about a task (or, with an empty `task`, about a whole job)."""

    job: str
    task: str
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """Job and task."""
        return self.job, self.task


@dataclass(frozen=True, slots=True)
class Result:
    """A plan with its figures.

    `objective` names the main criterion ("weighted tardiness" or "makespan"), `value` is it in (weighted) seconds,
    whole where the weights are, and `bound` a proven lower bound on it. `cost` is the whole weighted sum that was minimised.
    """

    status: Status
    objective: str
    value: float
    bound: int
    cost: float
    seconds: float  # spent in all
    first_seconds: float  # until the first complete plan
    assignments: tuple[Assignment, ...]  # by start
    lateness: dict[str, int]  # job -> end minus due date, negative when early; jobs with a due date only
    ends: dict[str, int]  # job -> end of its last task
    setup_seconds: int
    flow_seconds: int
    utilisation: dict[str, float]  # machine -> busy share of its working time up to the last end
    moved: tuple[tuple[str, str], ...] = ()  # tasks that left their place in the present plan
    unplanned: tuple[Remark, ...] = ()
    broken_pins: tuple[Remark, ...] = ()  # pinned or frozen tasks that could not keep their start
    rule: str = ""  # the dispatching rule the plan grew from
    figures: dict[str, float] = field(default_factory=dict)  # counters of the search, for the curious

    @property
    def late(self) -> int:
        """How many jobs end after their due date."""
        return sum(lateness > 0 for lateness in self.lateness.values())

    @property
    def makespan(self) -> int:
        """The end of the last task."""
        return max((assignment.end for assignment in self.assignments), default=0)

    def by_key(self) -> dict[tuple[str, str], Assignment]:
        """Assignments by (job, task)."""
        return {assignment.key: assignment for assignment in self.assignments}
