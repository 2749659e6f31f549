from django.db import migrations

# What the plants that are audited expect: for regulated items, plans are approved, lots released and nonconformances
# decided by signature; nobody approves his own plan or releases what he measured.
RULES = [
    ('production.processplan', 'approve', True),
    ('quality.inspectionplan', 'approve', True),
    ('inventory.lot', 'release', True),
    ('quality.nonconformance', 'disposition', False),
]


def state_rules(apps, schema_editor):
    rule = apps.get_model('core', 'SignaturePolicy')
    for kind, meaning, not_the_author in RULES:
        rule.objects.get_or_create(kind=kind, meaning=meaning, defaults={'demand': 'regulated', 'not_the_author': not_the_author})


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_signatures'),
    ]

    operations = [
        migrations.RunPython(state_rules, migrations.RunPython.noop),
    ]
