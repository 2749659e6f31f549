import pghistory
from django.db import migrations

WHY = 'Nobody had said that it is not: it is as its site is'


def follow(apps, schema_editor):
    # No was the default and nobody's decision; no site is regulated yet, so that nothing changes for any item.
    with pghistory.context(reason=WHY):
        apps.get_model('inventory', 'Item').objects.filter(is_regulated=False).update(is_regulated=None)


def say_no(apps, schema_editor):
    with pghistory.context(reason='Every item says for itself whether it is regulated'):
        apps.get_model('inventory', 'Item').objects.filter(is_regulated=None).update(is_regulated=False)


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0003_sites_are_regulated_and_items_follow_them'),
    ]

    operations = [migrations.RunPython(follow, say_no)]
