"""Old pictures asked anew, when their answers came from other models or options."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from media_pipeline import reruns, services
from media_pipeline.models import Asset
from media_pipeline.pipeline import DEFAULT_STEPS
from media_pipeline.pipeline_steps.provenance import Provenance
from media_pipeline.testing import picture_bytes

pytestmark = pytest.mark.django_db

GIVEN = "tests.media_pipeline.steps.backends.GivenScores"
BROKEN = "tests.media_pipeline.steps.backends.Broken"


def moderated(backend=GIVEN, **options):
    return {"moderation": {"backend": backend, "backend_options": options}}


@pytest.fixture(autouse=True)
def moderating(folders, settings):
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "moderation"]
    settings.MEDIA_PIPELINE_STEP_OPTIONS = moderated()


def processed(seed=0, profile="photo"):
    file = ContentFile(picture_bytes(320, 240, seed=seed), name="a.jpg")
    asset = services.receive_upload(file=file, profile=profile)
    assert services.process_asset(asset.pk)
    asset.refresh_from_db()
    return asset


def rescore(*arguments):
    out = io.StringIO()
    call_command("pipeline", "rescore", *arguments, stdout=out)
    return out.getvalue()


def outdated():
    return list(reruns.outdated_assets())


def test_what_was_just_looked_at_is_up_to_date():
    asset = processed()
    processed(profile="product")

    assert outdated() == []
    assert asset.result["models"]["moderation"] == ["given 1"]
    assert "0 assets rescored" in rescore("--outdated")


@pytest.mark.parametrize(
    "change",
    [
        moderated(sexual=0.5),
        {"moderation": {**moderated()["moderation"], "sexual_review": 0.2}},
        {**moderated(), "hashes": {}, "resolution": {"min_short_side": 9}},
    ],
)
def test_another_model_or_limit_makes_photos_out_of_date(settings, change):
    one, two = processed(1), processed(2)
    settings.MEDIA_PIPELINE_STEP_OPTIONS = change
    affected = "resolution" not in change

    assert outdated() == ([two.pk, one.pk] if affected else [])
    assert f"{2 * affected} assets rescored" in rescore("--outdated")
    assert outdated() == []


@pytest.mark.parametrize("setting", ["BAD_WORDS", "HARMLESS_WORDS", "TEXT_LANGUAGES"])
def test_other_word_lists_make_photos_out_of_date(settings, setting):
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "text"]
    reader = "tests.media_pipeline.steps.backends.FindsNothing"
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"text": {"backend": reader}}
    asset = processed()
    assert outdated() == []

    setattr(settings, f"MEDIA_PIPELINE_{setting}", ["de"])

    assert outdated() == [asset.pk]
    rescore("--outdated")
    assert outdated() == []


def test_the_new_score_replaces_the_old_one(settings):
    asset = processed()
    settings.MEDIA_PIPELINE_STEP_OPTIONS = moderated(sexual=0.9)

    rescore("--outdated")

    asset.refresh_from_db()
    assert asset.result["moderation"]["sexual"] == 0.9
    assert asset.verdict == asset.result["verdict"] == "review"


def test_a_step_without_an_answer_is_asked_until_it_gives_one(settings):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = moderated(BROKEN)
    asset = processed()

    assert asset.result["moderation"] is None
    assert outdated() == [asset.pk]
    rescore("--outdated")
    assert outdated() == [asset.pk]

    settings.MEDIA_PIPELINE_STEP_OPTIONS = moderated()
    rescore("--outdated")
    asset.refresh_from_db()
    assert outdated() == []
    assert asset.result["moderation"]["sexual"] == 0
    assert asset.verdict == "pass"


def test_photos_from_before_anybody_noted_it_are_out_of_date():
    asset = processed()
    result = {k: v for k, v in asset.result.items() if k != "editions"}
    Asset.objects.update(result=result)

    assert outdated() == [asset.pk]


def test_other_steps_make_photos_out_of_date(settings):
    asset = processed()
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "moderation", "quality"]

    assert outdated() == [asset.pk]


def test_what_the_upload_stated_stays_known(settings):
    """A master has no metadata left that the step could read."""
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "moderation", "provenance"]
    asset = processed()
    said = {
        "step": "provenance",
        "verdict": "review",
        "reasons": ["states_ai_generated"],
    }
    result = {**asset.result, "findings": [said], "verdict": "review"}
    Asset.objects.update(result=result, verdict="review")

    rescore("--all")

    asset.refresh_from_db()
    assert asset.result["findings"] == [said]
    assert asset.verdict == asset.result["verdict"] == "review"


def test_what_the_upload_stated_stays_known_though_nobody_answers_now(
    settings, monkeypatch
):
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "provenance"]
    asset = processed()
    said = {"step": "provenance", "verdict": "pass", "reasons": ["states_composite"]}
    Asset.objects.update(result={**asset.result, "findings": [said]})

    def fails(*_):
        raise MemoryError

    monkeypatch.setattr(Provenance, "inspect", fails)
    rescore("--all")

    asset.refresh_from_db()
    assert asset.result["findings"] == [said]
    assert outdated() == [asset.pk]


def test_timings_of_what_is_done_once_stay(settings):
    asset = processed()
    first = asset.result["timings_ms"]
    assert {"master", "renditions", "store", "moderation"} < set(first)
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "quality"]

    rescore("--all")

    asset.refresh_from_db()
    fresh = asset.result["timings_ms"]
    once = {"master", "renditions", "store"}
    assert set(fresh) == {"decode", "hashes", "quality", *once}
    assert all(fresh[name] == first[name] for name in once)


@pytest.fixture
def default_steps(settings):
    """The worker's own choice of steps, each with an engine that needs no model."""
    settings.MEDIA_PIPELINE_STEPS = None
    settings.MEDIA_PIPELINE_CATALOGUE = settings.MEDIA_PIPELINE_CATEGORY_HEAD = ""
    engines = {
        "tags": "GivenTags",
        "clothing": "GivenTags",
        "faces": "FindsNothing",
        "codes": "FindsNothing",
        "text": "FindsNothing",
        "duplicates": "MeanColour",
    }
    settings.MEDIA_PIPELINE_STEP_OPTIONS = moderated() | {
        step: {"backend": f"tests.media_pipeline.steps.backends.{name}"}
        for step, name in engines.items()
    }


@pytest.mark.usefixtures("default_steps")
def test_the_workers_own_steps_are_noted_and_up_to_date():
    """Comparing with what was here before must not lose what answered."""
    asset = processed()

    assert set(asset.result["editions"]) == {*DEFAULT_STEPS, "duplicates"}
    assert asset.result["models"]["moderation"] == ["given 1"]
    assert asset.result["models"]["duplicates"] == ["mean colour 1"]
    assert outdated() == []


@pytest.mark.usefixtures("default_steps")
def test_what_the_upload_stated_stays_known_beside_the_comparison():
    asset = processed()
    said = {"step": "provenance", "verdict": "pass", "reasons": ["states_composite"]}
    result = {**asset.result, "findings": [said, *asset.result["findings"]]}
    Asset.objects.update(result=result)

    rescore("--all")

    asset.refresh_from_db()
    assert said in asset.result["findings"]
    assert outdated() == []


@pytest.mark.parametrize(
    "arguments", [[], ["--all", "--outdated"], ["1", "--outdated"]]
)
def test_which_ones_must_be_said(arguments):
    with pytest.raises(CommandError, match="--outdated"):
        rescore(*arguments)
