# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('readingroom', '0002_saved_searches'),
    ]

    # The table is the reading room's first one; its 0003 hands it over.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Engagement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('uid', models.CharField(max_length=26, unique=True)),
                        ('label', models.CharField(max_length=20, unique=True)),
                        ('product', models.CharField(max_length=26)),
                        ('opened_at', models.DateTimeField()),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='engagements', to='people.organisation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('organisation', 'product'), name='readingroom_engagement_once')],
                    },
                ),
            ],
        ),
    ]
