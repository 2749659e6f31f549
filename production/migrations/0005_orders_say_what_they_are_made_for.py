"""An order is made for what its item is made for; a sub-order for what its parent is."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def say_it(apps, _schema_editor):
    order = apps.get_model("production", "ProductionOrder")
    item = apps.get_model("inventory", "Item")
    own = item.objects.filter(pk=OuterRef("item")).values("strategy")
    level = order.objects.filter(parent__isnull=True)
    level.update(strategy=Subquery(own))
    above = list(level.values_list("pk", flat=True))
    while above:
        below = order.objects.filter(parent__in=above)
        theirs = order.objects.filter(pk=OuterRef("parent")).values("strategy")
        below.update(strategy=Subquery(theirs))
        above = list(below.values_list("pk", flat=True))


class Migration(migrations.Migration):
    dependencies = [
        ("production", "0004_tools_people_reserves_and_rules"),
    ]

    operations = [migrations.RunPython(say_it, migrations.RunPython.noop)]
