"""Public pages of photos; include inside ``i18n_patterns``."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "shoppable_cms"
urlpatterns = [
    path("photos/<slug:public_id>/", views.photo, name="photo"),
]
