"""Photos in every state, made the way the product makes them."""

from __future__ import annotations

import itertools

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission as UserPermission
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import Q
from django.utils import timezone

from media_pipeline.models import Asset, Rendition
from ugc import permissions, publishing
from ugc.models import (
    NOWHERE,
    Contributor,
    Decision,
    Permission,
    Persona,
    Photo,
    Surface,
)

BOTH = Surface.PRODUCT_PAGES | Surface.GALLERIES
_numbers = itertools.count(1)


def make_asset(*, state="processed", reason="", verdict="pass", result=None):
    """An asset with two small renditions whose files really lie there."""
    asset = Asset.objects.create(
        state=state,
        reason=reason,
        verdict=verdict,
        result=result or {},
        original="" if state in {"processed", "refused_file"} else "20260101/original",
        original_name="IMG_1.HEIC",
        master="00/x/master.jpg" if state == "processed" else "",
        width=1200 if state == "processed" else None,
        height=800 if state == "processed" else None,
        settled_at=timezone.now() if state in {"processed", "refused_file"} else None,
        quarantined_at=timezone.now() if state == "quarantined" else None,
    )
    if state == "processed":
        for kind, extension in (("avif", "avif"), ("jpeg", "jpg")):
            name = storages["private"].save(
                f"{asset.public_id[:2]}/{asset.public_id}/rendition-640.{extension}",
                ContentFile(f"{kind} of {asset.public_id}".encode()),
            )
            Rendition.objects.create(
                asset=asset,
                format=kind,
                width=640,
                height=427,
                bytes=50,
                private_name=name,
            )
    return asset


def make_contributor(**columns):
    return Contributor.objects.create(**columns)


def make_photo(
    *, state="in_review", surfaces=BOTH, contributor=None, asset=None, **columns
):
    """A photo in that state, not public; ``make_public_photo`` goes further."""
    contributor = contributor or make_contributor()
    persona, _ = Persona.objects.get_or_create(contributor=contributor, name="Mia")
    if asset is None:
        asset = make_asset(
            **{
                "submitted": {"state": "pending", "verdict": ""},
                "draft": {
                    "state": "refused_file",
                    "verdict": "",
                    "reason": "too_many_pixels",
                },
            }.get(state, {})
        )
    photo = Photo.objects.create(
        contributor=contributor,
        persona=persona,
        asset=asset,
        state=state,
        allowed_surfaces=surfaces.value,
        submitted_at=timezone.now(),
        **{"caption": f"Caption {next(_numbers)}", **columns},
    )
    Permission.objects.bulk_create(
        Permission(
            photo=photo,
            surface=surface.value,
            is_allowed=surface in surfaces,
            text_version=permissions.TEXT_VERSION,
        )
        for surface in Surface
    )
    if state in {"approved", "refused", "removed"}:
        decide(photo, state)
    return photo


def decide(photo, state):
    decision = Decision.objects.create(
        photo=photo,
        rule="test",
        outcome=state,
        reasons=[] if state == "approved" else ["blurry"],
    )
    publishing.change(photo.pk, only_if=Q(), state=state, decision=decision)
    photo.refresh_from_db()


def make_public_photo(*, surfaces=BOTH, tags=(), words=(), **columns):
    """A photo the public sees on these surfaces, its files copied."""
    photo = make_photo(state="approved", surfaces=surfaces, **columns)
    for number, key in enumerate(tags):
        photo.product_tags.create(product_key=key, x=0.5, y=0.5, position=number)
    for word in words:
        photo.tags.create(word=word)
    assert publishing.publish(photo.pk) is (surfaces != NOWHERE)
    photo.refresh_from_db()
    return photo


def make_moderator(username="editor"):
    user = get_user_model().objects.create_user(username, password="pass-for-tests")
    user.user_permissions.add(UserPermission.objects.get(codename="moderate_photo"))
    return user


def public_files(photo):
    """Names of the files that lie in the public storage for this photo."""
    names = photo.asset.renditions.exclude(public_name="").values_list(
        "public_name", flat=True
    )
    return [name for name in names if storages["public"].exists(name)]
