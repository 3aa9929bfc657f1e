# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_initial'),
        ('readingroom', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('search', models.CharField(max_length=26)),
                ('named', models.CharField(max_length=26)),
                ('base', models.CharField(max_length=26)),
                ('saved_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
            ],
        ),
        migrations.CreateModel(
            name='SavedRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('grant', models.CharField(max_length=26)),
                ('release', models.CharField(max_length=26)),
                ('before', models.CharField(max_length=26)),
                ('ran_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField(null=True)),
                ('lines', models.BigIntegerField()),
                ('files', models.BigIntegerField()),
                ('is_exact', models.BooleanField()),
                ('unsearched', models.BigIntegerField()),
                ('places', models.BinaryField()),
                ('saved', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='readingroom.savedsearch')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('saved', 'release', 'grant'), name='readingroom_saved_run_once')],
            },
        ),
    ]
