from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("shoppable_ugc", "0002_photo_event_featured"),
    ]

    operations = [
        migrations.AddField(
            model_name="producttag",
            name="is_suggested",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="producttag",
            constraint=models.CheckConstraint(
                condition=Q(is_suggested=False) | Q(public_surfaces=0),
                name="ugc_product_tag_suggested_is_not_public",
            ),
        ),
    ]
