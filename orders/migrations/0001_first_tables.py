import django.db.models.deletion
import orders.models.orders
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
        ('production', '0001_first_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('address', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='CustomOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.customer')),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's purchase order")),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('ordered_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('tracking_token', models.CharField(default=orders.models.orders.new_tracking_token, editable=False, max_length=40, unique=True)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['customer', 'ordered_at'], name='order_by_customer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(models.Q(('customer_reference', ''), _negated=True), models.Q(('status', 'cancelled'), _negated=True)), fields=('customer', 'customer_reference'), name='one_order_per_customer_reference')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.customorder')),
                ('shipped_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('carrier', models.CharField(blank=True, max_length=60)),
                ('carrier_reference', models.CharField(blank=True, max_length=60)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['shipped_at'], name='shipment_by_time')],
            },
        ),
        migrations.CreateModel(
            name='CustomOrderEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.customorder')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customer')),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's purchase order")),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('ordered_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('tracking_token', models.CharField(default=orders.models.orders.new_tracking_token, editable=False, max_length=40)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.customorder')),
                ('number', models.PositiveIntegerField()),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
            ],
            options={
                'indexes': [models.Index(fields=['item', 'due_date'], name='order_line_by_item')],
                'constraints': [models.UniqueConstraint(fields=('order', 'number'), name='one_line_per_order_and_number'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='ordered_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='orders.orderline')),
                ('promised_date', models.DateField()),
                ('binding', models.CharField(help_text='What keeps it from being earlier', max_length=200)),
                ('made_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['line', 'made_at'], name='promise_by_line')],
            },
        ),
        migrations.CreateModel(
            name='Peg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pegs', to='orders.orderline')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('production_order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.productionorder')),
                ('reservation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reservation')),
                ('origin', models.ForeignKey(blank=True, help_text='The claim on production that this stock came from', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='orders.peg')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('production_order__isnull', False), ('reservation__isnull', True)), models.Q(('production_order__isnull', True), ('reservation__isnull', False)), _connector='OR'), name='a_peg_claims_stock_or_production'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='peg_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('origin__isnull', True), ('reservation__isnull', False), _connector='OR'), name='only_stock_comes_from_production')],
            },
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.shipment')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipped', to='orders.orderline')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('move', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.move')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='shipped_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='OrderLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.orderline')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customorder')),
                ('number', models.PositiveIntegerField()),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Requirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='orders.orderline')),
                ('kind', models.CharField(choices=[('material', 'Material'), ('process', 'Process'), ('characteristic', 'Characteristic'), ('document', 'Document'), ('packaging', 'Packaging'), ('marking', 'Marking')], max_length=14)),
                ('text', models.CharField(max_length=300)),
                ('component_number', models.CharField(blank=True, help_text='Item number of the material it binds', max_length=50)),
                ('step_sequence', models.PositiveIntegerField(blank=True, help_text='Step it binds', null=True)),
                ('characteristic_name', models.CharField(blank=True, help_text='Characteristic it tightens', max_length=120)),
                ('attribute', models.CharField(blank=True, help_text="Attribute the material's lot must carry", max_length=50)),
                ('expected', models.CharField(blank=True, max_length=100)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('evidence', models.CharField(blank=True, help_text='What proves it; shipment waits for it', max_length=300)),
                ('proven_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proven_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('proven_at__isnull', True), models.Q(('evidence', ''), _negated=True), _connector='OR'), name='a_proven_requirement_has_its_evidence')],
            },
        ),
        migrations.CreateModel(
            name='RequirementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.requirement')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('line', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.orderline')),
                ('kind', models.CharField(choices=[('material', 'Material'), ('process', 'Process'), ('characteristic', 'Characteristic'), ('document', 'Document'), ('packaging', 'Packaging'), ('marking', 'Marking')], max_length=14)),
                ('text', models.CharField(max_length=300)),
                ('component_number', models.CharField(blank=True, help_text='Item number of the material it binds', max_length=50)),
                ('step_sequence', models.PositiveIntegerField(blank=True, help_text='Step it binds', null=True)),
                ('characteristic_name', models.CharField(blank=True, help_text='Characteristic it tightens', max_length=120)),
                ('attribute', models.CharField(blank=True, help_text="Attribute the material's lot must carry", max_length=50)),
                ('expected', models.CharField(blank=True, max_length=100)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('evidence', models.CharField(blank=True, help_text='What proves it; shipment waits for it', max_length=300)),
                ('proven_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('proven_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_orderlineevent" ("due_date", "id", "item_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "unit_price") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."quantity", NEW."unit_price"); RETURN NULL;', hash='b699a2a90eda8ae34bd5259339acf3af0cd9a2a1', operation='INSERT', pgid='pgtrigger_insert_insert_353b8', table='orders_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_orderlineevent" ("due_date", "id", "item_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "unit_price") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."quantity", NEW."unit_price"); RETURN NULL;', hash='16f4deabdc7153aeeffef96796562a2cc1e39d2d', operation='UPDATE', pgid='pgtrigger_update_update_e67df', table='orders_orderline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customorder',
            trigger=pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{confirmed:cancelled,confirmed:shipped,draft:cancelled,draft:confirmed,shipped:confirmed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='584591812d8a4d0d1003cd016d259b10dabd7c3f', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_c234f', table='orders_customorder', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customorder',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_customorderevent" ("confirmed_at", "customer_id", "customer_reference", "id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "tracking_token") VALUES (NEW."confirmed_at", NEW."customer_id", NEW."customer_reference", NEW."id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status", NEW."tracking_token"); RETURN NULL;', hash='9495aa5156bb1b04a87712d0c608ea1fe9f14316', operation='INSERT', pgid='pgtrigger_insert_insert_d7a0a', table='orders_customorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customorder',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_customorderevent" ("confirmed_at", "customer_id", "customer_reference", "id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "tracking_token") VALUES (NEW."confirmed_at", NEW."customer_id", NEW."customer_reference", NEW."id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status", NEW."tracking_token"); RETURN NULL;', hash='a719342a93cdc91e6dcd9d0e1d5880f54ed213b4', operation='UPDATE', pgid='pgtrigger_update_update_6b8ab', table='orders_customorder', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='promise',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bd270f9068bb37375eace788caa70ed1909b855f', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b0c59', table='orders_promise', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_requirementevent" ("attribute", "characteristic_name", "component_number", "evidence", "expected", "id", "kind", "line_id", "lower_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proven_at", "proven_by_id", "step_sequence", "text", "upper_limit") VALUES (NEW."attribute", NEW."characteristic_name", NEW."component_number", NEW."evidence", NEW."expected", NEW."id", NEW."kind", NEW."line_id", NEW."lower_limit", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proven_at", NEW."proven_by_id", NEW."step_sequence", NEW."text", NEW."upper_limit"); RETURN NULL;', hash='445f164d2f860e0aad54f08468a96ac79363e923', operation='INSERT', pgid='pgtrigger_insert_insert_377f1', table='orders_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='requirement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_requirementevent" ("attribute", "characteristic_name", "component_number", "evidence", "expected", "id", "kind", "line_id", "lower_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proven_at", "proven_by_id", "step_sequence", "text", "upper_limit") VALUES (NEW."attribute", NEW."characteristic_name", NEW."component_number", NEW."evidence", NEW."expected", NEW."id", NEW."kind", NEW."line_id", NEW."lower_limit", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proven_at", NEW."proven_by_id", NEW."step_sequence", NEW."text", NEW."upper_limit"); RETURN NULL;', hash='7d2587a58106bb3b8322bd03d1b193af4e08a58e', operation='UPDATE', pgid='pgtrigger_update_update_8d596', table='orders_requirement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shipment',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='460fb372757c836a5d6ed1fac39c31169ca3ad12', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2a803', table='orders_shipment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shipmentline',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ff7eddb904324559a61cf2584c63f719c3572fbf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_588a4', table='orders_shipmentline', when='BEFORE')),
        ),
    ]
