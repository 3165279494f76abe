from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings
from django.urls import reverse
from django.utils.translation import override
from wagtail.test.utils.form_data import (
    inline_formset,
    nested_form_data,
    streamfield,
)

from cms.galleries import Rule, RuleKind
from cms.pages.models import (
    ShoppableGalleryPage,
    ShoppableProductPage,
    ShoppableShopPage,
)
from ugc import services
from ugc.models import Surface

from . import material

pytestmark = pytest.mark.django_db
LAMP = Rule(RuleKind.PRODUCT, "lamp")


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def story(*blocks):
    return [{"type": kind, "value": value} for kind, value in blocks]


# --- the shop -----------------------------------------------------------------


@pytest.mark.parametrize(("language", "name"), [("en", "Lamp"), ("de", "Lampe")])
def test_the_shop_lists_products_in_its_language(client, shops, lamp, language, name):
    shown = text(client.get(f"/{language}/shop/"))

    assert f">{name}</" in shown
    assert f'href="/{language}/shop/lamp/"' in shown


def test_a_category_that_is_not_there_is_not_found(client, shops, lamp):
    assert client.get("/en/shop/?category=nonsense").status_code == 404
    assert client.get("/en/shop/?category=").status_code == 200


def test_the_shop_finds_by_words(client, shops, lamp):
    material.a_product("rug", name="Rug", german="Teppich")

    shown = text(client.get("/en/shop/?q=rug"))

    assert ">Rug</" in shown
    assert ">Lamp</" not in shown


@pytest.mark.parametrize(("language", "name"), [("en", "Lamp"), ("de", "Lampe")])
def test_every_product_has_a_page_with_a_way_to_buy(
    client, shops, lamp, language, name
):
    shown = text(client.get(f"/{language}/shop/lamp/"))

    assert f"<h1>{name}</h1>" in shown
    with override(language):
        assert f'action="{reverse("shoppable_store:add_to_basket")}"' in shown
    assert f'href="/{language}/share-your-photo/lamp/"' in shown


def test_what_the_shop_does_not_sell_is_not_found(client, shops, lamp):
    lamp.is_published = False
    lamp.save()

    assert client.get("/en/shop/lamp/").status_code == 404
    assert client.get("/en/shop/nothing/").status_code == 404
    assert client.get("/en/shop/lamp/more/").status_code == 404


def test_an_approved_photo_is_on_its_products_page_at_once(client, shops, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], by="Ada L.")

    shown = text(client.get("/en/shop/lamp/"))

    assert f'href="/en/photos/{photo.public_id}/"' in shown
    assert "Ada L." in shown


def test_the_best_photo_of_a_product_can_be_shopped_from_its_page(client, shops, lamp):
    material.a_product("chair", name="Chair", german="Stuhl")
    second = material.a_public_photo(tags=[("lamp", 0.1, 0.1)], score=1)
    best = material.a_public_photo(
        tags=[("lamp", 0.37, 0.62), ("chair", 0.8, 0.2)], score=2, by="Ada L."
    )

    shown = text(client.get("/en/shop/lamp/"))
    lead, tiles = shown.split('<ul class="weave-gallery"')

    lead = lead[lead.index('class="weave-shoppable"') :]
    assert lead.count('<button class="weave-spot') == 2
    assert "at-x-37 at-y-62" in lead
    assert "In this photo" in lead
    assert "Chair" in lead
    assert "Photo by Ada L." in lead
    assert f'name="origin" value="{best.public_id}"' in lead
    assert second.public_id in tiles
    assert best.public_id not in tiles


def test_an_only_photo_leaves_no_empty_gallery_behind_it(client, shops, lamp):
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])

    shown = text(client.get("/en/shop/lamp/"))

    assert "weave-spot" in shown
    assert '<ul class="weave-gallery"' not in shown
    assert "Nobody has shown theirs yet" not in shown


