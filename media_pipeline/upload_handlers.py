"""Uploads are bounded while they come, not once the whole body lies on the disk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from . import conf, refusals

if TYPE_CHECKING:
    from typing import Any

#: So many of the largest files are kept of one request: what the form takes at once.
FILES_WORTH = 10


class FileNotKept(RequestDataTooBig, ValidationError):
    """Somebody reads a file that was too large to be kept.

    A form that reads it shows the refusal beside its field; to whoever reads it
    without a form the request was a bad one. Nobody takes it for an empty file.
    """

    def __init__(self) -> None:
        ValidationError.__init__(
            self, refusals.wording("too_many_bytes"), code="too_many_bytes"
        )


class _NothingKept(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: typeshed's WriteableBuffer
        raise FileNotKept


# Django's classes take a type only while types are checked.
if TYPE_CHECKING:
    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile


class UploadNotKept(_UploadedFile):
    """Stands for a file that was too large: its name and size, without its bytes.

    ``receive_upload`` refuses it by its size, as it does a file that came whole.
    """


class BoundedUploadHandler(FileUploadHandler):
    """Keep no file beyond the limit; read the rest of the body and forget it.

    Stands first in ``FILE_UPLOAD_HANDLERS``: what it lets through is kept by those
    behind it, in memory or in a temporary file. The body is read to its end, since
    a browser whose upload breaks off shows an error of its own and not our answer.
    """

    def __init__(self, request: Any = None) -> None:  # Any: as Django has it
        super().__init__(request)
        self._kept = 0  # bytes of all files of this request
        self._room = 0  # bytes the present file may have
        self._is_kept = True

    def max_bytes(self) -> int:
        """Largest file that is kept; a site may answer more to its editors here."""
        return conf.max_upload_bytes()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        limit = self.max_bytes()
        self._room = min(limit, FILES_WORTH * limit - self._kept)
        self._is_kept = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self._is_kept:
            return None
        if start + len(raw_data) > self._room:
            self._is_kept = False
            self._kept -= start
            self._interrupt_those_behind()
            return None
        self._kept += len(raw_data)
        return raw_data

    def _interrupt_those_behind(self) -> None:
        """Have what the others kept of this file deleted now, not some time."""
        handlers = self.request.upload_handlers if self.request else [self]
        for handler in handlers[handlers.index(self) + 1 :]:
            handler.upload_interrupted()

    def file_complete(self, file_size: int) -> UploadNotKept | None:
        if self._is_kept:
            return None  # those behind have it
        return UploadNotKept(
            file=io.BufferedReader(_NothingKept()),
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
