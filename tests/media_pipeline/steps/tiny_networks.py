"""Networks of a few numbers, built for a test and written beside it."""

from __future__ import annotations

import hashlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = ["[UNK]", "a", "photo", "red", "green", "blue"]


def saved(path, content):
    """Write the file; return its path and sum as options want them."""
    path.write_bytes(content)
    return str(path), hashlib.sha256(content).hexdigest()


def network(nodes, inputs, outputs, constants=()):
    """Return a network as bytes. ``inputs`` and ``outputs``: name → type, shape."""
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "tiny",
        [info(name, *each) for name, each in inputs.items()],
        [info(name, *each) for name, each in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model.SerializeToString()


def answering(side=64, **outputs):
    """Return a network that looks at nothing and answers these arrays.

    Each is added to what is left of the picture times nothing, or it would have no
    input at all.
    """
    constants = [("zero", np.zeros((), np.float32))]
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    named = {}
    for name, value in outputs.items():
        value = np.asarray(value, np.float32)
        constants.append((f"{name} value", value))
        nodes.append(helper.make_node("Add", [f"{name} value", "nothing"], [name]))
        named[name] = (TensorProto.FLOAT, list(value.shape))
    inputs = {"picture": (TensorProto.FLOAT, [1, 3, side, side])}
    return network(nodes, inputs, named, constants)


def mean_colour(side=8):
    """Return a network whose vector is the mean of each colour, behind a grey map."""
    return network(
        [
            helper.make_node(
                "ReduceMean",
                ["pixel_values"],
                ["image_embeds"],
                axes=[2, 3],
                keepdims=0,
            ),
            helper.make_node("Identity", ["pixel_values"], ["hidden"]),
        ],
        {"pixel_values": (TensorProto.FLOAT, [1, 3, side, side])},
        {
            "hidden": (TensorProto.FLOAT, [1, 3, side, side]),
            "image_embeds": (TensorProto.FLOAT, [1, 3]),
        },
    )


def word_colours(length=3):
    """Return a network that turns words into colours: "a red photo" is red."""
    table = np.zeros((len(WORDS), length), np.float32) + 0.01
    for place, word in enumerate(("red", "green", "blue")):
        table[WORDS.index(word), place] = 1
    return network(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node(
                "Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT
            ),
            helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
            helper.make_node("Mul", ["rows", "wide"], ["seen"]),
            helper.make_node("ReduceSum", ["seen", "middle"], ["embeds"], keepdims=0),
        ],
        {
            "input_ids": (TensorProto.INT64, [1, "n"]),
            "attention_mask": (TensorProto.INT64, [1, "n"]),
        },
        {"embeds": (TensorProto.FLOAT, [1, length])},
        [
            ("table", table),
            ("last", np.array([2], np.int64)),
            ("middle", np.array([1], np.int64)),
        ],
    )


def tokenizer():
    """Return a tokenizer.json that knows a handful of words."""
    made = Tokenizer(
        WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    made.pre_tokenizer = Whitespace()
    return made.to_str().encode()