def test_further_photos_of_a_product_are_all_tiles(client, shops, lamp):
    photos = [
        material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=score)
        for score in (2, 1)
    ]

    shown = text(
        client.get(f"/en/shop/lamp/?gallery={LAMP.name}&after={photos[0].public_id}")
    )

    assert "weave-spot" not in shown
    assert photos[1].public_id in shown


@pytest.mark.parametrize("surface", [Surface.GALLERIES, Surface.MAIL])
def test_a_photo_without_that_permission_is_not_on_product_pages(
    client, shops, lamp, surface
):
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], surfaces=surface)

    assert photo.public_id not in text(client.get("/en/shop/lamp/"))


def test_a_withdrawn_photo_is_gone_from_the_products_page(client, shops, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])

    services.withdraw_photo(photo, contributor=photo.contributor)

    assert photo.public_id not in text(client.get("/en/shop/lamp/"))


@pytest.mark.slow
def test_a_products_page_takes_the_same_queries_at_10_and_at_1000_photos(
    client, shops, lamp, django_assert_num_queries, django_assert_max_num_queries
):
    material.many_public_photos(10, "lamp")
    text(client.get("/en/shop/lamp/"))  # site roots and the like are cached
    with django_assert_max_num_queries(20) as few:
        text(client.get("/en/shop/lamp/"))

    material.many_public_photos(990, "lamp")

    with django_assert_num_queries(len(few)):
        shown = text(client.get("/en/shop/lamp/"))
    assert shown.count('class="weave-spot ') == 1
    assert shown.count('class="weave-tile ') == 23


def test_more_photos_follow_by_link(client, shops, lamp):
    with override_settings(CMS_GALLERY_PAGE_SIZE=2):
        photos = [
            material.a_public_photo(tags=[("lamp", 0.5, 0.5)], score=score)
            for score in (3, 2, 1)
        ]
        first = text(client.get("/en/shop/lamp/"))
        link = f"?gallery={LAMP.name}&amp;after={photos[1].public_id}"
        second = text(client.get(f"/en/shop/lamp/{link.replace('&amp;', '&')}"))

    assert link in first
    assert photos[2].public_id not in first
    assert photos[2].public_id in second
    assert f"/photos/{photos[0].public_id}/" not in second
    assert "noindex" in second


# --- one address, two depths ----------------------------------------------------


def test_the_address_yields_to_an_editors_live_page(client, shops, lamp):
    material.a_product_page(
        shops["en"], before=story(("heading", "How it is made")), title="Ours"
    )

    assert "How it is made" in text(client.get("/en/shop/lamp/"))
    assert "How it is made" not in text(client.get("/de/shop/lamp/"))


def test_an_editors_page_has_the_same_product_and_photos(client, shops, lamp):
    material.a_product_page(shops["en"])
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])

    shown = text(client.get("/en/shop/lamp/"))

    assert "<h1>Lamp</h1>" in shown
    assert photo.public_id in shown


def test_a_draft_leaves_the_address_to_the_default(client, shops, lamp):
    material.a_product_page(
        shops["en"], live=False, before=story(("heading", "Not yet"))
    )

    assert "Not yet" not in text(client.get("/en/shop/lamp/"))


def test_unpublishing_the_editors_page_brings_the_default_back(client, shops, lamp):
    page = material.a_product_page(shops["en"], before=story(("heading", "Story")))
    page.unpublish()

    assert "Story" not in text(client.get("/en/shop/lamp/"))


def test_an_editors_page_always_has_the_products_key_as_slug(shops, lamp):
    page = material.a_product_page(shops["en"], title="A very long story")
    assert page.slug == "lamp"

    page.slug = "elsewhere"
    page.full_clean()

    assert page.slug == "lamp"


def test_an_editors_page_of_a_product_that_left_is_not_found(client, shops, lamp):
    material.a_product_page(shops["en"])
    lamp.is_published = False
    lamp.save()

    assert client.get("/en/shop/lamp/").status_code == 404


