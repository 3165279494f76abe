"""Addresses of this app; inside i18n_patterns where a site has several languages."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import views


class ProductKeyConverter(StringConverter):
    """A key of any shop's: what one part of an address can hold, but no control."""

    regex = r"[^/\x00-\x1f]{1,120}"


register_converter(ProductKeyConverter, "product_key")

app_name = "shoppable_ugc"

urlpatterns = [
    path("share-your-photo/", views.submit_photo, name="submit_photo"),
    path(
        "share-your-photo/<product_key:product_key>/",
        views.submit_photo,
        name="submit_photo_of",
    ),
    path("me/open/<slug:token>/", views.open_link, name="open_link"),
    path("me/photos/", views.my_photos, name="my_photos"),
    path("me/photos/<slug:public_id>/", views.my_photo, name="my_photo"),
    path(
        "me/photos/<slug:public_id>/state/", views.my_photo_state, name="my_photo_state"
    ),
    path("me/photos/<slug:public_id>/file/", views.replace_file, name="replace_file"),
    path("me/photos/<slug:public_id>/words/", views.edit_photo, name="edit_photo"),
    path(
        "me/photos/<slug:public_id>/permissions/",
        views.set_permissions,
        name="set_permissions",
    ),
    path(
        "me/photos/<slug:public_id>/withdraw/",
        views.withdraw_photo,
        name="withdraw_photo",
    ),
    path(
        "me/photos/<slug:public_id>/restore/", views.restore_photo, name="restore_photo"
    ),
    path("me/photos/<slug:public_id>/no-mails/", views.stop_mails, name="stop_mails"),
    path(
        "me/photos/<slug:public_id>/files/<int:rendition_id>/",
        views.private_file,
        name="private_file",
    ),
]
