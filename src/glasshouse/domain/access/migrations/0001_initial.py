# SPDX-License-Identifier: Apache-2.0

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('grant', 'this grant'), ('person', 'your grants for this product together'), ('organisation', "your organisation's grants for this product together")], max_length=12)),
                ('key', models.CharField(max_length=26)),
                ('product', models.CharField(max_length=26)),
                ('hour', models.IntegerField(default=0)),
                ('hour_used', models.BigIntegerField(default=0)),
                ('hour_limit', models.BigIntegerField(default=9007199254740992)),
                ('day', models.IntegerField(default=0)),
                ('day_used', models.BigIntegerField(default=0)),
                ('day_limit', models.BigIntegerField(default=9007199254740992)),
                ('visit', models.CharField(blank=True, default='', max_length=26)),
                ('visit_used', models.BigIntegerField(default=0)),
                ('visit_limit', models.BigIntegerField(default=9007199254740992)),
                ('total_used', models.BigIntegerField(default=0)),
                ('total_limit', models.BigIntegerField(default=9007199254740992)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scope', 'key', 'product'), name='access_budget_once')],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=26, unique=True)),
                ('engagement', models.CharField(max_length=26)),
                ('proposal', models.CharField(max_length=26, unique=True)),
                ('product', models.CharField(max_length=26)),
                ('mode', models.CharField(choices=[('read', 'read')], default='read', max_length=8)),
                ('patterns', models.BinaryField()),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('opened_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='GrantedRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.CharField(max_length=26)),
                ('root', models.BinaryField(max_length=32)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='access.grant')),
            ],
        ),
        migrations.CreateModel(
            name='Seen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('blob', models.BinaryField(max_length=16)),
                ('part', models.IntegerField()),
                ('bits', models.BinaryField(max_length=1024)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.grant')),
            ],
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['holder', '-opened_at'], name='access_grant_holder'),
        ),
        migrations.AddConstraint(
            model_name='grantedrelease',
            constraint=models.UniqueConstraint(fields=('grant', 'release'), name='access_release_once'),
        ),
        migrations.AddConstraint(
            model_name='seen',
            constraint=models.UniqueConstraint(fields=('grant', 'blob', 'part'), name='access_seen_once'),
        ),
    ]
