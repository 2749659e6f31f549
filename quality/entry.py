"""An inspection as an inspector at a tablet works through it: one result at a time, the next one always at hand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from quality import services, units
from quality.grid import usable_gauges
from quality.models import Characteristic, ChartSignal, Gauge, Inspection, InspectionPicture, Measurement
from quality.sampling import Standing

PIECES_SHOWN = 60  # one by one, around the one that is worked on; all others as runs of those that are alike
ENTRIES_SHOWN = 8
TO_DO = ("planned", "to do")


@dataclass(frozen=True)
class Place:
    """One result to enter: a characteristic of a piece of the sample."""

    characteristic: Characteristic
    piece: int


@dataclass(frozen=True)
class Piece:
    """One piece of the sample in the strip, or a run of them that are alike; `level` is a status colour, `word` what it says."""

    number: int
    last: int
    identity: str
    level: str
    word: str
    is_current: bool

    @property
    def label(self) -> str:
        return f"{self.number}" if self.number == self.last else f"{self.number}–{self.last}"


@dataclass(frozen=True)
class Work:
    """All that the page shows.

    :ivar place: what is entered next; None when nothing is left.
    :ivar units: in which the value may be typed, its own first.
    :ivar is_extra: a signal of a control chart asked for it, beside what the plan draws.
    """

    inspection: Inspection
    standing: Standing
    place: Place | None
    lower: Decimal | None
    upper: Decimal | None
    tightened_by: str
    units: list[str]
    gauges: list[Gauge]
    gauge: int | None
    pictures: list[InspectionPicture]
    pieces: list[Piece]
    identity: str
    recorded: int
    wanted: int
    missing_of_this: int
    entries: list[Measurement]
    to_confirm: list[Measurement]
    is_extra: bool

    @property
    def percent(self) -> int:
        return round(100 * self.recorded / self.wanted) if self.wanted else 0


def work_on(
    inspection: Inspection,
    *,
    piece: int | None = None,
    characteristic: int | None = None,
    reader: int,
    at: datetime,
) -> Work:
    """What is left of an inspection and what is entered next: what is asked for if it is free, else the next free place.

    :param reader: user who looks; results of others that wait for a second person are offered to them.
    """
    characteristics = list(inspection.plan.characteristics.order_by("number"))
    results = list(
        inspection.measurements.standing()
        .select_related("characteristic", "by", "gauge", "confirmation__by")
        .order_by("-at", "-pk")
    )
    there = {(each.characteristic_id, each.piece): each for each in results}
    names = dict(inspection.pieces.values_list("piece", "identity"))
    place = _next_place(inspection, characteristics, there, piece, characteristic)
    current = place.characteristic if place else None
    lower, upper = inspection.limits_of(current) if current else (None, None)
    tightened = {each.characteristic_id: each.source for each in inspection.tightenings.all()}
    fitting = usable_gauges(inspection, characteristics, at)
    gauges = fitting.get(current.gauge_kind.casefold(), []) if current and current.gauge_kind else []
    used = next((each.gauge_id for each in results if current and each.characteristic_id == current.pk), None)
    pictures = inspection.plan.pictures.select_related("file").order_by("pk")
    return Work(
        inspection=inspection,
        standing=services.standing_of(inspection),
        place=place,
        lower=lower,
        upper=upper,
        tightened_by=tightened.get(current.pk, "") if current else "",
        units=units.same_dimension(current.uom) if current else [],
        gauges=gauges,
        gauge=used or (gauges[0].pk if len(gauges) == 1 else None),
        pictures=[each for each in pictures if current and each.characteristic_id in {None, current.pk}],
        pieces=_strip(inspection, len(characteristics), results, names, place),
        identity=names.get(place.piece, "") if place else "",
        recorded=len(results),
        wanted=len(characteristics) * inspection.sample_size,
        missing_of_this=inspection.sample_size - sum(1 for key, _ in there if current and key == current.pk),
        entries=results[:ENTRIES_SHOWN],
        to_confirm=[
            each
            for each in results
            if each.characteristic.needs_second_person
            and not hasattr(each, "confirmation")
            and each.by_id != reader
        ],
        is_extra=ChartSignal.objects.filter(sample=inspection).exists(),
    )


def _next_place(
    inspection: Inspection,
    characteristics: Sequence[Characteristic],
    there: dict[tuple[int, int], Measurement],
    piece: int | None,
    characteristic: int | None,
) -> Place | None:
    """Piece by piece, each through all its characteristics; from the one asked for onwards, then round again."""
    if inspection.status != Inspection.Status.OPEN:
        return None
    asked = [each for each in characteristics if each.pk == characteristic]
    if asked and piece and piece <= inspection.sample_size and (asked[0].pk, piece) not in there:
        return Place(asked[0], piece)
    first = piece if piece and 1 <= piece <= inspection.sample_size else 1
    order = [*range(first, inspection.sample_size + 1), *range(1, first)]
    for number in order:
        for each in characteristics:
            if (each.pk, number) not in there:
                return Place(each, number)
    return None


def _strip(
    inspection: Inspection,
    characteristics: int,
    results: Sequence[Measurement],
    names: dict[int, str],
    place: Place | None,
) -> list[Piece]:
    """All pieces of the samples drawn so far: those around the one that is worked on by themselves, the others in runs."""
    states = _states(characteristics, results)
    middle = place.piece if place else 1
    first = max(1, min(middle - PIECES_SHOWN // 2, inspection.sample_size - PIECES_SHOWN + 1))
    near = range(first, first + PIECES_SHOWN)
    runs = groupby(
        range(1, inspection.sample_size + 1),
        key=lambda piece: (states.get(piece, TO_DO), piece if piece in near else 0),
    )
    strip = []
    for ((level, word), number), run in runs:
        pieces = list(run)
        name = names.get(number, "")
        is_current = place is not None and place.piece == number
        strip.append(Piece(pieces[0], pieces[-1], name, level, word, is_current))
    return strip


def _states(characteristics: int, results: Sequence[Measurement]) -> dict[int, tuple[str, str]]:
    """Colour and word of each piece that has a result."""
    counts = Counter(each.piece for each in results)
    states = {
        piece: ("done", "conforms") if count >= characteristics else ("running", "begun")
        for piece, count in counts.items()
    }
    return states | {each.piece: ("late", "does not conform") for each in results if not each.conforms}
