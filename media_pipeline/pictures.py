"""A picture as a page draws it: one element, several formats and widths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True)
class Picture:
    """``src`` is the widest JPEG's address; ``width`` and ``height`` are its, px."""

    width: int
    height: int
    src: str
    jpegs: tuple[tuple[int, str], ...] = ()  # (width, address), narrowest first
    avifs: tuple[tuple[int, str], ...] = ()
    colour: str = field(default="")  # "#rrggbb", for what stands there meanwhile

    @classmethod
    def of(
        cls, sources: Iterable[tuple[str, int, int, str]], *, colour: str = ""
    ) -> Self | None:
        """Return the picture of (format, width, height, address), None without JPEG."""
        ordered = sorted(sources, key=lambda source: source[1])
        jpegs = [source for source in ordered if source[0] == "jpeg"]
        if not jpegs:
            return None
        _, width, height, src = jpegs[-1]
        return cls(
            width=width,
            height=height,
            src=src,
            jpegs=tuple((source[1], source[3]) for source in jpegs),
            avifs=tuple(
                (source[1], source[3]) for source in ordered if source[0] == "avif"
            ),
            colour=colour,
        )

    def url(self, width: int) -> str:
        """Return the address of the narrowest JPEG that fills ``width`` px."""
        for each, address in self.jpegs:
            if each >= width:
                return address
        return self.src

    def html(
        self,
        *,
        alt: str,
        sizes: str = "100vw",
        eager: bool = False,
        css_class: str = "",
    ) -> SafeString:
        """Return a ``<picture>``. ``eager`` is for the one that is seen first."""
        escape = conditional_escape
        loading = 'loading="eager" fetchpriority="high"' if eager else 'loading="lazy"'
        named = f' class="{escape(css_class)}"' if css_class else ""
        avif = (
            f'<source type="image/avif" srcset="{_srcset(self.avifs)}"'
            f' sizes="{escape(sizes)}">'
            if self.avifs
            else ""
        )
        # Everything that comes from outside went through escape() above and below.
        return mark_safe(  # noqa: S308
            f"<picture{named}>{avif}"
            f'<img src="{escape(self.url(960))}" srcset="{_srcset(self.jpegs)}"'
            f' sizes="{escape(sizes)}" width="{self.width}" height="{self.height}"'
            f' alt="{escape(alt)}" {loading} decoding="async"></picture>'
        )


def _srcset(sources: tuple[tuple[int, str], ...]) -> str:
    return ", ".join(
        f"{conditional_escape(address)} {width}w" for width, address in sources
    )
