from __future__ import annotations

from django.db import migrations


def forget_ended_places(apps, schema_editor):
    """Where an order reserved from is kept only while it reserves."""
    order = apps.get_model("shoppable_store", "Order")
    order.objects.using(schema_editor.connection.alias).filter(
        reserved_until=None
    ).exclude(reserved_from="").update(reserved_from="")


class Migration(migrations.Migration):
    dependencies = [("shoppable_store", "0003_order_reserved_from")]

    operations = [
        migrations.AlterModelOptions(
            name="reservationexpiry",
            options={
                "verbose_name": "expiring reservation",
                "verbose_name_plural": "expiring reservations",
            },
        ),
        migrations.RunPython(forget_ended_places, migrations.RunPython.noop),
    ]
