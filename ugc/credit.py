"""What the pictures of a photo say of themselves: whose they are, on which terms.

IPTC's fields for licensable images, which search engines read in the file. The name is
always the persona's, and the rest is said only if the shop says it by settings.
"""

from __future__ import annotations

from django.utils import timezone

from . import conf

#: What the settings may hold in braces.
PLACEHOLDERS = ("name", "year", "photo_url")


def notes_for(*, name: str, public_id: str) -> dict[str, str]:
    """Return the notes for a new photo's renditions; empty ones say nothing."""
    said = {
        "credit_line": conf.credit_line(),
        "copyright": conf.copyright(),
        "licence_url": conf.licence_url(),
        "web_statement": conf.web_statement(),
    }
    values = {"name": name, "year": timezone.localdate().year, "photo_url": ""}
    if any("{photo_url}" in text for text in said.values()):
        values["photo_url"] = _address(conf.photo_url(public_id))
    filled_in = {field: text.format(**values) for field, text in said.items()}
    return {"creator": name, **filled_in}


def _address(url: str) -> str:
    return conf.site_url() + url if url.startswith("/") else url
