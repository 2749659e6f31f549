"""The calendar day of a moment where a plant is, as the database tells it: plants of a group may lie where it is another day."""

from datetime import datetime

from django.db.models import DateField, DateTimeField, Expression, ExpressionWrapper, F, Func, Value


class LocalDate(Func):
    """The calendar day of a moment in a named time zone."""

    template = "(%(expressions)s)::date"
    arg_joiner = " AT TIME ZONE "
    output_field = DateField()


def day_at(at: datetime, zone: str) -> LocalDate:
    """The day that a moment is for each row.

    :param zone: where the row's time zone is found, e.g. `item__site__time_zone`.
    """
    return LocalDate(Value(at, output_field=DateTimeField()), F(zone))


def day_after(at: datetime, zone: str, days: int) -> Expression:
    """The day so many days after (below zero: before) that of a moment, for each row, as `day_at`."""
    return ExpressionWrapper(day_at(at, zone) + Value(days), output_field=DateField())