# --- blocks ---------------------------------------------------------------------


def blocks_for(photo):
    return story(
        ("heading", "A heading"),
        ("text", "<p>Some words.</p>"),
        ("shoppable_photo", {"heading": "", "photo": photo.pk}),
        (
            "gallery_by_rule",
            {"heading": "", "rule": "newest", "product": "", "word": "", "count": 12},
        ),
        (
            "gallery_by_rule",
            {
                "heading": "",
                "rule": "product",
                "product": "lamp",
                "word": "",
                "count": 12,
            },
        ),
        ("gallery_by_hand", {"heading": "By hand", "photos": [photo.pk]}),
        ("product_cards", {"heading": "", "products": ["lamp", "gone"]}),
    )


def test_every_block_renders_in_both_languages(client, shops, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.37, 0.62)], by="Ada")
    for shop in shops.values():
        material.a_gallery_page(shop, story=blocks_for(photo))

    for language, name in (("en", "Lamp"), ("de", "Lampe")):
        shown = text(client.get(f"/{language}/gallery/"))
        assert "A heading" in shown
        assert "<p>Some words.</p>" in shown
        assert "at-x-37 at-y-62" in shown
        assert name in shown
        # large, newest, by product, by hand
        assert shown.count(f'href="/{language}/photos/{photo.public_id}/"') == 4


def hide_by_withdrawal(photo):
    services.withdraw_photo(photo, contributor=photo.contributor)


def hide_by_permission(photo):
    services.set_permissions(
        photo, surfaces=Surface.PRODUCT_PAGES, contributor=photo.contributor
    )


@pytest.mark.parametrize("hide", [hide_by_withdrawal, hide_by_permission])
def test_a_photo_that_is_not_public_there_is_in_no_block(client, shops, lamp, hide):
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)], caption="Secret words")
    material.a_gallery_page(shops["en"], story=blocks_for(photo))
    assert photo.public_id in text(client.get("/en/gallery/"))

    hide(photo)

    shown = text(client.get("/en/gallery/"))
    assert photo.public_id not in shown
    assert "Secret words" not in shown
    assert "weave-tile" not in shown
    assert "Lamp" in shown  # the product is still there


def test_blocks_below_the_shop_ask_for_product_pages(client, shops, lamp):
    elsewhere = material.a_public_photo(surfaces=Surface.GALLERIES)
    here = material.a_public_photo(surfaces=Surface.PRODUCT_PAGES)
    by_hand = {"heading": "", "photos": [elsewhere.pk, here.pk]}
    material.a_product_page(shops["en"], after=story(("gallery_by_hand", by_hand)))

    shown = text(client.get("/en/shop/lamp/"))

    assert here.public_id in shown
    assert elsewhere.public_id not in shown


def test_an_erased_photo_leaves_its_blocks_in_peace(client, shops, lamp):
    photo = material.a_public_photo()
    material.a_gallery_page(shops["en"], story=blocks_for(photo))
    type(photo).objects.filter(pk=photo.pk).update(public_surfaces=0, decision=None)
    photo.delete()

    assert "weave-tile" not in text(client.get("/en/gallery/"))


