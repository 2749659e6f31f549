"""Why an order ends when it does: what it waits for, walked back from its last operation to now.

An operation ends when its work is done; its work begins when its machine is free; it asks for the machine when the last of
what it needs is there: the step before, a sub-order, material, a verdict, its release. So from any end one can walk back,
always to what came last, until nothing had to be waited for any more. The links of that walk follow each other without a gap,
so their hours add up to the whole span; what an order does not wait for in this chain does not delay it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

Stretch = tuple[datetime, datetime]

TOLERANCE = timedelta(minutes=1)  # a plan is in whole seconds, a share is not


class Kind(StrEnum):
    """What the time of a link goes to; those that are sooner mended come first."""

    MATERIAL = "material"
    MACHINE = "machine"
    TOOL = "tool"
    KEPT = "kept"
    INSPECTION = "inspection"
    HOLD = "hold"
    DOWN = "down"
    RELEASE = "release"
    PLAN = "plan"
    CLOSED = "closed"
    SETUP = "setup"
    PROCESSING = "processing"


RANK = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Hold:
    """A moment before which an operation may not begin, and what for; `key` tells one thing waited for from another."""

    kind: Kind
    until: datetime
    key: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """An operation that must be done first; after it `verdict` passes until its inspection is judged.

    With a `share` below 1 it hands on before its end: the other may begin once that share of its run is done, and works as long as on that
    share of its own on what comes last. `amount` is what is handed on at a time, in words.
    """

    operation: int
    verdict: timedelta = timedelta()
    share: float = 1.0
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """Between two moments too few of something that an operation needs beside its machine are free.

    `key` names the tool or the people; `by` is an operation that has some of it, None where too few are there at all.
    """

    key: str
    starts_at: datetime
    ends_at: datetime
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """An operation where the plan has it: `place` names its machine, or its work center where capacity is not limited.

    `kept`: when that machine had no time left but what is kept for other work.
    """

    operation: int
    place: str
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime
    before: tuple[Before, ...] = ()
    holds: tuple[Hold, ...] = ()
    lacks: tuple[Lack, ...] = ()
    kept: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """A machine works on an operation."""

    operation: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Lane:
    """A machine between two moments: whom it works for, and when it does not work at all."""

    busy: tuple[Busy, ...] = ()
    closed: tuple[Stretch, ...] = ()
    down: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A stretch of the chain: `operation` is worked on, or (`is_wait`) waits.

    `by` is the operation that has the machine or the tool meanwhile, `hold` what is waited for besides work. `part` says of what is worked on
    where it is not all of it: “first 20 pcs”.
    """

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    operation: int
    place: str = ""
    is_wait: bool = False
    by: int | None = None
    hold: Hold | None = None
    part: str = ""

    @property
    def span(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def hours(self) -> float:
        return self.span.total_seconds() / 3600


@dataclass(frozen=True)
class Cause:
    """Links of a chain that one remedy would shorten: one machine's queue, one purchase, one machine's closed hours."""

    kind: Kind
    links: tuple[Link, ...]

    @property
    def span(self) -> timedelta:
        return sum((link.span for link in self.links), timedelta())

    @property
    def hours(self) -> float:
        return self.span.total_seconds() / 3600


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a stretch of time goes to; `by` and `hold` as in the link that is made of it."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    by: int | None = None
    hold: Hold | None = None


@dataclass
class _Walk:
    """The chain so far, from its end back to `moment`."""

    origin: datetime
    moment: datetime
    part: str = ""  # of the operation that comes next
    links: list[Link] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.moment <= self.origin

    def back_to(self, start: datetime, pieces: Iterable[Link]) -> None:
        """Put these links, which lie between `start` and the present moment, in front."""
        self.links += reversed([link for link in pieces if link.ends_at > link.starts_at])
        self.moment = min(start, self.moment)


def chain(
    last: int, works: Mapping[int, Work], lanes: Mapping[str, Lane], *, origin: datetime
) -> tuple[Link, ...]:
    """What the end of an operation goes back to, earliest first: links without a gap from `origin` to its end.

    :param works: every planned operation of the order and of the sub-orders it waits for, by key.
    :param lanes: the machines they are planned on, by their name in `works`, from `origin` to that end.
    :return: nothing when the operation should have ended before `origin`.
    """
    walk = _Walk(origin, works[last].ends_at)
    seen: set[int] = set()
    at: int | None = last
    while at is not None and at not in seen and not walk.is_over:
        seen.add(at)
        work = works[at]
        lane = lanes.get(work.place, Lane())
        handing_on = _kept_waiting_by(walk, work, lane, works)
        if handing_on is not None:
            walk.part = f"last {handing_on.amount}"
            _work_off(walk, work, lane, since=works[handing_on.operation].ends_at)
            at = handing_on.operation
            continue
        _work_off(walk, work, lane)
        at = _wait_for_turn(walk, work, lanes, works)
    if not walk.is_over:  # ready since before the origin, as far as anybody knows
        walk.back_to(origin, [Link(Kind.PLAN, origin, walk.moment, last, is_wait=True)])
    return tuple(reversed(walk.links))


def causes(links: Iterable[Link], lateness: timedelta) -> list[Cause]:
    """The causes of a chain, the binding one first: the one without which most of the lateness would go.

    Among those that could each make up for all of it the one that is sooner mended counts: a purchase or another machine before
    longer hours, these before quicker work.

    :param lateness: of the end of the chain; where it is not late, the longest cause binds.
    """
    found: dict[tuple[object, ...], list[Link]] = {}
    for link in links:
        found.setdefault(_group(link), []).append(link)
    made = [Cause(own[0].kind, tuple(own)) for own in found.values()]
    most = lateness if lateness > timedelta() else timedelta.max
    return sorted(made, key=lambda cause: (-min(cause.span, most), RANK[cause.kind], -cause.span))


def _group(link: Link) -> tuple[object, ...]:
    match link.kind:
        case Kind.MACHINE | Kind.DOWN | Kind.CLOSED | Kind.KEPT:
            return link.kind, link.place
        case Kind.MATERIAL | Kind.TOOL | Kind.INSPECTION | Kind.HOLD:
            return link.kind, link.hold.key if link.hold is not None else link.operation
        case _:
            return (link.kind,)


def _work_off(walk: _Walk, work: Work, lane: Lane, *, since: datetime | None = None) -> None:
    """Back over the operation's own slot: run, set-up, and what of it the machine stands still; or no further than `since`."""
    start, part = max(since or work.starts_at, walk.origin), walk.part
    walk.part = ""
    pieces = _pieces(start, walk.moment, _standstill(lane))
    links = []
    for piece in pieces:
        first, last = piece.starts_at, piece.ends_at
        if piece.kind is not Kind.PLAN:
            links.append(Link(piece.kind, first, last, work.operation, work.place, part=part))
            continue
        turn = min(max(work.setup_ends_at, first), last)
        links.append(Link(Kind.SETUP, first, turn, work.operation, work.place))
        links.append(Link(Kind.PROCESSING, turn, last, work.operation, work.place, part=part))
    walk.back_to(start, links)


def _kept_waiting_by(walk: _Walk, work: Work, lane: Lane, works: Mapping[int, Work]) -> Before | None:
    """What hands on to an operation so late that it ends no sooner than the last of that is worked off; None where nothing does."""
    if walk.moment != work.ends_at:
        return None
    for before in work.before:
        end = works[before.operation].ends_at if before.operation in works else work.setup_ends_at
        if before.share == 1.0 or end <= work.setup_ends_at:
            continue
        whole, rest = (_worked(start, work.ends_at, lane) for start in (work.setup_ends_at, end))
        if rest <= before.share * whole + TOLERANCE:
            return before
    return None


def _handed_on(before: Before, works: Mapping[int, Work], lanes: Mapping[str, Lane]) -> datetime:
    """When what comes before lets an operation begin: judged at its end, or at its first transfer batch."""
    work = works[before.operation]
    if before.share == 1.0:
        return work.ends_at + before.verdict
    open_pieces = _open(work.setup_ends_at, work.ends_at, lanes.get(work.place, Lane()))
    left = before.share * sum((end - start for start, end in open_pieces), timedelta())
    for start, end in open_pieces:
        if left <= end - start:
            return start + left
        left -= end - start
    return work.ends_at


def _worked(start: datetime, end: datetime, lane: Lane) -> timedelta:
    return sum((last - first for first, last in _open(start, end, lane)), timedelta())


def _open(start: datetime, end: datetime, lane: Lane) -> list[Stretch]:
    """When a machine works between two moments."""
    pieces = _pieces(start, end, _standstill(lane)) if start < end else []
    return [(piece.starts_at, piece.ends_at) for piece in pieces if piece.kind is Kind.PLAN]


def _wait_for_turn(
    walk: _Walk, work: Work, lanes: Mapping[str, Lane], works: Mapping[int, Work]
) -> int | None:
    """Back to when the operation could have begun, and over what it waited for before that.

    :return: the operation that came before, if it was one.
    """
    if walk.is_over:
        return None
    reasons: list[tuple[datetime, Before | Hold | None]] = [(walk.origin, None)]
    reasons += [
        (_handed_on(before, works, lanes), before) for before in work.before if before.operation in works
    ]
    reasons += [(hold.until, hold) for hold in work.holds]
    ready, reason = max(reasons, key=lambda each: each[0])
    ready = min(ready, walk.moment)
    _queue(walk, work, lanes.get(work.place, Lane()), ready)
    if isinstance(reason, Hold):
        held = Link(reason.kind, walk.origin, ready, work.operation, work.place, is_wait=True, hold=reason)
        walk.back_to(walk.origin, [held])
    if not isinstance(reason, Before):
        return None
    if reason.share < 1.0:
        walk.part = f"first {reason.amount}"
        return reason.operation
    judged_from = max(min(works[reason.operation].ends_at, ready), walk.origin)
    verdict = Hold(Kind.INSPECTION, ready, key=f"operation {reason.operation}")
    walk.back_to(
        judged_from,
        [Link(Kind.INSPECTION, judged_from, ready, work.operation, work.place, is_wait=True, hold=verdict)],
    )
    return reason.operation


def _queue(walk: _Walk, work: Work, lane: Lane, ready: datetime) -> None:
    """Back over the time in which the operation was ready and its machine, or what it needs beside it, was not."""
    others = [
        _Piece(Kind.MACHINE, busy.starts_at, busy.ends_at, by=busy.operation)
        for busy in lane.busy
        if busy.operation != work.operation
    ]
    lacks = [
        _Piece(Kind.TOOL, lack.starts_at, lack.ends_at, lack.by, Hold(Kind.TOOL, lack.ends_at, lack.key))
        for lack in work.lacks
    ]
    kept = [_Piece(Kind.KEPT, *stretch) for stretch in work.kept]
    pieces = _pieces(ready, walk.moment, [*others, *_standstill(lane), *lacks, *kept])
    walk.back_to(
        ready,
        [
            Link(
                piece.kind,
                piece.starts_at,
                piece.ends_at,
                work.operation,
                work.place,
                is_wait=True,
                by=piece.by,
                hold=piece.hold,
            )
            for piece in pieces
        ],
    )


def _standstill(lane: Lane) -> list[_Piece]:
    down = [_Piece(Kind.DOWN, *stretch) for stretch in lane.down]
    return down + [_Piece(Kind.CLOSED, *stretch) for stretch in lane.closed]


def _pieces(start: datetime, end: datetime, layers: Iterable[_Piece]) -> list[_Piece]:
    """The time between two moments cut into pieces: of the layers the first that covers it, of none of them PLAN."""
    free: list[Stretch] = [(start, end)]
    found: list[_Piece] = []
    for layer in layers:
        if layer.starts_at >= end or layer.ends_at <= start:
            continue
        left: list[Stretch] = []
        for open_from, open_until in free:
            low, high = max(layer.starts_at, open_from), min(layer.ends_at, open_until)
            if low >= high:
                left.append((open_from, open_until))
                continue
            found.append(replace(layer, starts_at=low, ends_at=high))
            left += [(open_from, low), (high, open_until)]
        free = [stretch for stretch in left if stretch[0] < stretch[1]]
    found += [_Piece(Kind.PLAN, *stretch) for stretch in free]
    return sorted(found, key=lambda piece: piece.starts_at)
