from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from media_pipeline.registry import registry
from media_pipeline.results import Frame, StepResult, Verdict

AI_GENERATED = "states_ai_generated"
AI_PARTS = "states_ai_parts"
DRAWN = "states_drawn"
COMPOSITE = "states_composite"
SCREENSHOT = "states_screenshot"
AI_SOFTWARE = "states_ai_software"
CREDENTIALS = "states_content_credentials"

# Terms of the IPTC "Digital Source Type" NewsCodes, in lower case. Those that say
# "a camera took it" or "somebody edited it" tell nothing that needs a remark.
_SOURCE_TYPES: Mapping[str, str] = {
    "trainedalgorithmicmedia": AI_GENERATED,
    "compositewithtrainedalgorithmicmedia": AI_PARTS,
    "algorithmicmedia": DRAWN,
    "datadrivenmedia": DRAWN,
    "digitalart": DRAWN,
    "digitalcreation": DRAWN,
    "softwareimage": DRAWN,
    "virtualrecording": DRAWN,
    "composite": COMPOSITE,
    "compositecapture": COMPOSITE,
    "compositesynthetic": COMPOSITE,
    "screencapture": SCREENSHOT,
}
# Programs that do nothing else; an editor that also can says so by a source type.
_AI_SOFTWARE = re.compile(
    r"\b(?:midjourney|dall[- ·]?e|stable ?diffusion|comfyui|automatic1111|invokeai"
    r"|novelai|adobe firefly|dreamstudio|leonardo ?ai|flux\.1|imagen \d|ideogram)\b",
    re.IGNORECASE,
)
_TO_BE_SEEN = frozenset({AI_GENERATED, AI_PARTS, AI_SOFTWARE})


@registry.register
@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Repeat what the file states of its origin. Never a verdict on what is true.

    Of Content Credentials (C2PA) it repeats the source type and the program, and
    that they are there; nobody checks their signatures. A file that states nothing
    may still be generated, and one that states it may be wrong: whoever writes a
    file writes this too. What states to come from a model is shown to a person,
    unless ``reviews_ai`` is off.
    """

    name: ClassVar[str] = "provenance"
    reviews_ai: bool = True

    def inspect(self, frame: Frame) -> StepResult:
        reasons = []
        stated = _SOURCE_TYPES.get((frame.facts.source_type or "").lower())
        if stated is not None:
            reasons.append(stated)
        if _AI_SOFTWARE.search(frame.facts.software or "") is not None:
            reasons.append(AI_SOFTWARE)
        if frame.facts.has_c2pa:
            reasons.append(CREDENTIALS)
        is_to_be_seen = self.reviews_ai and not _TO_BE_SEEN.isdisjoint(reasons)
        return StepResult(
            step=self.name,
            verdict=Verdict.REVIEW if is_to_be_seen else Verdict.PASS,
            reasons=tuple(reasons),
        )
