"""Seeding goes the real way, and a second time changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation
from wagtail.models import Page, Site

from config.site import seeding
from config.site.demo_pages import build_pages
from config.site.models import SeededPhoto, ShopHomePage, ShopTextPage
from config.site.navigation import legal_links
from media_pipeline.models import Asset
from storefront.models import Product, Variant
from ugc.models import Decision, Permission, Photo, PhotoEvent, Surface

pytestmark = pytest.mark.slow

# Tasks ring after the commit, so these tests commit.
committing = pytest.mark.django_db(transaction=True, serialized_rollback=True)
COUNTED = (Product, Variant, Asset, Photo, Permission, Decision, PhotoEvent, Page)


def silent(label: str, done: int, total: int) -> None:
    """Report to nobody."""


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in COUNTED}


def photo_of(name: str) -> Photo:
    return SeededPhoto.objects.get(file=f"customer/{name}.jpg").photo


@committing
def test_a_seeded_shop_is_whole_and_seeding_again_changes_nothing(small_demo, client):
    seeded = seeding.seed(small_demo, report=silent)

    assert (seeded.products, seeded.photos) == (2, 4)
    assert (seeded.refused_files, seeded.stuck) == (0, 0)
    approved = photo_of("latte-art")
    assert approved.state == Photo.State.APPROVED
    assert Surface.PRODUCT_PAGES in approved.public
    assert approved.product_tags.get().variant_sku == "CUP-180"
    assert approved.decision.actor.get_username() == seeding.EDITOR
    assert photo_of("lettering-notebook").state == Photo.State.IN_REVIEW
    assert photo_of("phone-on-yellow").decision.reasons == ["not_the_product"]
    withdrawn = photo_of("pastry-in-hands")
    assert withdrawn.state == Photo.State.WITHDRAWN
    assert not withdrawn.public
    for address in ("/en/", "/de/", "/en/shop/stoneware-cup/", "/de/galerien/"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not page.cookies, address
    assert "Mira" in client.get("/en/").content.decode()

    before = counts()
    seeding.seed(small_demo, report=silent)

    assert counts() == before


@committing
def test_a_killed_seeding_goes_on_where_it_was(small_demo):
    def killed_at_the_second_photo(label: str, done: int, total: int) -> None:
        if (label, done) == ("Photos sent", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seeding.seed(small_demo, report=killed_at_the_second_photo)
    first = set(SeededPhoto.objects.values_list("photo_id", flat=True))

    seeding.seed(small_demo, report=silent)

    assert len(first) == 2
    assert first < set(Photo.objects.values_list("pk", flat=True))
    assert Photo.objects.count() == 4
    assert Asset.objects.filter(profile="product").count() == 3


@pytest.mark.django_db
def test_without_a_worker_seeding_says_so(small_demo, monkeypatch):
    Asset.objects.create(original="waits.jpg", byte_size=1)
    monkeypatch.setattr(seeding, "STALL_SECONDS", 0)
    monkeypatch.setattr(seeding, "_POLL_SECONDS", 0)

    with pytest.raises(CommandError, match="Is a worker running"):
        seeding.wait_for_pictures(report=silent)


@pytest.mark.django_db
def test_the_editor_may_moderate_and_edit_but_not_rule():
    seeding.ensure_editor()
    list(build_pages([]))

    editor = get_user_model().objects.get(username=seeding.EDITOR)

    assert editor.has_perm("shoppable_ugc.moderate_photo")
    assert editor.has_perm("wagtailadmin.access_admin")
    home = ShopHomePage.objects.first()
    assert home.permissions_for_user(editor).can_publish()
    assert not editor.is_superuser
    assert not editor.has_usable_password()
    assert editor.has_perm("shoppable_media.change_prompt")


@pytest.mark.django_db
def test_an_editor_of_an_older_demo_gets_names_and_keeps_own_ones():
    users = get_user_model().objects
    users.create(username=seeding.EDITOR, first_name="Own")

    seeding.ensure_editor()

    editor = users.get(username=seeding.EDITOR)
    assert editor.first_name == "Own"
    assert editor.last_name


@pytest.fixture
def pages():
    """The demo's pages without photos or products."""
    seeding.ensure_editor()
    list(build_pages([]))


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_building_pages_again_makes_none_and_keeps_an_editors_words():
    home = ShopHomePage.objects.get(locale__language_code="en")
    home.hero_title = "Somebody wrote this"
    home.save_revision().publish()
    before = Page.objects.count()

    list(build_pages([]))

    assert Page.objects.count() == before
    home.refresh_from_db()
    assert home.hero_title == "Somebody wrote this"


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_wagtails_greeting_is_gone_and_the_home_page_is_the_root():
    assert Site.objects.get().root_page.specific_class is ShopHomePage
    assert not Page.objects.filter(title__startswith="Welcome to").exists()


