from __future__ import annotations

import base64
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import numpy as np
import pytest
from botocore.stub import ANY, Stubber
from django.core.cache import cache
from PIL import Image

from media_pipeline.backends import rekognition
from media_pipeline.backends.contract import (
    FaceBackendContract,
    ModerationBackendContract,
    TaggingBackendContract,
    TextBackendContract,
    drawn_frames,
)
from media_pipeline.backends.rekognition import Rekognition
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import WrongConfiguration
from media_pipeline.results import Verdict, as_contract

PATH = "media_pipeline.backends.rekognition.Rekognition"
BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
PIXELS = drawn_frames()["gradient"].pixels

ANSWERS = {
    "DetectModerationLabels": {
        "ModerationLabels": [
            {"Name": "Alcohol", "Confidence": 81.0, "ParentName": ""},
        ],
        "ModerationModelVersion": "7.0",
    },
    "DetectLabels": {
        "Labels": [
            {
                "Name": "Backpack",
                "Confidence": 98.5,
                "Instances": [{"Confidence": 97.0, "BoundingBox": BOX}],
            },
            {"Name": "Outdoors", "Confidence": 70.0, "Instances": []},
        ]
    },
    "DetectText": {
        "TextDetections": [
            {
                "DetectedText": "anna@example.de",
                "Type": "LINE",
                "Confidence": 99.0,
                "Geometry": {"BoundingBox": BOX},
            },
            {
                "DetectedText": "anna@example.de",
                "Type": "WORD",
                "Confidence": 99.0,
                "Geometry": {"BoundingBox": BOX},
            },
        ]
    },
    "DetectFaces": {
        "FaceDetails": [
            {"BoundingBox": BOX, "Confidence": 90.0},
            {
                "BoundingBox": {"Left": -0.1, "Top": 0.9, "Width": 0.3, "Height": 0.3},
                "Confidence": 99.0,
            },
        ]
    },
}


class FakeRekognition(BaseHTTPRequestHandler):
    """The service on loopback. ``server.fault`` says how it misbehaves."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.server.calls.append((operation, json.loads(body)))
        fault = self.server.fault
        if fault == "hangs":
            self.server.released.wait(300)
            return
        if fault == "hangs up":
            self.connection.close()
            return
        status, content = 200, json.dumps(ANSWERS[operation]).encode()
        if fault == "fails":
            status, content = 500, b'{"__type": "InternalServerError"}'
        elif fault == "throttles":
            status, content = 400, b'{"__type": "ThrottlingException"}'
        elif fault == "denies":
            status, content = 400, b'{"__type": "AccessDeniedException"}'
        elif fault == "speaks nonsense":
            content = b"<html>not json"
        elif fault == "says nothing":
            content = b"{}"
        elif fault == "lies":
            content = content.replace(b"9", b'"?"')
        length = len(content)
        if fault == "breaks off":
            content = content[:-20]
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def afresh(monkeypatch):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "for-tests")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    cache.clear()
    forget_the_service()
    yield
    forget_the_service()
    cache.clear()


def forget_the_service():
    # Not the clients: making one takes more than a second.
    rekognition._breakers.clear()
    rekognition._spent.clear()


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeRekognition)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    rekognition.forget()


@pytest.fixture
def service(server):
    server.fault, server.calls, server.released = "", [], threading.Event()
    yield server
    server.released.set()


@pytest.fixture
def options(service):
    return {
        "region": "eu-central-1",
        "endpoint_url": f"http://127.0.0.1:{service.server_port}",
        "connect_seconds": 60,
        "read_seconds": 60,
        "attempts": 1,
    }


@pytest.fixture
def backend(options):
    return Rekognition(**options)


class ServedBackend:
    @pytest.fixture(autouse=True)
    def _serve(self, backend):
        self.backend = backend

    def make_backend(self):
        return self.backend


class TestModeration(ServedBackend, ModerationBackendContract): ...


class TestTags(ServedBackend, TaggingBackendContract): ...


class TestText(ServedBackend, TextBackendContract): ...


class TestFaces(ServedBackend, FaceBackendContract): ...


# --- what is sent ---------------------------------------------------------------


def test_only_the_pixels_are_sent_as_a_small_jpeg(backend, service):
    backend.find(PIXELS)

    ((operation, sent),) = service.calls
    content = base64.b64decode(sent["Image"]["Bytes"])
    assert operation == "DetectFaces"
    assert sent["Attributes"] == ["DEFAULT"]  # no age, no feelings
    assert len(content) <= rekognition.MAX_BYTES
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        assert picture.size == (640, 480)
        assert not picture.getexif()


def test_a_picture_too_large_at_first_is_sent_smaller(monkeypatch):
    noise = np.random.default_rng(3).integers(0, 256, (400, 400, 3), np.uint8)
    large = len(rekognition.as_jpeg(noise))
    monkeypatch.setattr(rekognition, "MAX_BYTES", large - 1)

    assert len(rekognition.as_jpeg(noise)) < large

    monkeypatch.setattr(rekognition, "MAX_BYTES", 100)
    with pytest.raises(BackendUnavailable):
        rekognition.as_jpeg(noise)


# --- what the answers mean ------------------------------------------------------


def scores_of(labels, *, version="7.0"):
    """Ask through botocore's own check of requests and answers."""
    client = boto3.client("rekognition", region_name="eu-central-1")
    with Stubber(client) as stubber, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rekognition, "_client", lambda *options: client)
        stubber.add_response(
            "detect_moderation_labels",
            {
                "ModerationLabels": [
                    {"Name": name, "ParentName": parent, "Confidence": confidence}
                    for name, parent, confidence in labels
                ],
                **({"ModerationModelVersion": version} if version else {}),
            },
            {"Image": {"Bytes": ANY}, "MinConfidence": ANY},
        )
        return Rekognition().score(PIXELS)


