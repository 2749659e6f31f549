"""What exists and where: the site, its partners, items and places."""

from decimal import Decimal

from django.core.exceptions import ValidationError

from inventory.models import Item, Location, Site, Supplier
from inventory.services import ensure_locations
from mes.plant.loading.session import Loading, upsert
from mes.plant.reader import Plant
from mes.plant.tables import CustomerRow, ItemRow, LocationRow, SiteRow, StepRow, SupplierRow
from orders.models import Customer
from production.models import ProcessPlan

ITEM_COLUMNS = {
    "description": "description",
    "uom": "uom",
    "kind": "kind",
    "strategy": "strategy",
    "supply": "supply",
    "tracking": "tracking",
    "family": "family",
    "supplier": "supplier",
    "unit_price": "unit_price",
    "unit_cost": "unit_cost",
    "lead_time_days": "lead_time_days",
    "order_minimum": "order_minimum",
    "order_multiple": "order_multiple",
    "shelf_life_days": "shelf_life_days",
    "storage_volume_m3": "storage_volume_m3",
    "allergens": "allergens",
    "gtin": "gtin",
    "needs_first_article": "needs_first_article",
}
COST_SHARE_OF_PRICE = Decimal("0.6")
LEAD_DAYS_BOUGHT, LEAD_DAYS_MADE = 14, 7


def write_site(plant: Plant) -> Site:
    """The folder's site; one that the database knows is renamed only where site.csv says so."""
    rows = plant.of(SiteRow)
    if not rows:
        code = plant.name.upper().replace("_", "-")[:20]
        return Site.objects.get_or_create(
            code=code, defaults={"name": plant.name.replace("_", " ").capitalize(), "time_zone": "UTC"}
        )[0]
    row = rows[0]
    told = {"name": row.name or row.site, "time_zone": row.time_zone}
    if row.address:
        told["address"] = row.address.replace("; ", "\n")
    return Site.objects.update_or_create(code=row.site, defaults=told)[0]


def write_partners(loading: Loading) -> None:
    """Suppliers and customers."""
    suppliers = [
        (row, Supplier(code=row.supplier, name=row.name or row.supplier, email=row.email))
        for row in loading.plant.of(SupplierRow)
    ]
    customers = [
        (
            row,
            Customer(
                code=row.customer,
                name=row.name or row.customer,
                email=row.email,
                address=row.address,
                group=row.group,
                channel=row.channel,
            ),
        )
        for row in loading.plant.of(CustomerRow)
    ]
    sound_suppliers = [partner for row, partner in suppliers if loading.sound(row, partner)]
    sound_customers = [partner for row, partner in customers if loading.sound(row, partner)]
    written = upsert(Supplier, sound_suppliers, unique=["code"], update=["name", "email"])
    loading.count(SupplierRow, written=written)
    update = ["name", "email", "address", "group", "channel"]
    written = upsert(Customer, sound_customers, unique=["code"], update=update)
    loading.count(CustomerRow, written=written)


def write_items(loading: Loading) -> None:
    """Items; of one that exists only the columns that the file has are changed."""
    suppliers = {supplier.code: supplier for supplier in Supplier.objects.all()}
    elsewhere = dict(Item.objects.exclude(site=loading.site).values_list("number", "site__name"))
    stored = {(item.number, item.revision): item for item in Item.objects.filter(site=loading.site)}
    stated = loading.plant.stated.get(ItemRow, frozenset())
    made = _made_here(loading)
    items: dict[tuple[str, str], Item] = {}
    for row in loading.plant.of(ItemRow):
        if row.item in elsewhere:
            loading.fault(
                row, "item", f"{row.item} is an item of {elsewhere[row.item]}.", "Give it another number."
            )
            continue
        item = _item(row, loading.site, suppliers, made=bool(made & set(row.names())))
        was = stored.get((item.number, item.revision)) if "uom" in stated else None
        if loading.sound(row, item) and (was is None or _keeps_its_unit(loading, row, item, was)):
            items[item.number, item.revision] = item
    update = [name for column, name in ITEM_COLUMNS.items() if column in stated]
    written = upsert(Item, items.values(), unique=["number", "revision"], update=update)
    loading.count(ItemRow, written=written)
    loading.remember_items()


def _keeps_its_unit(loading: Loading, row: ItemRow, item: Item, stored: Item) -> bool:
    """Whether nothing is kept of the item in another unit; else that is a fault of the row."""
    try:
        item.keep_unit_of(stored)
    except ValidationError as refusal:
        loading.fault(row, "uom", " ".join(refusal.messages), f"Write {stored.uom}.")
        return False
    return True


def _made_here(loading: Loading) -> set[str]:
    """Names of items that have a routing, in the folder or already."""
    planned = ProcessPlan.objects.filter(item__site=loading.site).select_related("item")
    return {row.item for row in loading.plant.of(StepRow)} | {str(plan.item) for plan in planned}


def _item(row: ItemRow, site: Site, suppliers: dict[str, Supplier], *, made: bool) -> Item:
    supply = row.supply or (Item.Supply.MAKE if made else Item.Supply.BUY)
    lead = LEAD_DAYS_MADE if supply == Item.Supply.MAKE else LEAD_DAYS_BOUGHT
    cost = row.unit_cost
    return Item(
        number=row.item,
        revision=row.revision,
        description=row.description or row.item,
        site=site,
        uom=row.uom,
        kind=row.kind,
        strategy=row.strategy,
        supply=supply,
        tracking=row.tracking,
        family=row.family,
        supplier=suppliers.get(row.supplier),
        unit_price=row.unit_price,
        unit_cost=round(row.unit_price * COST_SHARE_OF_PRICE, 4) if cost is None else cost,
        lead_time_days=lead if row.lead_time_days is None else row.lead_time_days,
        order_minimum=row.order_minimum,
        order_multiple=row.order_multiple,
        shelf_life_days=row.shelf_life_days,
        storage_volume_m3=row.storage_volume_m3,
        allergens=row.allergens,
        gtin=row.gtin,
        needs_first_article=row.needs_first_article,
    )


def write_locations(loading: Loading) -> None:
    """Locations of the file, and one of every kind that the site still lacks."""
    locations = [
        (
            row,
            Location(
                site=loading.site,
                code=row.location,
                name=row.name or row.location,
                kind=row.kind,
                capacity_m3=row.capacity_m3,
            ),
        )
        for row in loading.plant.of(LocationRow)
    ]
    sound = [location for row, location in locations if loading.sound(row, location)]
    written = upsert(Location, sound, unique=["site", "code"], update=["name", "capacity_m3"])
    loading.count(LocationRow, written=written)
    ensure_locations(loading.site)


def mark_regulated(loading: Loading) -> None:
    """Which site and items are under the rules, when all else is there: what a folder brings in force was approved where it comes from, and
    stays in force as it does of an item that is marked later.
    """
    plant = loading.plant
    if "regulated" in plant.stated.get(SiteRow, ()):
        site = plant.of(SiteRow)[0]
        Site.objects.filter(pk=loading.site.pk).exclude(is_regulated=site.regulated).update(
            is_regulated=site.regulated
        )
    if "regulated" not in plant.stated.get(ItemRow, ()):
        return
    said = {(row.item, row.revision): row.regulated for row in plant.of(ItemRow)}
    changed = []
    for item in Item.objects.filter(site=loading.site, number__in={number for number, _ in said}):
        stated = said.get((item.number, item.revision), item.is_regulated)
        if item.is_regulated is not stated:
            item.is_regulated = stated
            changed.append(item)
    Item.objects.bulk_update(changed, ["is_regulated"], batch_size=1000)
