"""A process that has started finds the inner loops of a repair loaded."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ASKED = """
from production.scheduling import bounds, dispatch, repair, rules, timing, warm

warm.load()
for module in (bounds, dispatch, repair, rules, timing):
    for name, found in vars(module).items():
        if hasattr(found, "signatures") and not found.signatures:
            print(module.__name__, name)
"""


def test_nothing_that_a_repair_calls_is_left_to_be_loaded_by_the_first_one():
    asked = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ
    )
    assert asked.stdout == ""
