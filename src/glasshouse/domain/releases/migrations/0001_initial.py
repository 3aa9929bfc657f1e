# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('created_at', models.DateTimeField()),
                ('destroyed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('version', models.CharField(max_length=80)),
                ('root', models.BinaryField(max_length=32)),
                ('files', models.BigIntegerField()),
                ('bytes', models.BigIntegerField()),
                ('lines', models.BigIntegerField()),
                ('left_out', models.BigIntegerField()),
                ('leaves', models.BigIntegerField()),
                ('imported_at', models.DateTimeField()),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='releases.product')),
            ],
            options={
                'ordering': ['product__slug', 'imported_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('product', 'version'), name='releases_version_once')],
            },
        ),
    ]
