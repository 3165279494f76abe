"""The limited child: one picture, two questions, and nothing else to reach.

It holds three things: the upload's bytes, a mapping for its answers, and a socket to
the worker. It can open nothing more.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import mmap
import os
import resource
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from PIL import ExifTags, Image, ImageCms

from media_pipeline import renditions
from media_pipeline.exceptions import RefusedFile
from media_pipeline.recipes import Recipe, apply_recipe
from media_pipeline.renditions import (
    PLACEHOLDER_FORMAT,
    PLACEHOLDER_LONG_SIDE,
    WIDTHS,
    WORKING_LONG_SIDE,
    Plan,
    Size,
    encode_placeholder,
    rendition_sizes,
)

from . import walls
from .intake import Rules, Upload
from .notes import RenditionNotes, strongest_source_type, xmp_packet

MESSAGE_BYTES = 65536

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_LIBC = ctypes.CDLL(None, use_errno=True)

#: A recipe that goes through every part of the renderer.
_EVERYTHING = {
    "straighten": 5,
    "adjustments": {"contrast": 0.1, "saturation": 0.1},
    "filter": {"name": "lagoon"},
    "overlay": {"name": "glow"},
    "texture": {"name": "paper"},
    "text": [{"text": "Ä", "x": 0.5, "y": 0.5}],
    "signature": {"strokes": [[[0, 0], [1, 1]]]},
}

TOO_LARGE = b'{"refused": "too_large_to_decode"}'


def run(
    request: Mapping[str, Any], upload_fd: int, answer_fd: int, control_fd: int
) -> None:
    """Answer the worker's questions on one upload until it has no more."""
    die_with(os.getppid())
    upload = _read(upload_fd)
    answer = mmap.mmap(answer_fd, 0)
    control = socket.socket(fileno=control_fd)
    os.close(upload_fd)
    os.close(answer_fd)
    limit(request["limits"])
    walls.enclose(request["second_wall"], control_fd)
    try:
        _talk(request, upload, answer, control)
    except MemoryError:
        control.send(TOO_LARGE)


def _read(descriptor: int) -> bytes:
    """Return its bytes, which nobody can change."""
    size, parts = os.fstat(descriptor).st_size, []
    at = 0
    while at < size:
        parts.append(os.pread(descriptor, size - at, at))
        at += len(parts[-1])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _talk(
    request: Mapping[str, Any], data: bytes, answer: mmap.mmap, control: socket.socket
) -> None:
    try:
        picture = _Conversation(
            data,
            Rules(**request["rules"]),
            answer,
            plan=Plan(request["plan"]),
            master=request["master"],
        )
        if request["steps"]:
            _send(control, picture.check())
        question = control.recv(MESSAGE_BYTES)
        if question:
            _send(control, picture.render(json.loads(question)))
    except RefusedFile as refusal:
        _send(control, {"refused": refusal.code})


def rehearse() -> None:
    """Go through both questions once, in the server, on pictures of our own.

    A child can open no file, so every module that is imported late must be there
    before the fork.
    """
    rules = Rules(
        max_pixels=10_000, min_side=1, max_side=100, max_ratio=1, max_jpeg_scans=9
    )
    answer = mmap.mmap(-1, 1 << 18)
    sample = Image.new("RGB", (64, 64), (200, 120, 40))
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:01 12:00:00"
    question = {"master": True, "recipe": _EVERYTHING, "placeholder": True}
    for format in ("JPEG", "PNG", "WEBP", "AVIF"):
        file = io.BytesIO()
        sample.save(file, format, exif=exif, icc_profile=_srgb_profile())
        conversation = _Conversation(file.getvalue(), rules, answer)
        json.dumps(conversation.check())
        json.dumps(conversation.render(question))


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


