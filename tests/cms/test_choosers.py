from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from cms.choosers import PhotoChooser, ProductChooser
from ugc import services

from . import material

pytestmark = pytest.mark.django_db


def log_in(client, *codenames):
    user = get_user_model().objects.create_user("eva", "eva@example.org", "x")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["access_admin", *codenames])
    )
    client.force_login(user)


@pytest.fixture
def editor(client):
    log_in(client, "view_photo")
    return client


def photos_found(client, **query):
    response = client.get(reverse("shoppable_photo_chooser:choose_results"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_only_public_photos_can_be_chosen(editor):
    public = material.a_public_photo(caption="On the shelf")
    waiting = material.a_waiting_photo(caption="Not yet seen")
    gone = material.a_public_photo(caption="Taken back")
    services.withdraw_photo(gone, contributor=gone.contributor)

    shown = photos_found(editor)

    assert "On the shelf" in shown
    assert "Not yet seen" not in shown
    assert "Taken back" not in shown
    for photo, status in ((public, 200), (waiting, 404), (gone, 404)):
        url = reverse("shoppable_photo_chooser:chosen", args=[photo.pk])
        assert editor.get(url, follow=True).status_code == status


@pytest.mark.parametrize(
    "name", ["choose", "choose_results", "chosen_multiple", "chosen"]
)
def test_choosing_photos_needs_permission(client, name):
    photo = material.a_public_photo()
    log_in(client)
    args = [photo.pk] if name == "chosen" else []

    response = client.get(
        reverse(f"shoppable_photo_chooser:{name}", args=args),
        headers={"x-requested-with": "XMLHttpRequest"},
    )

    assert response.status_code == 403


@pytest.mark.parametrize("words", ["shelf", "gRACE", "lamp"])
def test_photos_are_found_by_words_name_and_product(editor, lamp, words):
    material.a_public_photo(
        caption="On the shelf", by="Grace", tags=[("lamp", 0.5, 0.5)]
    )
    material.a_public_photo(caption="Elsewhere", by="Ada")

    shown = photos_found(editor, q=words)

    assert "On the shelf" in shown
    assert "Elsewhere" not in shown


def test_the_chosen_photo_comes_with_its_picture(editor):
    photo = material.a_public_photo(caption="On the shelf", alt_text="A shelf")

    url = reverse("shoppable_photo_chooser:chosen", args=[photo.pk])
    result = editor.get(url).json()["result"]

    assert result["id"] == str(photo.pk)
    assert "On the shelf" in result["title"]
    assert result["preview"]["url"].startswith("/media/")
    assert result["default_alt_text"] == "A shelf"


def test_several_photos_can_be_chosen_at_once_but_only_public_ones(editor):
    public, waiting = material.a_public_photo(), material.a_waiting_photo()

    url = reverse("shoppable_photo_chooser:chosen_multiple")
    result = editor.get(url, {"id": [public.pk, waiting.pk]}).json()["result"]

    assert [each["id"] for each in result] == [str(public.pk)]


def test_the_widget_says_when_a_photo_is_not_public_any_more():
    photo = material.a_public_photo(caption="On the shelf")
    assert "On the shelf" in PhotoChooser().get_value_data(photo.pk)["title"]

    services.withdraw_photo(photo, contributor=photo.contributor)

    data = PhotoChooser().get_value_data(photo.pk)
    assert "not public any more" in data["title"]
    assert data["preview"]["url"] == ""


def test_products_are_chosen_by_their_name(editor, lamp):
    material.a_product("rug", name="Rug")

    found = editor.get(
        reverse("shoppable_product_chooser:choose_results"), {"q": "lam"}
    ).content.decode()
    chosen = editor.get(reverse("shoppable_product_chooser:chosen", args=["lamp"]))

    assert "Lamp" in found
    assert "Rug" not in found
    assert chosen.json()["result"]["id"] == "lamp"
    assert chosen.json()["result"]["title"] == "Lamp"


def test_the_photo_chooser_opens_with_the_newest(editor):
    material.a_public_photo(caption="On the shelf")

    response = editor.get(reverse("shoppable_photo_chooser:choose"))

    assert "On the shelf" in response.json()["html"]


def test_the_product_chooser_opens_before_anything_was_typed(editor, lamp):
    response = editor.get(reverse("shoppable_product_chooser:choose"))

    assert "Type some letters" in response.json()["html"]


def test_an_unknown_product_cannot_be_chosen(editor):
    url = reverse("shoppable_product_chooser:chosen", args=["nothing"])

    assert editor.get(url, follow=True).status_code == 404


def test_the_widget_names_a_product_that_left_the_catalogue():
    assert "not in the catalogue" in ProductChooser().get_value_data("gone")["title"]


@pytest.mark.parametrize("pk", ["x", "9" * 20, "-1"])
def test_a_key_that_is_none_chooses_nothing(editor, pk):
    one = reverse("shoppable_photo_chooser:chosen", args=[pk])
    several = reverse("shoppable_photo_chooser:chosen_multiple")

    assert editor.get(one, follow=True).status_code == 404
    assert editor.get(several, {"id": pk}).status_code == 200
