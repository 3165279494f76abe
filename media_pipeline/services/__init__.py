"""What is done with assets: receive, process, render, publish, take down, erase.

Two stages by a worker. ``process_asset`` checks an upload and makes what a person needs
to decide; ``render_asset`` makes the rest of the renditions, of the master. Each is a
row of work of its own: what fails in the second loses nothing of the first.
"""

from __future__ import annotations

from ..candidates import split_candidates
from ..conf import text_languages
from ..text_checks import OTHER_LANGUAGE, check_text
from .banning import ban_picture, lift_ban, take_likeness
from .erasing import erase_asset, expire_incoming, expire_unclaimed
from .files import open_private
from .processing import process_asset
from .products import likest_picture, search_products
from .publishing import (
    PublicCopies,
    clear_public_names,
    copy_to_public,
    discard_copies,
    expire_former_names,
    forget_copies,
    publish_asset,
    set_public_names,
)
from .quarantine import (
    discard_asset,
    discard_rendering,
    retry_asset,
    retry_rendering,
)
from .receiving import claim_asset, receive_upload, shown_name
from .rendering import render_asset
from .wishes import (
    is_restyling,
    render_anew,
    restyle_asset,
    want_no_renditions,
    want_renditions,
    want_small,
)
from .words import colour_wording, label_wording, sentence_wordings, tag_wording

__all__ = [
    "OTHER_LANGUAGE",
    "PublicCopies",
    "ban_picture",
    "check_text",
    "claim_asset",
    "clear_public_names",
    "colour_wording",
    "copy_to_public",
    "discard_asset",
    "discard_copies",
    "discard_rendering",
    "erase_asset",
    "expire_former_names",
    "expire_incoming",
    "expire_unclaimed",
    "forget_copies",
    "is_restyling",
    "label_wording",
    "lift_ban",
    "likest_picture",
    "open_private",
    "process_asset",
    "publish_asset",
    "receive_upload",
    "render_anew",
    "render_asset",
    "restyle_asset",
    "retry_asset",
    "retry_rendering",
    "search_products",
    "sentence_wordings",
    "set_public_names",
    "shown_name",
    "split_candidates",
    "tag_wording",
    "take_likeness",
    "text_languages",
    "want_no_renditions",
    "want_renditions",
    "want_small",
]
