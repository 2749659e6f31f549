"""How a decision is worded."""

import pytest

from mes.console.decisions.decision import ended


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Scratches", "Scratches."),
        ("Hardness below the limit. ", "Hardness below the limit."),
        ("Wrong heat treatment?", "Wrong heat treatment?"),
    ],
)
def test_what_somebody_typed_ends_before_the_next_sentence_begins(typed: str, read: str) -> None:
    assert ended(typed) == read
