"""Tools and their absences, people and reserved shares as limits of the plan, and the rules that it is made by."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0003_reservations_may_run_out'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('production', '0003_tentative_orders_hold_capacity'),
    ]

    operations = [
        migrations.CreateModel(
            name='SchedulingRules',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('tardiness_weight', models.FloatField(default=1, help_text="An hour of lateness, times the weight of the order's priority", validators=[django.core.validators.MinValueValidator(0)])),
                ('setup_weight', models.FloatField(default=0.01, help_text='An hour of set-up', validators=[django.core.validators.MinValueValidator(0)])),
                ('flow_weight', models.FloatField(default=0.0001, help_text='An hour that an order is in the plant', validators=[django.core.validators.MinValueValidator(0)])),
                ('move_minutes', models.FloatField(default=5, help_text='An operation is moved in the plan only where that saves so many weighted minutes of lateness', validators=[django.core.validators.MinValueValidator(0)])),
                ('rush_weight', models.FloatField(default=10, validators=[django.core.validators.MinValueValidator(0)])),
                ('normal_weight', models.FloatField(default=3, validators=[django.core.validators.MinValueValidator(0)])),
                ('fill_in_weight', models.FloatField(default=1, validators=[django.core.validators.MinValueValidator(0)])),
                ('reserves_released_days', models.PositiveIntegerField(default=7, help_text='So many days ahead, capacity that is reserved and not used is open to all', validators=[django.core.validators.MaxValueValidator(365)])),
            ],
            options={
                'verbose_name_plural': 'scheduling rules',
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('quantity', models.PositiveIntegerField(default=1, help_text='How many of it the site has')),
            ],
        ),
        migrations.CreateModel(
            name='ToolAbsence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('calibration', 'Calibration'), ('maintenance', 'Maintenance'), ('other', 'Other')], default='calibration', max_length=11)),
                ('quantity', models.PositiveIntegerField(default=1, help_text='How many of it are away', validators=[django.core.validators.MinValueValidator(1)])),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, help_text='Empty = until further notice', null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='ToolNeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)])),
            ],
        ),
        migrations.CreateModel(
            name='ToolNeedEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)])),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='productionorder',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='productionorder',
            name='update_update',
        ),
        migrations.AddField(
            model_name='productionorder',
            name='strategy',
            field=models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', help_text='Whether somebody ordered it or it goes to stock; a sub-order is made for what its parent is', max_length=3),
        ),
        migrations.AddField(
            model_name='productionorderevent',
            name='strategy',
            field=models.CharField(choices=[('mto', 'Made to order'), ('mts', 'Made to stock')], default='mts', help_text='Whether somebody ordered it or it goes to stock; a sub-order is made for what its parent is', max_length=3),
        ),
        migrations.AddField(
            model_name='workcenter',
            name='is_limited_by_people',
            field=models.BooleanField(default=False, help_text='No more at once than operators of the site hold the qualification that the step asks for'),
        ),
        migrations.AddField(
            model_name='workcenter',
            name='order_share',
            field=models.DecimalField(decimal_places=3, default=0, help_text="Share of the machines' time kept for what is made to order, e.g. 0.6", max_digits=4, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('1'))]),
        ),
        migrations.AddField(
            model_name='workcenter',
            name='stock_share',
            field=models.DecimalField(decimal_places=3, default=0, help_text="Share of the machines' time kept for what is made to stock; the rest is open to both", max_digits=4, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('1'))]),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productionorder',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_productionorderevent" ("due_at", "earliest_start_at", "held_until", "id", "item_id", "number", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "reason", "site_id", "status", "strategy") VALUES (NEW."due_at", NEW."earliest_start_at", NEW."held_until", NEW."id", NEW."item_id", NEW."number", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."quantity", NEW."reason", NEW."site_id", NEW."status", NEW."strategy"); RETURN NULL;', hash='baadc9f335f347f9dfdb4908030b3a586b3e08ae', operation='INSERT', pgid='pgtrigger_insert_insert_a5844', table='production_productionorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productionorder',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_productionorderevent" ("due_at", "earliest_start_at", "held_until", "id", "item_id", "number", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "reason", "site_id", "status", "strategy") VALUES (NEW."due_at", NEW."earliest_start_at", NEW."held_until", NEW."id", NEW."item_id", NEW."number", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."quantity", NEW."reason", NEW."site_id", NEW."status", NEW."strategy"); RETURN NULL;', hash='a54d7609218a066105e5f3c37113ec18fbfd76b5', operation='UPDATE', pgid='pgtrigger_update_update_b602e', table='production_productionorder', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='productionorder',
            constraint=models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('pk')), _negated=True), _connector='OR'), name='no_order_waits_for_itself'),
        ),
        migrations.AddConstraint(
            model_name='workcenter',
            constraint=models.CheckConstraint(condition=models.Q(('order_share__gte', 0), ('order_share__lte', django.db.models.expressions.CombinedExpression(models.Value(1), '-', models.F('stock_share'))), ('stock_share__gte', 0)), name='reserved_shares_make_no_more_than_the_whole', violation_error_message='The two reserved shares make more than 1 together.'),
        ),
        migrations.AddConstraint(
            model_name='schedulingrules',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_row_of_scheduling_rules'),
        ),
        migrations.AddConstraint(
            model_name='schedulingrules',
            constraint=models.CheckConstraint(condition=models.Q(('fill_in_weight__gte', 0), ('flow_weight__gte', 0), ('move_minutes__gte', 0), ('normal_weight__gte', 0), ('rush_weight__gte', 0), ('setup_weight__gte', 0), ('tardiness_weight__gte', 0)), name='weights_are_not_negative'),
        ),
        migrations.AddField(
            model_name='tool',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.site'),
        ),
        migrations.AddField(
            model_name='toolabsence',
            name='tool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to='production.tool'),
        ),
        migrations.AddField(
            model_name='toolneed',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tool_needs', to='production.processplan'),
        ),
        migrations.AddField(
            model_name='toolneed',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tool_needs', to='production.step'),
        ),
        migrations.AddField(
            model_name='toolneed',
            name='tool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='needs', to='production.tool'),
        ),
        migrations.AddField(
            model_name='toolneedevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='toolneedevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='production.toolneed'),
        ),
        migrations.AddField(
            model_name='toolneedevent',
            name='plan',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.processplan'),
        ),
        migrations.AddField(
            model_name='toolneedevent',
            name='step',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.step'),
        ),
        migrations.AddField(
            model_name='toolneedevent',
            name='tool',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.tool'),
        ),
        migrations.AddConstraint(
            model_name='toolabsence',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='at_least_one_of_a_tool_is_away'),
        ),
        migrations.AddConstraint(
            model_name='toolabsence',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='a_tool_comes_back_after_it_leaves'),
        ),
        migrations.AddConstraint(
            model_name='toolneed',
            constraint=models.UniqueConstraint(fields=('plan', 'step', 'tool'), name='one_need_per_step_and_tool'),
        ),
        migrations.AddConstraint(
            model_name='toolneed',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_step_needs_at_least_one_tool'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toolneed',
            trigger=pgtrigger.compiler.Trigger(name='plan_in_force_stands_still', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM production_processplan\n        WHERE status <> 'draft' AND id IN (\n            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,\n            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END\n        )\n    ) THEN\n        RAISE EXCEPTION 'The process plan is in force; revise it instead.';\n    END IF;\n    RETURN COALESCE(NEW, OLD);\n", hash='b97f6ca7e9906c99886122838ba8607183c159cf', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_plan_in_force_stands_still_6c1b9', table='production_toolneed', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toolneed',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "production_toolneedevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity", "step_id", "tool_id") VALUES (NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."plan_id", NEW."quantity", NEW."step_id", NEW."tool_id"); RETURN NULL;', hash='56486f1ebc48b8e189845074c7bd8b7569cbc516', operation='INSERT', pgid='pgtrigger_insert_insert_80f06', table='production_toolneed', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toolneed',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "production_toolneedevent" ("id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "quantity", "step_id", "tool_id") VALUES (NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."quantity", NEW."step_id", NEW."tool_id"); RETURN NULL;', hash='4544b4cd1925fbbbefd8924c72ae2a37a2728aab', operation='UPDATE', pgid='pgtrigger_update_update_cfebd', table='production_toolneed', when='AFTER')),
        ),
    ]
