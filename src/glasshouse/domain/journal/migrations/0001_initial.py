# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('engagement', models.CharField(max_length=26, unique=True)),
                ('number', models.BigIntegerField(default=0)),
                ('head', models.BinaryField(max_length=32)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('note', models.TextField()),
                ('audience', models.CharField(choices=[('parties', 'parties and witnesses'), ('public', 'the public')], max_length=8)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['audience', '-at'], name='journal_checkpoint_newest')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('kind', models.CharField(max_length=80)),
                ('actor', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('subject', models.CharField(blank=True, max_length=26)),
                ('product', models.CharField(blank=True, max_length=26)),
                ('engagement', models.CharField(max_length=26, null=True)),
                ('number', models.BigIntegerField(null=True)),
                ('previous', models.BinaryField(max_length=32, null=True)),
                ('names', models.TextField()),
                ('commitments', models.BinaryField()),
                ('boxes', models.BinaryField()),
                ('commitment', models.BinaryField(max_length=32, unique=True)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'at'], name='journal_event_kind'), models.Index(fields=['subject'], name='journal_event_subject')],
                'constraints': [models.UniqueConstraint(fields=('engagement', 'number'), name='journal_event_number_once')],
            },
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('leaf_index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('commitment', models.BinaryField(max_length=32)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leaf', to='journal.event')),
            ],
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('follower', models.CharField(max_length=40)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outbox', to='journal.event')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('follower', 'event'), name='journal_outbox_once')],
            },
        ),
        migrations.CreateModel(
            name='Seed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seed_class', models.CharField(choices=[('s', 'shared'), ('v', 'visitor'), ('p', 'personal')], max_length=1)),
                ('value', models.BinaryField(max_length=32)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seeds', to='journal.event')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('event', 'seed_class'), name='journal_seed_once')],
            },
        ),
    ]
