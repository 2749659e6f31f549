"""Searches of this folder are given seconds of the processor: what else the machine does must not end one early."""

import time

import pytest

from production.scheduling import effort


@pytest.fixture(autouse=True)
def _on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "monotonic", time.process_time)
