from django.db import migrations

# Certificates are signed by whoever vouches for them, batch records by whoever releases, first articles by whoever verified them.
MEANINGS = ['certificate', 'release', 'verify']


def state_rules(apps, schema_editor):
    rule = apps.get_model('core', 'SignaturePolicy')
    for meaning in MEANINGS:
        rule.objects.get_or_create(
            kind='papers.paper', meaning=meaning, defaults={'demand': 'regulated', 'not_the_author': False}
        )


class Migration(migrations.Migration):

    dependencies = [
        ('papers', '0001_numbered_immutable_papers'),
        ('core', '0004_rules_for_gxp_signatures'),
    ]

    operations = [
        migrations.RunPython(state_rules, migrations.RunPython.noop),
    ]
