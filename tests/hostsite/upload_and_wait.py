"""Sends one photo to the garden's real database and waits for its own worker."""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "garden.settings")
django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.test import Client  # noqa: E402

from media_pipeline.testing import picture_bytes  # noqa: E402
from ugc.models import Photo  # noqa: E402

SECONDS = 240

response = Client().post(
    "/share-your-photo/",
    {
        "photos": SimpleUploadedFile("fern.jpg", picture_bytes(), "image/jpeg"),
        "persona_name": "Flora",
        "surfaces": ["galleries"],
    },
)
if response.status_code != 302:
    sys.exit(f"The upload was answered with {response.status_code}.")
until = time.monotonic() + SECONDS
while time.monotonic() < until:
    state = Photo.objects.values_list("state", flat=True).get()
    if state == Photo.State.IN_REVIEW:
        print("checked")
        sys.exit(0)
    time.sleep(0.5)
sys.exit(f"After {SECONDS} s the photo is still {state}.")
