"""Fills a shop with the demo's files, by the ways a real shop is filled.

The catalogue goes through the importer, each photo through upload, pipeline and
an editor's decision. Everything can be repeated: a seeding that was killed goes
on where it was, a finished one does nothing.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.base import File
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from wagtail.models import Collection, GroupCollectionPermission, Locale

from cms.models import PicturePublication
from media_pipeline.models import Asset, CatalogueIndexing, Rendering
from outbox.services import ring_on_commit
from storefront.models import Product
from ugc import services
from ugc.models import Contributor, Photo

from .demo_files import DemoFolder, DemoPhoto
from .demo_pages import build_pages
from .demo_texts import EDITORS_GROUP
from .models import SeededPhoto, SeedingState

EDITOR = "editor"
EDITORS_NAMES = {"first_name": "Edda", "last_name": "Lindner"}
# Seconds without any picture settled. One takes about a second; the longest
# rest between two is a killed worker's lease and the sweep that finds it.
STALL_SECONDS = 120
_POLL_SECONDS = 0.5

# Says what is being done: a sentence, and how much of how many.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the demo shop holds; ``refused_files`` and ``stuck`` should be none."""

    products: int
    photos: int
    refused_files: int
    stuck: int


def is_seeded() -> bool:
    """Whether a seeding has come to its end."""
    return SeedingState.objects.filter(finished_at__isnull=False).exists()


def seed(folder: DemoFolder, *, report: Report) -> Seeded:
    """Fill the shop. Needs a worker at work; raises CommandError if none is."""
    SeedingState.objects.get_or_create(pk=1)
    photos = folder.photos()
    if not is_seeded():
        ensure_editor()
        import_catalogue(folder, report=report)
        # Before the photos, so that their products are found in them at once.
        index_catalogue(report=report)
        submit_photos(folder, photos, report=report)
        wait_for_pictures(report=report)
        decide(photos, report=report)
        for number, (total, page) in enumerate(build_pages(photos), start=1):
            report(f"Pages: {page}", number, total)
        SeedingState.objects.update(finished_at=timezone.now())
    return Seeded(
        products=Product.objects.count(),
        photos=SeededPhoto.objects.count(),
        refused_files=Asset.objects.filter(state=Asset.State.REFUSED_FILE).count(),
        stuck=Asset.objects.filter(state=Asset.State.QUARANTINED).count(),
    )


# --- people ----------------------------------------------------------------------


def ensure_editor() -> Any:
    """Return the demo's editor, who may moderate photos and edit pages.

    Any: whatever user model the site has. A new one has no usable password.
    """
    for language in ("en", "de"):
        Locale.objects.get_or_create(language_code=language)
    with transaction.atomic():
        group, _is_new = Group.objects.get_or_create(name=EDITORS_GROUP)
        group.permissions.add(
            *Permission.objects.filter(
                content_type__app_label="wagtailadmin", codename="access_admin"
            ),
            *Permission.objects.filter(
                content_type__app_label="shoppable_ugc",
                codename__in=["moderate_photo", "view_photo", "change_photo"],
            ),
            *Permission.objects.filter(
                content_type__app_label="shoppable_media",
                codename__in=[
                    f"{do}_prompt" for do in ("view", "add", "change", "delete")
                ],
            ),
        )
        root = Collection.get_first_root_node()
        for codename in ("add_image", "change_image", "choose_image"):
            permission = Permission.objects.get(
                content_type__app_label="wagtailimages", codename=codename
            )
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=root, permission=permission
            )
        users = get_user_model()._default_manager
        editor = users.filter(**{users.model.USERNAME_FIELD: EDITOR}).first()
        if editor is None:
            editor = users.model(
                **{users.model.USERNAME_FIELD: EDITOR},
                email="editor@schaufenster.example",
            )
            editor.set_unusable_password()
        # The admin's form of the own account asks for both.
        for field, name in EDITORS_NAMES.items():
            if hasattr(editor, field) and not getattr(editor, field):
                setattr(editor, field, name)
        editor.save()
        editor.groups.add(group)
    return editor


# --- files -----------------------------------------------------------------------


def import_catalogue(folder: DemoFolder, *, report: Report) -> None:
    """Run the shop's own importer over the demo's catalogue."""
    report("Catalogue", 0, 1)
    arguments = [str(folder.catalogue), "--pictures", str(folder.pictures)]
    for language, file in folder.texts.items():
        arguments += ["--texts", f"{language}={file}"]
    call_command("import_catalogue", *arguments, stdout=io.StringIO())
    report("Catalogue", 1, 1)


