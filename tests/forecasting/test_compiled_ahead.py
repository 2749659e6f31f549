"""What was compiled ahead is found by every process, whichever kernels it loads before, and only while nothing has changed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from production.compiling import compilers

ROOT = Path(__file__).resolve().parents[2]
ASKED = """
import {before}
from {module} import {function}
print({function}._cache.cache_path)
"""
SCHEDULER = "production.scheduling.kernel.anneal"
NETTING = "forecasting.netting.kernel"
ADD = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("before", "module", "function", "folder"),
    [
        (SCHEDULER, NETTING, "net_items", "forecasting/netting/kernel/__pycache__/netting-"),
        (
            SCHEDULER,
            "forecasting.methods.kernel.theta",
            "fit",
            "forecasting/methods/kernel/__pycache__/methods-",
        ),
        (NETTING, SCHEDULER, "anneal", "production/scheduling/kernel/__pycache__/scheduling-"),
    ],
)
def test_code_is_kept_beside_its_own_sources_whatever_was_loaded_before(before, module, function, folder):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    asked = subprocess.run(
        [sys.executable, "-c", ASKED.format(before=before, module=module, function=function)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert asked.stdout.startswith(str(ROOT / folder))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "packing" / "kernel"
    folder.mkdir(parents=True)
    (folder / "adding.py").write_text(ADD)
    (folder / "sizes.py").write_text("LARGEST = 4\n")
    return folder


def kept_in(package: Path) -> Path:
    """Where a function of the package is kept once it was called."""
    source = package / "adding.py"
    names: dict[str, Any] = {"__name__": "adding", "__file__": str(source)}
    exec(compile(source.read_text(), source, "exec"), names)  # noqa: S102 - our own three lines
    add = compilers(package).compiled(names["add"])
    assert add(1, 2) == 3
    return Path(add._cache.cache_path).parent


def test_a_change_in_any_file_of_a_package_has_all_of_it_compiled_anew(package: Path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    before = kept_in(package)

    assert kept_in(package) == before
    assert before.parent == package / "__pycache__"
    assert before.name.startswith("packing-")
    assert list(before.rglob("*.nbc"))

    (package / "sizes.py").write_text("LARGEST = 5\n")

    assert kept_in(package) != before


def test_code_is_kept_where_the_plant_says(package: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))

    assert kept_in(package).parent == tmp_path / "kept"


def test_code_is_kept_elsewhere_where_nothing_may_be_written(package: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))

    assert kept_in(package).parent == tmp_path / f"mes-{os.getuid()}"