class _Conversation:
    """The two answers on one upload; what the first decoded serves the second."""

    def __init__(
        self,
        data: bytes,
        rules: Rules,
        answer: mmap.mmap,
        *,
        plan: Plan = Plan.ALL,
        master: bool = False,
    ) -> None:
        self._started = time.perf_counter()
        self._upload = Upload(data, rules)
        self._answer = answer
        self._plan = plan
        self._is_master_wanted = master
        self._pixels: Image.Image | None = None
        self._working: Image.Image | None = None

    def check(self) -> dict[str, Any]:
        """Return the facts; the pixels for the steps are put into the mapping."""
        upload = self._upload
        working = upload.master.within(WORKING_LONG_SIDE)
        if self._is_master_wanted:
            self._pixels = upload.master_pixels()
        else:
            planned = renditions.planned(self._plan, rendition_sizes(upload.master))
            self._pixels = self._decoded([size for size, _ in planned], working)
        self._working = next(renditions.cascade(self._pixels, [working]))
        raw = self._working.tobytes()
        self._answer[: len(raw)] = raw
        return {
            "size": [upload.master.width, upload.master.height],
            "working": [working.width, working.height],
            "facts": asdict(upload.facts),
            "timings_ms": {"decode": self._lap()},
        }

    def _decoded(
        self,
        sizes: Sequence[Size],
        besides: Size | None = None,
        *,
        thrifty: bool = False,
    ) -> Image.Image:
        """Return pixels enough for these sizes, widest first, and for one besides.

        ``thrifty``: of the cheapest decoding that has as many at all.
        """
        if thrifty:
            return self._upload.pixels(sizes[0], thrifty=True)
        source = renditions.source_size(sizes)
        if besides is not None and besides.pixels > source.pixels:
            source = besides
        return self._upload.pixels(source)

    def render(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was encoded: the master first, then renditions, widest first."""
        self._lap()
        timings: dict[str, float] = {}
        files: list[dict[str, Any]] = []
        answer: dict[str, Any] = {"files": files, "timings_ms": timings}
        at = 0

        def put(kind: str, format: str, size: Size, content: bytes) -> None:
            nonlocal at
            if at + len(content) > len(self._answer):
                raise RefusedFile("too_large_to_decode")
            self._answer[at : at + len(content)] = content
            files.append(
                {
                    "kind": kind,
                    "format": format,
                    "width": size.width,
                    "height": size.height,
                    "at": at,
                    "bytes": len(content),
                }
            )
            at += len(content)

        if question.get("master"):
            master = self._upload.master_pixels()
            put("master", "jpeg", Size(*master.size), renditions.encode_master(master))
            del master
            timings["master"] = self._lap()
        pixels, wanted = self._to_encode(question)
        if pixels is not None:
            effort = {
                "small": question.get("plan") == Plan.SMALL,
                "thrifty": _is_thrifty(question),
            }
            xmp = self._xmp(question)  # known only now: decoding tells the source
            known = self._working if question.get("recipe") is None else None
            pictures = renditions.cascade(pixels, [size for size, _ in wanted], known)
            for picture, (size, formats) in zip(pictures, wanted, strict=True):
                for format in formats:
                    if format == PLACEHOLDER_FORMAT:
                        kind, content = "placeholder", encode_placeholder(picture)
                    else:
                        kind = "rendition"
                        content = renditions.encode(picture, format, xmp, **effort)
                    put(kind, format, size, content)
            timings["renditions"] = self._lap()
        return answer

    def _to_encode(
        self, question: Mapping[str, Any]
    ) -> tuple[Image.Image | None, list[tuple[Size, list[str]]]]:
        """Return what the renditions show, with their sizes and formats."""
        upload, recipe = self._upload, question.get("recipe")
        parsed = None if recipe is None else Recipe.from_json(recipe)
        shown = upload.master if parsed is None else parsed.shown_size(upload.master)
        wanted: list[tuple[Size, list[str]]] = []
        if question.get("renditions", True):
            wanted = renditions.planned(
                Plan(question.get("plan", Plan.ALL)),
                rendition_sizes(shown, question.get("widths", WIDTHS)),
                question.get("formats", renditions.FORMATS),
            )
        if question.get("placeholder"):
            wanted.append((shown.within(PLACEHOLDER_LONG_SIDE), [PLACEHOLDER_FORMAT]))
        if not wanted:
            return None, []
        widest = wanted[0][0]
        if parsed is not None:
            # So many pixels that what the crop leaves still fills its widest rendition.
            fills = upload.master.scaled(widest.width / shown.width)
            pixels = self._pixels
            if pixels is None or pixels.width < fills.width:
                pixels = self._decoded([fills])
            elif pixels.width > fills.width:
                pixels = renditions.resized(pixels, fills)
            return apply_recipe(pixels, parsed), wanted
        if self._pixels is not None and self._pixels.width >= widest.width:
            return self._pixels, wanted
        sizes = [size for size, _ in wanted]
        return self._decoded(sizes, thrifty=_is_thrifty(question)), wanted

    def _xmp(self, question: Mapping[str, Any]) -> bytes:
        notes = RenditionNotes(**(question.get("notes") or {}))
        return xmp_packet(
            notes,
            strongest_source_type(
                self._upload.facts.source_type,
                notes.source_type,
                "humanEdits" if question.get("recipe") is not None else None,
            ),
        )

    def _lap(self) -> float:
        now = time.perf_counter()
        elapsed, self._started = (now - self._started) * 1000, now
        return elapsed


def _is_thrifty(question: Mapping[str, Any]) -> bool:
    """Whether JPEGs alone are asked for: no encoder's work hides the decoder's then.

    Decoding and jpegli are a fourteenth of the work each with AVIFs, a third without.
    """
    return tuple(question.get("formats", renditions.FORMATS)) == ("jpeg",)


def _send(control: socket.socket, message: Mapping[str, Any]) -> None:
    control.send(json.dumps(message).encode())


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the server is gone."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it was gone before that
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def limit(limits: Mapping[str, int]) -> None:
    gc.disable()  # short-lived; and what the server made stays shared
    seconds = limits["cpu_seconds"]
    for which, soft, hard in (
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        # SIGXCPU at the first, SIGKILL at the second.
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        # Not one more than those that are open.
        (resource.RLIMIT_NOFILE, 0, 0),
    ):
        resource.setrlimit(which, (soft, hard))
