from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from media_pipeline.backends.barcodes import Code
from media_pipeline.backends.loading import build_backend
from media_pipeline.backends.pictures import Pixels
from media_pipeline.contact_data import find_contacts
from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Verdict

from .text import Place, check_places

MATRIX_CODE = "qr_code"


class CodeBackend(Protocol):
    def scan(self, pixels: Pixels) -> tuple[Code, ...]:
        """Return the codes in the picture, or raise ``BackendUnavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class CodesFacts:
    codes: tuple[Code, ...]
    places: tuple[Place, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"codes": [code.text for code in self.codes]}


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Read QR and bar codes; ask for review of every QR code.

    Whatever it holds, a shopper's telephone would follow it. The bars on packagings
    only number goods: they pass, unless they hold contact data.
    """

    name: ClassVar[str] = "codes"
    backend: str = "media_pipeline.backends.barcodes.ZxingCodes"
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    engine: CodeBackend = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        engine = build_backend(self.backend, self.backend_options, method="scan")
        object.__setattr__(self, "engine", engine)

    def inspect(self, frame: Frame) -> StepResult:
        codes = self.engine.scan(frame.pixels)
        check_places([code.box for code in codes])
        places = []
        for code in codes:
            kinds = [contact.kind for contact in find_contacts(code.text)]
            if code.is_matrix:
                kinds.insert(0, MATRIX_CODE)
            elif code.text.isdigit():
                kinds = []  # the number of a good, however it looks
            places += [Place(kind, code.box) for kind in dict.fromkeys(kinds)]
        reasons = tuple(dict.fromkeys(place.reason for place in places))
        return StepResult(
            step=self.name,
            verdict=Verdict.REVIEW if reasons else Verdict.PASS,
            reasons=reasons,
            facts=CodesFacts(codes, tuple(places)),
            boxes=tuple(place.box for place in places),
        )
