"""The surfaces a photo may show on, and the one sentence that says it does."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from django.db.models import F, Func, IntegerField, Q
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Surface(enum.IntFlag):
    """Where the public may see a photo; the value is the bit in both columns."""

    PRODUCT_PAGES = 1
    GALLERIES = 2
    MAIL = 4
    ADS = 8
    PARTNERS = 16

    @property
    def slug(self) -> str:
        """The name used in forms, addresses and events, as ``product_pages``."""
        return str(self.name).lower()

    @property
    def label(self) -> Promise:
        """The surface's name, for people."""
        return _LABELS[self]

    @property
    def explanation(self) -> Promise:
        """What allowing this surface means, in one plain sentence."""
        return _EXPLANATIONS[self]

    @classmethod
    def from_slugs(cls, slugs: Iterable[str]) -> Surface:
        """The surfaces with these slugs together; unknown ones raise KeyError."""
        found = cls(0)
        for slug in slugs:
            found |= cls[slug.upper()]
        return found


#: No surface at all, and every one.
NOWHERE = Surface(0)
EVERYWHERE = ~NOWHERE

_LABELS: dict[Surface, Promise] = {
    Surface.PRODUCT_PAGES: _("Product pages"),
    Surface.GALLERIES: _("Galleries"),
    Surface.MAIL: _("Mails"),
    Surface.ADS: _("Advertising"),
    Surface.PARTNERS: _("Partners"),
}
_EXPLANATIONS: dict[Surface, Promise] = {
    Surface.PRODUCT_PAGES: _(
        "On the pages of the products in your photo, and in this shop's search."
    ),
    Surface.GALLERIES: _(
        "On the home page, in galleries and in the stories of this shop."
    ),
    Surface.MAIL: _("In the shop's newsletter and order mails."),
    Surface.ADS: _("In the shop's ads and in product lists for search engines."),
    Surface.PARTNERS: _("On other websites that show this shop's photos."),
}


def public_q(surface: Surface, prefix: str = "") -> Q:
    """True of rows the public may see on the surface, now.

    Photos, product tags and photo tags carry the same three columns, so one
    condition serves them all; ``prefix`` walks a relation to them.
    """
    bits = F(f"{prefix}public_surfaces")
    return (
        # Spelt as in the partial indexes, with the literal they were made with:
        # neither database sees that a set bit means "greater than zero".
        Q(GreaterThan(bits, Func(template="0", output_field=IntegerField())))
        & Q(GreaterThan(bits.bitand(surface.value), 0))
        & (Q(**{f"{prefix}ends_at": None}) | Q(**{f"{prefix}ends_at__gt": Now()}))
    )
