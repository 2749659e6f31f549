"""What was compiled ahead is found by every process, whichever kernels it loads before, and only while nothing has changed."""

import gc
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

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
MODULE = "adding_in_a_package_of_its_own"
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
def package(tmp_path: Path, monkeypatch) -> Path:
    """A folder from which its module can be imported: what was kept is loaded with the name of the module it came from."""
    folder = tmp_path / "packing" / "kernel"
    folder.mkdir(parents=True)
    (folder / f"{MODULE}.py").write_text(ADD)
    (folder / "sizes.py").write_text("LARGEST = 4\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, MODULE, None)  # so that it is gone again afterwards
    return folder


def kept_in(package: Path) -> Path:
    """Where a function of the package is kept once it was called."""
    del sys.modules[MODULE]
    add = compilers(package).compiled(import_module(MODULE).add)
    gc.collect()  # nothing of what was compiled before helps to load it
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
