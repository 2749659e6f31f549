"""Proposals and messages say since when they are replaced or gone; what nobody decided about leaves no history, and what somebody did cannot be deleted."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0002_shards_draft_and_then_decide'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='exceptionmessage',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='exceptionmessage',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='exceptionmessage',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='replenishment',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='replenishment',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='exceptionmessage',
            name='gone_at',
            field=models.DateTimeField(blank=True, help_text='When it was no longer true', null=True),
        ),
        migrations.AddField(
            model_name='exceptionmessageevent',
            name='gone_at',
            field=models.DateTimeField(blank=True, help_text='When it was no longer true', null=True),
        ),
        migrations.AddField(
            model_name='replenishment',
            name='superseded_at',
            field=models.DateTimeField(blank=True, help_text='When others took its place', null=True),
        ),
        migrations.AddField(
            model_name='replenishmentevent',
            name='superseded_at',
            field=models.DateTimeField(blank=True, help_text='When others took its place', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exceptionmessage',
            trigger=pgtrigger.compiler.Trigger(name='decided_messages_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."status" IN (\'done\', \'dismissed\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='54078e9bc040bef1f0ce1334ab7906f97bce45ee', operation='DELETE', pgid='pgtrigger_decided_messages_stay_248fa', table='forecasting_exceptionmessage', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exceptionmessage',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."status" IN (\'done\', \'dismissed\') OR OLD."status" = \'dismissed\')', func='INSERT INTO "forecasting_exceptionmessageevent" ("better_date", "better_quantity", "cost", "decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "gone_at", "id", "item_id", "kind", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "stated_date", "status", "why") VALUES (NEW."better_date", NEW."better_quantity", NEW."cost", NEW."decided_at", NEW."decided_by_id", NEW."decision_reason", NEW."due_date", NEW."expected_receipt_id", NEW."gone_at", NEW."id", NEW."item_id", NEW."kind", NEW."made_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."production_order_id", NEW."quantity", NEW."stated_date", NEW."status", NEW."why"); RETURN NULL;', hash='aaca6f8cf74ae3fb90df588d8f26591f8227b5c4', operation='UPDATE', pgid='pgtrigger_update_update_2e1b9', table='forecasting_exceptionmessage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='exceptionmessage',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."status" = \'gone\'))', func='INSERT INTO "forecasting_exceptionmessageevent" ("better_date", "better_quantity", "cost", "decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "gone_at", "id", "item_id", "kind", "made_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "stated_date", "status", "why") VALUES (OLD."better_date", OLD."better_quantity", OLD."cost", OLD."decided_at", OLD."decided_by_id", OLD."decision_reason", OLD."due_date", OLD."expected_receipt_id", OLD."gone_at", OLD."id", OLD."item_id", OLD."kind", OLD."made_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."production_order_id", OLD."quantity", OLD."stated_date", OLD."status", OLD."why"); RETURN NULL;', hash='fe09019a80ca963fde13dff16abc7f241e9cac00', operation='DELETE', pgid='pgtrigger_delete_delete_be23a', table='forecasting_exceptionmessage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='decided_replenishments_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."status" IN (\'firm\', \'dismissed\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='f69d0ef66e13987485bb921da255e77f3ad5f1e7', operation='DELETE', pgid='pgtrigger_decided_replenishments_stay_58271', table='forecasting_replenishment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."status" IN (\'firm\', \'dismissed\') OR OLD."status" = \'dismissed\')', func='INSERT INTO "forecasting_replenishmentevent" ("cost", "cost_why", "decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "family", "id", "item_id", "pegging", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "run_id", "start_date", "status", "stockout_date", "superseded_at", "why") VALUES (NEW."cost", NEW."cost_why", NEW."decided_at", NEW."decided_by_id", NEW."decision_reason", NEW."due_date", NEW."expected_receipt_id", NEW."family", NEW."id", NEW."item_id", NEW."pegging", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."production_order_id", NEW."quantity", NEW."run_id", NEW."start_date", NEW."status", NEW."stockout_date", NEW."superseded_at", NEW."why"); RETURN NULL;', hash='628374b026ed43f5df570ffcaee9497366505a8c', operation='UPDATE', pgid='pgtrigger_update_update_2125b', table='forecasting_replenishment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='replenishment',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."status" = \'superseded\'))', func='INSERT INTO "forecasting_replenishmentevent" ("cost", "cost_why", "decided_at", "decided_by_id", "decision_reason", "due_date", "expected_receipt_id", "family", "id", "item_id", "pegging", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "production_order_id", "quantity", "run_id", "start_date", "status", "stockout_date", "superseded_at", "why") VALUES (OLD."cost", OLD."cost_why", OLD."decided_at", OLD."decided_by_id", OLD."decision_reason", OLD."due_date", OLD."expected_receipt_id", OLD."family", OLD."id", OLD."item_id", OLD."pegging", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."production_order_id", OLD."quantity", OLD."run_id", OLD."start_date", OLD."status", OLD."stockout_date", OLD."superseded_at", OLD."why"); RETURN NULL;', hash='3ba3a411391eebca648cdc668c9333884b5aee8b', operation='DELETE', pgid='pgtrigger_delete_delete_451a6', table='forecasting_replenishment', when='AFTER')),
        ),
        migrations.RunSQL(
            [
                "UPDATE forecasting_replenishment SET superseded_at = now() WHERE status = 'superseded'",
                "UPDATE forecasting_exceptionmessage SET gone_at = now() WHERE status = 'gone'",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='exceptionmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'gone'), _negated=True), ('gone_at__isnull', False), _connector='OR'), name='a_message_that_is_gone_says_when'),
        ),
        migrations.AddConstraint(
            model_name='replenishment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'superseded'), _negated=True), ('superseded_at__isnull', False), _connector='OR'), name='a_superseded_replenishment_says_when'),
        ),
    ]
