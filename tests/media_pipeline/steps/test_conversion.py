from __future__ import annotations

import collections
import io
import pickle
import struct
import sys
import types

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from media_pipeline.backends import conversion
from media_pipeline.backends.conversion import (
    free_centerface,
    lite0_to_onnx,
    read_weights,
)


class Storage:
    """A run of numbers that the pickle only refers to."""

    def __init__(self, key, array):
        self.key, self.array = key, np.asarray(array, np.float32).ravel()


@pytest.fixture
def torch(monkeypatch):
    """The three names that a file of weights mentions, without torch itself."""
    module, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    class FloatStorage:
        pass

    def _rebuild_tensor_v2(*_):
        raise AssertionError("never called when writing")

    FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    module.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return module, utils


def weights_file(torch, arrays, *, views=None, extra=b"", cut=0):
    """Return the bytes that torch before 1.6 would have saved."""
    module, utils = torch
    storages = {
        name: Storage(str(i), array) for i, (name, array) in enumerate(arrays.items())
    }

    class Tensor:
        def __init__(self, name):
            self.name = name

        def __reduce__(self):
            array = np.asarray(arrays[self.name], np.float32)
            strides = tuple(stride // 4 for stride in array.strides)
            offset, shape, strides = (views or {}).get(
                self.name, (0, array.shape, strides)
            )
            return utils._rebuild_tensor_v2, (
                storages[self.name],
                offset,
                shape,
                strides,
                False,
                collections.OrderedDict(),
            )

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return (
                    "storage",
                    module.FloatStorage,
                    value.key,
                    "cpu",
                    len(value.array),
                    None,
                )
            return None

    file = io.BytesIO()
    for header in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(header, file, 2)
    state = collections.OrderedDict((name, Tensor(name)) for name in arrays)
    Pickler(file, 2).dump(state)
    pickle.dump([storage.key for storage in storages.values()], file, 2)
    for storage in storages.values():
        file.write(struct.pack("<q", len(storage.array)) + storage.array.tobytes())
    content = file.getvalue() + extra
    return content[: len(content) - cut]


def test_weights_are_read_as_they_were_written(torch):
    arrays = {
        "conv.weight": np.arange(24).reshape(2, 3, 2, 2),
        "bias": np.array([1.5, -2.5]),
        "scalar": np.array(7.0),
    }

    read = read_weights(weights_file(torch, arrays))

    assert set(read) == set(arrays)
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert read[name].shape == array.shape


def test_views_with_strides_are_read(torch):
    arrays = {"turned": np.arange(6).reshape(2, 3)}

    read = read_weights(
        weights_file(torch, arrays, views={"turned": (0, (3, 2), (1, 3))})
    )

    assert np.array_equal(read["turned"], arrays["turned"].T)


@pytest.mark.parametrize(
    "view", [(0, (3, 3), (3, 1)), (5, (2,), (1,)), (-1, (2,), (1,)), (0, (2,), (-1,))]
)
def test_a_tensor_beyond_its_numbers_is_refused(torch, view):
    content = weights_file(torch, {"x": np.arange(6)}, views={"x": view})

    with pytest.raises(pickle.UnpicklingError):
        read_weights(content)


def test_a_truncated_file_is_refused(torch):
    with pytest.raises(pickle.UnpicklingError, match="ends too early"):
        read_weights(weights_file(torch, {"x": np.arange(6)}, cut=4))


class Hostile:
    def __reduce__(self):
        return eval, ("__import__('sys').modules.__setitem__('pwned', True)",)


def test_a_file_that_names_anything_else_runs_nothing():
    content = b"".join(pickle.dumps(value, 2) for value in (1, 2, 3, Hostile(), []))

    with pytest.raises(pickle.UnpicklingError, match="must not name"):
        read_weights(content)
    assert "pwned" not in sys.modules


def small_lite0():
    """Return random weights of the network's shape with a few channels only."""
    random = np.random.default_rng(3)
    weights = {}

    def add(conv, norm, out, into, side):
        weights[f"{conv}.weight"] = random.normal(0, 0.3, (out, into, side, side))
        weights[f"{norm}.weight"] = random.uniform(0.5, 1.5, out)
        weights[f"{norm}.bias"] = random.normal(0, 0.1, out)
        weights[f"{norm}.running_mean"] = random.normal(0, 0.1, out)
        weights[f"{norm}.running_var"] = random.uniform(0.5, 1.5, out)

    add("_conv_stem", "_bn0", 4, 3, 3)
    block = 0
    for repeats, _ in conversion.LITE0_STAGES:
        for _ in range(repeats):
            name = f"_blocks.{block}"
            inner = 4 if block == 0 else 8
            if block:
                add(f"{name}._expand_conv", f"{name}._bn0", 8, 4, 1)
            add(f"{name}._depthwise_conv", f"{name}._bn1", inner, 1, 3)
            add(f"{name}._project_conv", f"{name}._bn2", 4, inner, 1)
            block += 1
    add("_conv_head", "_bn1", 1280, 4, 1)
    weights["_fc.weight"] = random.normal(0, 0.1, (1000, 1280))
    weights["_fc.bias"] = np.zeros(1000)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def test_lite0_becomes_a_network_that_runs(monkeypatch):
    monkeypatch.setattr(conversion, "read_weights", lambda _: small_lite0())

    session = onnxruntime.InferenceSession(
        lite0_to_onnx(b""), providers=["CPUExecutionProvider"]
    )
    picture = np.random.default_rng(1).normal(size=(2, 3, 224, 224)).astype(np.float32)
    prob, features = session.run(["prob", "features"], {"image": picture})

    assert prob.shape == (2, 1000)
    assert features.shape == (2, 1280)
    assert np.allclose(prob.sum(axis=1), 1, atol=1e-4)


def test_converting_twice_gives_the_same_file(monkeypatch):
    monkeypatch.setattr(conversion, "read_weights", lambda _: small_lite0())

    assert lite0_to_onnx(b"") == lite0_to_onnx(b"")


def test_centerface_is_freed_of_its_size_and_its_weights_are_constants():
    kernel = numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "kernel")
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input.1", "kernel"], ["537"])],
        "small",
        [
            info("input.1", TensorProto.FLOAT, [10, 3, 32, 32]),
            info("kernel", TensorProto.FLOAT, [1, 3, 1, 1]),
        ],
        [info("537", TensorProto.FLOAT, [10, 1, 32, 32])],
        [kernel],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8

    freed = onnx.load_from_string(free_centerface(model.SerializeToString()))

    assert [value.name for value in freed.graph.input] == ["input.1"]
    session = onnxruntime.InferenceSession(
        freed.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (answer,) = session.run(None, {"input.1": np.ones((1, 3, 64, 96), np.float32)})
    assert answer.shape == (1, 1, 64, 96)
