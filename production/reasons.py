"""An explanation in words: one sentence that names what binds, and the chain as rows that a person reads from now to the end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings

from inventory.models import Item, Lot
from inventory.quantities import plain
from production.causes import Cause, Kind, Link
from production.explanation import Explanation, Named
from production.material import Awaited
from production.models import Priority

ORDERS_NAMED = 3
DAY = 24  # hours

LABELS = {
    Kind.MATERIAL: "Material",
    Kind.MACHINE: "Machine busy",
    Kind.TOOL: "Tool or people",
    Kind.KEPT: "Kept for others",
    Kind.INSPECTION: "Inspection",
    Kind.HOLD: "Held lot",
    Kind.DOWN: "Machine down",
    Kind.RELEASE: "Not before",
    Kind.PLAN: "Planned later",
    Kind.CLOSED: "Closed hours",
    Kind.SETUP: "Set-up",
    Kind.PROCESSING: "Work",
}
LEVELS = {
    Kind.MATERIAL: "late",
    Kind.MACHINE: "risk",
    Kind.TOOL: "risk",
    Kind.KEPT: "risk",
    Kind.INSPECTION: "held",
    Kind.HOLD: "held",
    Kind.DOWN: "late",
    Kind.RELEASE: "planned",
    Kind.PLAN: "planned",
    Kind.CLOSED: "planned",
    Kind.SETUP: "running",
    Kind.PROCESSING: "running",
}


@dataclass(frozen=True)
class _OfKind:
    """Something of a kind, with that kind's word and colour."""

    kind: Kind

    @property
    def label(self) -> str:
        return LABELS[self.kind]

    @property
    def level(self) -> str:
        return LEVELS[self.kind]


@dataclass(frozen=True)
class Share(_OfKind):
    """So many hours of a row, or of the whole chain, go to this."""

    hours: float


@dataclass(frozen=True)
class Row(_OfKind):
    """Links of one operation that are read as one: its work, or its wait; `rivals` are the orders that have what it waits for."""

    operation: Named
    what: str
    starts_at: datetime
    ends_at: datetime
    shares: tuple[Share, ...]
    rivals: tuple[Named, ...] = ()
    receipt: int | None = None
    lot: Lot | None = None
    is_binding: bool = False

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600


def sentence(explanation: Explanation) -> str:
    """How late the order is, and first of all what keeps it."""
    order, lateness = explanation.order, explanation.lateness
    if lateness is None or explanation.ends_at is None:
        reasons = "; ".join(explanation.reasons)
        return f"{order} has no place in the published plan{f': {reasons}' if reasons else ' yet'}."
    ends = written_moment(explanation, explanation.ends_at)
    if lateness > timedelta():
        stands = f"{order} ends {ends}, {span(lateness)} after it is due"
    else:
        stands = f"{order} ends {ends}, {span(-lateness)} before it is due"
    binding = explanation.binding
    return f"{stands}: {cause_sentence(explanation, binding)}." if binding is not None else f"{stands}."


def cause_sentence(explanation: Explanation, cause: Cause) -> str:
    """What a cause is, with names and hours, to stand after a colon."""
    took = span(cause.span)
    first = cause.links[0]
    match cause.kind:
        case Kind.MACHINE | Kind.KEPT | Kind.DOWN | Kind.CLOSED:
            return _machine_sentence(explanation, cause, took)
        case Kind.TOOL if first.hold is not None:
            return _tool_sentence(explanation, cause, first.hold.key)
        case Kind.MATERIAL if first.hold is not None:
            return _material_sentence(explanation, explanation.awaited[first.hold.key])
        case Kind.HOLD | Kind.INSPECTION:
            return _gate_sentence(explanation, cause)
        case Kind.RELEASE:
            return f"it may not begin before {written_moment(explanation, cause.links[-1].ends_at)}"
        case Kind.PLAN:
            return _plan_sentence(explanation, cause)
        case Kind.SETUP:
            return f"set-up takes {took}"
        case _:
            return f"the work itself takes {took}{_most_of(explanation, cause)}{_left(explanation)}"


def rows(explanation: Explanation) -> list[Row]:
    """The chain from now to the end, links that belong together as one row."""
    return [
        row
        for _, own in groupby(explanation.links, key=_belongs)
        for row in [_row(explanation, tuple(own))]
        if row.ends_at - row.starts_at >= timedelta(minutes=1)
    ]


