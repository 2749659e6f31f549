"""That quantities go on meaning what they meant: the unit of an item stays as soon as something is counted in it.

A table whose quantities are in the unit of the item that it points at says so with `COUNTED`, whichever app it is of: what points at an
item is known to the ground without naming it, as it is to Django when it protects a row that is about to be deleted.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pgtrigger
from django.db.models import ForeignKey, Model, Q

ANOTHER = "enter what is kept in another one as another item or revision"


class Counted(NamedTuple):
    """Rows of a table that are counted in the unit of their item.

    :ivar told: what people call them. :ivar rows: those that still count. :ivar way: what to do, where more can be done than leave the
        unit.
    """

    told: str
    rows: Q = Q()
    way: str = f"Leave its unit; {ANOTHER}."


def counted_of(item: Model) -> Iterator[Counted]:
    """What is counted in the unit of an item, one query for each table that may be."""
    for relation in item._meta.get_fields(include_hidden=True):
        field = getattr(relation, "field", None)
        counted = getattr(relation.related_model, "COUNTED", None) if relation.auto_created else None
        if counted is None or not isinstance(field, ForeignKey):
            continue
        if field.model._default_manager.filter(counted.rows, **{field.name: item.pk}).exists():
            yield counted


def counted_in_a_unit_that_stays(*, once_stated: bool = False) -> pgtrigger.Trigger:
    """Of what has quantities of an item: the unit of the item does not change while one of them is put in.

    The reference to the item would lock it only when the transaction ends.

    :param once_stated: a row may have no quantity at first, and be given one later.
    """
    return pgtrigger.Trigger(
        name="counted_in_a_unit_that_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update if once_stated else pgtrigger.Insert,
        func="""
            PERFORM FROM inventory_item WHERE id = NEW.item_id FOR KEY SHARE;
            RETURN NEW;
        """,
    )


def keeps_its_unit_while(name: str, told: str, found: str) -> pgtrigger.Trigger:
    """Of an item, as an app sees it: its unit does not change while a row of that app's counts in it.

    Whoever puts in the first meanwhile holds the item shared (`counted_in_a_unit_that_stays`): it is seen here once that transaction has
    ended, or waits until this one has.

    :param name: of the trigger. :param told: what the rows are called. :param found: SQL that finds one, where `NEW` is the item.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("uom"),  # type: ignore[no-untyped-call]  # pgtrigger types only parts of itself
        condition=pgtrigger.Q(old__uom__df=pgtrigger.F("new__uom")),
        func=f"""
            PERFORM FROM inventory_item WHERE id = NEW.id FOR UPDATE;
            IF EXISTS ({found}) THEN
                RAISE EXCEPTION '{told} are counted in the unit of item %', NEW.id;
            END IF;
            RETURN NEW;
        """,
    )
