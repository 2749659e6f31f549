"""Numbers for rows that people call by number, where nobody gave one."""

from typing import Any

from django.db import connection, models

STEM = 54
"""Characters of a lot's number, which has at most 60, that a number derived from it begins with: the rest is for a counter."""


def numbered(model: type[models.Model], prefix: str, *, digits: int = 5) -> dict[str, Any]:
    """Key and number of a row to be made, both from the next value of the sequence behind the table's key, e.g. 42 and `NC-00042`.

    One value serves both, so that numbers follow each other. The sequence never hands out a value twice, so two people who ask at
    once get different numbers; a value that is drawn and not used leaves a gap.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        (value,) = cursor.fetchone() or (None,)
    return {"pk": value, "number": f"{prefix}-{value:0{digits}d}"}