def shares(links: Iterable[Link]) -> tuple[Share, ...]:
    """Hours by kind, the largest first."""
    totals: dict[Kind, float] = {}
    for link in links:
        totals[link.kind] = totals.get(link.kind, 0.0) + link.hours
    return tuple(Share(kind, hours) for kind, hours in sorted(totals.items(), key=lambda each: -each[1]))


def rivals(explanation: Explanation, links: Iterable[Link]) -> list[Named]:
    """Whose operations have the machine or the tool meanwhile, one for each order, the longest first."""
    took: dict[int, timedelta] = {}
    example: dict[int, Named] = {}
    for link in links:
        if link.by is not None:
            named = explanation.operations[link.by]
            example[named.order] = named
            took[named.order] = took.get(named.order, timedelta()) + link.span
    return sorted(example.values(), key=lambda named: (-took[named.order], named.order))


def span(length: timedelta) -> str:
    """A length of time as people say it: minutes, hours, or days with a decimal."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{max(round(hours * 60), 1)} min"
    return f"{hours:.1f} h" if hours < 2 * DAY else f"{hours / DAY:.1f} d"


def written_moment(explanation: Explanation, moment: datetime) -> str:
    """In the order's plant."""
    return f"{moment.astimezone(explanation.order.site.zone):%a %d %b %H:%M}"


def _belongs(link: Link) -> tuple[object, ...]:
    """Work on one operation reads as one row, whatever interrupts it; so does the wait for its machine."""
    if not link.is_wait:
        return link.operation, "work"
    key = link.hold.key if link.hold is not None else ""
    return link.operation, "queue" if not key else link.kind, key


def _row(explanation: Explanation, links: tuple[Link, ...]) -> Row:
    first, own = links[0], shares(links)
    named = explanation.operations[first.operation]
    binding = explanation.binding
    kind = own[0].kind if first.is_wait else Kind.PROCESSING
    awaited = explanation.awaited.get(first.hold.key) if first.hold is not None else None
    return Row(
        kind=kind,
        operation=named,
        what=_what(explanation, kind, links),
        starts_at=first.starts_at,
        ends_at=links[-1].ends_at,
        shares=own,
        rivals=tuple(rivals(explanation, links)),
        receipt=awaited.receipt if awaited is not None else None,
        lot=explanation.lots.get(first.hold.key) if first.hold is not None else None,
        is_binding=binding is not None and _binds(binding, links),
    )


def _binds(binding: Cause, links: Sequence[Link]) -> bool:
    """Whether a row stands for what binds; of work and set-up, which are everywhere, only where most of it is done."""
    if binding.kind in {Kind.PROCESSING, Kind.SETUP}:
        return max(binding.links, key=lambda link: link.span) in links
    return any(link in binding.links for link in links)


def _what(explanation: Explanation, kind: Kind, links: Sequence[Link]) -> str:
    first = links[0]
    named = explanation.operations[first.operation]
    place = explanation.places[first.place].name if first.place in explanation.places else ""
    if not first.is_wait:
        part = next((link.part for link in links if link.part), "")
        told = f"{part} of {named.step}" if part else named.step
        return f"{told[0].upper()}{told[1:]} of {named.batch} on {place}"
    if kind is Kind.MACHINE:
        return f"{named.step} waits for {place}, busy with {_busy_with(explanation, links)}"
    told = cause_sentence(explanation, Cause(kind, tuple(links)))
    return f"{named.step} waits: {told}"


def _busy_with(explanation: Explanation, links: Iterable[Link]) -> str:
    own = explanation.order.pk
    others = rivals(explanation, links)
    names = [
        f"its own batch {named.batch}" if named.order == own else f"{named.order_number} ({_priority(named)})"
        for named in others[:ORDERS_NAMED]
    ]
    more = len(others) - len(names)
    return f"{', '.join(names)}{f' and {more} more' if more > 0 else ''}"


def _priority(named: Named) -> str:
    return Priority(named.priority).label.lower()


