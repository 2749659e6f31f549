"""What happens around signatures."""

from dataclasses import dataclass
from typing import ClassVar

from mes.core.facts import Fact


@dataclass(frozen=True)
class RecordSigned(Fact):
    name: ClassVar[str] = "core.RecordSigned"
    signature: int
    kind: str
    key: int
    meaning: str
    by: int


@dataclass(frozen=True)
class AccountWasLocked(Fact):
    """Somebody failed too often to prove to be this person: administrators look into it."""

    name: ClassVar[str] = "core.AccountLocked"
    user: int
    failures: int
    purpose: str


@dataclass(frozen=True)
class AccountWasUnlocked(Fact):
    name: ClassVar[str] = "core.AccountUnlocked"
    user: int
    reason: str
    by: int
