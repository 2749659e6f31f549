from django.db import migrations


def state_the_defaults(apps, schema_editor):
    apps.get_model("forecasting", "NettingRules").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("forecasting", "0006_lots_are_sized_by_rule_and_proposals_say_what_waiting_costs"),
    ]

    operations = [migrations.RunPython(state_the_defaults, migrations.RunPython.noop)]
