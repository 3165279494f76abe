"""Why a file was not taken, in words that say what to do."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from . import conf

#: Every code of ``RefusedFile``, in the words of the person who sent the file.
WORDINGS: dict[str, Promise | str] = {
    "empty_file": _("This file is empty. Please choose the photo again."),
    "unreadable": _(
        "We couldn't read this file. Please choose the photo again, or save it"
        " on your device first and send it from there."
    ),
    "too_many_bytes": _(
        "This file is larger than %(megabytes)s MB. Please send a smaller version:"
        " most phones offer one when you share the photo."
    ),
    "too_many_pixels": _(
        "This photo has more than %(megapixels)s megapixels. Please send a smaller"
        " version, or switch your camera from its highest resolution to the normal"
        " one."
    ),
    "too_small": _(
        "This picture is too small: each side needs at least %(min_side)s pixels."
        " Please send the original instead of a thumbnail or a screenshot of it."
    ),
    "side_too_long": _(
        "One side of this picture is longer than %(max_side)s pixels. Please crop"
        " it, or send a smaller version."
    ),
    "odd_shape": _(
        "One side of this picture is more than %(max_ratio)s times as long as the"
        " other. Please crop it to what matters."
    ),
    "not_a_picture": _(
        "This file isn't a picture. Please choose a photo: JPEG, PNG, WebP, AVIF"
        " or HEIC."
    ),
    "unsupported_format": _(
        "We can't show this kind of file. Please send the photo as JPEG, PNG,"
        " WebP, AVIF or HEIC."
    ),
    "animated": _("This picture moves. Please send a photo that stands still."),
    "truncated": _(
        "The end of this file is missing, perhaps because the connection broke."
        " Please send the photo again."
    ),
    "damaged": _(
        "This file is damaged. Please open the photo on your device, save it"
        " anew, and send the new one."
    ),
    "too_many_scans": _(
        "This JPEG is stored in a very unusual way. Please open it on your device,"
        " save it anew, and send the new one."
    ),
    "too_large_to_decode": _(
        "This picture needs too much memory to be opened. Please send a smaller"
        " version, or save it as JPEG."
    ),
    "decoder_failed": _(
        "We couldn't open this picture. Please save it anew as JPEG and send the"
        " new one, or choose another photo."
    ),
}


def _wording(code: str) -> str:
    limits = {
        "megabytes": conf.max_upload_bytes() / 1024 / 1024,
        "megapixels": conf.max_pixels() / 1_000_000,
        "min_side": conf.min_side(),
        "max_side": conf.max_side(),
        "max_ratio": conf.max_ratio(),
    }
    wording = str(WORDINGS.get(code, WORDINGS["damaged"]))
    return wording % {
        name: number_format(
            round(value, 1), decimal_pos=int(value % 1 >= 0.05), force_grouping=True
        )
        for name, value in limits.items()
    }


def wording(code: str) -> str:
    """Return, lazily, what to tell the person whose file was refused."""
    return _lazily(code)


_lazily = lazy(_wording, str)
