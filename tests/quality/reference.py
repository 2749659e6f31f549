"""Reference answers of published implementations, where the folder that holds them is at hand."""

import csv
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("MES_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/quality"
needs_reference = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"No reference answers for quality at {FOLDER}; set MES_SHARED"
)


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def by(name: str, key: str) -> dict[str, dict[str, str]]:
    return {row[key]: row for row in rows_of(name)}


def piston_rings() -> list[list[float]]:
    """The 25 trial subgroups of five diameters."""
    groups: dict[str, list[float]] = {}
    for row in rows_of("pistonrings"):
        if row["trial"] == "TRUE":
            groups.setdefault(row["sample"], []).append(float(row["diameter"]))
    return list(groups.values())
