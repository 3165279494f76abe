from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shoppable_store", "0002_basket_changed_at")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="reserved_from",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("reserved_from", ""), _negated=True),
                fields=["reserved_from"],
                name="store_order_reserved_from",
            ),
        ),
    ]