def test_nothing_seen_scores_nothing():
    scores = scores_of([])

    assert (scores.sexual, scores.graphic, scores.weapon, scores.alcohol) == (0,) * 4
    assert scores.others == ()
    assert scores.models == ("rekognition moderation 7.0",)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            [
                ("Explicit", "", 92.0),
                ("Explicit Nudity", "Explicit", 92.0),
                ("Exposed Female Genitalia", "Explicit Nudity", 91.0),
            ],
            {"sexual": 0.91},
        ),
        (
            [
                ("Non-Explicit Nudity of Intimate parts and Kissing", "", 90.0),
                (
                    "Non-Explicit Nudity",
                    "Non-Explicit Nudity of Intimate parts and Kissing",
                    90.0,
                ),
            ],
            {"sexual": 0.45},
        ),
        ([("Violence", "", 80.0), ("Weapons", "Violence", 80.0)], {"weapon": 0.8}),
        ([("Violence", "", 75.0)], {"graphic": 0.75}),
        (
            [
                ("Violence", "", 70.0),
                ("Graphic Violence", "Violence", 70.0),
                ("Weapon Violence", "Graphic Violence", 66.0),
            ],
            {"graphic": 0.66, "weapon": 0.66},
        ),
        ([("Alcohol", "", 60.0)], {"alcohol": 0.6}),
        ([("Swimwear or Underwear", "", 99.0)], {}),
        # The surest of what bears one name counts, wherever it stands.
        ([("Explicit", "", 97.0), ("Explicit", "", 31.0)], {"sexual": 0.97}),
        ([("Explicit", "", 31.0), ("Explicit", "", 97.0)], {"sexual": 0.97}),
        # A finer label speaks for a coarser one that is as sure, not for a surer one.
        (
            [("Explicit", "", 97.0), ("Explicit Nudity", "Explicit", 31.0)],
            {"sexual": 0.97},
        ),
        (
            [("Explicit", "", 97.0), ("Swimwear or Underwear", "Explicit", 97.0)],
            {"sexual": 0.97},
        ),
        ([("EXPLICIT", "", 97.0)], {"sexual": 0.97}),
        ([("Explosions And Blasts", "violence", 97.0)], {"graphic": 0.97}),
        # Version 6 of the names.
        ([("Explicit Nudity", "", 55.0), ("Nudity", "Explicit Nudity", 55.0)], {"sexual": 0.55}),
    ],
)  # fmt: skip
def test_labels_become_scores(labels, expected):
    scores = scores_of(labels)

    found = {
        name: value
        for name in ("sexual", "graphic", "weapon", "alcohol")
        if (value := getattr(scores, name))
    }
    assert found == pytest.approx(expected)
    assert scores.others == ()


def label(name="Explicit", parent="", confidence=97.0):
    return {"Name": name, "ParentName": parent, "Confidence": confidence}


