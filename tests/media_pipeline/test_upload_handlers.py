"""What is too large is not kept, and says so wherever it is read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django import forms
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.test import RequestFactory

from media_pipeline import services
from media_pipeline.exceptions import RefusedFile
from media_pipeline.upload_handlers import FILES_WORTH

LIMIT = 200_000
BOUNDARY = "bounded"


@pytest.fixture(autouse=True)
def _small_limit(settings, tmp_path):
    settings.MEDIA_PIPELINE_MAX_UPLOAD_BYTES = LIMIT
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000


@pytest.fixture
def upload():
    requests = []

    def upload(*sizes: int, probe=lambda: None):
        """Send files of so many bytes in one request; ``probe`` is called as it is read."""

        class Body(io.BytesIO):
            def read(self, *args):
                probe()
                return super().read(*args)

        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; '
            f'filename="{number}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
            + b"x" * size
            + b"\r\n"
            for number, size in enumerate(sizes)
        ]
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        request = RequestFactory().generic(
            "POST",
            "/",
            **{
                "wsgi.input": Body(body),
                "CONTENT_LENGTH": str(len(body)),
                "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
            },
        )
        requests.append(request)
        return request.FILES.getlist("photos")

    yield upload
    for request in requests:
        request.close()


def test_a_file_at_the_limit_comes_whole(upload):
    [file] = upload(LIMIT)

    assert (file.size, len(file.read())) == (LIMIT, LIMIT)


def test_a_larger_file_is_refused_as_if_it_had_come_whole(upload):
    [file] = upload(LIMIT + 1)

    assert (file.name, file.size) == ("0.jpg", LIMIT + 1)
    with pytest.raises(RefusedFile, match="too_many_bytes"):
        services.receive_upload(file=file)


def test_the_others_of_its_request_come_whole(upload):
    files = upload(10, 5 * LIMIT, 20)

    assert [file.size for file in files] == [10, 5 * LIMIT, 20]
    assert files[0].read() == b"x" * 10
    assert files[2].read() == b"x" * 20


def test_the_disk_never_holds_more_than_the_limit(upload, tmp_path: Path):
    most = 0

    def look() -> None:
        nonlocal most
        held = sum(file.stat().st_size for file in tmp_path.iterdir())
        most = max(most, held)

    upload(20 * LIMIT, probe=look)

    assert 0 < most <= LIMIT


def test_a_request_of_many_files_is_bounded_in_all(upload):
    files = upload(*[LIMIT] * (FILES_WORTH + 3))

    kept = [file for file in files if hasattr(file, "temporary_file_path")]
    assert len(files) == FILES_WORTH + 3
    assert len(kept) == FILES_WORTH


def test_a_form_that_reads_it_shows_the_refusal(upload):
    class Picture(forms.Form):
        picture = forms.ImageField()

    form = Picture(files={"picture": upload(2 * LIMIT)[0]})

    assert "larger than" in form.errors["picture"][0]


def test_who_reads_it_without_a_form_does_not_take_it_for_an_empty_file(upload):
    [file] = upload(2 * LIMIT)

    for error in (ValidationError, RequestDataTooBig):
        with pytest.raises(error):
            file.read()
        with pytest.raises(error):
            b"".join(file.chunks())
