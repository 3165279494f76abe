"""Upload, and the author's own pages of a photo."""

from __future__ import annotations

from .author import (
    edit_photo,
    my_photo,
    my_photo_state,
    my_photos,
    open_link,
    replace_file,
    restore_photo,
    set_permissions,
    stop_mails,
    withdraw_photo,
)
from .files import private_file
from .upload import submit_photo

__all__ = [
    "edit_photo",
    "my_photo",
    "my_photo_state",
    "my_photos",
    "open_link",
    "private_file",
    "replace_file",
    "restore_photo",
    "set_permissions",
    "stop_mails",
    "submit_photo",
    "withdraw_photo",
]
