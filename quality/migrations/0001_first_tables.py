import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '__first__'),
        ('inventory', '0001_first_tables'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='SamplingScheme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('kind', models.CharField(choices=[('all', 'Every piece'), ('fixed', 'A fixed number'), ('percent', 'A percentage')], default='all', max_length=8)),
                ('size', models.DecimalField(blank=True, decimal_places=2, help_text='Pieces, or per cent', max_digits=8, null=True)),
                ('accept', models.PositiveIntegerField(default=0, help_text='Nonconforming pieces still accepted', verbose_name='acceptance number')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind', 'all'), ('size__gt', 0), _connector='OR'), name='a_sample_smaller_than_the_lot_has_a_size')],
            },
        ),
        migrations.CreateModel(
            name='InspectionPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('revision', models.CharField(default='A', max_length=10)),
                ('name', models.CharField(max_length=120)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('stage', models.CharField(choices=[('receiving', 'Receiving'), ('in_process', 'In process'), ('final', 'Final')], max_length=10)),
                ('sampling', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='quality.samplingscheme')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('code', 'revision'), name='one_inspection_plan_per_code_and_revision'), models.UniqueConstraint(condition=models.Q(('status', 'approved')), fields=('code',), name='one_effective_inspection_plan_per_code'), models.UniqueConstraint(condition=models.Q(('stage__in', ['receiving', 'final']), ('status', 'approved')), fields=('item', 'stage'), name='one_effective_receiving_and_final_plan_per_item')],
            },
        ),
        migrations.CreateModel(
            name='InspectionPlanEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='quality.inspectionplan')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('revision', models.CharField(default='A', max_length=10)),
                ('name', models.CharField(max_length=120)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('stage', models.CharField(choices=[('receiving', 'Receiving'), ('in_process', 'In process'), ('final', 'Final')], max_length=10)),
                ('sampling', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.samplingscheme')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('approved_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Characteristic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='characteristics', to='quality.inspectionplan')),
                ('number', models.PositiveIntegerField(help_text='Balloon number on the drawing')),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('variable', 'Measured'), ('attribute', 'Conforms or not')], default='variable', max_length=9)),
                ('nominal', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('uom', models.CharField(blank=True, max_length=10, verbose_name='unit')),
                ('method', models.CharField(blank=True, help_text='Gauge or procedure', max_length=120)),
                ('is_key', models.BooleanField(default=False, verbose_name='key characteristic')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'number'), name='one_characteristic_per_plan_and_number'), models.CheckConstraint(condition=models.Q(('lower_limit__isnull', True), ('upper_limit__isnull', True), ('lower_limit__lte', models.F('upper_limit')), _connector='OR'), name='lower_limit_is_not_above_upper_limit'), models.CheckConstraint(condition=models.Q(('kind', 'attribute'), ('lower_limit__isnull', False), ('upper_limit__isnull', False), _connector='OR'), name='a_measured_characteristic_has_a_limit')],
            },
        ),
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='quality.inspectionplan')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('status', models.CharField(choices=[('open', 'Open'), ('passed', 'Passed'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
                ('lot_quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('sample_size', models.PositiveIntegerField()),
                ('reference', models.CharField(blank=True, help_text='Number of the batch, order or delivery', max_length=60)),
                ('repeats', models.ForeignKey(blank=True, help_text='The first inspection of this gate, when this one repeats it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repetitions', to='quality.inspection')),
                ('note', models.CharField(blank=True, help_text='Why it was cancelled or repeated', max_length=300)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['opened_at'], name='inspection_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('plan', 'lot', 'reference'), name='one_open_inspection_per_gate'), models.CheckConstraint(condition=models.Q(('sample_size__gt', 0)), name='sample_size_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='InspectionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='quality.inspection')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('plan', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.inspectionplan')),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('status', models.CharField(choices=[('open', 'Open'), ('passed', 'Passed'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='open', max_length=9)),
                ('lot_quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('sample_size', models.PositiveIntegerField()),
                ('reference', models.CharField(blank=True, help_text='Number of the batch, order or delivery', max_length=60)),
                ('repeats', models.ForeignKey(blank=True, db_constraint=False, help_text='The first inspection of this gate, when this one repeats it', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.inspection')),
                ('note', models.CharField(blank=True, help_text='Why it was cancelled or repeated', max_length=300)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Tightening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('inspection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tightenings', to='quality.inspection')),
                ('characteristic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.characteristic')),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('source', models.CharField(help_text='Whose requirement this is', max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('inspection', 'characteristic'), name='one_tightening_per_inspection_and_characteristic')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('inspection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='quality.inspection')),
                ('characteristic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='quality.characteristic')),
                ('piece', models.PositiveIntegerField(default=1, help_text='Which piece of the sample, from 1')),
                ('value', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('conforms', models.BooleanField(help_text='Judged on entry against the limits that bound then')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='quality.measurement')),
                ('note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('corrects__isnull', True)), fields=('inspection', 'characteristic', 'piece'), name='one_first_measurement_per_characteristic_and_piece'), models.CheckConstraint(condition=models.Q(('piece__gt', 0)), name='pieces_count_from_one')],
            },
        ),
        migrations.CreateModel(
            name='Nonconformance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('inspection', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nonconformance', to='quality.inspection')),
                ('lot_was', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', help_text='To what the lot returns when it may go on', max_length=10, verbose_name='disposition before')),
                ('description', models.TextField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('status', models.CharField(choices=[('open', 'Open'), ('decided', 'Decided'), ('closed', 'Closed')], default='open', max_length=8)),
                ('disposition', models.CharField(blank=True, choices=[('use_as_is', 'Use as is'), ('rework', 'Rework'), ('scrap', 'Scrap'), ('return', 'Return to supplier'), ('reinspect', 'Inspect again')], max_length=10)),
                ('justification', models.TextField(blank=True)),
                ('cause', models.CharField(blank=True, max_length=200)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('due_date', models.DateField(blank=True, null=True)),
                ('opened_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['opened_at'], name='nonconformance_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status', 'open'), models.Q(('disposition', ''), _negated=True), _connector='OR'), name='a_decided_nonconformance_has_a_disposition'), models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='nonconforming_quantity_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='NonconformanceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='quality.nonconformance')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('inspection', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.inspection')),
                ('lot_was', models.CharField(choices=[('in_process', 'In process'), ('quarantine', 'Quarantine'), ('released', 'Released'), ('held', 'Held'), ('rejected', 'Rejected')], default='quarantine', help_text='To what the lot returns when it may go on', max_length=10, verbose_name='disposition before')),
                ('description', models.TextField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('status', models.CharField(choices=[('open', 'Open'), ('decided', 'Decided'), ('closed', 'Closed')], default='open', max_length=8)),
                ('disposition', models.CharField(blank=True, choices=[('use_as_is', 'Use as is'), ('rework', 'Rework'), ('scrap', 'Scrap'), ('return', 'Return to supplier'), ('reinspect', 'Inspect again')], max_length=10)),
                ('justification', models.TextField(blank=True)),
                ('cause', models.CharField(blank=True, max_length=200)),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('due_date', models.DateField(blank=True, null=True)),
                ('opened_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspection',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:cancelled,open:failed,open:passed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='cefa45b40608d426246cf0a7a3d3cd4e1b7f540a', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_026f7', table='quality_inspection', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspection',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "quality_inspectionevent" ("closed_at", "closed_by_id", "id", "lot_id", "lot_quantity", "note", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "reference", "repeats_id", "sample_size", "status") VALUES (NEW."closed_at", NEW."closed_by_id", NEW."id", NEW."lot_id", NEW."lot_quantity", NEW."note", NEW."opened_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."reference", NEW."repeats_id", NEW."sample_size", NEW."status"); RETURN NULL;', hash='7231d1ac3bafc089ec8e95f46601f8c23527db60', operation='INSERT', pgid='pgtrigger_insert_insert_213c3', table='quality_inspection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspection',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "quality_inspectionevent" ("closed_at", "closed_by_id", "id", "lot_id", "lot_quantity", "note", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "reference", "repeats_id", "sample_size", "status") VALUES (NEW."closed_at", NEW."closed_by_id", NEW."id", NEW."lot_id", NEW."lot_quantity", NEW."note", NEW."opened_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."reference", NEW."repeats_id", NEW."sample_size", NEW."status"); RETURN NULL;', hash='7b420b2f076bacc00b9f206df4080e694869d41b', operation='UPDATE', pgid='pgtrigger_update_update_6e0d4', table='quality_inspection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='characteristic',
            trigger=pgtrigger.compiler.Trigger(name='plan_in_force_stands_still', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF EXISTS (\n                        SELECT FROM quality_inspectionplan\n                        WHERE status <> 'draft' AND id IN (\n                            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,\n                            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END\n                        )\n                    ) THEN\n                        RAISE EXCEPTION 'The inspection plan of this characteristic is in force; revise it instead.';\n                    END IF;\n                    RETURN COALESCE(NEW, OLD);\n                ", hash='bd4c284730f499e70e17afe2345f503451bd7642', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_plan_in_force_stands_still_47180', table='quality_characteristic', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='measurement',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='98eb379d18db0e363d0f2b9e1a8a0ff256d77692', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e2e4d', table='quality_measurement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nonconformance',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{decided:closed,open:decided}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='3a9557633ed9173a33c02b821f38a007ffe9fa5e', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_32fe8', table='quality_nonconformance', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nonconformance',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "quality_nonconformanceevent" ("cause", "closed_at", "decided_at", "decided_by_id", "description", "disposition", "due_date", "id", "inspection_id", "justification", "lot_id", "lot_was", "number", "opened_at", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "status") VALUES (NEW."cause", NEW."closed_at", NEW."decided_at", NEW."decided_by_id", NEW."description", NEW."disposition", NEW."due_date", NEW."id", NEW."inspection_id", NEW."justification", NEW."lot_id", NEW."lot_was", NEW."number", NEW."opened_at", NEW."owner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity", NEW."status"); RETURN NULL;', hash='d22dcdaf578c41bb46e22cf6978673f3e28d332f', operation='INSERT', pgid='pgtrigger_insert_insert_c033b', table='quality_nonconformance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nonconformance',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "quality_nonconformanceevent" ("cause", "closed_at", "decided_at", "decided_by_id", "description", "disposition", "due_date", "id", "inspection_id", "justification", "lot_id", "lot_was", "number", "opened_at", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "status") VALUES (NEW."cause", NEW."closed_at", NEW."decided_at", NEW."decided_by_id", NEW."description", NEW."disposition", NEW."due_date", NEW."id", NEW."inspection_id", NEW."justification", NEW."lot_id", NEW."lot_was", NEW."number", NEW."opened_at", NEW."owner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity", NEW."status"); RETURN NULL;', hash='ef74fb2c13392ef216b7dc75611ea2c04b387d2e', operation='UPDATE', pgid='pgtrigger_update_update_cc333', table='quality_nonconformance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspectionplan',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{approved:superseded,draft:approved}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='9cf4495218e733d2219d54dd76b6ab41bd11bb00', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_5e81b', table='quality_inspectionplan', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspectionplan',
            trigger=pgtrigger.compiler.Trigger(name='a_plan_in_force_stands_still', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.status <> 'draft' AND (OLD.code, OLD.revision, OLD.item_id, OLD.stage, OLD.sampling_id) IS DISTINCT FROM (NEW.code, NEW.revision, NEW.item_id, NEW.stage, NEW.sampling_id))", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7bf66f42d96ce0e4f7107fcc2238c91f04c97a34', operation='UPDATE', pgid='pgtrigger_a_plan_in_force_stands_still_10da4', table='quality_inspectionplan', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspectionplan',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "quality_inspectionplanevent" ("approved_at", "approved_by_id", "code", "id", "item_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "sampling_id", "stage", "status") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."code", NEW."id", NEW."item_id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revision", NEW."sampling_id", NEW."stage", NEW."status"); RETURN NULL;', hash='c4cc04ab8b9bfc7565db1c7e2fa75b8363b819e6', operation='INSERT', pgid='pgtrigger_insert_insert_954b3', table='quality_inspectionplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='inspectionplan',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "quality_inspectionplanevent" ("approved_at", "approved_by_id", "code", "id", "item_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revision", "sampling_id", "stage", "status") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."code", NEW."id", NEW."item_id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revision", NEW."sampling_id", NEW."stage", NEW."status"); RETURN NULL;', hash='99278116ddaebedba6e6798d2f6c8af452b95d28', operation='UPDATE', pgid='pgtrigger_update_update_ed3c7', table='quality_inspectionplan', when='AFTER')),
        ),
    ]
