"""An inspection as its inspector sees it: characteristics down, pieces across, limits beside what is typed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from quality.limits import told_limits
from quality.models import Characteristic, ChartSignal, ControlChart, Gauge, Inspection, Measurement

PIECES_SHOWN = 10


@dataclass(frozen=True)
class Cell:
    """One piece's result: recorded, or to be typed.

    :ivar name: of the form field.
    :ivar typed: what was typed and refused, with `refusal`.
    :ivar is_doubted: whether it was refused as hardly possible, and is taken from whoever looked again.
    """

    name: str
    piece: int
    measurement: Measurement | None
    typed: str = ""
    refusal: str = ""
    is_doubted: bool = False

    @property
    def real_name(self) -> str:
        return real_name(self.name)


@dataclass(frozen=True)
class Row:
    """One characteristic with the limits that bind in this inspection; `source` names who tightened them.

    :ivar gauges: those that may measure it now, where it asks for a kind of gauge; `gauge` is the one to suggest.
    :ivar charts: control charts that its results are plotted on.
    """

    characteristic: Characteristic
    lower: Decimal | None
    upper: Decimal | None
    source: str
    cells: list[Cell]
    gauge_name: str
    gauges: list[Gauge]
    gauge: str
    charts: list[ControlChart]

    @property
    def limits(self) -> str:
        return told_limits(self.lower, self.upper, self.characteristic.uom) or "conforms or not"


@dataclass(frozen=True)
class Grid:
    """A page of the grid: `first` to `last` of the sample's pieces.

    :ivar is_extra: a signal of a control chart asked for this sample, beside what the plan draws.
    """

    inspection: Inspection
    rows: list[Row]
    first: int
    last: int
    recorded: int
    wanted: int
    is_extra: bool

    @property
    def pieces(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def earlier(self) -> int | None:
        return self.first - PIECES_SHOWN if self.first > 1 else None

    @property
    def later(self) -> int | None:
        return self.last + 1 if self.last < self.inspection.sample_size else None


def field_name(characteristic: int, piece: int) -> str:
    return f"result-{characteristic}-{piece}"


def real_name(field: str) -> str:
    """Of the tick that somebody looked at a result again."""
    return f"real-{field}"


def gauge_name(characteristic: int) -> str:
    return f"gauge-{characteristic}"


@dataclass(frozen=True)
class _Entered:
    """What somebody typed that was not taken, by field name: as it was typed, why, and whether it is hardly possible."""

    typed: Mapping[str, str]
    refusals: Mapping[str, str]
    doubted: Container[str]

    def cell(self, characteristic: Characteristic, piece: int, found: Measurement | None) -> Cell:
        name = field_name(characteristic.pk, piece)
        refusal = self.refusals.get(name, "")
        return Cell(name, piece, found, self.typed.get(name, ""), refusal, name in self.doubted)

    def gauge(self, characteristic: Characteristic, used: int | None, fitting: Sequence[Gauge]) -> str:
        """The one to suggest: as chosen, else the last one used here, else the only one that fits; empty where there is none."""
        only = fitting[0].pk if len(fitting) == 1 else None
        return str(self.typed.get(gauge_name(characteristic.pk)) or used or only or "")


def grid_of(
    inspection: Inspection,
    *,
    at: datetime,
    first: int = 1,
    typed: Mapping[str, str] | None = None,
    refusals: Mapping[str, str] | None = None,
    doubted: Container[str] = (),
) -> Grid:
    """The page of the grid that begins with piece `first`; eight queries at most, whatever its size.

    :param at: the moment of measuring; gauges must be in calibration then.
    :param typed: what was typed, by field name; kept where it was refused.
    :param refusals: sentences by field name.
    :param doubted: field names of what was refused as hardly possible.
    """
    first = max(1, min(first, inspection.sample_size))
    last = min(first + PIECES_SHOWN - 1, inspection.sample_size)
    characteristics = list(inspection.plan.characteristics.order_by("number"))
    tightened = {each.characteristic_id: each.source for each in inspection.tightenings.all()}
    standing = inspection.measurements.standing()
    shown = {
        (each.characteristic_id, each.piece): each
        for each in standing.filter(piece__range=(first, last)).select_related("by", "gauge")
    }
    gauges = usable_gauges(inspection, characteristics, at)
    charts = _charts(inspection)
    used = dict(
        standing.filter(gauge__isnull=False).order_by("at", "pk").values_list("characteristic", "gauge")
    )
    entered = _Entered(typed or {}, refusals or {}, doubted)
    rows = []
    for characteristic in characteristics:
        lower, upper = inspection.limits_of(characteristic)
        fitting = gauges.get(characteristic.gauge_kind.casefold(), [])
        rows.append(
            Row(
                characteristic,
                lower,
                upper,
                tightened.get(characteristic.pk, ""),
                [
                    entered.cell(characteristic, piece, shown.get((characteristic.pk, piece)))
                    for piece in range(first, last + 1)
                ],
                gauge_name(characteristic.pk),
                fitting,
                entered.gauge(characteristic, used.get(characteristic.pk), fitting),
                charts.get((characteristic.number, characteristic.name), []),
            )
        )
    return Grid(
        inspection,
        rows,
        first,
        last,
        standing.count(),
        len(characteristics) * inspection.sample_size,
        is_extra=ChartSignal.objects.filter(sample=inspection).exists(),
    )


def usable_gauges(
    inspection: Inspection, characteristics: list[Characteristic], at: datetime
) -> dict[str, list[Gauge]]:
    """The gauges that may be used at the site now, by kind, where some characteristic asks for one."""
    if not any(each.gauge_kind for each in characteristics):
        return {}
    site = inspection.lot.item.site
    found: dict[str, list[Gauge]] = {}
    for gauge in Gauge.objects.usable(at.astimezone(site.zone).date()).filter(site=site).order_by("number"):
        found.setdefault(gauge.kind.casefold(), []).append(gauge)
    return found


def _charts(inspection: Inspection) -> dict[tuple[int, str], list[ControlChart]]:
    """Live charts of the plan, by number and name of their characteristic."""
    found: dict[tuple[int, str], list[ControlChart]] = {}
    charts = ControlChart.objects.live().filter(
        Q(line="") | Q(line=inspection.line), characteristic__plan__code=inspection.plan.code
    )
    for chart in charts.select_related("characteristic").order_by("name", "pk"):
        found.setdefault((chart.characteristic.number, chart.characteristic.name), []).append(chart)
    return found
