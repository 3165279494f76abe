"""Wagtail, raw pyvips and thumbor, each making the renditions that we make.

``python -m benchmarks.peers FILE`` makes Wagtail's JPEGs of a file in a process of
its own and prints the memory that took at most.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Read when libvips starts.
os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips

from media_pipeline.renditions import Size, rendition_sizes

# SSIMULACRA2 is then about 75; Wagtail's own defaults are AVIF 61 and JPEG 76.
PEER_AVIF, PEER_JPEG = 63, 80
THUMBOR = "thumbor==7.8.0"
THUMBOR_HOME = Path(__file__).resolve().parent.parent / "var" / "bench" / "thumbor"

Files = dict[tuple[str, int], bytes]  # by format and width


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    content: bytes
    size: Size  # upright
    suffix: str = "jpg"
    widths: list[int] = field(init=False)

    def __post_init__(self) -> None:
        widths = [size.width for size in rendition_sizes(self.size)]
        object.__setattr__(self, "widths", widths)


def wagtails(
    photo: Photo,
    formats: Sequence[str] = ("avif", "jpeg"),
    quality: str = f"avifquality-{PEER_AVIF}|jpegquality-{PEER_JPEG}",
) -> Files:
    from django.core.files.base import ContentFile
    from wagtail.images.models import Image

    specs = {
        f"width-{width}|format-{kind}|{quality}".rstrip("|"): (kind, width)
        for kind in formats
        for width in photo.widths
    }
    image = Image(title="Peer", file=ContentFile(photo.content, f"p.{photo.suffix}"))
    image.save()
    files = {}
    for spec, rendition in image.get_renditions(*specs).items():
        with rendition.file.open("rb") as file:
            files[specs[spec]] = file.read()
    image.delete()
    return files


def vips_version() -> str:
    pyvips.cache_set_max(0)  # it would remember the photo
    return ".".join(str(pyvips.version(part)) for part in range(3))


def vips(photo: Photo) -> Files:
    """Decode once, at the scale that is enough, then a cascade: JPEG only."""
    files = {}
    picture = pyvips.Image.thumbnail_buffer(
        photo.content, photo.widths[0], height=100_000
    ).copy_memory()
    for width in photo.widths:
        if width < picture.width:
            factor = width / picture.width
            picture = picture.resize(factor, kernel="lanczos3").copy_memory()
        files["jpeg", width] = picture.jpegsave_buffer(Q=PEER_JPEG, keep="none")
    return files


@dataclass(frozen=True, slots=True)
class Thumbor:
    """A server of its own; a file a request, as it is used."""

    address: str
    folder: Path

    def files(self, photo: Photo, formats: Sequence[str] = ("avif", "jpeg")) -> Files:
        name = f"photo.{photo.suffix}"
        (self.folder / name).write_bytes(photo.content)
        qualities = {"avif": PEER_AVIF, "jpeg": PEER_JPEG}
        files = {}
        for kind in formats:
            for width in photo.widths:
                url = (
                    f"{self.address}/unsafe/{width}x0/"
                    f"filters:format({kind}):quality({qualities[kind]})/{name}"
                )
                with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310 - our own loopback server
                    files[kind, width] = answer.read()
        return files


@contextlib.contextmanager
def thumbor(folder: Path) -> Iterator[Thumbor | None]:
    """Run thumbor on loopback; yield None where it cannot be installed."""
    program = THUMBOR_HOME / "bin" / "thumbor"
    if not program.exists() and not _installed(THUMBOR_HOME):
        yield None
        return
    (folder / "thumbor.conf").write_text(
        "LOADER = 'thumbor.loaders.file_loader'\n"
        f"FILE_LOADER_ROOT_PATH = {str(folder)!r}\n"
        "STORAGE = 'thumbor.storages.no_storage'\n"
        "RESULT_STORAGE = None\n"
        "ALLOW_UNSAFE_URL = True\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "thumbor.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(str(program), "-i", "127.0.0.1", "-p", str(port)),
                *("-c", str(folder / "thumbor.conf"), "-l", "error"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port, process)
        yield Thumbor(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(20)


def _installed(home: Path) -> bool:
    print(f"installing {THUMBOR} into {home} ...", file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", str(home)],
        [str(home / "bin" / "pip"), "install", "-q", THUMBOR],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr[-500:], file=sys.stderr)
            return False
    return True


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    import time

    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit("thumbor ended at once.")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1),
        ):
            return
        time.sleep(0.2)
    raise SystemExit("thumbor does not answer.")


# --- memory -------------------------------------------------------------------------


def memory(name: str) -> int:
    """A line of /proc/self/status, KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


def wagtails_memory(photo: Photo, folder: Path) -> dict[str, int]:
    """KiB of a fresh process before and at most, while Wagtail makes five JPEGs."""
    file = folder / f"memory.{photo.suffix}"
    file.write_bytes(photo.content)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.peers", str(file)),
            *map(str, (photo.size.width, photo.size.height)),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    result: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    import django

    django.setup()
    from wagtail.images.models import Image  # noqa: F401 - what a site has loaded

    path, width, height = sys.argv[1:]
    photo = Photo("", Path(path).read_bytes(), Size(int(width), int(height)))
    before = memory("VmRSS")
    wagtails(photo, ("jpeg",))
    print(json.dumps({"before": before, "most": memory("VmHWM")}))


if __name__ == "__main__":
    main()