def test_element_ids_stay_unique_when_a_photo_is_shown_twice(client, shops, lamp):
    photo = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    block = ("shoppable_photo", {"heading": "", "photo": photo.pk})
    material.a_gallery_page(shops["en"], story=story(block, block))

    shown = text(client.get("/en/gallery/"))

    ids = [part.split('"')[0] for part in shown.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert shown.count("popovertarget=") == 4  # two spots, two closing buttons


def test_words_from_customers_and_shops_are_escaped(client, shops):
    evil = '"><script>alert(1)</script>'
    material.a_product("lamp", name=evil, german=evil)
    photo = material.a_public_photo(
        tags=[("lamp", 0.5, 0.5)], caption=evil, alt_text=evil, by=evil
    )
    material.a_gallery_page(
        shops["en"], story=blocks_for(photo), introduction=evil, title=evil
    )

    for address in ("gallery/", "shop/", "shop/lamp/", f"photos/{photo.public_id}/"):
        shown = text(client.get(f"/en/{address}"))
        assert "<script>alert" not in shown, address
        assert "</script>alert" not in shown, address
        assert " style=" not in shown, address


def test_a_gallery_block_goes_on_where_the_address_says(client, shops):
    photos = [material.a_public_photo() for _ in range(5)]
    block = {"heading": "", "rule": "newest", "product": "", "word": "", "count": 4}
    material.a_gallery_page(shops["en"], story=story(("gallery_by_rule", block)))
    rule = Rule(RuleKind.NEWEST)

    first = text(client.get("/en/gallery/"))
    after = photos[1].public_id
    second = text(client.get(f"/en/gallery/?gallery={rule.name}&after={after}"))
    other = text(client.get(f"/en/gallery/?gallery=another&after={after}"))

    assert f"after={after}" in first
    assert photos[0].public_id in second
    assert f"/photos/{photos[4].public_id}/" not in second
    assert f"/photos/{photos[4].public_id}/" in other


# --- the editor -------------------------------------------------------------------


@pytest.fixture
def editor(client):
    user = get_user_model().objects.create_superuser("eva", "eva@example.org", "x")
    client.force_login(user)
    return client


@pytest.mark.parametrize("kind", ["gallery", "product"])
def test_preview_shows_the_draft_within_the_editors_frame(editor, shops, lamp, kind):
    photo = material.a_public_photo()
    page = (
        material.a_gallery_page(shops["en"], story=blocks_for(photo))
        if kind == "gallery"
        else material.a_product_page(shops["en"], before=blocks_for(photo))
    )
    page.title = "Changed"
    revision = page.save_revision()

    address = reverse("wagtailadmin_pages:revisions_view", args=[page.pk, revision.pk])
    response = editor.get(address)

    assert photo.public_id in text(response)
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]


def test_preview_of_a_product_that_left_says_so(editor, shops, lamp):
    page = material.a_product_page(shops["en"])
    revision = page.save_revision()
    lamp.is_published = False
    lamp.save()

    address = reverse("wagtailadmin_pages:revisions_view", args=[page.pk, revision.pk])

    assert "no such product" in text(editor.get(address))


@pytest.mark.parametrize("kind", ["gallery", "product", "shop"])
def test_the_page_editor_opens(editor, shops, lamp, kind):
    photo = material.a_public_photo(caption="On the shelf")
    page = {
        "gallery": lambda: material.a_gallery_page(
            shops["en"], story=blocks_for(photo)
        ),
        "product": lambda: material.a_product_page(
            shops["en"], before=blocks_for(photo)
        ),
        "shop": lambda: shops["en"],
    }[kind]()

    shown = text(editor.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))

    assert ("On the shelf" in shown) == (kind != "shop")


def product_form(**fields):
    empty = {
        "before": streamfield([]),
        "after": streamfield([]),
        "comments": inline_formset([]),
    }
    return nested_form_data({"title": "Ours", **empty, **fields})


def add_product_page(editor, shop, **fields):
    address = reverse(
        "wagtailadmin_pages:add",
        args=["shoppable_pages", "shoppableproductpage", shop.pk],
    )
    return editor.post(address, product_form(**fields))


def test_an_editor_makes_a_products_page_and_it_takes_the_address(editor, shops, lamp):
    add_product_page(editor, shops["en"], product_key="lamp", **{"action-publish": "1"})

    page = ShoppableProductPage.objects.get()
    assert (page.slug, page.live) == ("lamp", True)
    assert text(editor.get("/en/shop/lamp/"))


def test_a_product_has_one_page_only(editor, shops, lamp):
    material.a_product_page(shops["en"])

    response = add_product_page(editor, shops["en"], product_key="lamp")

    assert "This product has a page already." in text(response)
    assert shops["en"].get_children().count() == 1


