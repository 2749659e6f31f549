"""Set-up families of the plant as one matrix.

A step of a family needs its set-up when another family ran before it, none when its own did; a changeover stated for the work
center, from one family to another (or to itself), counts instead. Steps of no family are set up every time. Families of
different work centers have nothing to do with each other, so they are told apart by the center; steps of one family
with set-ups of different length are told apart by that length.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from production.models import Changeover, Machine, Operation, Step
from production.scheduling import Setup

Key = tuple[int, str, int]  # work center, family ("" = none), set-up seconds of the step


@dataclass(frozen=True)
class Families:
    """Every family in play, sorted, with the changeovers stated between them."""

    keys: tuple[Key, ...]
    changeovers: Mapping[tuple[int, str, str], int]
    last_on: Mapping[int, Key]
    centers: frozenset[int]

    def of(self, step: Step) -> tuple[str | None, int]:
        """The family of a step for the solver, and its own set-up that no sequence can save."""
        if step.work_center_id not in self.centers:
            return None, step.setup_seconds
        if not step.setup_family:
            return _name((step.work_center_id, "", 0)), step.setup_seconds
        return _name((step.work_center_id, step.setup_family, step.setup_seconds)), 0

    def ready_for(self, machine: Machine) -> str | None:
        """What a machine was set up for last."""
        if machine.work_center_id not in self.centers:
            return None
        return _name(self.last_on.get(machine.pk, (machine.work_center_id, "", 0)))

    def setup(self) -> Setup:
        """The matrix for the solver."""
        return Setup(
            tuple(_name(key) for key in self.keys),
            tuple(self._row(before) for before in self.keys),
            # An operation is started with its set-up, and may start only when it is ready.
            ahead=False,
        )

    def _row(self, before: Key) -> tuple[int, ...]:
        """Seconds from one family to each; between work centers there is nothing to count."""
        row = [0] * len(self.keys)
        # Sorted, the families of one work center lie side by side.
        first = bisect_left(self.keys, (before[0], "", -1))
        for place in range(first, bisect_left(self.keys, (before[0] + 1, "", -1))):
            row[place] = setup_between(before, self.keys[place], self.changeovers)
        return tuple(row)


def setup_between(before: Key, after: Key, stated: Mapping[tuple[int, str, str], int]) -> int:
    """Set-up seconds that the second family of a work center needs when the first ran before it.

    :param stated: changeovers by work center and the names of both families.
    """
    center, family, setup_seconds = after
    if before[0] != center or not family:
        return 0
    seconds = stated.get((center, before[1], family))
    if seconds is not None:
        return seconds
    return 0 if before[1] == family else setup_seconds


def load_families(centers: Iterable[int], machines: Iterable[Machine], steps: Iterable[Step]) -> Families:
    """Families of the steps that are to be planned and of what the machines were set up for last; two queries."""
    in_play = {
        (step.work_center_id, step.setup_family, step.setup_seconds) for step in steps if step.setup_family
    }
    changeovers = {
        (row.work_center_id, row.from_family, row.to_family): row.seconds
        for row in Changeover.objects.filter(work_center__in=list(centers))
    }
    last_on = _last_on(machines)
    with_families = frozenset(key[0] for key in in_play)
    keys = {
        *in_play,
        *((center, "", 0) for center in with_families),
        *(key for key in last_on.values() if key[0] in with_families),
    }
    return Families(tuple(sorted(keys)), changeovers, last_on, with_families)


def _last_on(machines: Iterable[Machine]) -> dict[int, Key]:
    """The family of the operation finished last on each machine."""
    finished = Operation.objects.filter(
        machine__in=[machine.pk for machine in machines], finished_at__isnull=False
    )
    rows = (
        finished.order_by("machine", "-finished_at", "-pk")
        .distinct("machine")
        .values_list("machine", "step__work_center", "step__setup_family", "step__setup_seconds")
    )
    return {
        machine: (center, family, setup_seconds if family else 0)
        for machine, center, family, setup_seconds in rows
    }


def _name(key: Key) -> str:
    return "|".join(map(str, key))
