"""Every setting of this package, with its unit and default.

Read each time it is asked, so that overriding works. Without configured Django
settings, as behind ``python -m media_pipeline``, the defaults answer; Django is
never imported from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def setting(name: str, default: Any) -> Any:
    """Return ``MEDIA_PIPELINE_<name>`` of the Django settings, or the default."""
    django_conf = sys.modules.get("django.conf")
    if django_conf is None:
        return default
    settings = django_conf.settings
    if not settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        return default
    return getattr(settings, f"MEDIA_PIPELINE_{name}", default)


# --- what is taken ------------------------------------------------------------
def max_upload_bytes() -> int:
    """Largest file that is taken, bytes."""
    return int(setting("MAX_UPLOAD_BYTES", 25 * 1024 * 1024))


def max_pixels() -> int:
    """Largest picture that is decoded, px. Common sensors give 50.3 million."""
    return int(setting("MAX_PIXELS", 52_000_000))


def min_side() -> int:
    """Shortest side that is taken, px."""
    return int(setting("MIN_SIDE", 200))


def max_side() -> int:
    """Longest side that is taken, px."""
    return int(setting("MAX_SIDE", 12_000))


def max_ratio() -> float:
    """Long side by short side at most."""
    return float(setting("MAX_RATIO", 5))


def max_jpeg_scans() -> int:
    """Scans of a progressive JPEG at most; ten are usual, a bomb has thousands."""
    return int(setting("MAX_JPEG_SCANS", 100))


# --- the sandbox --------------------------------------------------------------
def sandbox_command() -> Sequence[str]:
    """Command that starts the decode server; the socket's number is appended.

    Also read from the environment (separated by spaces), so that a test can
    start a faulty server behind the command line and behind a worker.
    """
    command = setting("SANDBOX_COMMAND", None)
    if command is None:
        command = os.environ.get("MEDIA_PIPELINE_SANDBOX_COMMAND", "").split()
    return list(command) or [sys.executable, "-P", "-s", "-m", "media_pipeline.sandbox"]


def sandbox_wall_seconds() -> float:
    """Longest wait for one answer of a child, seconds; then it is killed."""
    return float(setting("SANDBOX_WALL_SECONDS", 15))


def sandbox_cpu_seconds() -> int:
    """CPU time of one child, seconds."""
    return int(setting("SANDBOX_CPU_SECONDS", 8))


def sandbox_memory_bytes() -> int:
    """Address space of one child, bytes. 52 MP with alpha and a profile fit."""
    return int(setting("SANDBOX_MEMORY_BYTES", 1280 * 1024 * 1024))


def sandbox_second_wall() -> str:
    """Whether the kernel filters what a child may ask of it.

    "auto": as far as the kernel can; "required": else no picture is decoded; "off".
    The environment variable of the same name serves the command.
    """
    default = os.environ.get("MEDIA_PIPELINE_SANDBOX_SECOND_WALL", "auto")
    return str(setting("SANDBOX_SECOND_WALL", default))


# --- the steps ----------------------------------------------------------------
def steps(profile: str = "photo") -> Sequence[str] | None:
    """Names of the steps that inspect this profile's pictures, in order.

    None for photos means the pipeline's own default. Product pictures come from
    the shop itself: nobody moderates them.
    """
    if profile == "product":
        return list(setting("PRODUCT_STEPS", ["hashes", "colours"]))
    chosen = setting("STEPS", None)
    return None if chosen is None else list(chosen)


def step_options() -> Mapping[str, Mapping[str, Any]]:
    """Options by step name, as ``{"resolution": {"min_short_side": 900}}``."""
    return dict(setting("STEP_OPTIONS", {}))


def step_seconds() -> float:
    """Longest wait for one step, seconds. Local ones take 1-150 ms of CPU; remote ones
    have their own time-outs below this."""
    return float(setting("STEP_SECONDS", 10))


def run_seconds() -> float:
    """Longest wait for all steps together, seconds; an asset's lease is kept alive
    for 60."""
    return float(setting("RUN_SECONDS", 30))


def models_folder() -> Path:
    """Folder of the installed model files; outside the repository's history.

    The environment variable of the same name serves the command, which knows no
    settings.
    """
    default = os.environ.get("MEDIA_PIPELINE_MODELS_FOLDER")
    if default is None:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        default = str(Path(cache) / "schaufenster" / "models")
    return Path(setting("MODELS_FOLDER", default))


def warms_models() -> bool:
    """Whether a worker's processes load the networks when they start: 1.7 s of CPU
    and 400 MB each, beside their work. Else the first photo waits for it."""
    return bool(setting("WARM_MODELS", True))


def text_languages() -> Sequence[str]:
    """Languages of captions and comments, ISO 639-1; they choose the word lists."""
    return list(setting("TEXT_LANGUAGES", ["en", "de"]))


def bad_words() -> Sequence[str]:
    """Words and phrases that a person should look at, beside the built-in lists."""
    return list(setting("BAD_WORDS", []))


def harmless_words() -> Sequence[str]:
    """Words of the built-in lists that are ordinary in this shop."""
    return list(setting("HARMLESS_WORDS", []))


# --- what is like what --------------------------------------------------------
def catalogue() -> str:
    """Dotted path to what lists the shop's pictures; empty: no products are sought.

    A class, made without arguments, whose ``pictures()`` yields values with ``key``
    (opaque), ``open()`` and, if it has one, ``reference``: a name that changes with
    the picture. The catalogue port of ``ugc`` fits.
    """
    return str(setting("CATALOGUE", ""))


def product_index() -> str:
    """Dotted path to what returns the vectors of the catalogue.

    Called with the embedder's name and length; its result has the ``model`` and
    ``find`` of ``similarity.ProductIndex``. The default searches exactly, up to some
    200,000 pictures; a shop with more names its vector database here.
    """
    return str(setting("PRODUCT_INDEX", "media_pipeline.duplicates.product_index"))


def prefilled_from() -> float:
    """Cosine from which a product is filled in as a tag, for an editor to keep.

    Of those shown from 0.75 on 95 % were right, and 1 % of photos without a match
    had one (models.md, November 2026).
    """
    return float(setting("PRODUCTS_PREFILLED_FROM", 0.75))


def suggested_from() -> float:
    """Cosine from which a product is listed: 86 % were right, 26 % had none."""
    return float(setting("PRODUCTS_SUGGESTED_FROM", 0.6))


def asked_prefilled_from() -> float:
    """The same for products that the order or the product page named.

    They are few, so chance plays a smaller part: of 4,103 pairs of a photo and
    another kind of product 2 reach 0.60 (docs/reference/accuracy.md).
    """
    return float(setting("ASKED_PREFILLED_FROM", 0.6))


def asked_suggested_from() -> float:
    """Of 62 pairs of a photo and the same kind of product 45 reach 0.45, as do 7 % of
    pairs that do not belong together."""
    return float(setting("ASKED_SUGGESTED_FROM", 0.45))


def category_head() -> str:
    """Path of the trained head of the shop's own categories; empty: none is used.

    ``train-head`` makes it. The environment variable of the same name serves the
    command.
    """
    default = os.environ.get("MEDIA_PIPELINE_CATEGORY_HEAD", "")
    return str(setting("CATEGORY_HEAD", default))


def compared_photos() -> int:
    """How many of the newest photos are compared by vector; 5 KB of memory each.

    All of them are compared by hash.
    """
    return int(setting("COMPARED_PHOTOS", 20_000))


# --- storages -----------------------------------------------------------------
def incoming_storage() -> str:
    """Alias of the storage of uploads as they came."""
    return str(setting("INCOMING_STORAGE", "incoming"))


def private_storage() -> str:
    """Alias of the storage of masters and of renditions that are not public."""
    return str(setting("PRIVATE_STORAGE", "private"))


def public_storage() -> str:
    """Alias of the storage of what everybody may see."""
    return str(setting("PUBLIC_STORAGE", "public"))


def incoming_expire_seconds() -> int:
    """Age at which an upload that nobody refers to is deleted, seconds."""
    return int(setting("INCOMING_EXPIRE_SECONDS", 24 * 60 * 60))


def copies_expire_seconds() -> float:
    """Age at which public copies that no row names are deleted, seconds.

    Twice the time that one publication may take for its copies.
    """
    return float(setting("COPIES_EXPIRE_SECONDS", 10 * 60))


def former_names_seconds() -> float:
    """How long a public picture that was replaced can still be had, seconds.

    For pages that were opened before. A takedown ends it at once.
    """
    return float(setting("FORMER_NAMES_SECONDS", 60 * 60))
