"""Less important work makes way for new work: it moves right on its machine, pushing what it meets and what waits for it.

So the answer is a feasible plan in which all else stands. Plain data in, plain data out; see `production.insertion`.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence, Set
from heapq import heappop, heappush

from production.insertion import After, Block, Changeover, Family, Line, Lines, NoRoom, Room, Work


def make_way(
    rooms: Sequence[Room],
    families: Mapping[int, Family],
    lines: Lines,
    planned: Mapping[int, tuple[int, Block]],
    may_move: Set[int],
    followers: Mapping[int, Sequence[After]],
    changeover: Changeover,
) -> dict[int, Block] | None:
    """Let what is in the way of new work move right on its machine, and with it what waits for it.

    In the order of their present starts, each block goes to the first gap of its machine that holds it; nothing else makes room for
    it, so that few move, some of them far. What waits for it follows where it must, and so does what would have too little room for the
    set-up that it then needs.

    :param families: of the new work, by key.
    :param lines: with all that is planned, the new work not among it.
    :param planned: by key, the machine and the block of everything.
    :param may_move: keys of what may.
    :param followers: by key, what waits for its end.
    :return: where everything goes that moves; None where something would have to move that may not, or finds no room.
    """
    shift = _Shift(lines, planned, may_move, followers, changeover)
    try:
        for room in rooms:
            shift.meet(room.machine, room.start, room.end)
            shift.line(room.machine).take(room, families[room.key])
        for room in rooms:
            shift.ease(room, families[room.key])
        return shift.settle()
    except NoRoom:
        return None


class _Shift:
    """Blocks lifted from the plan, and those put down again."""

    def __init__(
        self,
        lines: Lines,
        planned: Mapping[int, tuple[int, Block]],
        may_move: Set[int],
        followers: Mapping[int, Sequence[After]],
        changeover: Changeover,
    ) -> None:
        self.changeover = changeover
        self.former = lines
        self.planned = planned
        self.may_move = may_move
        self.followers = followers
        self.lifted: list[tuple[int, int]] = []
        self.floor: dict[int, int] = {}
        self.settled: dict[int, Block] = {}
        self.lines: dict[int, Line] = {}

    def line(self, machine: int) -> Line:
        """A machine as it is by now: without what is lifted, with what was put down."""
        if machine not in self.lines:
            self.lines[machine] = self.former[machine].without(frozenset())
        return self.lines[machine]

    def meet(self, machine: int, start: int, end: int) -> None:
        """Lift what lies there."""
        for block in self.line(machine).between(start, end):
            self._lift(block)

    def ease(self, room: Room, family: Family) -> None:
        """Lift what comes next, unless its set-up still has room."""
        line = self.line(room.machine)
        place = bisect_right(line.blocks, room.start, key=lambda block: block.start)
        if place < len(line.blocks):
            follower = line.blocks[place]
            if not line.leaves_room(room.end, family, follower, self.changeover):
                self._lift(follower)

    def settle(self) -> dict[int, Block]:
        while self.lifted:
            self._put_down(heappop(self.lifted)[1])
        return self.settled

    def _lift(self, block: Block, floor: int = 0) -> None:
        if block.key not in self.may_move or block.key in self.settled:
            raise NoRoom(block.key)
        if block.key not in self.floor:
            machine = self.planned[block.key][0]
            self.lines[machine] = self.line(machine).without({block.key})
            heappush(self.lifted, (block.start, block.key))
        self.floor[block.key] = max(floor, block.start, self.floor.get(block.key, 0))

    def _put_down(self, key: int) -> None:
        machine, block = self.planned[key]
        line = self.line(machine)
        seconds = line.calendar.worked_between(max(block.run, block.start), block.end)
        work = Work(key, (), family=block.family, own_setup=block.own_setup, may_pause=block.may_pause)
        room = line.offer(work, seconds, self.floor[key], self.changeover)
        if room is None:
            raise NoRoom(key)
        self.settled[key] = Block(room[0], room[2], key, block.family, block.may_pause, run=room[1])
        line.take(Room(key, machine, *room), block.family)
        for each in self.followers.get(key, ()):
            follower = self.planned[each.key][1]
            if follower.start < room[2] + each.wait:
                self._lift(follower, room[2] + each.wait)
