from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shoppable_ugc", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="photoevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("submitted", "Received"),
                    ("checked", "Checked by software"),
                    ("file_refused", "The file could not be used"),
                    ("stuck", "The check got stuck; a person takes care of it"),
                    ("file_replaced", "Another picture sent"),
                    ("edited", "Words changed"),
                    ("approved", "Approved"),
                    ("refused", "Refused"),
                    ("reopened", "Looked at again"),
                    ("removed", "Removed by the shop"),
                    ("withdrawn", "Taken back by you"),
                    ("restored", "Given again by you"),
                    ("permissions", "Permissions changed"),
                    ("published", "Public"),
                    ("unpublished", "No longer public"),
                    ("tagged", "Product marked in the photo"),
                    ("untagged", "Mark of a product taken away"),
                    ("expired", "Ended on the date you chose"),
                    ("featured", "Shown first by the shop"),
                    ("unfeatured", "No longer shown first"),
                ],
                max_length=20,
            ),
        ),
    ]
