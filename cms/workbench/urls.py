"""Addresses below the admin's ``photos/``."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "shoppable_workbench"

urlpatterns = [
    path("", views.queue, name="queue"),
    path("decide/", views.decide_many, name="decide_many"),
    path("undo/", views.undo, name="undo"),
    path("bans/", views.bans, name="bans"),
    path("bans/lift/", views.lift_ban, name="lift_ban"),
    path("<slug:public_id>/", views.review, name="review"),
    path("<slug:public_id>/approve/", views.approve, name="approve"),
    path("<slug:public_id>/refuse/", views.refuse, name="refuse"),
    path("<slug:public_id>/remove/", views.remove, name="remove"),
    path("<slug:public_id>/reopen/", views.reopen, name="reopen"),
    path("<slug:public_id>/retry/", views.retry, name="retry"),
    path("<slug:public_id>/discard/", views.discard, name="discard"),
    path("<slug:public_id>/feature/", views.feature, name="feature"),
    path("<slug:public_id>/products/", views.find_products, name="find_products"),
    path("<slug:public_id>/box/", views.find_in_box, name="find_in_box"),
    path("<slug:public_id>/ban/", views.ban, name="ban"),
    path("<slug:public_id>/place/", views.place_product, name="place_product"),
    path("<slug:public_id>/words/", views.choose_word, name="choose_word"),
]
