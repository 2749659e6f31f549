from django.db import migrations, models


def read_measures(apps, schema_editor):
    """What runs before this have measured stands in their sentences."""
    forecasts = apps.get_model('forecasting', 'ItemForecast').objects.using(schema_editor.connection.alias)
    for measure in ('MASE', 'RMSSE'):
        forecasts.filter(measure='', why__contains=f'({measure})').update(measure=measure)


class Migration(migrations.Migration):

    dependencies = [
        ('forecasting', '0016_proposals_keep_what_people_decided'),
    ]

    operations = [
        migrations.AddField(
            model_name='itemforecast',
            name='measure',
            field=models.CharField(blank=True, choices=[('MASE', 'Mean absolute error of single buckets, scaled'), ('RMSSE', 'Root mean squared error of the mean demand over the horizon, scaled')], default='', help_text='RMSSE where demand is rare or comes in few pieces; empty where nothing was back-tested', max_length=5),
        ),
        migrations.AlterField(
            model_name='itemforecast',
            name='errors',
            field=models.JSONField(default=dict, help_text='Error by method in back-test, by the measure'),
        ),
        migrations.AlterField(
            model_name='itemforecast',
            name='why',
            field=models.TextField(),
        ),
        migrations.RunPython(read_measures, migrations.RunPython.noop, elidable=True),
    ]
