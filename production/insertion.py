"""Room for new work in a plan that stays as it is. Plain data in, plain data out.

Every machine is a line of blocks in its working time. A piece of work goes to the machine on which it is done first, into the first
gap that holds its set-up, its run and whatever its follower's set-up grows by; it pauses over breaks, as it may, but never over
another block. Times are whole seconds from the caller's epoch.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType

from production.scheduling import Calendar

Family = Hashable | None
Changeover = Callable[[Family, Family], int]
"""Set-up seconds from one family to the next."""


class NoRoom(ValueError):
    """A piece of work, named by its `key`, fits on none of its machines before their calendars end."""

    def __init__(self, key: int) -> None:
        super().__init__(f"no room for {key}")
        self.key = key


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """What a machine has planned from `start` to `end`, set-up and breaks included; `key` is the caller's name for it.

    Its set-up ends at `run` (where that is later than its start); `own_setup` of it is needed whatever ran before.
    """

    start: int
    end: int
    key: int
    family: Family = field(default=None, compare=False)
    may_pause: bool = field(default=True, compare=False)
    run: int = field(default=0, compare=False)
    own_setup: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A machine that may do a piece of work, and the working seconds it takes there, set-up excluded."""

    machine: int
    seconds: int


@dataclass(frozen=True, slots=True)
class After:
    """What has to be done before: the key of another piece of work, and the seconds to wait after its end.

    With a `share` below 1 it hands on before its end: work may begin once that share of its run is done, and ends no sooner than that share of
    its own after that end. `amount` is what is handed on at a time, in words.
    """

    key: int
    wait: int = 0
    share: float = 1.0
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One operation to find room for. `own_setup` is needed whatever ran before; `release`: not before."""

    key: int
    choices: tuple[Choice, ...]
    after: tuple[After, ...] = ()
    release: int = 0
    family: Family = None
    own_setup: int = 0
    may_pause: bool = True
    needs: tuple[tuple[str, int], ...] = ()  # tools and people, by the name of their pool: how many


@dataclass(frozen=True, slots=True)
class Room:
    """Where work goes: set-up from `start`, run from `run` to `end`. It could have begun at `ready` if its machine had been free and open."""

    key: int
    machine: int
    start: int
    run: int
    end: int
    ready: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """So many of a pool are taken from one moment to another: by an operation, or because they are away."""

    start: int
    end: int
    amount: int = 1


class Pool:
    """Tools of one kind, or people with one qualification: so many, and when how many of them are taken."""

    def __init__(self, capacity: int, uses: Iterable[Use] = ()) -> None:
        self.capacity = capacity
        self.uses = sorted(uses)

    def later(self, start: int, end: int, amount: int) -> int | None:
        """When to look again, where too few are free between two moments; None where there are enough."""
        met = [use for use in self.uses if use.start < end and use.end > start]
        for moment in sorted({start, *(use.start for use in met if use.start > start)}):
            there = [use for use in met if use.start <= moment < use.end]
            if sum(use.amount for use in there) + amount > self.capacity:
                return min((use.end for use in there), default=None)
        return None


class Quota:
    """What work of one group may take of a machine in each of some weeks, because the rest is reserved for others.

    A slot counts whole in the week in which it starts; one too long for any is let in alone.
    """

    def __init__(self, weeks: Sequence[int], allowed: Sequence[int], taken: Mapping[int, int]) -> None:
        self.weeks = weeks  # their beginnings, and the end of the last
        self.allowed = allowed
        self.taken = dict(taken)  # by the week's number

    def later(self, start: int, seconds: int) -> int | None:
        """When to look again, where the week is full for this group; None where it is not, or nothing is reserved then."""
        week = bisect_right(self.weeks, start) - 1
        if not 0 <= week < len(self.allowed):
            return None
        taken = self.taken.get(week, 0)
        if not taken or taken + seconds <= self.allowed[week]:
            return None
        return self.weeks[week + 1]

    def take(self, start: int, seconds: int) -> None:
        week = bisect_right(self.weeks, start) - 1
        self.taken[week] = self.taken.get(week, 0) + seconds


class Line:
    """One machine: its working time, what is planned on it, and the family it stands ready for at the beginning.

    An unlimited one takes any number of pieces at once. `quota` limits what new work may take of it.
    """

    def __init__(
        self,
        calendar: Calendar,
        blocks: Iterable[Block] = (),
        *,
        family: Family = None,
        is_unlimited: bool = False,
        quota: Quota | None = None,
    ) -> None:
        self.quota = quota
        self.calendar = calendar
        self.blocks = sorted(blocks)
        self.family = family
        self.is_unlimited = is_unlimited

    def offer(
        self, work: Work, seconds: int, ready: int, changeover: Changeover
    ) -> tuple[int, int, int] | None:
        """The first start, run and end at or after `ready`; None where the calendar ends before."""
        if self.is_unlimited:
            return self._fit(work, seconds, ready, work.own_setup)
        place = bisect_right(self.blocks, ready, key=lambda block: block.end)
        for i in range(place, len(self.blocks) + 1):
            former = self.blocks[i - 1].family if i else self.family
            floor = max(ready, self.blocks[i - 1].end) if i else ready
            follower = self.blocks[i] if i < len(self.blocks) else None
            setup = work.own_setup + changeover(former, work.family)
            if follower is not None and follower.start - floor < setup + seconds:
                continue
            slot = self._fit(work, seconds, floor, setup)
            if slot is None or follower is None:
                return slot
            if slot[2] <= follower.start and self.leaves_room(slot[2], work.family, follower, changeover):
                return slot
        return None

    def leaves_room(self, end: int, family: Family, follower: Block, changeover: Changeover) -> bool:
        """Whether what follows work of a family that ends then can keep its run, though its set-up may be longer than planned."""
        planned = self.calendar.worked_between(follower.start, max(follower.run, follower.start))
        needed = follower.own_setup + changeover(family, follower.family)
        return needed <= planned + self.calendar.worked_between(end, follower.start)

    def take(self, room: Room, family: Family) -> None:
        """Plan work where it was offered."""
        if not self.is_unlimited:
            insort(self.blocks, Block(room.start, room.end, room.key, family, run=room.run))

    def without(self, keys: Set[int]) -> "Line":
        """The same line, for others to be put on, before these were planned."""
        kept = [block for block in self.blocks if block.key not in keys] if keys else self.blocks
        quota = self.quota and Quota(self.quota.weeks, self.quota.allowed, self.quota.taken)
        return Line(self.calendar, kept, family=self.family, is_unlimited=self.is_unlimited, quota=quota)

    def between(self, start: int, end: int) -> list[Block]:
        """What is planned at any time between two moments."""
        first = bisect_right(self.blocks, start, key=lambda block: block.end)
        found = []
        for block in self.blocks[first:]:
            if block.start >= end:
                break
            found.append(block)
        return found

    def _fit(self, work: Work, seconds: int, floor: int, setup: int) -> tuple[int, int, int] | None:
        calendar = self.calendar
        run = calendar.opening(calendar.worked(floor) + setup)
        if run is not None and not work.may_pause:
            run = calendar.fit(run, seconds)
        if run is None:
            return None
        end = calendar.end_after(run, seconds)
        start = calendar.opening(calendar.worked(run) - setup) if setup else run
        return None if end is None or start is None else (start, run, end)


Lines = Mapping[int, Line]


def insert(
    works: Sequence[Work],
    lines: Lines,
    changeover: Changeover,
    *,
    floor: int,
    pools: Mapping[str, Pool] = MappingProxyType({}),
) -> list[Room]:
    """Find room for pieces of work, each after what it waits for, and take it.

    :param works: predecessors before their successors.
    :param floor: nothing starts before it.
    :param pools: of the tools and people that they need, with what is taken of them.
    :raises NoRoom: naming the first piece that fits nowhere.
    """
    pools = {name: Pool(pool.capacity, pool.uses) for name, pool in pools.items()}
    done: dict[int, Room] = {}
    for work in works:
        room = _put(work, lines, changeover, max(floor, work.release), pools, done)
        done[work.key] = room
        for name, amount in work.needs:
            insort(pools[name].uses, Use(room.start, room.end, amount))
    return list(done.values())


def let_begin(after: After, room: Room, line: Line, *, own: Line, seconds: int) -> int:
    """When what is done before lets other work begin. The plan's compiled loops work out the same; a test holds the two together.

    :param room: where it is done, on `line`. :param seconds: of the other work, on its `own` line.
    """
    end = room.end + after.wait
    if after.share == 1.0:
        return end
    first = first_batch(after, room, line) + after.wait
    held_back = own.calendar.worked(end) - (seconds - ceil(after.share * seconds))
    last = own.calendar.opening(max(held_back, 0))
    return max(first, end if last is None else min(last, end))


def first_batch(after: After, room: Room, line: Line) -> int:
    """When what is done on a line hands on its first transfer batch."""
    run = line.calendar.worked_between(room.run, room.end)
    end = line.calendar.end_after(room.run, ceil(after.share * run))
    return room.end if end is None else end


def _put(
    work: Work,
    lines: Lines,
    changeover: Changeover,
    floor: int,
    pools: Mapping[str, Pool],
    done: Mapping[int, Room],
) -> Room:
    """Plan one piece of work, after what is done before it, on the machine that is done with it first."""
    best: Room | None = None
    before = [(each, done[each.key]) for each in work.after if each.key in done]
    for choice in work.choices:
        own, seconds = lines[choice.machine], choice.seconds
        begins = (
            let_begin(each, room, lines[room.machine], own=own, seconds=seconds) for each, room in before
        )
        ready = max([floor, *begins])
        room = _offered(work, choice, own, changeover, ready, pools)
        if room is not None and (best is None or room.end < best.end):
            best = room
    if best is None:
        raise NoRoom(work.key)
    line = lines[best.machine]
    line.take(best, work.family)
    if line.quota is not None:
        line.quota.take(best.start, line.calendar.worked_between(best.start, best.end))
    return best


def _offered(
    work: Work,
    choice: Choice,
    line: Line,
    changeover: Changeover,
    ready: int,
    pools: Mapping[str, Pool],
) -> Room | None:
    """The first room on a machine for which its week has a share left, and tools and people are free."""
    at: int | None = ready
    while at is not None:
        slot = line.offer(work, choice.seconds, at, changeover)
        if slot is None:
            return None
        start, _, end = slot
        waits = [pools[name].later(start, end, amount) for name, amount in work.needs]
        if any(pools[name].capacity < amount for name, amount in work.needs):
            return None
        if line.quota is not None:
            waits.append(line.quota.later(start, line.calendar.worked_between(start, end)))
        at = max((wait for wait in waits if wait is not None), default=None)
        if at is None:
            return Room(work.key, choice.machine, *slot, ready=ready)
    return None
