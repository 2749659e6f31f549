"""What a table of the plant format is: a frozen dataclass whose fields are its columns."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from mes.plant.cells import Clock

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """One column: how its cells are read, and what an empty or absent one means."""

    name: str
    read: Callable[[str, Clock], Any]
    default: Any
    required: bool
    refers: str  # the table that must define the names in this column


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table; `line` counts as an editor does."""

    FILE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]] = ()

    line: int

    def names(self) -> tuple[str, ...]:
        """The names by which other tables may refer to this row."""
        return (str(getattr(self, self.KEY[0])),) if self.KEY else ()


def required(read: Callable[[str, Clock], T], *, refers: str = "") -> T:
    """A column that every row fills in."""
    return cast("T", dataclasses.field(metadata={"column": (read, None, True, refers)}))


def optional(read: Callable[[str, Clock], T], default: T, *, refers: str = "") -> T:
    """A column that may be empty or absent and then means `default`."""
    return cast("T", dataclasses.field(metadata={"column": (read, default, False, refers)}))


def maybe(read: Callable[[str, Clock], T], *, refers: str = "") -> T | None:
    """A column that may be empty or absent and then says nothing."""
    return cast("T | None", dataclasses.field(metadata={"column": (read, None, False, refers)}))


def columns_of(table: type[Row]) -> dict[str, Column]:
    """The columns of a table by name, in the documented order."""
    return {
        field.name: Column(field.name, *field.metadata["column"])
        for field in dataclasses.fields(table)
        if "column" in field.metadata
    }
