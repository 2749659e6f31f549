"""Every table of papers, and the signatures that papers of regulated items need until somebody changes them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import mes.core.migrating
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


# Certificates are signed by whoever vouches for them, batch records by whoever releases, first articles by whoever verified them.
MEANINGS = ['certificate', 'release', 'verify']


def state_rules(apps, schema_editor):
    rule = apps.get_model('core', 'SignaturePolicy')
    for meaning in MEANINGS:
        rule.objects.create(
            kind='papers.paper', meaning=meaning, demand='regulated', not_the_author=False
        )


class Migration(migrations.Migration):

    # Databases that had all of these carried out have this behind them.
    replaces = [
        ('papers', '0001_numbered_immutable_papers'),
        ('papers', '0002_papers_of_regulated_items_are_signed'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Paper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('certificate', 'Certificate of conformity'), ('batch_record', 'Batch record'), ('first_article', 'First article inspection'), ('traveler', 'Traveler'), ('label', 'Label')], max_length=13)),
                ('sequence', models.PositiveIntegerField(help_text='From 1 without a gap, for each kind')),
                ('revision', models.PositiveSmallIntegerField(default=1)),
                ('number', models.CharField(max_length=20)),
                ('subject', models.CharField(help_text='What it was issued for, e.g. orders.shipment:17', max_length=60)),
                ('subject_name', models.CharField(max_length=120)),
                ('concerns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text='Everything it tells of, in the same way as the subject', size=None)),
                ('names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), help_text='The numbers of all that, to search by', size=None)),
                ('content', models.JSONField(help_text='All that it says; screen, PDF and workbook are drawn from it')),
                ('digest', models.CharField(help_text="SHA-256 of the content's canonical JSON", max_length=64)),
                ('issued_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, help_text='Why it was issued again', max_length=300)),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='papers.paper')),
            ],
            options={
                'permissions': [('issue_certificate', 'Can issue certificates of conformity'), ('issue_batch_record', 'Can issue batch records'), ('issue_first_article', 'Can issue first article inspections'), ('issue_traveler', 'Can issue travelers'), ('issue_label', 'Can issue labels')],
                'abstract': False,
                'indexes': [models.Index(fields=['subject', 'kind'], name='paper_by_subject'), models.Index(fields=['kind', 'issued_at'], name='paper_by_kind'), django.contrib.postgres.indexes.GinIndex(fields=['concerns'], name='paper_by_concern'), django.contrib.postgres.indexes.GinIndex(fields=['names'], name='paper_by_name')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'sequence', 'revision'), name='one_paper_per_kind_number_and_revision'), models.UniqueConstraint(fields=('number', 'revision'), name='one_paper_per_number_and_revision'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('revision', 1), ('supersedes__isnull', True)), models.Q(('revision__gt', 1), ('supersedes__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='a_later_revision_supersedes_and_says_why')],
            },
        ),
        migrations.CreateModel(
            name='PaperPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signed', models.JSONField(default=list, help_text='The signatures as they are printed')),
                ('pdf', models.BinaryField()),
                ('digest', models.CharField(help_text='SHA-256 of the PDF', max_length=64)),
                ('paper', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='print', to='papers.paper')),
            ],
            options={
                'abstract': False,
            },
        ),
        mes.core.migrating.AddTriggers(
            triggers=[('paper', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c85774dc056c7f24e7606134d892af8546f796dd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a6550', table='papers_paper', when='BEFORE'))), ('paper', pgtrigger.compiler.Trigger(name='numbers_have_no_gap', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    PERFORM pg_advisory_xact_lock(hashtext('papers_paper'), hashtext(NEW.kind));\n                    IF NEW.revision = 1 AND NEW.sequence IS DISTINCT FROM (\n                        SELECT coalesce(max(sequence), 0) + 1 FROM papers_paper WHERE kind = NEW.kind\n                    ) THEN\n                        RAISE EXCEPTION 'The next % is not number %.', NEW.kind, NEW.sequence;\n                    END IF;\n                    IF NEW.revision > 1 AND NOT EXISTS (\n                        SELECT FROM papers_paper older WHERE older.id = NEW.supersedes_id AND older.kind = NEW.kind\n                        AND older.sequence = NEW.sequence AND older.revision = NEW.revision - 1\n                    ) THEN\n                        RAISE EXCEPTION 'Revision % does not follow the one that it supersedes.', NEW.revision;\n                    END IF;\n                    RETURN NEW;\n                ", hash='f5ebeb4d084b49bb639af59cef347c31fa4e89b7', operation='INSERT', pgid='pgtrigger_numbers_have_no_gap_27bd0', table='papers_paper', when='BEFORE'))), ('paperprint', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='436e0f76f99d3a0ad4c776b9d063ce0e9e934182', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d2621', table='papers_paperprint', when='BEFORE')))],
        ),
        migrations.RunPython(state_rules, migrations.RunPython.noop),
    ]
