"""Numbers for rows that people call by number, where nobody gave one."""

from django.db import connection, models


def next_number(model: type[models.Model], prefix: str, *, digits: int = 5) -> str:
    """`prefix` and the next value of the sequence behind the table's key, e.g. `NC-00042`.

    The sequence never hands out a value twice, so two people who ask at once get different numbers; a value that is
    drawn and not used leaves a gap.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        row = cursor.fetchone()
    return f"{prefix}-{row[0]:0{digits}d}"
