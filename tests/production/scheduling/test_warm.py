"""A process that has started finds the inner loops of a repair loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from production.scheduling import Weights, solve, warm
from production.scheduling.improve import SMALL
from production.scheduling.plant import Plant
from production.scheduling.tabu import is_plain_shop

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


SEARCHED = """
from production.scheduling import anneal, hasten, sweep, tabu, warm

warm.load(seconds=0.5)
for module in (anneal, hasten, sweep, tabu):
    for name, found in vars(module).items():
        if hasattr(found, "signatures") and not found.signatures:
            print(module.__name__, name)
"""


@pytest.mark.slow
def test_nothing_that_a_search_calls_is_left_to_be_compiled_in_its_time():
    """A large plant's thirty seconds would begin with a compiler's five."""
    asked = subprocess.run(
        [sys.executable, "-c", SEARCHED], capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ
    )
    assert asked.stdout == ""


def test_the_job_shop_planned_ahead_is_one_that_only_its_own_search_brings_further():
    """So that this search is compiled with all others, and not by the first who asks for it."""
    shop = Plant(warm.shop(), Weights())
    first = solve(warm.shop(), seconds=0)
    assert is_plain_shop(shop)
    assert shop.size > SMALL
    assert first.value > first.bound
