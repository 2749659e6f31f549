"""What was compiled ahead is found by every process, whichever kernels it loads before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKED = """
import production.scheduling.kernel.anneal
from {module} import {function}
print({function}._cache.cache_path)
"""


@pytest.mark.parametrize(
    ("module", "function", "folder"),
    [
        ("forecasting.netting.kernel", "net_items", "forecasting/netting"),
        ("forecasting.methods.kernel.theta", "fit", "forecasting/methods/kernel"),
    ],
)
def test_code_is_kept_beside_its_own_sources_after_the_scheduler_was_loaded(module, function, folder):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    asked = subprocess.run(
        [sys.executable, "-c", ASKED.format(module=module, function=function)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert Path(asked.stdout.strip()) == ROOT / folder / "__pycache__"
