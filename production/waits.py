"""Why something could not be made sooner: the chain from its last operation back to what it waited for first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from production.bookings import Bookings
from production.feasible import Cause, Kind, Piece
from production.insertion import After, Block, Line, Room, Work, first_batch, let_begin

WORTH_TELLING = 15 * 60  # seconds; to wait for less is nobody's reason
NAMED = 2  # operations that stand in the way and are named


class Way:
    """New work in its rooms, on the lines where it was put."""

    def __init__(
        self,
        bookings: Bookings,
        pieces: Mapping[int, Piece],
        rooms: Sequence[Room],
        works: Mapping[int, Work],
        lines: Mapping[int, Line],
        zone: tzinfo,
    ) -> None:
        self.bookings = bookings
        self.pieces = pieces
        self.rooms = {room.key: room for room in rooms}
        self.works = works
        self.lines = lines
        self.zone = zone

    def chain(
        self, at: datetime, start_at: datetime, material: Mapping[int, Sequence[tuple[str, datetime]]]
    ) -> list[Cause]:
        """The stretches that make the last end as late as it is, earliest first.

        :param start_at: before which nothing may begin, because it is held until then.
        :param material: by piece, what it waits for and until when.
        """
        found: list[Cause] = []
        room = max(self.rooms.values(), key=lambda each: (each.end, each.key))
        handed_on: After | None = None  # by this work, of which then only the first transfer batch counts
        while True:
            ready, after = max(self._let_begin(room), key=lambda row: row[0], default=(0, None))
            if after is not None and handed_on is None and self._is_kept_waiting(room, after, ready):
                found.append(self._last_batch(room, after))
                room = self.rooms[after.key]
                continue
            found += self._on_its_machine(room, handed_on)
            what, there = max(material[room.key], key=lambda row: row[1], default=("", at))
            if what and self.bookings.seconds(there) >= ready and there > start_at:
                told = f"It waits for {what}, there {self._told(there)}"
                found.append(Cause(Kind.MATERIAL, told, at, there))
                return found[::-1]
            if after is None:
                break
            room = self.rooms[after.key]
            handed_on = after if after.share < 1.0 else None
        if start_at > at:
            told = f"It is held until {self._told(start_at)}; work begins no sooner"
            found.append(Cause(Kind.HOLD, told, at, start_at))
        return found[::-1]

    def _let_begin(self, room: Room) -> Iterator[tuple[int, After]]:
        """What comes before work, and when it lets it begin."""
        own = self.lines[room.machine]
        seconds = own.calendar.worked_between(room.run, room.end)
        for each in self.works[room.key].after:
            if (before := self.rooms.get(each.key)) is not None:
                line = self.lines[before.machine]
                yield let_begin(each, before, line, own=own, seconds=seconds), each

    def _is_kept_waiting(self, room: Room, after: After, ready: int) -> bool:
        """Whether work begins so late only because what it works on last comes no sooner."""
        former = self.rooms[after.key]
        first = first_batch(after, former, self.lines[former.machine]) + after.wait
        return after.share < 1.0 and ready > first and room.run - ready < WORTH_TELLING

    def _last_batch(self, room: Room, after: After) -> Cause:
        told = f"Last {after.amount} of {self.pieces[room.key]} on {self._place(room)}"
        begins = self.bookings.moment(self.rooms[after.key].end + after.wait)
        return Cause(Kind.WORK, told, begins, self.bookings.moment(room.end))

    def _on_its_machine(self, room: Room, handed_on: After | None) -> list[Cause]:
        """The work, or its first transfer batch, and before it, what it waited for where it is done; latest first."""
        moment = self.bookings.moment
        place = self._place(room)
        end, told = room.end, f"{self.pieces[room.key]} on {place}"
        if handed_on is not None:
            end = first_batch(handed_on, room, self.lines[room.machine])
            told = f"First {handed_on.amount} of {told}"
        found = [Cause(Kind.WORK, told, moment(room.start), moment(end))]
        if room.start - room.ready < WORTH_TELLING:
            return found
        blocks = [
            block for block in self.lines[room.machine].between(room.ready, room.start) if block.key > 0
        ]
        kind, why = self._why(room, place, blocks)
        told = f"{why} until {self._told(moment(room.start))}"
        return [*found, Cause(kind, told, moment(room.ready), moment(room.start))]

    def _why(self, room: Room, place: str, blocks: Sequence[Block]) -> tuple[Kind, str]:
        line, needs = self.lines[room.machine], self.works[room.key].needs
        idle = line.calendar.worked_between(room.ready, room.start)
        idle -= sum(
            line.calendar.worked_between(max(block.start, room.ready), min(block.end, room.start))
            for block in blocks
        )
        weeks = line.quota.weeks if line.quota is not None else ()
        if idle >= WORTH_TELLING and any(room.ready < week <= room.start for week in weeks):
            return (
                Kind.KEPT,
                f"What orders may have of {place} in a week is taken, the rest is kept for stock,",
            )
        if blocks:
            return Kind.MACHINE, self._busy(place, blocks)
        if idle < WORTH_TELLING:
            return Kind.CALENDAR, f"{place} is closed"
        if needs:
            return Kind.TOOL, f"{place} waits for {' and '.join(name for name, _ in needs)}, taken or away"
        return Kind.CALENDAR, f"No shift of {place} is long enough"

    def _busy(self, place: str, blocks: Sequence[Block]) -> str:
        longest = sorted(blocks, key=lambda block: block.start - block.end)[:NAMED]
        rows = self.bookings.named(block.key for block in longest)
        names = [
            f"{rows[block.key].batch} ({rows[block.key].step.name})" for block in longest if block.key in rows
        ]
        more = len(blocks) - len(names)
        return f"{place} is busy with {', '.join(names)}{f' and {more} more' if more else ''}"

    def _place(self, room: Room) -> str:
        machine = self.bookings.machines.get(room.machine)
        return str(machine) if machine is not None else str(self.pieces[room.key].step.work_center)

    def _told(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%a %d %b %H:%M}"
