"""A product's page with a gallery of 24 photos, at 10, 1,000 and 10,000 photos."""

from __future__ import annotations

import io
from collections.abc import Callable

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.template import engines
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, setup_test_environment
from django.utils import translation
from PIL import Image as Picture
from wagtail.images.models import Image
from wagtail.models import Locale, Page, Site

from cms.galleries import Rule, RuleKind, gallery_by_rule
from cms.pages.models import ShoppableShopPage
from media_pipeline.models import Asset, Rendition
from media_pipeline.renditions import WIDTHS
from storefront.models import Product, ProductText, Variant
from ugc.models import Contributor, Decision, Persona, Photo, ProductTag, Surface

from .figures import heading, interleaved, ratio, spread

TILES = 24
ROUNDS = 15


def run() -> None:
    setup_test_environment(debug=False)
    settings.CMS_VIEWED_ONE_IN = 0  # else chance adds a query to some pages
    call_command("migrate", verbosity=0, interactive=False)
    _shop()
    client = Client()
    pages: dict[str, Callable[[], object]] = {}
    heading(f"Product page, gallery of {TILES}")
    print("| photos of the product | queries | bytes |\n|---|---|---|")
    for number in (10, 1_000, 10_000):
        key = f"lamp-{number}"
        _product(key)
        _photos(number, key)
        address = f"/en/shop/{key}/"
        client.get(address)  # fills caches that live as long as the process
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
        print(f"| {number:,} | {len(queries)} | {len(answer.content):,} |")

        def ask(address: str = address) -> None:
            for _ in range(5):
                client.get(address)

        pages[f"page at {number:,} photos"] = ask
    taken = interleaved(pages, ROUNDS)
    print("\n| CPU ms per request | min / median / max |\n|---|---|")
    for name, values in taken.items():
        print(f"| {name} | {spread([value / 5 for value in values])} |")
    _galleries()


def _galleries() -> None:
    """The gallery alone beside Wagtail's own picture tag over as many images."""
    images = _wagtail_images()
    request = RequestFactory().get("/en/")
    wagtails = engines["django"].from_string(
        "{% load wagtailimages_tags %}{% for image in images %}{% picture image format-{avif,jpeg} "
        "width-{320,640,960,1280,1920} sizes='33vw' %}{% endfor %}"
    )
    ours = engines["django"].from_string(
        "{% include 'shoppable_cms/components/gallery.html' with gallery=gallery only %}"
    )

    def of_wagtail() -> None:
        found = Image.objects.filter(pk__in=images).prefetch_renditions()
        wagtails.render({"images": found}, request)

    def of_ours() -> None:
        gallery = gallery_by_rule(
            Rule(RuleKind.PRODUCT, "lamp-1000"), surface=Surface.GALLERIES, count=TILES
        )
        ours.render({"gallery": gallery}, request)

    def repeated(way: Callable[[], None]) -> Callable[[], None]:
        return lambda: [way() for _ in range(5)] and None

    ways = {"Wagtail's picture tag, prefetched": of_wagtail, "our gallery": of_ours}
    heading(f"Gallery of {TILES} alone, 10 renditions a photo")
    print("| | queries |\n|---|---|")
    with translation.override("en"):
        for name, way in ways.items():
            way()
            with CaptureQueriesContext(connection) as queries:
                way()
            print(f"| {name} | {len(queries)} |")
        taken = interleaved({name: repeated(way) for name, way in ways.items()}, ROUNDS)
    wagtail, our = taken.values()
    print("\n| CPU ms | min / median / max |\n|---|---|")
    for name, values in taken.items():
        print(f"| {name} | {spread([value / 5 for value in values])} |")
    print(f"| ratio, ours / Wagtail's (goal 0.1) | {ratio(our, wagtail)} |")


def _shop() -> None:
    root = Page.get_first_root_node()
    Site.objects.all().delete()
    home = root.get_children().first() or root.add_child(
        instance=Page(title="Home", slug="home", locale=Locale.get_default())
    )
    Site.objects.create(hostname="testserver", root_page=home, is_default_site=True)
    home.add_child(instance=ShoppableShopPage(title="Shop", slug="shop"))


def _product(key: str) -> None:
    product = Product.objects.create(key=key, is_published=True)
    ProductText.objects.create(
        product=product, language="en", name=key, description="A lamp."
    )
    Variant.objects.create(
        product=product, sku=key, price=39, currency="EUR", on_hand=5
    )


def _photos(number: int, key: str) -> None:
    """Public photos with all their rows; no files, as none is read."""
    contributor = Contributor.objects.create(language="en")
    persona = Persona.objects.create(contributor=contributor, name="Ada")
    assets = Asset.objects.bulk_create(
        Asset(state="processed", master="a", width=2400, height=1800)
        for _ in range(number)
    )
    Rendition.objects.bulk_create(
        (
            Rendition(
                asset=asset,
                format=kind,
                width=width,
                height=width * 3 // 4,
                bytes=1,
                private_name=f"{asset.public_id}-{kind}-{width}",
                public_name=f"{asset.public_id[:2]}/{asset.public_id}{width}.{kind}",
            )
            for asset in assets
            for kind in ("avif", "jpeg")
            for width in WIDTHS
        ),
        batch_size=5_000,
    )
    photos = Photo.objects.bulk_create(
        Photo(
            contributor=contributor,
            persona=persona,
            asset=asset,
            caption="On the shelf",
        )
        for asset in assets
    )
    decisions = Decision.objects.bulk_create(
        Decision(photo=photo, outcome="approved") for photo in photos
    )
    for photo, decision in zip(photos, decisions, strict=True):
        photo.decision = decision
        photo.state = Photo.State.APPROVED
        photo.allowed_surfaces = photo.public_surfaces = 31
    Photo.objects.bulk_update(
        photos,
        ["decision", "state", "allowed_surfaces", "public_surfaces"],
        batch_size=100,
    )
    ProductTag.objects.bulk_create(
        ProductTag(photo=photo, product_key=key, x=0.5, y=0.5, public_surfaces=31)
        for photo in photos
    )


def _wagtail_images() -> list[int]:
    """As many of Wagtail's images, with the same renditions made beforehand."""
    made = []
    specs = [
        f"width-{width}|format-{kind}" for kind in ("avif", "jpeg") for width in WIDTHS
    ]
    for number in range(TILES):
        file = io.BytesIO()
        Picture.new("RGB", (2400, 1800), (number * 10, 120, 90)).save(file, "JPEG")
        image = Image.objects.create(
            title=f"Image {number}", file=ContentFile(file.getvalue(), f"{number}.jpg")
        )
        image.get_renditions(*specs)
        made.append(image.pk)
    return made
