"""Every table of orders, and a view that sums up what happened to each order line.

The body of the function is text to PostgreSQL, so that it keeps no column of other apps from being changed; tests say
when it must follow.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import inventory.gs1
import mes.core.migrating
import orders.models.orders
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


FUNCTION = """
CREATE FUNCTION orders_position_of(line bigint) RETURNS TABLE (
    shipped_quantity numeric, reserved_quantity numeric, released_until date[], released_quantities numeric[],
    made_quantity numeric, coming_quantity numeric, unjudged_quantity numeric, held_lot varchar, next_step varchar,
    is_step_running boolean, is_unscheduled boolean, projected_at timestamptz, promised_date date, expected_date date
) LANGUAGE sql STABLE AS $$
    SELECT
        coalesce(shipped.quantity, 0), coalesce(kept.quantity, 0), kept.until, kept.quantities,
        coalesce(made.good, 0), coalesce(made.coming, 0), coalesce(made.unjudged, 0),
        coalesce(kept.held_lot, made.held_lot), steps.next_step,
        coalesce(steps.is_running, false), coalesce(steps.is_unscheduled, false), steps.ends_at,
        promise.promised_date, receipt.due_date
    FROM (
        SELECT sum(row.quantity) AS quantity FROM orders_shipmentline row
        WHERE row.line_id = line AND NOT EXISTS (SELECT FROM inventory_move undone WHERE undone.reverses_id = row.move_id)
    ) shipped
    CROSS JOIN (
        SELECT
            sum(claim.quantity) AS quantity,
            array_agg(coalesce(lot.expires_on, '9999-12-31')) FILTER (WHERE lot.status = 'released') AS until,
            array_agg(claim.quantity) FILTER (WHERE lot.status = 'released') AS quantities,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN inventory_reservation claim ON claim.id = peg.reservation_id AND claim.status = 'open'
        JOIN inventory_lot lot ON lot.id = claim.lot_id
        WHERE peg.line_id = line
    ) kept
    CROSS JOIN (
        SELECT
            sum(batch.good_quantity) AS good,
            sum(coalesce(passed.quantity, batch.quantity)) FILTER (WHERE batch.status IN ('planned', 'released', 'running')) AS coming,
            sum(stock.quantity) AS unjudged,
            min(lot.number) FILTER (WHERE lot.status = 'held') AS held_lot
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        LEFT JOIN inventory_lot lot ON lot.id = batch.lot_id
        LEFT JOIN LATERAL (
            SELECT operation.good_quantity AS quantity FROM production_operation operation
            WHERE operation.batch_id = batch.id AND operation.status = 'done'
            ORDER BY operation.sequence DESC, operation.id DESC LIMIT 1
        ) passed ON batch.status = 'running'
        LEFT JOIN LATERAL (
            SELECT sum(balance.quantity) AS quantity FROM inventory_balance balance
            WHERE balance.lot_id = lot.id AND balance.is_real
        ) stock ON batch.status = 'done' AND lot.status IN ('in_process', 'quarantine', 'held')
        WHERE peg.line_id = line
    ) made
    CROSS JOIN (
        SELECT
            (array_agg(step.name ORDER BY operation.sequence, operation.id))[1] AS next_step,
            bool_or(operation.status = 'running') AS is_running,
            bool_or(operation.status = 'waiting' AND slot.id IS NULL) AS is_unscheduled,
            max(slot.ends_at) AS ends_at
        FROM orders_peg peg
        JOIN production_batch batch ON batch.order_id = peg.production_order_id
        JOIN production_operation operation
            ON operation.batch_id = batch.id AND operation.status IN ('waiting', 'running', 'paused')
        JOIN production_step step ON step.id = operation.step_id
        LEFT JOIN production_slot slot ON slot.operation_id = operation.id AND slot.is_published
        WHERE peg.line_id = line
    ) steps
    LEFT JOIN LATERAL (
        SELECT given.promised_date FROM orders_promise given
        WHERE given.line_id = line ORDER BY given.made_at DESC, given.id DESC LIMIT 1
    ) promise ON true
    LEFT JOIN LATERAL (
        SELECT min(purchase.due_date) AS due_date
        FROM inventory_expectedreceipt purchase JOIN orders_orderline own ON own.item_id = purchase.item_id
        WHERE own.id = line AND purchase.status = 'open'
    ) receipt ON true
