"""What a site might plug in."""

from __future__ import annotations

from django.utils.html import format_html


class Origins:
    """Draws every origin that begins with "photo"."""

    def origins(self, references):
        return {
            reference: format_html('<a href="/photos/{}/">Seen here</a>', reference)
            for reference in references
            if reference.startswith("photo")
        }


class Fussy:
    """A picture renderer that takes nothing."""

    def store(self, file, *, name):
        raise RuntimeError("too sharp")

    def pictures(self, references):
        return {}

    def open(self, reference):
        raise LookupError(reference)


def share_url(key):
    return f"/share-your-photo/{key}/"


def legal_links():
    return [("Terms & conditions", "/terms/"), ("Privacy", "/privacy/")]