PAIRS = [
    ("/en/", "en", "/de/"),
    ("/de/galerien/", "de", "/en/galleries/"),
    ("/en/galleries/four-windowsills/", "en", "/de/galerien/vier-fensterbretter/"),
    ("/en/imprint/", "en", "/de/impressum/"),
    ("/en/share-your-photo/", "en", "/de/share-your-photo/"),
    ("/en/basket/", "en", "/de/basket/"),
]


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_each_page_leads_to_itself_in_the_other_language(client):
    for address, here, other in PAIRS:
        there = "de" if here == "en" else "en"

        html = client.get(address).content.decode()

        assert f'<html lang="{here}">' in html, address
        assert f'href="{other}" hreflang="{there}"' in html, address
        assert f'hreflang="{there}" href="http://testserver{other}"' in html, address
        assert f'rel="canonical" href="http://testserver{address}"' in html, address
        assert client.get(other).status_code == 200, other


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_a_product_keeps_its_key_in_the_other_language(client, small_demo):
    call_command("import_catalogue", str(small_demo.catalogue), verbosity=0)

    default = client.get("/en/shop/small-house-plant/").content.decode()
    own_page = client.get("/de/shop/stoneware-cup/").content.decode()

    assert 'href="/de/shop/small-house-plant/" hreflang="de"' in default
    assert 'href="/en/shop/stoneware-cup/" hreflang="en"' in own_page


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_a_page_that_is_not_live_in_german_leads_to_the_german_home_page(client):
    Page.objects.get(slug="vier-fensterbretter").unpublish()

    html = client.get("/en/galleries/four-windowsills/").content.decode()

    assert 'href="/de/" hreflang="de"' in html
    assert 'rel="alternate" hreflang="de"' not in html


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_an_own_product_page_without_german_leads_to_the_default_weaving(
    client, small_demo
):
    call_command("import_catalogue", str(small_demo.catalogue), verbosity=0)
    Page.objects.get(slug="stoneware-cup", locale__language_code="de").unpublish()

    html = client.get("/en/shop/stoneware-cup/").content.decode()

    assert 'href="/de/shop/stoneware-cup/" hreflang="de"' in html
    assert client.get("/de/shop/stoneware-cup/").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_head_and_foot_show_what_editors_put_there(client):
    html = client.get("/en/imprint/").content.decode()
    head, foot = html.split("</header>")

    assert '<a href="/en/shop/">Shop</a>' in head
    assert '<a href="/en/galleries/">Galleries</a>' in head
    assert 'href="/en/privacy/">Privacy<' in foot

    ShopTextPage.objects.get(slug="privacy").unpublish()

    assert "/en/privacy/" not in client.get("/en/imprint/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
def test_legal_links_speak_the_active_language():
    with translation.override("de"):
        german = legal_links()
    with translation.override("en"):
        english = legal_links()

    assert ("Widerrufsrecht", "/de/widerruf/") in german
    assert [url for _label, url in english] == [
        "/en/terms/",
        "/en/right-of-withdrawal/",
        "/en/privacy/",
        "/en/imprint/",
    ]


@pytest.mark.django_db
def test_head_and_foot_cost_one_query_each_page(client, django_assert_max_num_queries):
    seeding.ensure_editor()
    list(build_pages([]))
    client.get("/en/imprint/")  # fills Wagtail's own cache of root paths

    # Site, route (home, page), page itself, translations, navigation.
    with django_assert_max_num_queries(9):
        client.get("/en/imprint/")


@pytest.mark.django_db
def test_a_missing_page_answers_404_in_its_language(client):
    answer = client.get("/de/gibt-es-nicht/")

    assert answer.status_code == 404
    assert "Hier ist nichts" in answer.content.decode()
