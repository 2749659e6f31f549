"""That how much of an item is reported between two inspections goes on meaning what it meant: its unit stays while a plan counts in it."""

from inventory.models import Item
from inventory.models.counting import keeps_its_unit_while


class InspectedItem(Item):
    """No table of its own: what quality adds to that of the items, of which nothing there may know."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            keeps_its_unit_while(
                "keeps_the_unit_of_its_periodic_inspections",
                "inspections after a quantity",
                "SELECT FROM quality_inspectionplan WHERE item_id = NEW.id AND status <> 'superseded' "
                "AND every_quantity IS NOT NULL",
            ),
        ]