def _material_sentence(explanation: Explanation, awaited: Awaited) -> str:
    amount = f"{plain(awaited.quantity)} {awaited.item.unit} of {awaited.item.number}"
    until = written_moment(explanation, awaited.until)
    match awaited.source:
        case Awaited.Source.PURCHASE:
            return f"purchase {awaited.number} brings {amount} only {until}"
        case Awaited.Source.VERDICT:
            return f"{amount} wait for their inspection until {until}"
        case _:
            return f"nobody has ordered {amount}; taken to come {until}, after the usual lead time"


def _tool_sentence(explanation: Explanation, cause: Cause, key: str) -> str:
    took = span(cause.span)
    taken = [link for link in cause.links if link.by is not None]
    if not taken:
        return f"{took} go by while too few of {key} are there"
    return f"{took} go by while too few of {key} are free beside {_busy_with(explanation, taken)}"


def _machine_sentence(explanation: Explanation, cause: Cause, took: str) -> str:
    first = cause.links[0]
    place = explanation.places[first.place].name if first.place in explanation.places else ""
    match cause.kind:
        case Kind.MACHINE:
            return f"{took} go by while {place} is busy with {_busy_with(explanation, cause.links)}"
        case Kind.KEPT:
            return f"{took} go by in weeks of which {place} keeps {_kept_by(explanation, first)}, and what is left is taken"
        case Kind.DOWN:
            return f"{place} is down for {took}"
        case _:
            return f"{place} is closed for {took} of that time"


def _kept_by(explanation: Explanation, link: Link) -> str:
    """The shares of a machine's time that are kept for other work than an operation's."""
    shares = explanation.places[link.place].work_center.reserved_shares
    own = explanation.operations[link.operation].strategy
    return " and ".join(
        f"{share:.0%} for what is {Item.Strategy(strategy).label.lower()}"
        for strategy, share in shares.items()
        if strategy != own
    )


def _gate_sentence(explanation: Explanation, cause: Cause) -> str:
    hold = cause.links[0].hold
    until = written_moment(explanation, cause.links[-1].ends_at)
    lot = explanation.lots.get(hold.key) if hold is not None else None
    if cause.kind is Kind.HOLD:
        return f"lot {lot} is held, and nobody is expected to decide on it before {until}"
    return f"an inspection{f' of lot {lot}' if lot is not None else ''} is not judged before {until}"


def _plan_sentence(explanation: Explanation, cause: Cause) -> str:
    pinned = [named for named in _waiting(explanation, cause) if named.is_pinned]
    took = span(cause.span)
    if pinned:
        return f"{pinned[0].step} of {pinned[0].batch} is pinned {took} later than it could begin"
    if all(_is_left_for_delays(explanation, link) for link in cause.links):
        return f"the plan leaves {took} free before it, for small delays of the work before"
    return f"the plan has it {took} later than it could begin, for the sake of other orders or of set-ups"


def _is_left_for_delays(explanation: Explanation, wait: Link) -> bool:
    """Whether the wait is what a plan leaves free before each of the breaks that the work before it pauses over."""
    before = [
        link
        for link in explanation.links
        if link.ends_at <= wait.starts_at and link.operation != wait.operation
    ]
    breaks = [
        link
        for link in before
        if link.operation == before[-1].operation and link.kind is Kind.CLOSED and not link.is_wait
    ]
    return wait.span <= len(breaks) * timedelta(minutes=settings.MES["SHIFT_MARGIN_MINUTES"])


def _waiting(explanation: Explanation, cause: Cause) -> Iterator[Named]:
    return map(explanation.operations.__getitem__, sorted({link.operation for link in cause.links}))


def _most_of(explanation: Explanation, cause: Cause) -> str:
    """The operation that takes most of it, where there is one."""
    took: dict[int, timedelta] = {}
    for link in cause.links:
        took[link.operation] = took.get(link.operation, timedelta()) + link.span
    longest = max(took, key=lambda key: (took[key], key))
    if len(took) == 1 or took[longest] * 2 < cause.span:
        return ""
    named = explanation.operations[longest]
    return f", {span(took[longest])} of it {named.step}"


def _left(explanation: Explanation) -> str:
    left = explanation.order.due_at - explanation.at
    if not explanation.is_late:
        return ""
    return f", and only {span(left)} were left" if left > timedelta() else ", and it was due before that"
