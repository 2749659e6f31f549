"""What a check of the records finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that does not stand up. `key` is the row's, or the seal's number."""

    kind: str
    table: str
    key: int | None
    sentence: str
