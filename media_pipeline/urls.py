"""The address of public files, for sites without a web server in front."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "shoppable_media"

urlpatterns = [path("media/<path:name>", views.public_file, name="public_file")]
