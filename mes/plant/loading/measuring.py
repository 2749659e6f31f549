"""Gauges with the calibrations they had, and control charts; through the services that people use."""

from dataclasses import replace

from mes.plant.loading.session import Loading, upsert
from mes.plant.tables import CalibrationRow, ChartRow, GaugeRow
from quality import services
from quality.models import Calibration, Characteristic, ControlChart, Gauge
from quality.services import RuleAsked

RULES = {
    "nelson": services.NELSON,
    "western_electric": services.WESTERN_ELECTRIC,
    "limits": (RuleAsked(1),),
}
OF_THE_FILE = [
    "kind",
    "name",
    "range_from",
    "range_to",
    "uom",
    "resolution",
    "permissible_error",
    "interval_days",
]


def write_gauges(loading: Loading) -> None:
    """Gauges as the file has them; a calibration that is known by its moment is left."""
    elsewhere = dict(Gauge.objects.exclude(site=loading.site).values_list("number", "site__name"))
    known = dict(Gauge.objects.filter(site=loading.site).values_list("number", "pk"))
    gauges = []
    for row in loading.plant.of(GaugeRow):
        if row.gauge in elsewhere:
            loading.fault(row, "gauge", f"{row.gauge} belongs to {elsewhere[row.gauge]}.", "Rename this one.")
            continue
        values = {
            "number": row.gauge,
            "kind": row.kind,
            "name": row.name,
            "range_from": row.range_from,
            "range_to": row.range_to,
            "uom": row.unit,
            "resolution": row.resolution,
            "permissible_error": row.permissible_error,
            "interval_days": row.interval_days,
        }
        columns = {"number": "gauge", "uom": "unit"}
        if loading.sound(row, Gauge(pk=known.get(row.gauge), **values), columns=columns):
            gauges.append(Gauge(site=loading.site, **values))
    loading.count(GaugeRow, written=upsert(Gauge, gauges, unique=["number"], update=OF_THE_FILE))
    _write_calibrations(loading)


def _write_calibrations(loading: Loading) -> None:
    gauges = {gauge.number: gauge for gauge in Gauge.objects.filter(site=loading.site).select_related("site")}
    known = set(Calibration.objects.filter(gauge__in=gauges.values()).values_list("gauge", "at"))
    for row in sorted(loading.plant.of(CalibrationRow), key=lambda each: each.calibrated):
        gauge = gauges.get(row.gauge)
        if gauge is None or (gauge.pk, row.calibrated) in known:
            loading.count(CalibrationRow, left=1)
            continue
        with loading.blaming(row, "calibrated"):
            services.calibrate_gauge(
                gauge,
                found_in_tolerance=row.found,
                left_in_tolerance=row.left,
                certificate=row.certificate,
                laboratory=row.laboratory,
                calibrated_at=row.calibrated,
                by=loading.by,
                at=loading.at,
            )
            loading.count(CalibrationRow, written=1)


def write_charts(loading: Loading) -> None:
    """Charts that their characteristic does not have yet; one with a center has its limits fixed."""
    for row in loading.plant.of(ChartRow):
        characteristic = _characteristic(row)
        if characteristic is None:
            loading.fault(
                row,
                "characteristic",
                f"no plan {row.plan} in force has a characteristic “{row.characteristic}”.",
                "Write it as characteristics.csv does.",
            )
            continue
        if ControlChart.objects.watching(characteristic, row.made_on).filter(kind=row.kind).exists():
            loading.count(ChartRow, left=1)
            continue
        with loading.blaming(row, "kind"):
            _set_up(loading, row, characteristic)
            loading.count(ChartRow, written=1)


def _characteristic(row: ChartRow) -> Characteristic | None:
    found = Characteristic.objects.filter(
        plan__code=row.plan, plan__status="approved", name=row.characteristic
    )
    return found.select_related("plan__item", "plan__sampling").first()


def _set_up(loading: Loading, row: ChartRow, characteristic: Characteristic) -> None:
    chart = services.set_up_chart(
        characteristic,
        row.kind,
        name=row.name,
        subgroup_size=row.subgroup,
        line=row.made_on,
        rules=[
            replace(rule, holds_lot=row.hold, asks_sample=row.sample) if rule.rule == 1 else rule
            for rule in RULES[row.rules]
        ],
        by=loading.by,
        at=loading.at,
    )
    if row.center is not None:
        services.give_limits(
            chart,
            row.reason,
            center=float(row.center),
            sigma=None if row.sigma is None else float(row.sigma),
            by=loading.by,
            at=loading.at,
        )
