"""One row with the weights that plans were made by so far."""

from django.db import migrations


def state_them(apps, _schema_editor):
    apps.get_model("production", "SchedulingRules").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("production", "0005_orders_say_what_they_are_made_for"),
    ]

    operations = [migrations.RunPython(state_them, migrations.RunPython.noop)]
