"""Stretches of days of an item, as exclusion constraints compare them."""

from typing import Final

from django.contrib.postgres.fields import DateRangeField
from django.db.models import F, Func, Value

# The embedded server carries no btree_gist; a range of one id and && say the same as equality.
SAME_ITEM: Final = Func(F("item_id"), F("item_id"), Value("[]"), function="int8range")
DAYS_OF: Final = Func(
    F("first_date"), F("last_date"), Value("[]"), function="daterange", output_field=DateRangeField()
)
