"""What a decision is: what is the matter, why, and the ways out."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Action:
    """A way out: a link, or with `posts` a button that does it at once; for those who have `permission`."""

    label: str
    url: str
    posts: bool = False
    is_main: bool = False
    permission: str = ""


@dataclass(frozen=True)
class Decision:
    """One open question; `level` is a status colour, `cost` orders the list (higher waits dearer).

    `chain` is the address of the part of a page that shows what it goes back to.
    """

    level: str
    status: str
    what: str
    why: str
    url: str
    cost: float
    actions: tuple[Action, ...] = field(default=())
    chain: str = ""


def written(quantity: Decimal) -> str:
    """A quantity with its thousands apart."""
    return f"{quantity.normalize():,f}"


def ended(words: str) -> str:
    """What somebody typed, with the full stop that sets it apart from the sentence after it."""
    words = words.rstrip()
    return words if words.endswith((".", "!", "?")) else f"{words}."


def days(span: timedelta) -> float:
    return span.total_seconds() / 86_400
