"""Gauge studies: recorded whole, with the result worked out from the readings."""

from itertools import product
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from quality import services
from quality.forms.gauges import ReadingsField
from quality.models import GaugeStudy, StudyReading
from quality.spc import Reading
from tests import plant
from tests.quality.reference import needs_reference, rows_of

pytestmark = pytest.mark.django_db


def readings(noise=0.1):
    rng = Random(4)
    return [
        Reading(f"P{part}", person, part + rng.gauss(0, noise))
        for part, person, _ in product(range(5), ("Ana", "Ben", "Chi"), range(2))
    ]


def record(**given):
    asked = {"readings": readings()} | given
    return services.record_study(plant.make_gauge(), "Bore", **asked, by=plant.make_user(), at=plant.MONDAY)


@needs_reference
def test_a_recorded_study_gives_the_published_squares():
    read = [
        Reading(row["prototype"], row["operator"], float(row["time1"])) for row in rows_of("sixsigma_gage_rr")
    ]

    study = GaugeStudy.objects.get(pk=record(readings=read, pools=False).pk)

    assert [round(row.squares, 4) for row in study.result().table] == [1.2007, 0.0529, 0.0834, 0.3854, 1.7225]


def test_trials_are_numbered_and_the_tolerance_is_that_of_the_characteristic():
    plan = plant.make_inspection_plan(characteristics=[{"lower_limit": 9, "upper_limit": 11}])

    study = record(characteristic=plan.characteristics.get())

    assert study.tolerance == 2
    assert study.readings.count() == 30
    assert set(study.readings.values_list("trial", flat=True)) == {1, 2}
    assert study.result().gauge.tolerance_percent is not None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"readings": readings()[:-1]}, "readings"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"readings": []}, "readings"),
    ],
)
def test_half_a_study_is_none(given, field):
    with pytest.raises(services.InvalidStudy) as refusal:
        record(**given)

    assert list(refusal.value.errors) == [field]
    assert not GaugeStudy.objects.exists()


def test_a_name_too_long_to_keep_is_refused_with_its_line():
    field = ReadingsField()

    with pytest.raises(ValidationError, match=r"Line 2, .*30 characters at most"):
        field.clean(f"P1; Ana; 10.1\n{'P' * 31}; Ana; 10.2")
    with pytest.raises(ValidationError, match="an appraiser by 60"):
        field.clean(f"P1; {'A' * 61}; 10.1")

    assert field.clean("P1\tAna\t10,1") == [Reading("P1", "Ana", 10.1)]


def test_readings_are_never_changed():
    study = record()

    with pytest.raises(DatabaseError), transaction.atomic():
        StudyReading.objects.filter(study=study).update(value=1)


def test_a_study_is_posted_and_answers_with_its_result():
    client = APIClient()
    client.force_authenticate(plant.make_user(is_superuser=True))
    body: dict[str, Any] = {
        "gauge": plant.make_gauge().pk,
        "name": "Bore",
        "tolerance": 2,
        "readings": [{"part": r.part, "appraiser": r.appraiser, "value": r.value} for r in readings()],
    }

    made = client.post("/api/v1/gauge-studies/", body, format="json")
    refused = client.post("/api/v1/gauge-studies/", body | {"readings": body["readings"][:-1]}, format="json")

    assert made.status_code == 201, made.data
    assert made.data["result"]["verdict"] in {"good", "marginal", "poor"}
    assert set(made.data["result"]["components"]) == {
        "gage_rr",
        "repeatability",
        "reproducibility",
        "appraiser",
        "interaction",
        "part",
        "total",
    }
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "#/readings")
