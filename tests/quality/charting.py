"""Builders of control charts, and of inspections whose results are plotted on them."""

from decimal import Decimal
from itertools import count
from typing import Any

from quality import services
from quality.models import (
    ControlChart,
    Stage,
)
from quality.services import RuleAsked
from tests import plant

Kind = ControlChart.Kind
_numbers = count(1)


def acting() -> dict[str, Any]:
    return {"by": plant.make_user(), "at": plant.MONDAY}


def make_plan(size=5, **characteristic):
    given = {"name": "Weight", "lower_limit": 90, "upper_limit": 110} | characteristic
    return plant.make_inspection_plan(
        stage=Stage.IN_PROCESS, characteristics=[given], sampling=plant.make_sampling(size)
    )


def make_chart(plan=None, kind=Kind.XBAR_R, size=5, **given):
    plan = plan or make_plan(size)
    return services.set_up_chart(
        plan.characteristics.get(), kind, subgroup_size=given.pop("subgroup_size", size), **given, **acting()
    )


def inspect(plan, values, **opened):
    """An inspection of a lot of its own with these results, in order of the pieces."""
    inspection = plant.make_inspection(plan, lot_quantity=100, reference=f"B{next(_numbers)}", **opened)
    for piece, value in enumerate(values, start=1):
        measure(inspection, piece, value)
    inspection.refresh_from_db()
    return inspection


def measure(inspection, piece, value, *, by=None):
    result: dict[str, Any] = (
        {"conforms": value} if isinstance(value, bool) else {"value": Decimal(str(value))}
    )
    return services.record_measurement(
        inspection,
        inspection.plan.characteristics.get(),
        piece=piece,
        **result,
        by=by or plant.make_user(),
        at=plant.MONDAY,
    )


def fixed_chart(*rules, plan=None, kind=Kind.XBAR_R, center=100.0, sigma=1.0, size=5, **given):
    """A chart with given limits on which only these rules are on."""
    chart = make_chart(plan, kind, size, rules=rules or (RuleAsked(1),), **given)
    measured = {"sigma": sigma} if chart.is_measured else {}
    services.give_limits(chart, "Qualified", center=center, **measured, **acting())
    return chart


def points_of(chart):
    return list(chart.points.standing().in_order())
