"""Gauges with their calibrations, and control charts, from the files of a plant."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mes.plant.loader import PlantRefused, load_plant
from mes.plant.reader import read_plant
from quality.models import ControlChart, Gauge
from tests.plant import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FILES = {
    "site": "site,name,time_zone\nHERE,Here,Europe/Berlin\n",
    "items": "item,description,unit,strategy,supply\nPIN,Pin,H87,mts,make\n",
    "inspection_plans": "plan,item,stage,sampling,sample\nIP-1,PIN,final,fixed,5\n",
    "characteristics": "plan,characteristic,lower,upper,unit,gauge\nIP-1,Diameter,9,11,mm,micrometer\n",
    "gauges": "gauge,kind,range_from,range_to,unit,interval_days\nMIC-1,micrometer,0,25,mm,100\nMIC-2,micrometer,,,,365\n",
    "calibrations": "gauge,calibrated,certificate\nMIC-1,-10 09:00,K-1\n",
    "charts": "plan,characteristic,rules,hold,center,sigma\nIP-1,Diameter,nelson,yes,10,0.2\n",
}


def load(folder: Path, **changed: str):
    for name, text in (FILES | changed).items():
        (folder / f"{name}.csv").write_text(text)
    return load_plant(read_plant(folder, NOW), by=make_user(), at=NOW)


def test_gauges_are_calibrated_and_charts_have_their_limits(tmp_path: Path):
    load(tmp_path)
    again = load(tmp_path)

    gauge = Gauge.objects.get(number="MIC-1")
    chart = ControlChart.objects.get()
    assert (gauge.kind, f"{gauge.due_date}") == ("micrometer", "2026-05-31")
    assert Gauge.objects.get(number="MIC-2").due_date is None
    assert chart.status == ControlChart.Status.FIXED
    assert chart.limits.get().sigma == pytest.approx(0.2)
    assert [rule.rule for rule in chart.rules.filter(holds_lot=True)] == [1]
    assert chart.characteristic.gauge_kind == "micrometer"
    assert gauge.calibrations.count() == 1
    assert (again.counts["charts.csv"].left, again.counts["calibrations.csv"].left) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"charts": "plan,characteristic\nIP-1,Length\n"}, "characteristic"),
        ({"charts": "plan,characteristic,subgroup\nIP-1,Diameter,6\n"}, "kind"),
        ({"charts": "plan,characteristic,center\nIP-1,Diameter,10\n"}, "kind"),
        ({"calibrations": "gauge,calibrated\nMIC-9,-10\n"}, "gauge"),
        ({"calibrations": "gauge,calibrated\nMIC-1,+10\n"}, None),
        ({"gauges": "gauge,kind,interval_days\nMIC-1,micrometer,0\n"}, None),
    ],
)
def test_what_cannot_be_is_a_fault_with_its_row_and_nothing_is_loaded(tmp_path: Path, changed, column):
    with pytest.raises(PlantRefused) as refusal:
        load(tmp_path, **changed)

    if column is not None:
        assert [(fault.line, fault.column) for fault in refusal.value.faults] == [(2, column)]
    assert refusal.value.faults
    assert not Gauge.objects.exists()
