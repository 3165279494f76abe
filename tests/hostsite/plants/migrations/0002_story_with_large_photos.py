import wagtail.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("plants", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="storypage",
            name="story",
            field=wagtail.fields.StreamField(
                [
                    ("heading", 0),
                    ("text", 1),
                    ("shoppable_photo", 4),
                    ("gallery_by_rule", 10),
                    ("gallery_by_hand", 12),
                    ("product_cards", 15),
                ],
                blank=True,
                block_lookup={
                    0: ("cms.blocks.HeadingBlock", (), {"max_length": 120}),
                    1: (
                        "cms.blocks.TextBlock",
                        (),
                        {
                            "features": [
                                "h3",
                                "bold",
                                "italic",
                                "ol",
                                "ul",
                                "link",
                                "hr",
                            ]
                        },
                    ),
                    2: (
                        "wagtail.blocks.CharBlock",
                        (),
                        {"label": "Heading", "max_length": 120, "required": False},
                    ),
                    3: ("cms.blocks.PhotoChooserBlock", (), {"label": "Photo"}),
                    4: (
                        "wagtail.blocks.StructBlock",
                        [[("heading", 2), ("photo", 3)]],
                        {},
                    ),
                    5: (
                        "wagtail.blocks.ChoiceBlock",
                        [],
                        {
                            "choices": [
                                ("newest", "The newest photos"),
                                ("product", "Photos that show a product"),
                                ("tag", "Photos with a tag"),
                            ],
                            "label": "Which photos",
                        },
                    ),
                    6: (
                        "cms.choosers.ProductChooserBlock",
                        (),
                        {
                            "help_text": "For photos that show a product.",
                            "label": "Product",
                            "required": False,
                        },
                    ),
                    7: (
                        "wagtail.blocks.CharBlock",
                        (),
                        {
                            "help_text": "For photos with a tag.",
                            "label": "Tag",
                            "max_length": 60,
                            "required": False,
                        },
                    ),
                    8: (
                        "wagtail.blocks.IntegerBlock",
                        (),
                        {
                            "default": 12,
                            "help_text": "Before “more photos”.",
                            "label": "How many",
                            "max_value": 48,
                            "min_value": 4,
                        },
                    ),
                    9: (
                        "wagtail.blocks.BooleanBlock",
                        (),
                        {
                            "help_text": "With hotspots and its products to buy.",
                            "label": "First photo large",
                            "required": False,
                        },
                    ),
                    10: (
                        "wagtail.blocks.StructBlock",
                        [
                            [
                                ("heading", 2),
                                ("rule", 5),
                                ("product", 6),
                                ("word", 7),
                                ("count", 8),
                                ("is_led", 9),
                            ]
                        ],
                        {},
                    ),
                    11: (
                        "wagtail.blocks.ListBlock",
                        (3,),
                        {"label": "Photos", "max_num": 48, "min_num": 1},
                    ),
                    12: (
                        "wagtail.blocks.StructBlock",
                        [[("heading", 2), ("photos", 11)]],
                        {},
                    ),
                    13: ("cms.choosers.ProductChooserBlock", (), {"label": "Product"}),
                    14: (
                        "wagtail.blocks.ListBlock",
                        (13,),
                        {"label": "Products", "max_num": 12, "min_num": 1},
                    ),
                    15: (
                        "wagtail.blocks.StructBlock",
                        [[("heading", 2), ("products", 14)]],
                        {},
                    ),
                },
            ),
        ),
    ]
