"""How large an AV1 picture is, and what its colours mean, by its own headers.

The boxes of an AVIF may state any size: decoders make what the AV1 data says, and
scale it afterwards. Only headers are read here (AV1 bitstream specification, sections
5.3, 5.5 and 5.9), never the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_KEY_FRAME, _INTRA_ONLY, _SWITCH = 0, 2, 3
_ALL_REFERENCES = 0xFF
_LEFT_TO_THE_FRAME = 2  # of a tool that each frame may switch


class Unreadable(Exception):
    """The data ends inside a header."""


@dataclass(slots=True)
class _OperatingPoint:
    idc: int
    has_decoder_model: bool


@dataclass(slots=True)
class Sequence:
    """What a sequence header says of the frames behind it."""

    width: int = 0  # the most that a frame may have, pixels
    height: int = 0
    # Code points of ITU-T H.273; 2 is "unspecified".
    primaries: int = 2
    transfer: int = 2
    # What it takes to find the size in a frame's header.
    _is_reduced: bool = False
    _width_bits: int = 0
    _height_bits: int = 0
    _frame_id_bits: int = 0
    _order_hint_bits: int = 0
    _screen_tools: int = _LEFT_TO_THE_FRAME
    _whole_vectors: int = _LEFT_TO_THE_FRAME
    _time_bits: int = 0  # of a frame's presentation, 0 if it isn't told
    _removal_bits: int = 0
    _has_decoder_model: bool = False
    _points: list[_OperatingPoint] = field(default_factory=list)

    def frame_size(self, header: bytes) -> tuple[int, int]:
        """Return the size of the frame with this header, pixels.

        That of the sequence where the frame says nothing of its own, or refers to
        another frame.
        """
        if self._is_reduced:
            return self.width, self.height
        bits = _Bits(header)
        if bits.take(1):  # a frame that came before is shown
            return self.width, self.height
        kind, is_shown = bits.take(2), bits.take(1)
        if is_shown:
            bits.take(self._time_bits)
        else:
            bits.take(1)
        is_reset = kind == _KEY_FRAME and is_shown
        is_resilient = kind == _SWITCH or is_reset or bits.take(1)
        bits.take(1)
        tools = self._screen_tools
        if (bits.take(1) if tools == _LEFT_TO_THE_FRAME else tools) and (
            self._whole_vectors == _LEFT_TO_THE_FRAME
        ):
            bits.take(1)
        bits.take(self._frame_id_bits)
        has_own_size = kind == _SWITCH or bits.take(1)
        if not has_own_size or kind not in (_KEY_FRAME, _INTRA_ONLY):
            return self.width, self.height
        bits.take(self._order_hint_bits)
        if self._has_decoder_model and bits.take(1):
            for point in self._points:
                # A still picture has no layers that one could leave out.
                if point.has_decoder_model:
                    bits.take(self._removal_bits)
        refreshed = _ALL_REFERENCES if is_reset else bits.take(8)
        if refreshed != _ALL_REFERENCES and is_resilient:
            bits.take(8 * self._order_hint_bits)
        width = bits.take(self._width_bits) + 1
        return width, bits.take(self._height_bits) + 1


def read_sequence(header: bytes) -> Sequence:
    """Return what a sequence header says; raise ``Unreadable`` where it is cut."""
    bits = _Bits(header)
    sequence = Sequence()
    profile = bits.take(3)
    bits.take(1)
    sequence._is_reduced = bool(bits.take(1))
    if sequence._is_reduced:
        bits.take(5)
    else:
        _read_operating_points(bits, sequence)
    sequence._width_bits, sequence._height_bits = bits.take(4) + 1, bits.take(4) + 1
    sequence.width = bits.take(sequence._width_bits) + 1
    sequence.height = bits.take(sequence._height_bits) + 1
    if not sequence._is_reduced and bits.take(1):
        less = bits.take(4) + 2
        sequence._frame_id_bits = less + bits.take(3) + 1
    bits.take(3)
    if not sequence._is_reduced:
        _read_tools(bits, sequence)
    bits.take(3)
    is_deep = bits.take(1)
    if profile == 2 and is_deep:
        bits.take(1)
    if profile != 1:
        bits.take(1)
    if bits.take(1):
        sequence.primaries, sequence.transfer = bits.take(8), bits.take(8)
    return sequence


def _read_operating_points(bits: _Bits, sequence: Sequence) -> None:
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(64)
        is_steady = bits.take(1)
        if is_steady:
            bits.skip_unary_number()
        sequence._has_decoder_model = bool(bits.take(1))
        if sequence._has_decoder_model:
            delay_bits = bits.take(5) + 1
            bits.take(32)
            sequence._removal_bits = bits.take(5) + 1
            time_bits = bits.take(5) + 1
            sequence._time_bits = 0 if is_steady else time_bits
    has_delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        idc, level = bits.take(12), bits.take(5)
        if level > 7:
            bits.take(1)
        has_model = bool(sequence._has_decoder_model and bits.take(1))
        if has_model:
            bits.take(2 * delay_bits + 1)
        if has_delays and bits.take(1):
            bits.take(4)
        sequence._points.append(_OperatingPoint(idc, has_model))


def _read_tools(bits: _Bits, sequence: Sequence) -> None:
    bits.take(4)
    has_order_hint = bits.take(1)
    if has_order_hint:
        bits.take(2)
    if not bits.take(1):
        sequence._screen_tools = bits.take(1)
    if sequence._screen_tools and not bits.take(1):
        sequence._whole_vectors = bits.take(1)
    if has_order_hint:
        sequence._order_hint_bits = bits.take(3) + 1


def units(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield type and content of the units ("OBUs") that stand side by side here.

    Ends where the data ends, whatever a unit says of its length.
    """
    at = 0
    while at < len(data):
        head = data[at]
        at += 2 if head & 4 else 1  # an extension
        end = len(data)
        if head & 2:
            length = 0
            for place in range(8):  # little-endian, seven bits a byte
                if at >= len(data):
                    return
                length |= (data[at] & 0x7F) << (7 * place)
                at += 1
                if not data[at - 1] & 0x80:
                    break
            end = min(at + length, len(data))
        yield head >> 3 & 15, data[at:end]
        at = end