#: What Amazon does not say: taken at its word, each would let a photo pass.
MALFORMED = {
    "its own parent": [label(parent="Explicit")],
    "its own parent but for case": [label(parent="EXPLICIT")],
    "each other's parents": [label("A", "B"), label("B", "A")],
    "a ring of three": [label("A", "B"), label("B", "C"), label("C", "A")],
    "two parents": [label("A", "Explicit"), label("A", "Alcohol")],
    "no name": [label("")],
    "a blank name": [label(" ")],
    "a name of another type": [label(None)],
    "a parent of another type": [label(parent=["Explicit"])],
    "a boolean": [label(confidence=False)],
    "a true boolean": [label(confidence=True)],
    "a number as text": [label(confidence="12")],
    "nothing": [label(confidence=None)],
    "not a number": [label(confidence=float("nan"))],
    "below zero": [label(confidence=-0.001)],
    "above a hundred": [label(confidence=100.001)],
    "no confidence": [{"Name": "Explicit"}],
    "no label": ["Explicit"],
    "labels by name": {"Explicit": 97.0},
}


@pytest.mark.parametrize("labels", MALFORMED.values(), ids=MALFORMED)
def test_labels_that_contradict_themselves_are_no_answer(labels):
    with pytest.raises((TypeError, ValueError, KeyError)):
        rekognition._moderation({"ModerationLabels": labels})


@pytest.mark.parametrize("kind", ["its own parent", "a ring of three", "a boolean"])
def test_a_malformed_answer_asks_for_a_person(options, monkeypatch, kind):
    answer = ANSWERS["DetectModerationLabels"]
    monkeypatch.setitem(answer, "ModerationLabels", MALFORMED[kind])
    step = {"moderation": {"backend": PATH, "backend_options": options}}

    (result,) = build_pipeline(step).run(drawn_frames()["gradient"]).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("moderation_unavailable",)


@pytest.mark.parametrize("version", ["", " "])
def test_an_answer_without_its_models_version_says_so(version):
    scores = scores_of([], version=version)

    assert scores.models == ("rekognition moderation, version unknown",)


LINE = ANSWERS["DetectText"]["TextDetections"][0]


@pytest.mark.parametrize(
    ("understand", "answer"),
    [
        ("_lines", {"TextDetections": [{**LINE, "Type": "line"}]}),
        ("_lines", {"TextDetections": [{**LINE, "DetectedText": None}]}),
        ("_lines", {"TextDetections": [{**LINE, "Confidence": True}]}),
        ("_objects", {"Labels": [{"Name": None, "Confidence": 90.0}]}),
        ("_objects", {"Labels": [{"Name": "A", "Confidence": 9.0, "Instances": {}}]}),
        (
            "_faces",
            {
                "FaceDetails": [
                    {"Confidence": 9.0, "BoundingBox": {**BOX, "Left": True}}
                ]
            },
        ),
        (
            "_faces",
            {"FaceDetails": [{"Confidence": 9.0, "BoundingBox": {**BOX, "Width": -1}}]},
        ),
    ],
)
def test_other_answers_of_another_shape_are_none(understand, answer):
    with pytest.raises((TypeError, ValueError)):
        getattr(rekognition, understand)(answer)


def test_what_has_no_score_is_passed_on_by_its_coarsest_name():
    scores = scores_of(
        [
            ("Hate Symbols", "", 96.0),
            ("Nazi Party", "Hate Symbols", 96.0),
            ("Something New", "", 70.0),
        ]
    )

    assert {each.label: each.confidence for each in scores.others} == pytest.approx(
        {"hate_symbols": 0.96, "something_new": 0.7}
    )


def test_what_only_some_engines_know_asks_for_a_person(options, monkeypatch):
    monkeypatch.setitem(
        ANSWERS["DetectModerationLabels"],
        "ModerationLabels",
        [
            {"Name": "Hate Symbols", "ParentName": "", "Confidence": 96.0},
            {"Name": "Gambling", "ParentName": "", "Confidence": 40.0},
        ],
    )
    step = {"moderation": {"backend": PATH, "backend_options": options}}

    (result,) = build_pipeline(step).run(drawn_frames()["gradient"]).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("hate_symbols",)


def test_labels_come_in_the_shops_words_and_with_their_place(backend):
    tags = backend.tag(PIXELS)
    objects = backend.find_objects(PIXELS)

    assert [tag.label for tag in tags] == ["backpack", "outdoors"]
    assert objects[0].box == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert objects[1].box is None


def test_lines_of_text_reach_the_step_with_their_place(options):
    step = {"text": {"backend": PATH, "backend_options": options}}

    (result,) = build_pipeline(step).run(drawn_frames()["gradient"]).steps

    assert result.reasons == ("email_address",)
    assert result.facts.as_json() == {"text": ["anna@example.de"]}


