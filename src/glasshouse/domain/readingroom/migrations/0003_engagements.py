# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('readingroom', '0002_saved_searches'),
        ('engagements', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable('Engagement', 'engagements_engagement')],
            state_operations=[
                migrations.AlterField(
                    model_name='visit',
                    name='engagement',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='engagements.engagement'),
                ),
                migrations.DeleteModel('Engagement'),
            ],
        ),
    ]
