"""A picture as a page draws it: one element, several formats and widths."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from .exceptions import WrongRecipe

logger = logging.getLogger(__name__)

Point = tuple[float, float]

#: Of the classes that say what a crop keeps, percent.
FOCUS_STEP = 5


def place_in(
    recipe: Mapping[str, Any] | None, size: tuple[int, int] | None
) -> Callable[[float, float], Point | None]:
    """Return how points of a master, in [0, 1], lie in what its renditions show.

    ``size`` is the master's. None for a point that the recipe's crop leaves out.
    """
    if not recipe or size is None:
        return lambda x, y: (x, y)
    # Here: most pictures have none, and it takes the renderer's libraries.
    from .recipes import recipe_from
    from .renditions import Size

    try:
        styled = recipe_from(recipe)
    except WrongRecipe as error:
        # What is shown is not known, so nothing can be pointed at.
        logger.warning("A recipe cannot be read: %s", error)
        return lambda x, y: None
    if styled is None:
        return lambda x, y: (x, y)
    master = Size(*size)
    return lambda x, y: styled.shown_point(x, y, master)


def shown_focus(
    x: float | None,
    y: float | None,
    *,
    recipe: Mapping[str, Any] | None,
    width: int | None,
    height: int | None,
) -> Point | None:
    """Return where a master's focal point lies in its renditions, in [0, 1].

    ``width`` and ``height`` are the master's. None for the middle.
    """
    if x is None or y is None:
        return None
    size = (width, height) if width and height else None
    return place_in(recipe, size)(x, y)


@dataclass(frozen=True, slots=True)
class Picture:
    """``src`` is the widest JPEG's address; ``width`` and ``height`` are its, px."""

    width: int
    height: int
    src: str
    jpegs: tuple[tuple[int, str], ...] = ()  # (width, address), narrowest first
    avifs: tuple[tuple[int, str], ...] = ()
    colour: str = field(default="")  # "#rrggbb", for what stands there meanwhile
    placeholder: str = ""  # a picture of some 16 px as a data URI, for the same
    focus: Point | None = None  # what a crop keeps, in [0, 1]; None is the middle

    @classmethod
    def of(
        cls,
        sources: Iterable[tuple[str, int, int, str]],
        *,
        colour: str = "",
        placeholder: str = "",
        focus: Point | None = None,
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
            placeholder=placeholder,
            focus=focus,
        )

    @property
    def focus_class(self) -> str:
        """CSS classes for ``object-position``, as ``"focus-x-30 focus-y-15"``.

        Empty for the middle, where every crop is anyway. Classes, since a site's
        policy may allow no style attributes; ``weave.css`` of ``cms`` has them.
        """
        if self.focus is None:
            return ""
        steps = (FOCUS_STEP * round(100 * part / FOCUS_STEP) for part in self.focus)
        return " ".join(
            f"focus-{axis}-{step}"
            for axis, step in zip("xy", steps, strict=True)
            if step != 50
        )

    def url(self, width: int) -> str:
        """Return the address of the narrowest JPEG that fills ``width`` px."""
        return self.jpeg(width)[1]

    def jpeg(self, width: int) -> tuple[int, str]:
        """Return width (px) and address of the narrowest JPEG that fills ``width``."""
        for each in self.jpegs:
            if each[0] >= width:
                return each
        return self.width, self.src

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
        focused = f' class="{self.focus_class}"' if self.focus_class else ""
        avif = (
            f'<source type="image/avif" srcset="{_srcset(self.avifs)}"'
            f' sizes="{escape(sizes)}">'
            if self.avifs
            else ""
        )
        # Everything that comes from outside went through escape() above and below.
        return mark_safe(  # noqa: S308
            f"<picture{named}>{avif}"
            f'<img{focused} src="{escape(self.url(960))}" srcset="{_srcset(self.jpegs)}"'
            f' sizes="{escape(sizes)}" width="{self.width}" height="{self.height}"'
            f' alt="{escape(alt)}" {loading} decoding="async"></picture>'
        )


def _srcset(sources: tuple[tuple[int, str], ...]) -> str:
    return ", ".join(
        f"{conditional_escape(address)} {width}w" for width, address in sources
    )