def test_faces_beyond_the_edge_end_at_it(backend):
    surest, second = backend.find(PIXELS)

    assert surest.box == pytest.approx((0, 0.9, 0.2, 0.1))
    assert second.box == pytest.approx((0.1, 0.2, 0.3, 0.4))


# --- when it fails --------------------------------------------------------------

FAULTS = [
    *("hangs", "hangs up", "fails", "throttles", "denies"),
    *("speaks nonsense", "says nothing", "lies", "breaks off"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_asks_for_a_person_and_leaves_the_key_null(options, service, fault):
    service.fault = fault
    frame = drawn_frames()["gradient"]
    if fault == "hangs":
        options["read_seconds"] = 0.3
    step = {"faces": {"backend": PATH, "backend_options": options}}

    result = build_pipeline(step).run(frame)

    answer = as_contract(file="x", frame=frame, result=result, sha256="0" * 64)
    assert answer["faces"] is None
    assert answer["findings"] == [
        {"step": "faces", "verdict": "review", "reasons": ["faces_unavailable"]}
    ]


def test_a_fault_is_told_without_addresses(backend, service):
    service.fault = "denies"

    with pytest.raises(BackendUnavailable) as caught:
        backend.read(PIXELS)

    assert str(caught.value) == "Rekognition detect_text: AccessDeniedException"


def test_a_service_that_is_not_there_is_unavailable(options, service):
    gone = {**options, "endpoint_url": "http://127.0.0.1:9"}

    with pytest.raises(BackendUnavailable):
        Rekognition(**gone).score(PIXELS)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -1, 100.01, 101, "x", "12", None, True, False]
)
def test_what_is_no_percentage_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        rekognition._share(value)


def test_after_three_failures_it_is_not_asked_for_a_while(
    backend, service, monkeypatch
):
    service.fault = "denies"
    now = time.monotonic()
    monkeypatch.setattr(rekognition.time, "monotonic", lambda: now)
    for _ in range(5):
        with pytest.raises(BackendUnavailable):
            backend.find(PIXELS)

    assert len(service.calls) == 3

    # Later one call tries it, and only one.
    now += rekognition.BREAKER_SECONDS + 1
    for _ in range(2):
        with pytest.raises(BackendUnavailable):
            backend.find(PIXELS)
    assert len(service.calls) == 4

    # When it answers again everything is as before.
    service.fault = ""
    now += rekognition.BREAKER_SECONDS + 1
    for _ in range(3):
        assert backend.find(PIXELS)


def test_one_answer_forgets_the_failures_before_it(backend, service):
    for fault in ("denies", "denies", "", "denies", "denies", ""):
        service.fault = fault
        try:
            backend.find(PIXELS)
        except BackendUnavailable:
            assert fault

    assert len(service.calls) == 6


# --- what it may cost -----------------------------------------------------------


def test_the_budget_of_an_hour_ends_the_calls_and_is_no_failure(options, service):
    backend = Rekognition(**options, calls_per_hour=2)
    for _ in range(2):
        backend.find(PIXELS)

    for _ in range(4):
        with pytest.raises(BackendUnavailable, match="spent"):
            backend.find(PIXELS)

    assert len(service.calls) == 2
    Rekognition(**options, calls_per_hour=100).find(PIXELS)


def test_other_processes_spend_from_the_same_budget(options, service):
    Rekognition(**options).find(PIXELS)
    forget_the_service()  # as in a new process

    with pytest.raises(BackendUnavailable, match="spent"):
        Rekognition(**options, calls_per_hour=1).find(PIXELS)


def test_a_cache_that_is_down_leaves_each_process_its_own_count(options, monkeypatch):
    def fails(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", fails, raising=False)
    backend = Rekognition(**options, calls_per_hour=1)
    backend.find(PIXELS)

    with pytest.raises(BackendUnavailable, match="spent"):
        backend.find(PIXELS)


def test_a_new_hour_is_a_new_budget(options, monkeypatch):
    backend = Rekognition(**options, calls_per_hour=1)
    backend.find(PIXELS)
    later = time.time() + 3600
    monkeypatch.setattr(rekognition.time, "time", lambda: later)

    rekognition.spend(1)

    with pytest.raises(BackendUnavailable):
        rekognition.spend(1)


@pytest.mark.parametrize(
    "wrong", [{"read_seconds": 0}, {"attempts": 0}, {"min_confidence": 30}, {"x": 1}]
)
def test_options_are_checked_when_the_pipeline_is_built(wrong):
    with pytest.raises(WrongConfiguration):
        build_pipeline({"faces": {"backend": PATH, "backend_options": wrong}})