$$
"""

VIEW = """
CREATE VIEW orders_position AS
SELECT line.id AS line_id, position.* FROM orders_orderline line CROSS JOIN LATERAL orders_position_of(line.id) position
"""


class Migration(migrations.Migration):

    # Databases that had all of these carried out have this behind them.
    replaces = [
        ('orders', '0001_first_tables'),
        ('orders', '0002_the_database_sums_up_each_line'),
        ('orders', '0003_prices_are_not_negative_and_scrap_is_not_coming'),
        ('orders', '0004_offers_keep_a_date'),
        ('orders', '0005_customers_have_a_gln'),
        ('orders', '0006_recall_notices_and_returns'),
        ('orders', '0007_amendments_and_evidence'),
        ('orders', '0008_history_is_append_only'),
        ('orders', '0009_customers_belong_to_groups_and_channels'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_initial'),
        ('inventory', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('production', '0001_initial'),
        ('quality', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                ('group', models.CharField(blank=True, default='', help_text='Customers whose demand is looked at together', max_length=50)),
                ('channel', models.CharField(blank=True, default='', help_text='How they buy: retail, wholesale, online', max_length=50)),
                ('agrees_to_concessions', models.BooleanField(default=False, help_text="No concession without this customer's own agreement")),
                ('gln', models.CharField(blank=True, help_text='GS1 location number', max_length=13, validators=[inventory.gs1.validate_gln], verbose_name='GLN')),
            ],
        ),
        migrations.CreateModel(
            name='CustomOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's purchase order")),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('ordered_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('tracking_token', models.CharField(default=orders.models.orders.new_tracking_token, editable=False, max_length=40, unique=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.customer')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['customer', 'ordered_at'], name='order_by_customer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(models.Q(('customer_reference', ''), _negated=True), models.Q(('status', 'cancelled'), _negated=True)), fields=('customer', 'customer_reference'), name='one_order_per_customer_reference')],
            },
        ),
        migrations.CreateModel(
            name='RecallNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('acknowledged', 'Acknowledged'), ('withdrawn', 'Not sent')], default='draft', max_length=12)),
                ('prepared_at', models.DateTimeField()),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('phone', 'Telephone'), ('letter', 'Letter'), ('visit', 'Visit')], max_length=6)),
                ('sent_to', models.CharField(blank=True, help_text='Address, number or person', max_length=254)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, help_text="Who of the customer's people confirmed it", max_length=120)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recall_notices', to='orders.customer')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.recall')),
                ('sent_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'draft')), fields=('recall', 'customer'), name='one_draft_notice_per_recall_and_customer'), models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['sent', 'acknowledged']), _negated=True), models.Q(('sent_at__isnull', False), ('sent_by__isnull', False)), _connector='OR'), name='a_sent_notice_says_when_and_by_whom')],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.customorder')),
            ],
            options={
                'indexes': [models.Index(fields=['item', 'due_date'], name='order_line_by_item')],
                'constraints': [models.UniqueConstraint(fields=('order', 'number'), name='one_line_per_order_and_number'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='ordered_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('unit_price__gte', 0)), name='ordered_price_is_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Amendment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's change")),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('dropped', 'Dropped')], default='proposed', max_length=8)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='amendments', to='orders.customorder')),
            ],
            options={
                'permissions': [('approve_amendment', 'Can approve amendments of orders')],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('order', 'number'), name='one_amendment_per_order_and_number'), models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('order',), name='one_open_amendment_per_order'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='an_amendment_gives_its_reason')],
            },
        ),
        migrations.CreateModel(
            name='CustomOrderEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's purchase order")),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('confirmed', 'Confirmed'), ('shipped', 'Shipped'), ('cancelled', 'Cancelled')], default='draft', max_length=9)),
                ('ordered_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('tracking_token', models.CharField(default=orders.models.orders.new_tracking_token, editable=False, max_length=40)),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customer')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.customorder')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RecallNoticeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('acknowledged', 'Acknowledged'), ('withdrawn', 'Not sent')], default='draft', max_length=12)),
                ('prepared_at', models.DateTimeField()),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('phone', 'Telephone'), ('letter', 'Letter'), ('visit', 'Visit')], max_length=6)),
                ('sent_to', models.CharField(blank=True, help_text='Address, number or person', max_length=254)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, help_text="Who of the customer's people confirmed it", max_length=120)),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customer')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.recallnotice')),
                ('prepared_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('recall', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='quality.recall')),
                ('sent_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RecallNoticeLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, help_text='Shipped, less what had come back before', max_digits=16)),
                ('returned', models.DecimalField(decimal_places=4, default=0, help_text='Back in the plant', max_digits=16)),
                ('destroyed', models.DecimalField(decimal_places=4, default=0, help_text='Used up or destroyed there, as the customer says', max_digits=16)),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.recallnotice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('notice', 'lot'), name='a_notice_tells_of_each_lot_once'), models.CheckConstraint(condition=models.Q(('destroyed__gte', 0), ('quantity__gt', 0), ('returned__gte', 0)), name='recalled_quantities_are_not_negative'), models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('returned'), '+', models.F('destroyed')))), name='no_more_is_accounted_for_than_was_shipped')],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('shipped_at', models.DateTimeField()),
                ('carrier', models.CharField(blank=True, max_length=60)),
                ('carrier_reference', models.CharField(blank=True, max_length=60)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.customorder')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['shipped_at'], name='shipment_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='position', serialize=False, to='orders.orderline')),
                ('shipped_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('reserved_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('released_until', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), help_text='Expiry of each reserved lot that is released; 9999-12-31 for none', size=None)),
                ('released_quantities', django.contrib.postgres.fields.ArrayField(base_field=models.DecimalField(decimal_places=4, max_digits=18), help_text='What is reserved of each of these', size=None)),
                ('made_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('coming_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('unjudged_quantity', models.DecimalField(decimal_places=4, max_digits=18)),
                ('held_lot', models.CharField(max_length=60, null=True)),
                ('next_step', models.CharField(max_length=100, null=True)),
                ('is_step_running', models.BooleanField()),
                ('is_unscheduled', models.BooleanField()),
                ('projected_at', models.DateTimeField(null=True)),
                ('promised_date', models.DateField(null=True)),
                ('expected_date', models.DateField(null=True)),
            ],
            options={
                'db_table': 'orders_position',
                'managed': False,
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AmendmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('customer_reference', models.CharField(blank=True, max_length=60, verbose_name="customer's change")),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('dropped', 'Dropped')], default='proposed', max_length=8)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.amendment')),
                ('proposed_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customorder')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('wanted_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('inquiry', models.CharField(blank=True, help_text='Their reference of the question', max_length=60, verbose_name="customer's inquiry")),
                ('promised_date', models.DateField(help_text='The day that can be kept if it is accepted in time')),
                ('binding', models.CharField(help_text='What keeps it from being earlier', max_length=300)),
                ('answer', models.JSONField(default=dict, help_text='The whole answer, as it was given')),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='open', max_length=9)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='orders.customer')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item')),
                ('line', models.OneToOneField(blank=True, help_text='What it became', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offer', to='orders.orderline')),
                ('production_order', models.OneToOneField(blank=True, help_text='Keeps the capacity', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.productionorder')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['expires_at'], name='open_offer_by_expiry')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='offered_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='an_offer_stands_for_a_while'), models.CheckConstraint(condition=models.Q(models.Q(('line__isnull', False), ('status', 'accepted')), models.Q(models.Q(('status', 'accepted'), _negated=True), ('line__isnull', True)), _connector='OR'), name='only_an_accepted_offer_became_a_line'), models.UniqueConstraint(condition=models.Q(('status', 'open'), models.Q(('inquiry', ''), _negated=True)), fields=('customer', 'inquiry'), name='one_open_offer_per_inquiry', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='OrderLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('due_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customorder')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.orderline')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Peg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pegs', to='orders.orderline')),
                ('origin', models.ForeignKey(blank=True, help_text='The claim on production that this stock came from', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='orders.peg')),
                ('production_order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.productionorder')),
                ('reservation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reservation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('production_order__isnull', False), ('reservation__isnull', True)), models.Q(('production_order__isnull', True), ('reservation__isnull', False)), _connector='OR'), name='a_peg_claims_stock_or_production'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='peg_quantity_is_positive'), models.CheckConstraint(condition=models.Q(('origin__isnull', True), ('reservation__isnull', False), _connector='OR'), name='only_stock_comes_from_production')],
            },
        ),
        migrations.CreateModel(
            name='Promise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('promised_date', models.DateField()),
                ('binding', models.CharField(help_text='What keeps it from being earlier', max_length=200)),
                ('made_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='orders.orderline')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['line', 'made_at'], name='promise_by_line')],
            },
        ),
        migrations.CreateModel(
            name='RecallNoticeLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quantity', models.DecimalField(decimal_places=4, help_text='Shipped, less what had come back before', max_digits=16)),
                ('returned', models.DecimalField(decimal_places=4, default=0, help_text='Back in the plant', max_digits=16)),
                ('destroyed', models.DecimalField(decimal_places=4, default=0, help_text='Used up or destroyed there, as the customer says', max_digits=16)),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.lot')),
                ('notice', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.recallnotice')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.recallnoticeline')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Requirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('material', 'Material'), ('process', 'Process'), ('characteristic', 'Characteristic'), ('document', 'Document'), ('packaging', 'Packaging'), ('marking', 'Marking')], max_length=14)),
                ('text', models.CharField(max_length=300)),
                ('component_number', models.CharField(blank=True, help_text='Item number of the material it binds', max_length=50)),
                ('step_sequence', models.PositiveIntegerField(blank=True, help_text='Step it binds', null=True)),
                ('characteristic_name', models.CharField(blank=True, help_text='Characteristic it tightens', max_length=120)),
                ('attribute', models.CharField(blank=True, help_text="Attribute the material's lot must carry", max_length=50)),
                ('expected', models.CharField(blank=True, max_length=100)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('qualification', models.CharField(blank=True, help_text='That whoever does the step must hold', max_length=50)),
                ('evidence', models.CharField(blank=True, help_text='What proves it; shipment waits for it', max_length=300)),
                ('proven_at', models.DateTimeField(blank=True, null=True)),
                ('ended_in', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ended', to='orders.amendment')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requirements', to='orders.orderline')),
                ('proven_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('replaces', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='orders.requirement')),
                ('stated_in', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stated', to='orders.amendment')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('proven_at__isnull', True), models.Q(('evidence', ''), _negated=True), _connector='OR'), name='a_proven_requirement_has_its_evidence'), models.CheckConstraint(condition=models.Q(('qualification', ''), ('step_sequence__isnull', False), _connector='OR'), name='a_required_qualification_names_its_step')],
            },
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipped', to='orders.orderline')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('move', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.move')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.shipment')),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='shipped_quantity_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='OfferedStock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock', to='orders.offer')),
                ('reservation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.reservation')),
            ],
        ),
        migrations.CreateModel(
            name='OfferEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('wanted_date', models.DateField(help_text='The day the customer wants it shipped')),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'Rush'), (2, 'Normal'), (3, 'Fill-in')], default=2)),
                ('inquiry', models.CharField(blank=True, help_text='Their reference of the question', max_length=60, verbose_name="customer's inquiry")),
                ('promised_date', models.DateField(help_text='The day that can be kept if it is accepted in time')),
                ('binding', models.CharField(help_text='What keeps it from being earlier', max_length=300)),
                ('answer', models.JSONField(default=dict, help_text='The whole answer, as it was given')),
                ('status', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='open', max_length=9)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.customer')),
                ('item', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='inventory.item')),
                ('line', models.ForeignKey(blank=True, db_constraint=False, help_text='What it became', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.orderline')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.offer')),
                ('production_order', models.ForeignKey(blank=True, db_constraint=False, help_text='Keeps the capacity', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='production.productionorder')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('statement', 'Statement'), ('document', 'Document'), ('inspection', 'Inspection'), ('lot', 'Lot'), ('concession', 'Concession')], default='statement', max_length=10)),
                ('text', models.CharField(max_length=300)),
                ('customer_agreement', models.CharField(blank=True, help_text="Of a concession: the customer's letter or number that agrees to it", max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedfile')),
                ('inspection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quality.inspection')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('requirement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shown', to='orders.requirement')),
            ],
            options={
                'verbose_name_plural': 'evidence',
                'permissions': [('grant_concession', 'Can grant concessions')],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='evidence_says_what_it_shows'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'document'), _negated=True), ('file__isnull', False), _connector='OR'), name='a_document_as_evidence_has_its_file')],
            },
        ),
        migrations.CreateModel(
            name='RequirementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('material', 'Material'), ('process', 'Process'), ('characteristic', 'Characteristic'), ('document', 'Document'), ('packaging', 'Packaging'), ('marking', 'Marking')], max_length=14)),
                ('text', models.CharField(max_length=300)),
                ('component_number', models.CharField(blank=True, help_text='Item number of the material it binds', max_length=50)),
                ('step_sequence', models.PositiveIntegerField(blank=True, help_text='Step it binds', null=True)),
                ('characteristic_name', models.CharField(blank=True, help_text='Characteristic it tightens', max_length=120)),
                ('attribute', models.CharField(blank=True, help_text="Attribute the material's lot must carry", max_length=50)),
                ('expected', models.CharField(blank=True, max_length=100)),
                ('lower_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('upper_limit', models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                ('qualification', models.CharField(blank=True, help_text='That whoever does the step must hold', max_length=50)),
                ('evidence', models.CharField(blank=True, help_text='What proves it; shipment waits for it', max_length=300)),
                ('proven_at', models.DateTimeField(blank=True, null=True)),
                ('ended_in', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.amendment')),
                ('line', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.orderline')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='orders.requirement')),
                ('proven_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('replaces', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.requirement')),
                ('stated_in', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='orders.amendment')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CustomerReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('reason', models.CharField(max_length=300)),
                ('reference', models.CharField(blank=True, help_text='Return note', max_length=60)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lot', models.ForeignKey(help_text='The lot that it is in since it came back', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.lot')),
                ('shipped', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='orders.shipmentline')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['at'], name='return_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='returned_quantity_is_positive')],
            },
        ),
        mes.core.migrating.AddTriggers(
            triggers=[('orderline', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_orderlineevent" ("due_date", "id", "item_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "unit_price") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."quantity", NEW."unit_price"); RETURN NULL;', hash='b699a2a90eda8ae34bd5259339acf3af0cd9a2a1', operation='INSERT', pgid='pgtrigger_insert_insert_353b8', table='orders_orderline', when='AFTER'))), ('orderline', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_orderlineevent" ("due_date", "id", "item_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "unit_price") VALUES (NEW."due_date", NEW."id", NEW."item_id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."quantity", NEW."unit_price"); RETURN NULL;', hash='16f4deabdc7153aeeffef96796562a2cc1e39d2d', operation='UPDATE', pgid='pgtrigger_update_update_e67df', table='orders_orderline', when='AFTER'))), ('orderline', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_orderlineevent" ("due_date", "id", "item_id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "quantity", "unit_price") VALUES (OLD."due_date", OLD."id", OLD."item_id", OLD."number", OLD."order_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."priority", OLD."quantity", OLD."unit_price"); RETURN NULL;', hash='002d075c36bfb95bc9308e15ece495871144fa6d', operation='DELETE', pgid='pgtrigger_delete_delete_dfb51', table='orders_orderline', when='AFTER'))), ('customorder', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{confirmed:cancelled,confirmed:shipped,draft:cancelled,draft:confirmed,shipped:confirmed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='584591812d8a4d0d1003cd016d259b10dabd7c3f', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_c234f', table='orders_customorder', when='BEFORE'))), ('customorder', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_customorderevent" ("confirmed_at", "customer_id", "customer_reference", "id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "tracking_token") VALUES (NEW."confirmed_at", NEW."customer_id", NEW."customer_reference", NEW."id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."status", NEW."tracking_token"); RETURN NULL;', hash='9495aa5156bb1b04a87712d0c608ea1fe9f14316', operation='INSERT', pgid='pgtrigger_insert_insert_d7a0a', table='orders_customorder', when='AFTER'))), ('customorder', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_customorderevent" ("confirmed_at", "customer_id", "customer_reference", "id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "tracking_token") VALUES (NEW."confirmed_at", NEW."customer_id", NEW."customer_reference", NEW."id", NEW."number", NEW."ordered_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."status", NEW."tracking_token"); RETURN NULL;', hash='a719342a93cdc91e6dcd9d0e1d5880f54ed213b4', operation='UPDATE', pgid='pgtrigger_update_update_6b8ab', table='orders_customorder', when='AFTER'))), ('customorder', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_customorderevent" ("confirmed_at", "customer_id", "customer_reference", "id", "number", "ordered_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "status", "tracking_token") VALUES (OLD."confirmed_at", OLD."customer_id", OLD."customer_reference", OLD."id", OLD."number", OLD."ordered_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."status", OLD."tracking_token"); RETURN NULL;', hash='1a1b5975b3dc49aef449dbff243db07a5729f50a', operation='DELETE', pgid='pgtrigger_delete_delete_33dfb', table='orders_customorder', when='AFTER'))), ('amendmentevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='43575fef061fca4d24ff530f0791d18e8791f5c1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_67b26', table='orders_amendmentevent', when='BEFORE'))), ('amendment', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{proposed:approved,proposed:dropped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='00f20e44c64c722dfe787127786cb1dc4470d1d8', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_0662e', table='orders_amendment', when='BEFORE'))), ('amendment', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_amendmentevent" ("customer_reference", "decided_at", "decided_by_id", "id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."customer_reference", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;', hash='ebe412149598730af2cc590d1cf9de0686257952', operation='INSERT', pgid='pgtrigger_insert_insert_1c104', table='orders_amendment', when='AFTER'))), ('amendment', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_amendmentevent" ("customer_reference", "decided_at", "decided_by_id", "id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."customer_reference", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."number", NEW."order_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;', hash='5dcec39214ecaa4a9a42349821b6c11eadcfe9d7', operation='UPDATE', pgid='pgtrigger_update_update_24081', table='orders_amendment', when='AFTER'))), ('amendment', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_amendmentevent" ("customer_reference", "decided_at", "decided_by_id", "id", "number", "order_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (OLD."customer_reference", OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."number", OLD."order_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."status"); RETURN NULL;', hash='404624030e0ffc8ab311c5f5ba0753397c898c10', operation='DELETE', pgid='pgtrigger_delete_delete_6fc3e', table='orders_amendment', when='AFTER'))), ('customorderevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5235cebcd9680026d2444f709f51732f328aa53c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_55531', table='orders_customorderevent', when='BEFORE'))), ('offer', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{open:accepted,open:expired,open:withdrawn}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='4d733b738f5f07a5b7092bd3c3331ba2521a006c', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_96062', table='orders_offer', when='BEFORE'))), ('offer', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_offerevent" ("answer", "binding", "by_id", "customer_id", "expires_at", "id", "inquiry", "item_id", "line_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "production_order_id", "promised_date", "quantity", "status", "wanted_date") VALUES (NEW."answer", NEW."binding", NEW."by_id", NEW."customer_id", NEW."expires_at", NEW."id", NEW."inquiry", NEW."item_id", NEW."line_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."production_order_id", NEW."promised_date", NEW."quantity", NEW."status", NEW."wanted_date"); RETURN NULL;', hash='aae53f24efb5e44d70e12c2e0589ed3c84df11cf', operation='INSERT', pgid='pgtrigger_insert_insert_fb440', table='orders_offer', when='AFTER'))), ('offer', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_offerevent" ("answer", "binding", "by_id", "customer_id", "expires_at", "id", "inquiry", "item_id", "line_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "production_order_id", "promised_date", "quantity", "status", "wanted_date") VALUES (NEW."answer", NEW."binding", NEW."by_id", NEW."customer_id", NEW."expires_at", NEW."id", NEW."inquiry", NEW."item_id", NEW."line_id", NEW."made_at", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."production_order_id", NEW."promised_date", NEW."quantity", NEW."status", NEW."wanted_date"); RETURN NULL;', hash='8b1579fe6c5f4ab628c32185dc6ec77aa34f1223', operation='UPDATE', pgid='pgtrigger_update_update_6df64', table='orders_offer', when='AFTER'))), ('offer', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_offerevent" ("answer", "binding", "by_id", "customer_id", "expires_at", "id", "inquiry", "item_id", "line_id", "made_at", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "production_order_id", "promised_date", "quantity", "status", "wanted_date") VALUES (OLD."answer", OLD."binding", OLD."by_id", OLD."customer_id", OLD."expires_at", OLD."id", OLD."inquiry", OLD."item_id", OLD."line_id", OLD."made_at", OLD."number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."priority", OLD."production_order_id", OLD."promised_date", OLD."quantity", OLD."status", OLD."wanted_date"); RETURN NULL;', hash='b7cce5ecde5c2af3cab21b83a7f49469292d031e', operation='DELETE', pgid='pgtrigger_delete_delete_2e45a', table='orders_offer', when='AFTER'))), ('offerevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f6aad56a8daabf1d0d3bdf7b237ceb1f13c5f588', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a726e', table='orders_offerevent', when='BEFORE'))), ('orderlineevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='badf04cb634cfbcec7ac73769f708c9c65f67e93', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3a6b3', table='orders_orderlineevent', when='BEFORE'))), ('promise', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bd270f9068bb37375eace788caa70ed1909b855f', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b0c59', table='orders_promise', when='BEFORE'))), ('recallnotice', pgtrigger.compiler.Trigger(name='status_follows_transitions', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."status", \':\', NEW."status") = ANY(\'{draft:sent,draft:withdrawn,sent:acknowledged}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %\', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='6e7b2d8e6e71c2656ad5ab8450e7284fc3844df6', operation='UPDATE', pgid='pgtrigger_status_follows_transitions_5e1de', table='orders_recallnotice', when='BEFORE'))), ('recallnotice', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_recallnoticeevent" ("acknowledged_at", "acknowledged_by", "channel", "customer_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prepared_at", "prepared_by_id", "recall_id", "sent_at", "sent_by_id", "sent_to", "status", "subject", "text") VALUES (NEW."acknowledged_at", NEW."acknowledged_by", NEW."channel", NEW."customer_id", NEW."id", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."prepared_at", NEW."prepared_by_id", NEW."recall_id", NEW."sent_at", NEW."sent_by_id", NEW."sent_to", NEW."status", NEW."subject", NEW."text"); RETURN NULL;', hash='07fbed8c6bbf7d38f3b2a2dbd1784a0c1acf5a5c', operation='INSERT', pgid='pgtrigger_insert_insert_c2394', table='orders_recallnotice', when='AFTER'))), ('recallnotice', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_recallnoticeevent" ("acknowledged_at", "acknowledged_by", "channel", "customer_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prepared_at", "prepared_by_id", "recall_id", "sent_at", "sent_by_id", "sent_to", "status", "subject", "text") VALUES (NEW."acknowledged_at", NEW."acknowledged_by", NEW."channel", NEW."customer_id", NEW."id", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."prepared_at", NEW."prepared_by_id", NEW."recall_id", NEW."sent_at", NEW."sent_by_id", NEW."sent_to", NEW."status", NEW."subject", NEW."text"); RETURN NULL;', hash='8daae6e9228b9fe8ad59b78f38dd5222a9276790', operation='UPDATE', pgid='pgtrigger_update_update_6201f', table='orders_recallnotice', when='AFTER'))), ('recallnotice', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_recallnoticeevent" ("acknowledged_at", "acknowledged_by", "channel", "customer_id", "id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prepared_at", "prepared_by_id", "recall_id", "sent_at", "sent_by_id", "sent_to", "status", "subject", "text") VALUES (OLD."acknowledged_at", OLD."acknowledged_by", OLD."channel", OLD."customer_id", OLD."id", OLD."number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."prepared_at", OLD."prepared_by_id", OLD."recall_id", OLD."sent_at", OLD."sent_by_id", OLD."sent_to", OLD."status", OLD."subject", OLD."text"); RETURN NULL;', hash='7d468f37e27340c438f9bec61fd5508a4ee35bc9', operation='DELETE', pgid='pgtrigger_delete_delete_50993', table='orders_recallnotice', when='AFTER'))), ('recallnoticeevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='19c815d4bc5ee98ba5877e134bcc1d1a85c93b15', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eca7d', table='orders_recallnoticeevent', when='BEFORE'))), ('recallnoticeline', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_recallnoticelineevent" ("destroyed", "id", "lot_id", "notice_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "returned") VALUES (NEW."destroyed", NEW."id", NEW."lot_id", NEW."notice_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."quantity", NEW."returned"); RETURN NULL;', hash='db53c497509ef8f1c623640005e7132176193a0b', operation='INSERT', pgid='pgtrigger_insert_insert_55289', table='orders_recallnoticeline', when='AFTER'))), ('recallnoticeline', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_recallnoticelineevent" ("destroyed", "id", "lot_id", "notice_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "returned") VALUES (NEW."destroyed", NEW."id", NEW."lot_id", NEW."notice_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."quantity", NEW."returned"); RETURN NULL;', hash='004f659f1e353d83596baa407b38e13554604c8f', operation='UPDATE', pgid='pgtrigger_update_update_0cc53', table='orders_recallnoticeline', when='AFTER'))), ('recallnoticeline', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_recallnoticelineevent" ("destroyed", "id", "lot_id", "notice_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantity", "returned") VALUES (OLD."destroyed", OLD."id", OLD."lot_id", OLD."notice_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."quantity", OLD."returned"); RETURN NULL;', hash='4106fc99a686d1033cf2f938968a00aea2ac2403', operation='DELETE', pgid='pgtrigger_delete_delete_b8eb0', table='orders_recallnoticeline', when='AFTER'))), ('recallnoticelineevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='725a91e540a56d18b4ea13dca352a69a351f950c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_161ee', table='orders_recallnoticelineevent', when='BEFORE'))), ('requirement', pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_requirementevent" ("attribute", "characteristic_name", "component_number", "ended_in_id", "evidence", "expected", "id", "kind", "line_id", "lower_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proven_at", "proven_by_id", "qualification", "replaces_id", "stated_in_id", "step_sequence", "text", "upper_limit") VALUES (NEW."attribute", NEW."characteristic_name", NEW."component_number", NEW."ended_in_id", NEW."evidence", NEW."expected", NEW."id", NEW."kind", NEW."line_id", NEW."lower_limit", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proven_at", NEW."proven_by_id", NEW."qualification", NEW."replaces_id", NEW."stated_in_id", NEW."step_sequence", NEW."text", NEW."upper_limit"); RETURN NULL;', hash='0ff5ff606a848fe34f463527aeb15e400b2df1ed', operation='INSERT', pgid='pgtrigger_insert_insert_377f1', table='orders_requirement', when='AFTER'))), ('requirement', pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "orders_requirementevent" ("attribute", "characteristic_name", "component_number", "ended_in_id", "evidence", "expected", "id", "kind", "line_id", "lower_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proven_at", "proven_by_id", "qualification", "replaces_id", "stated_in_id", "step_sequence", "text", "upper_limit") VALUES (NEW."attribute", NEW."characteristic_name", NEW."component_number", NEW."ended_in_id", NEW."evidence", NEW."expected", NEW."id", NEW."kind", NEW."line_id", NEW."lower_limit", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proven_at", NEW."proven_by_id", NEW."qualification", NEW."replaces_id", NEW."stated_in_id", NEW."step_sequence", NEW."text", NEW."upper_limit"); RETURN NULL;', hash='1cd84f5c7f0a8458f6fc6247e64ff16622ca36dc', operation='UPDATE', pgid='pgtrigger_update_update_8d596', table='orders_requirement', when='AFTER'))), ('requirement', pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "orders_requirementevent" ("attribute", "characteristic_name", "component_number", "ended_in_id", "evidence", "expected", "id", "kind", "line_id", "lower_limit", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proven_at", "proven_by_id", "qualification", "replaces_id", "stated_in_id", "step_sequence", "text", "upper_limit") VALUES (OLD."attribute", OLD."characteristic_name", OLD."component_number", OLD."ended_in_id", OLD."evidence", OLD."expected", OLD."id", OLD."kind", OLD."line_id", OLD."lower_limit", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."proven_at", OLD."proven_by_id", OLD."qualification", OLD."replaces_id", OLD."stated_in_id", OLD."step_sequence", OLD."text", OLD."upper_limit"); RETURN NULL;', hash='2a1be322ee19f7778273b1e1e6e1a8fbdcd68a10', operation='DELETE', pgid='pgtrigger_delete_delete_7b73d', table='orders_requirement', when='AFTER'))), ('evidence', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c29ac57c3caf60da4dd53f46583a58bf12d7c43c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d1041', table='orders_evidence', when='BEFORE'))), ('requirementevent', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d4a9d309aa54580006e8ef386dfd4e71cda3e316', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_27643', table='orders_requirementevent', when='BEFORE'))), ('shipment', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='460fb372757c836a5d6ed1fac39c31169ca3ad12', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2a803', table='orders_shipment', when='BEFORE'))), ('shipmentline', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ff7eddb904324559a61cf2584c63f719c3572fbf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_588a4', table='orders_shipmentline', when='BEFORE'))), ('customerreturn', pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1ce3ddad7926dd90ec1dae9c8be8a43fb95005ef', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_95110', table='orders_customerreturn', when='BEFORE')))],
        ),
        migrations.RunSQL(FUNCTION, 'DROP FUNCTION orders_position_of(bigint)'),
        migrations.RunSQL(VIEW, 'DROP VIEW orders_position'),
    ]
