"""Days and moments that a plan can reach. Others are slips of the keyboard, and nothing can be added to the last that there is."""

from datetime import date

from mes.core.refusals import InvalidInput

FIRST_YEAR, LAST_YEAR = 1970, 2199


class DateOutOfReach(InvalidInput):
    code = "core.date_out_of_reach"
    title = "No plan reaches that date"


def require_within_reach(moment: date | None, field: str) -> None:
    """Refuse a day or moment in a year that nobody plans for; None is nothing to refuse.

    :raises DateOutOfReach: naming the field.
    """
    if moment is None or FIRST_YEAR <= moment.year <= LAST_YEAR:
        return
    raise DateOutOfReach.at_field(
        field,
        f"{moment.isoformat()[:10]} is not between the years {FIRST_YEAR} and {LAST_YEAR}.",
        remedy="See to the year.",
    )
