"""What can go wrong with a picture, split by what the caller should do."""

from __future__ import annotations


class MediaPipelineError(Exception):
    """Base of all errors of this package."""


class RefusedFile(MediaPipelineError):
    """Final: this file is not taken. ``code`` has its wording in ``refusals``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DecoderFailed(MediaPipelineError):
    """The limited child crashed, hung or left without an answer."""


class StorageUnavailable(MediaPipelineError):
    """Worth a retry: a storage did not answer or has no room."""


class MasterMissing(MediaPipelineError):
    """A processed asset's master is gone; no retry brings it back."""


class BackendUnavailable(MediaPipelineError):
    """A step's engine is missing, slow or broken; a person must look instead."""


class WrongRecipe(MediaPipelineError, ValueError):
    """A recipe that breaks its schema; the message names the place."""


class SandboxUnavailable(MediaPipelineError):
    """Worth a retry: no decode server or no child can be had on this machine."""
