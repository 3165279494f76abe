"""Photos, products and pages for the tests of this package."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from django.core.files.base import ContentFile
from django.test import TestCase
from wagtail.models import Locale, Page, Site

from cms.pages.models import (
    ShoppableGalleryPage,
    ShoppableProductPage,
    ShoppableShopPage,
)
from media_pipeline import storage
from media_pipeline.models import Asset, Rendition
from storefront.models import Product, ProductText, Variant, VariantText
from storefront.services import index_products
from ugc import publishing, services
from ugc.models import Contributor, Decision, Persona, Photo, ProductTag, Surface

EVERYWHERE = Surface(31)
WIDTHS = (320, 640)


def an_asset(*, profile="photo", shape=(3, 2), **fields) -> Asset:
    """A processed asset whose renditions lie in the private storage."""
    asset = Asset.objects.create(
        profile=profile,
        state=Asset.State.PROCESSED,
        master="aa/master.jpg",
        width=1600,
        height=1600 * shape[1] // shape[0],
        **fields,
    )
    for width in WIDTHS:
        for kind in ("avif", "jpeg"):
            content = f"{asset.public_id} {kind} {width}".encode()
            name = storage.private_name(
                asset.public_id, "rendition", hashlib.sha256(content).hexdigest(), kind
            )
            storage.private().save(name, ContentFile(content))
            Rendition.objects.create(
                asset=asset,
                format=kind,
                width=width,
                height=width * shape[1] // shape[0],
                bytes=len(content),
                private_name=name,
            )
    return asset


def a_persona(name="Ada") -> Persona:
    return Persona.objects.create(contributor=Contributor.objects.create(), name=name)


def a_waiting_photo(
    *, surfaces=EVERYWHERE, by="Ada", shape=(3, 2), asset=None, **fields
) -> Photo:
    """``asset``: fields of its asset."""
    persona = a_persona(by)
    return Photo.objects.create(
        contributor=persona.contributor,
        persona=persona,
        asset=an_asset(shape=shape, **(asset or {})),
        state=Photo.State.IN_REVIEW,
        allowed_surfaces=surfaces.value,
        **fields,
    )


def committed():
    """Run what waits for the commit, as if this block ended in one."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def a_public_photo(*, tags=(), score=0, **fields) -> Photo:
    """A photo published the way the product does it; tags are (key, x, y)."""
    photo = a_waiting_photo(**fields)
    # Publication waits for the commit, which a test's transaction never sees.
    with committed():
        services.approve_photo(
            photo,
            by=None,
            rule="test",
            tags=[services.TagAt(product_key=key, x=x, y=y) for key, x, y in tags],
        )
    if score:
        publishing.set_score(photo.pk, score)
    photo.refresh_from_db()
    return photo


def many_public_photos(number: int, product_key: str) -> None:
    """Rows only, for counting queries: all of one person, without files."""
    persona = a_persona()
    assets = Asset.objects.bulk_create(
        Asset(state="processed", master="a", width=300, height=200)
        for _ in range(number)
    )
    Rendition.objects.bulk_create(
        Rendition(
            asset=asset,
            format="jpeg",
            width=300,
            height=200,
            bytes=1,
            private_name=f"p{asset.pk}",
            public_name=f"{asset.public_id[:2]}/{asset.public_id}.jpg",
        )
        for asset in assets
    )
    photos = Photo.objects.bulk_create(
        Photo(contributor=persona.contributor, persona=persona, asset=asset)
        for asset in assets
    )
    decisions = Decision.objects.bulk_create(
        Decision(photo=photo, outcome="approved") for photo in photos
    )
    for photo, decision in zip(photos, decisions, strict=True):
        photo.decision = decision
        photo.state = "approved"
        photo.allowed_surfaces = photo.public_surfaces = EVERYWHERE.value
        photo.score = photo.pk % 7
    Photo.objects.bulk_update(
        photos,
        ["decision", "state", "allowed_surfaces", "public_surfaces", "score"],
        batch_size=100,
    )
    ProductTag.objects.bulk_create(
        ProductTag(
            photo=photo,
            product_key=product_key,
            x=0.5,
            y=0.5,
            score=photo.score,
            public_surfaces=EVERYWHERE.value,
        )
        for photo in photos
    )


def a_product(key="lamp", *, name="Lamp", german="Lampe", variants=("",), stock=5):
    product = Product.objects.create(key=key, is_published=True)
    ProductText.objects.create(
        product=product, language="en", name=name, description=f"A {name}."
    )
    ProductText.objects.create(
        product=product, language="de", name=german, description=f"Eine {german}."
    )
    for position, label in enumerate(variants):
        variant = Variant.objects.create(
            product=product,
            sku=f"{key}-{position}",
            price=Decimal("29.00"),
            currency="EUR",
            on_hand=stock,
            position=position,
        )
        for language in ("en", "de"):
            VariantText.objects.create(variant=variant, language=language, label=label)
    index_products([key])
    return product


def a_site() -> dict[str, Page]:
    """A home page and a shop in English and German; by language."""
    Site.objects.all().delete()
    root = Page.get_first_root_node()
    shops = {}
    for code in ("en", "de"):
        locale, _ = Locale.objects.get_or_create(language_code=code)
        home = root.add_child(
            instance=ShoppableGalleryPage(
                title=f"Home {code}", slug=f"home-{code}", locale=locale
            )
        )
        if code == "en":
            key = home.translation_key
            Site.objects.create(
                hostname="testserver", root_page=home, is_default_site=True
            )
        else:
            home.translation_key = key
            home.save()
        shops[code] = home.add_child(
            instance=ShoppableShopPage(title="Shop", slug="shop", locale=locale)
        )
    Site.clear_site_root_paths_cache()
    return shops


def a_gallery_page(shop, **fields) -> ShoppableGalleryPage:
    fields = {"title": "Gallery", "slug": "gallery", **fields}
    return shop.get_parent().add_child(
        instance=ShoppableGalleryPage(locale=shop.locale, **fields)
    )


def a_product_page(shop, key="lamp", **fields) -> ShoppableProductPage:
    fields = {"title": "Our lamp", "product_key": key, **fields}
    return shop.add_child(instance=ShoppableProductPage(locale=shop.locale, **fields))
