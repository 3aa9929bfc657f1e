# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('releases', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SymbolIndex',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32)),
                ('pack', models.CharField(max_length=80)),
                ('documents', models.BigIntegerField()),
                ('mentions', models.BigIntegerField()),
                ('left_out_documents', models.BigIntegerField()),
                ('foreign_documents', models.BigIntegerField()),
                ('left_out_mentions', models.BigIntegerField()),
                ('imported_at', models.DateTimeField()),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='symbol_indexes', to='releases.release')),
            ],
            options={
                'ordering': ['-imported_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('release', 'digest'), name='releases_symbols_once')],
            },
        ),
    ]
