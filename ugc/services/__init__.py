"""What can be done with a photo: submit, decide, tag, allow, withdraw.

All are idempotent, write the photo's history, and change its state only from
the state they expect.
"""

from __future__ import annotations

from .authorship import (
    apply_permissions,
    edit_photo,
    restore_photo,
    set_permissions,
    withdraw_photo,
)
from .expiries import end_permissions
from .moderation import (
    TagAt,
    approve_photo,
    ban_photo,
    discard_upload,
    feature_photo,
    lift_ban,
    refuse_photo,
    remove_photo,
    reopen_photo,
    retry_photo,
    review_stamp,
)
from .rescoring import note_rescoring
from .submission import (
    reasons_in_words,
    replace_file,
    settle_photo,
    stop_mails,
    submit_photo,
)
from .tagging import (
    products_asked_for,
    suggest_products,
    tag_product,
    tag_word,
    untag_product,
    untag_word,
)

__all__ = [
    "TagAt",
    "apply_permissions",
    "approve_photo",
    "ban_photo",
    "discard_upload",
    "edit_photo",
    "end_permissions",
    "feature_photo",
    "lift_ban",
    "note_rescoring",
    "products_asked_for",
    "reasons_in_words",
    "refuse_photo",
    "remove_photo",
    "reopen_photo",
    "replace_file",
    "restore_photo",
    "retry_photo",
    "review_stamp",
    "set_permissions",
    "settle_photo",
    "stop_mails",
    "submit_photo",
    "suggest_products",
    "tag_product",
    "tag_word",
    "untag_product",
    "untag_word",
    "withdraw_photo",
]
