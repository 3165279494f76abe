"""Turns model files as they are published into ONNX files that run here.

Needs the ``onnx`` package, and only at installation; everything is built from the
bytes given, so the same bytes always give the same file.
"""

from __future__ import annotations

import collections
import io
import pickle
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# EfficientNet-lite0: how often each stage repeats its block, and the stride of the
# first. Google, "EfficientNet-lite" README, width and depth multiplier 1.0.
LITE0_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
BATCH_NORM_EPSILON = 1e-3

# CenterFace lists an input of 10 x 3 x 32 x 32 and answers at a quarter of the size.
CENTERFACE_INPUT = "input.1"


class _Storage(NamedTuple):
    key: str
    dtype: type[np.generic]


class _Tensor(NamedTuple):
    """A view of a storage; the numbers follow after the pickle."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(
    storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _WeightsReader(pickle.Unpickler):
    """Reads weights and nothing else: a pickle may name these four globals."""

    _allowed = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch", "FloatStorage"): np.float32,
        ("torch", "LongStorage"): np.int64,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"A file of weights must not name {module}.{name}."
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _device, _length, *_view = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"Unknown reference {kind!r}.")
        return _Storage(str(key), dtype)


def read_weights(content: bytes) -> dict[str, Array]:
    """Return the tensors of a ``.pth`` file in torch's format before 1.6, by name.

    Raises ``pickle.UnpicklingError`` for anything that is not plain weights.
    """
    file = io.BytesIO(content)
    for _ in ("magic number", "protocol", "system"):
        _WeightsReader(file).load()
    state: dict[str, _Tensor] = _WeightsReader(file).load()
    keys: list[str] = _WeightsReader(file).load()

    dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in state.values()}
    numbers: dict[str, Array] = {}
    for key in keys:
        dtype = np.dtype(dtypes[key]).newbyteorder("<")
        count = int.from_bytes(file.read(8), "little")
        numbers[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
        if len(numbers[key]) != count:
            raise pickle.UnpicklingError("The file ends too early.")
    return {name: _view(numbers[t.storage.key], t) for name, t in state.items()}


def _view(numbers: Array, tensor: _Tensor) -> Array:
    last = tensor.offset + sum(
        (length - 1) * stride
        for length, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or last >= len(numbers):
        raise pickle.UnpicklingError("A tensor reaches beyond its storage.")
    return np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :],
        tensor.shape,
        [stride * numbers.itemsize for stride in tensor.strides],
    ).copy()


class _Graph:
    """An ONNX graph under construction; names are counted, so they never vary."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(value, np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def lite0_to_onnx(content: bytes) -> bytes:
    """Return EfficientNet-lite0 as ONNX, made from its ``.pth`` without torch.

    Input ``image`` (n, 3, 224, 224) float32; outputs ``prob`` (n, 1000), classes in
    the order of sorted WordNet ids, and ``features`` (n, 1280), mean-pooled.
    """
    weights = read_weights(content)
    graph = _Graph()
    zero, six = graph.constant(0.0), graph.constant(6.0)

    def convolve(
        x: str, conv: str, norm: str, *, stride: int = 1, relu: bool = True
    ) -> str:
        # Batch norm at inference is a scale and a shift: both go into the kernel.
        kernel = weights[f"{conv}.weight"]
        scale = weights[f"{norm}.weight"] / np.sqrt(
            weights[f"{norm}.running_var"] + np.float32(BATCH_NORM_EPSILON)
        )
        shift = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        is_depthwise = kernel.shape[1] == 1
        x = graph.node(
            "Conv",
            x,
            graph.constant(kernel * scale[:, None, None, None]),
            graph.constant(shift),
            strides=[stride, stride],
            kernel_shape=list(kernel.shape[2:]),
            group=kernel.shape[0] if is_depthwise else 1,
            auto_pad="SAME_UPPER",
        )
        return graph.node("Clip", x, zero, six) if relu else x

    x = convolve("image", "_conv_stem", "_bn0", stride=2)
    block = 0
    for repeats, first_stride in LITE0_STAGES:
        for repeat in range(repeats):
            name = f"_blocks.{block}"
            block += 1
            y = x
            if f"{name}._expand_conv.weight" in weights:
                y = convolve(y, f"{name}._expand_conv", f"{name}._bn0")
            stride = first_stride if repeat == 0 else 1
            y = convolve(y, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
            y = convolve(y, f"{name}._project_conv", f"{name}._bn2", relu=False)
            x = graph.node("Add", y, x) if repeat else y
    x = convolve(x, "_conv_head", "_bn1")
    features = graph.node(
        "Flatten", graph.node("GlobalAveragePool", x), output="features"
    )
    logits = graph.node(
        "Gemm",
        features,
        graph.constant(weights["_fc.weight"]),
        graph.constant(weights["_fc.bias"]),
        transB=1,
    )
    graph.node("Softmax", logits, output="prob", axis=-1)
    return _onnx_bytes(
        graph,
        name="efficientnet_lite0",
        inputs={"image": ["n", 3, 224, 224]},
        outputs={"prob": ["n", 1000], "features": ["n", 1280]},
    )


def _onnx_bytes(
    graph: _Graph,
    *,
    name: str,
    inputs: dict[str, Sequence[int | str]],
    outputs: dict[str, Sequence[int | str]],
) -> bytes:
    import onnx
    from onnx import TensorProto, helper

    def described(shapes: dict[str, Sequence[int | str]]) -> list[Any]:
        return [
            helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)
            for key, shape in shapes.items()
        ]

    model = helper.make_model(
        helper.make_graph(
            graph.nodes, name, described(inputs), described(outputs), graph.constants
        ),
        opset_imports=[helper.make_opsetid("", 13)],
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def free_centerface(content: bytes) -> bytes:
    """Return CenterFace with a free image size and its weights as constants.

    As published it names its weights as inputs, which onnxruntime warns of one by
    one, and fixes the input's size.
    """
    import onnx

    model = onnx.load_from_string(content)
    graph = model.graph
    weights = {constant.name for constant in graph.initializer}
    pictures = [value for value in graph.input if value.name not in weights]
    del graph.input[:]
    graph.input.extend(pictures)
    for value in (*graph.input, *graph.output):
        for place, name in ((0, "n"), (2, "h"), (3, "w")):
            # Outputs get names of their own: their sides are a quarter of these.
            is_input = value.name == CENTERFACE_INPUT
            value.type.tensor_type.shape.dim[place].dim_param = (
                name if is_input else f"{name}_of_{value.name}"
            )
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
