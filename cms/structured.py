"""Facts for search engines, as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString, mark_safe

# The same signs as Django's json_script escapes, which writes another script type.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def for_script(facts: Mapping[str, Any]) -> SafeString:
    """Return JSON that is safe inside a script element, whatever the words in it."""
    text = json.dumps(facts, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(text)  # noqa: S308
