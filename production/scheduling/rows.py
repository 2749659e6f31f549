"""The rows of a problem: machines and what else is scarce, jobs of tasks in a precedence graph, set-ups.

All times are whole seconds from an epoch the caller chooses; all durations are whole seconds of working time.
"""

from dataclasses import dataclass

from production.scheduling.calendar import Calendar

TaskKey = tuple[str, str]  # (job, task): unique in a problem


@dataclass(frozen=True, slots=True)
class Reserve:
    """A share of a machine's working time that is kept for the jobs of one group.

    In each of the problem's `buckets` the jobs of all other groups together may take at most 1 − `share` of the
    machine's working time there; a slot counts whole in the bucket in which it starts. A task too long for that is let
    in alone.
    """

    group: str
    share: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine works on one task at a time; an unlimited one (a supplier, an oven farm) on any number.

    `calendar` None means always open. `family` is the set-up family it stands ready for at the beginning.
    `batch_limit` is the largest `Task.quantity` it holds.
    """

    id: str
    calendar: Calendar | None = None
    is_unlimited: bool = False
    family: str | None = None
    batch_limit: float | None = None
    reserves: tuple[Reserve, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a task needs besides its machine: a tool, a fixture, people with a skill.

    Up to `capacity` of it are in use at once, each from the start of a slot (set-up included) to its end.
    `calendar` None means always there; otherwise a task that needs it works only while both it and the machine are.
    """

    id: str
    capacity: int = 1
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """So many of a resource that a task holds from the start of its slot to its end."""

    resource: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to run a task: on this machine, for so many working seconds, set-up excluded."""

    machine: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor of a task, in the same job unless `job` is given.

    `wait_seconds` must pass (on the wall clock) between its end and the successor's run: cooling, transport.
    `transfer_share` below 1 overlaps the two: the successor may run once that share of the predecessor's run is done,
    and ends no sooner than that share of its own run after the predecessor's end (transfer batch ÷ batch).
    How much of a predecessor that is running is done already only the caller knows: `first_seconds` of its work are
    left from `Problem.now` until its first transfer batch is (0: it is); None: all that is left of it.
    """

    task: str
    job: str | None = None
    wait_seconds: int = 0
    transfer_share: float = 1.0
    first_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """A planner's decision: this machine, and this start of the slot (set-up included). Start None: any time."""

    machine: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """Work in progress: on this machine since `started`, with so many working seconds left from `Problem.now`."""

    machine: str
    started: int
    remaining_seconds: int


@dataclass(frozen=True, slots=True)
class Task:
    """One operation of a job.

    `after` holds predecessors: a task id of the same job, or a `Link`. `after_jobs` holds jobs that must be complete
    before this task runs (sub-assemblies). `setup_seconds` is its own set-up, before what the sequence of families
    adds. `may_pause` False: the run must fit into one window of the machine. `release`: not before (material).
    `quantity` is held against the machines' `batch_limit`.
    """

    id: str
    job: str
    modes: tuple[Mode, ...]
    after: tuple[str | Link, ...] = ()
    family: str | None = None
    may_pause: bool = True
    release: int = 0
    setup_seconds: int = 0
    pin: Pin | None = None
    running: Running | None = None
    after_jobs: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    quantity: float | None = None

    @property
    def key(self) -> TaskKey:
        """Job and task."""
        return self.job, self.id

    @property
    def links(self) -> tuple[Link, ...]:
        """Its predecessors as links with the job filled in."""
        return tuple([self._link(item) for item in self.after])

    def _link(self, item: "str | Link") -> Link:
        if isinstance(item, str):
            return Link(item, self.job)
        if item.job is not None:
            return item
        return Link(item.task, self.job, item.wait_seconds, item.transfer_share, item.first_seconds)


@dataclass(frozen=True, slots=True)
class Job:
    """An order: released, due, weighted, made of tasks; `after_jobs` must be complete before any of them runs.

    `group` says for whom machines may reserve a share of their time (to order, to stock).
    """

    id: str
    tasks: tuple[Task, ...]
    release: int = 0
    due: int | None = None
    weight: float = 1
    after_jobs: tuple[str, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """Set-up seconds from one family to the next on any machine: `seconds[from][to]`, in the order of `families`.

    Between tasks of which one has no family nothing is added. `ahead`: a machine may be set up before the task's
    predecessors are done, so that only the run waits for them; otherwise the set-up waits too.
    """

    families: tuple[str, ...] = ()
    seconds: tuple[tuple[int, ...], ...] = ()
    ahead: bool = True


NO_SETUP = Setup()
