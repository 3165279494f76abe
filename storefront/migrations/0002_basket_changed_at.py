from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shoppable_store", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="basket",
            name="changed_at",
            field=models.DateTimeField(
                db_index=True, default=django.utils.timezone.now
            ),
        ),
    ]
