"""That quantities go on meaning what they meant: the unit of an item stays as soon as something is counted in it."""

import pgtrigger


def counted_in_a_unit_that_stays() -> pgtrigger.Trigger:
    """Of what has quantities of an item: the unit of the item does not change while one of them is put in.

    The reference to the item would lock it only when the transaction ends.
    """
    return pgtrigger.Trigger(
        name="counted_in_a_unit_that_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="""
            PERFORM FROM inventory_item WHERE id = NEW.item_id FOR KEY SHARE;
            RETURN NEW;
        """,
    )
