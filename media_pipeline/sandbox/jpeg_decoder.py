"""libjpeg, watched: whether a JPEG's data lasts just as long as its picture.

Where data is missing libjpeg fills up with grey, or leaves the picture coarse; what
it can't make sense of it decodes to something. It warns, and Pillow swallows that.
But Huffman codes that once went wrong come to an end too late or too early, and
libjpeg shows where it is: within a segment it keeps the bytes of a block that has not
come whole, behind one it drops each byte at once. So the data is fed segment by
segment, and it is decoded only once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PIL import Image, ImageFile

from media_pipeline.exceptions import RefusedFile

_CODEC = "jpeg_watched"

# So many bytes may follow the last block: some cameras leave a dozen, or fill up
# with one byte, which is not counted.
_SPARE = 256
# libjpeg fills a register of 64 bits before it decodes the last codes.
_LOOKAHEAD = bytes(8)


def watch(picture: ImageFile.ImageFile, segments: Iterable[tuple[int, int]]) -> None:
    """Let this JPEG be refused while it is loaded if its data does not fit it.

    ``segments``: (start, end) of its entropy-coded segments, in order, as offsets
    into the file; some may be left out. Pixels come out the same. What is short is
    ``truncated``, what is left over ``damaged``.
    """
    [tile] = picture.tile
    if tile.offset == 0 and isinstance(tile.args, tuple):
        args = (tuple(segments), *tile.args)
        picture.tile = [tile._replace(codec_name=_CODEC, args=args)]


class _WatchedDecoder(ImageFile.PyDecoder):
    def init(self, args: tuple[Any, ...]) -> None:
        self._segments: tuple[tuple[int, int], ...] = args[0]
        self._jpeg = Image._getdecoder(self.mode, "jpeg", args[1:])
        self._waiting = b""  # what libjpeg has not taken yet
        self._end: tuple[int, int] | None = None

    def setimage(
        self, im: Any, extents: tuple[int, int, int, int] | None = None
    ) -> None:
        self._jpeg.setimage(im, extents)

    def cleanup(self) -> None:
        self._jpeg.cleanup()

    def decode(self, buffer: Any) -> tuple[int, int]:
        """Decode the whole file; return (-1, error), or (bytes taken, 0) if cut."""
        data, at = bytes(buffer), 0
        for start, end in self._segments:
            # Short of the segment's end the decoder must still need something ...
            short = _short_of(data, start, end)
            if short is not None:
                self._feed(data[at:short])
                at = short + 2
                if self._is_behind(data[short : short + 1], data[short + 1 : at]):
                    if self._end is not None and self._end[1]:
                        return self._end  # not behind it, but at a loss
                    raise RefusedFile("damaged")
            # ... and at its end nothing.
            self._feed(data[at:end].rstrip(b"\xff") + _LOOKAHEAD)
            if not self._is_behind(b"\0", b"\0"):
                raise RefusedFile("truncated")
            if self._end is not None:
                return self._end
            at = end
        self._feed(data[at:])
        return self._end or (len(data) - len(self._waiting), 0)

    def _feed(self, data: bytes) -> bool:
        """Go on decoding; return whether all was taken."""
        if self._end is None:
            data = self._waiting + data
            taken, error = self._jpeg.decode(data)
            if taken < 0:
                self._end = taken, error
                taken = len(data)
            self._waiting = data[taken:]
        return not self._waiting

    def _is_behind(self, *two: bytes) -> bool:
        """Whether the decoder is done with the segment that these bytes lie in.

        One of them could be just what it waited for, but not both.
        """
        taken = [self._feed(byte) for byte in two]
        return all(taken)


def _short_of(data: bytes, start: int, end: int) -> int | None:
    """Return where two bytes are that a whole segment needs, if it is long enough."""
    content = data[start:end].rstrip(b"\xff")
    content = content.rstrip(content[-1:])  # filled up with one byte
    for at in range(len(content) - _SPARE, len(content) - 1):
        if at >= _SPARE and 0xFF not in content[at - 1 : at + 2]:
            return start + at
    return None


Image.register_decoder(_CODEC, _WatchedDecoder)