@dataclass(slots=True)
class Coded:
    """What the data of one picture says of it."""

    sequence: Sequence | None = None  # the first one
    # The largest that any of its headers lets a decoder make, pixels.
    width: int = 0
    height: int = 0
    frame: tuple[int, int] | None = None  # size of the first frame, pixels


#: So long a header is never: what counts stands in its first bytes.
_HEADER_BYTES = 1024


def read_coded(data: memoryview, budget: Iterator[object]) -> Coded:
    """Return what the headers in a picture's data say.

    ``budget`` is asked for one more with every unit that is looked at; it raises when
    these are more than any picture has.
    """
    coded = Coded()
    sequence = None
    for kind, content in units(data):
        next(budget)
        header = bytes(content[:_HEADER_BYTES])
        try:
            if kind == _SEQUENCE_HEADER:
                sequence = read_sequence(header)
                coded.sequence = coded.sequence or sequence
                size = sequence.width, sequence.height
            elif kind in (_FRAME, _FRAME_HEADER) and sequence is not None:
                size = sequence.frame_size(header)
                coded.frame = coded.frame or size
            else:
                continue
        except Unreadable:
            continue  # the decoder's business
        if size[0] * size[1] > coded.width * coded.height:
            coded.width, coded.height = size
    return coded


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise Unreadable
        return self._number >> self._left & ((1 << count) - 1)

    def skip_unary_number(self) -> None:
        """Pass over a number whose length is told by the zeros in front of it."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros == 32:
                return
        self.take(zeros)
