"""That demand, what people say of it and the lots to make go on meaning what they meant: the unit of an item stays while they are counted in it."""

from inventory.models import Item
from inventory.models.counting import keeps_its_unit_while


class ForecastItem(Item):
    """No table of its own: what forecasting adds to that of the items, of which nothing there may know."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            keeps_its_unit_while(
                "keeps_the_unit_of_its_demand",
                "demand statements",
                "SELECT FROM forecasting_demandhistory WHERE item_id = NEW.id AND is_standing AND quantity > 0",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_its_fixed_lot",
                "fixed lots",
                "SELECT FROM forecasting_lotrule WHERE item_id = NEW.id AND fixed_lot > 0",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_numbers_of_people",
                "overrides, contributions, agreed or frozen numbers",
                "SELECT item_id FROM forecasting_override WHERE item_id = NEW.id AND is_active "
                "UNION ALL SELECT item_id FROM forecasting_contribution WHERE item_id = NEW.id "
                "UNION ALL SELECT item_id FROM forecasting_consensus WHERE item_id = NEW.id AND is_active "
                "UNION ALL SELECT item_id FROM forecasting_freeze WHERE item_id = NEW.id AND is_active",
            ),
        ]