def index_catalogue(*, report: Report) -> None:
    """Return once products can be found in photos, or plainly can't for now."""
    pictures = Asset.objects.filter(profile=Asset.Profile.PRODUCT)
    total = pictures.count()

    def pictures_left() -> int:
        left = pictures.filter(state=Asset.State.PENDING).count()
        report("Product pictures", total - left, total)
        return left

    _wait_until_none(pictures_left)
    with transaction.atomic():
        # It would wait for more pictures; there are none.
        for indexing in CatalogueIndexing.objects.open().unleased():
            CatalogueIndexing.objects.filter(pk=indexing.pk).update(not_before=Now())
            ring_on_commit(indexing)

    def indexings_left() -> int:
        # One that was given back waits for a model: the photos need not.
        left = CatalogueIndexing.objects.open().filter(releases=0).count()
        report("Products to be found in photos", int(not left), 1)
        return left

    _wait_until_none(indexings_left)


def submit_photos(
    folder: DemoFolder, photos: Sequence[DemoPhoto], *, report: Report
) -> None:
    """Send each photo in as its customer would, unless it was sent before."""
    sent = set(SeededPhoto.objects.values_list("file", flat=True))
    for number, photo in enumerate(photos, start=1):
        if photo.file not in sent:
            # One transaction, so that the photo and the note of it come together.
            with (
                (folder.pictures / photo.file).open("rb") as opened,
                transaction.atomic(),
            ):
                submitted = services.submit_photo(
                    contributor=_contributor_named(photo.name),
                    persona_name=photo.name,
                    file=File(opened, name=photo.file.rsplit("/", 1)[-1]),
                    caption=photo.caption,
                    alt_text=photo.alt_text,
                    product_key=photo.asked_product,
                    surfaces=photo.surfaces,
                    language=photo.language,
                )
                SeededPhoto.objects.create(file=photo.file, photo=submitted)
        report("Photos sent", number, len(photos))


def _contributor_named(name: str) -> Contributor | None:
    return Contributor.objects.filter(
        personas__name=name, photos__in=SeededPhoto.objects.values("photo")
    ).first()


def wait_for_pictures(*, report: Report) -> None:
    """Return once the worker is done with every picture: checked, encoded, and
    published if it is a product's."""
    total = Asset.objects.count()

    def left() -> int:
        pending = Asset.objects.filter(state=Asset.State.PENDING).count()
        unfinished = Rendering.objects.open().exclude(kind=Rendering.Kind.SMALL).count()
        report(
            "Pictures through the pipeline", max(total - pending - unfinished, 0), total
        )
        return pending + unfinished + PicturePublication.objects.open().count()

    _wait_until_none(left)


def _wait_until_none(left: Callable[[], int]) -> None:
    """Return once nothing is left; raises CommandError if it stops getting less."""
    last, last_change = -1, time.monotonic()
    while now := left():
        if now != last:
            last, last_change = now, time.monotonic()
        elif time.monotonic() - last_change > STALL_SECONDS:
            raise CommandError(
                f"No picture was settled for {STALL_SECONDS} seconds; {now} wait. "
                "Is a worker running? The next seeding goes on from here."
            )
        time.sleep(_POLL_SECONDS)


# --- decisions -------------------------------------------------------------------


def decide(photos: Sequence[DemoPhoto], *, report: Report) -> None:
    """Decide as the editor. The first lines are approved last: they are newest."""
    editor = ensure_editor()
    rows: Mapping[str, Photo] = {
        row.file: row.photo
        for row in SeededPhoto.objects.select_related("photo__contributor")
    }
    for number, photo in enumerate(reversed(photos), start=1):
        if photo.file in rows:
            with translation.override(photo.language):
                _decide(rows[photo.file], photo, editor)
        report("Decisions", number, len(photos))


def _decide(row: Photo, photo: DemoPhoto, editor: Any) -> None:
    is_undecided = row.state == Photo.State.IN_REVIEW and row.decision_id is None
    if is_undecided and photo.state == Photo.State.REFUSED:
        services.refuse_photo(row, by=editor, reasons=photo.reasons, note=photo.note)
    if is_undecided and photo.state in {Photo.State.APPROVED, Photo.State.WITHDRAWN}:
        for word in photo.words:
            services.tag_word(row, word=word)
        # The software may see more than the demo's editor: that is taken away.
        own = {tag.product_key for tag in photo.products}
        for tag in row.product_tags.filter(is_suggested=True):
            if tag.product_key not in own:
                services.untag_product(row, tag.product_key, by=editor)
        services.approve_photo(row, by=editor, tags=photo.products)
    row.refresh_from_db()
    if row.state == Photo.State.APPROVED and photo.state == Photo.State.WITHDRAWN:
        services.withdraw_photo(row, contributor=row.contributor)