def test_a_draft_may_wait_for_its_product(editor, shops, lamp):
    add_product_page(editor, shops["en"], product_key="")

    assert ShoppableProductPage.objects.get().slug == "ours"


def test_a_copy_is_no_second_address_of_the_product(client, shops, lamp):
    page = material.a_product_page(shops["en"])
    page.copy(update_attrs={"slug": "lamp-2", "title": "Copy"}, keep_live=True)

    assert client.get("/en/shop/lamp-2/").status_code == 404
    assert text(client.get("/en/shop/lamp/"))


def test_the_editor_tells_nothing_of_a_photo_that_is_not_public(editor, shops):
    photo = material.a_waiting_photo(caption="Secret words")
    by_hand = {"heading": "", "photos": [photo.pk]}
    page = material.a_gallery_page(
        shops["en"], story=story(("gallery_by_hand", by_hand))
    )

    shown = text(editor.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))

    assert "Secret words" not in shown


def led_gallery(**more):
    value = {"heading": "Yours", "rule": "newest", "count": 4, **more}
    return story(("gallery_by_rule", value))


def test_a_gallery_by_rule_may_begin_with_a_large_photo(client, shops, lamp):
    material.a_public_photo()
    newest = material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    material.a_gallery_page(shops["en"], story=led_gallery(is_led=True))

    shown = text(client.get("/en/gallery/"))

    assert shown.count('class="weave-spot ') == 1
    assert shown.count('class="weave-tile ') == 1
    # Below the gallery's own heading.
    assert '<h3 class="weave-list-title">' in shown
    assert newest.public_id in shown.split("weave-tile ")[0]


def test_the_photos_that_follow_have_no_large_one(client, shops, lamp):
    for _ in range(6):
        material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    material.a_gallery_page(shops["en"], story=led_gallery(is_led=True))
    first = text(client.get("/en/gallery/"))
    link = re.search(r'href="(\?gallery=[^"#]+)', first)[1].replace("&amp;", "&")

    second = text(client.get(f"/en/gallery/{link}"))

    assert "weave-spot" in first
    assert "weave-spot" not in second


def test_a_gallery_stored_without_the_choice_has_tiles_only(client, shops, lamp):
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    material.a_gallery_page(shops["en"], story=led_gallery())

    assert "weave-spot" not in text(client.get("/en/gallery/"))


def test_a_gallery_page_links_to_the_live_pages_below_it(client, shops):
    above = material.a_gallery_page(shops["en"])
    for title, live in (("Four <windowsills>", True), ("Not yet", False)):
        above.add_child(
            instance=ShoppableGalleryPage(
                title=title,
                slug="below" if live else "draft",
                locale=above.locale,
                live=live,
                search_description="What grows there",
            )
        )

    shown = text(client.get("/en/gallery/"))

    assert 'href="/en/gallery/below/">Four &lt;windowsills&gt;</a>' in shown
    assert "What grows there" in shown
    assert "Not yet" not in shown


def test_a_gallery_page_without_any_says_nothing_of_stories(client, shops):
    material.a_gallery_page(shops["en"])

    assert "weave-stories" not in text(client.get("/en/gallery/"))


@pytest.mark.parametrize("name", ["gallery_by_rule", "shoppable_photo", "heading"])
def test_blocks_have_a_preview_in_the_picker(editor, shops, lamp, name):
    material.a_public_photo(tags=[("lamp", 0.5, 0.5)])
    page = material.a_gallery_page(shops["en"])
    block = page.story.stream_block.child_blocks[name]

    response = editor.get(
        reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix}
    )

    assert "weave-" in text(response)


def test_pages_stand_where_they_belong(shops):
    shop, home = shops["en"], shops["en"].get_parent().specific

    assert ShoppableProductPage.can_create_at(shop)
    assert not ShoppableProductPage.can_create_at(home)
    assert not ShoppableShopPage.can_create_at(shop)
