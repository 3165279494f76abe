from __future__ import annotations

import io
import math

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image

from media_pipeline import catalogue_index, duplicates, services
from media_pipeline.candidates import split_candidates
from media_pipeline.exceptions import BackendUnavailable, MasterMissing
from media_pipeline.models import Asset

MEAN_COLOUR = "tests.media_pipeline.steps.backends.MeanColour"

COLOURS = {"mug": "#c82020", "pot": "#b43c14", "sofa": "#2020c8", "lamp": "#20c820"}


class Listed:
    def __init__(self, key):
        self.key = self.reference = key

    def open(self):
        return io.BytesIO(as_jpeg(Image.new("RGB", (300, 300), COLOURS[self.key])))


class Shelf:
    """What MEDIA_PIPELINE_CATALOGUE names in these tests."""

    def pictures(self):
        return iter([Listed(key) for key in COLOURS])


def as_jpeg(picture):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


@pytest.fixture
def searching(settings, folders, db):
    """The step that searches, with an embedder that needs no model."""
    settings.MEDIA_PIPELINE_CATALOGUE = f"{__name__}.Shelf"
    settings.MEDIA_PIPELINE_STEPS = ["products"]
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"products": {"backend": MEAN_COLOUR}}
    duplicates.forget()
    assert catalogue_index.bring_up_to_date()
    yield
    duplicates.forget()


def photo(**fields):
    """A processed photo: grey, its left half red, its right third blue."""
    picture = Image.new("RGB", (600, 400), "#787878")
    picture.paste(COLOURS["mug"], (0, 0, 290, 400))
    picture.paste(COLOURS["sofa"], (400, 0, 600, 400))
    file = ContentFile(as_jpeg(picture), "a.jpg")
    asset = services.receive_upload(file=file)
    Asset.objects.filter(pk=asset.pk).update(**fields)
    assert services.process_asset(asset.pk)
    asset.refresh_from_db()
    assert asset.state == Asset.State.PROCESSED
    return asset


@pytest.mark.parametrize(
    ("box", "key"),
    [
        ([0.05, 0.1, 0.2, 0.5], "mug"),
        ([0.7, 0.2, 0.25, 0.7], "sofa"),
        ([0.75, 0.5, 4, 4], "sofa"),
    ],
)
def test_a_box_is_searched_with_what_is_inside_it(searching, box, key):
    found = services.search_products(photo().pk, box)

    assert found[0][0] == key
    assert found[0][1] > 0.99
    assert len(found) == len(COLOURS)
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)


def test_the_answer_has_no_more_than_was_asked_for(searching):
    assert len(services.search_products(photo().pk, [0, 0, 0.3, 1], limit=2)) == 2


def test_what_the_photo_was_sent_for_comes_first_if_it_may_be_it(searching):
    asked = photo(context_keys=["pot", "sofa"])

    found = services.search_products(asked.pk, [0.05, 0.1, 0.2, 0.5])

    # The pot is nearly as red as the mug; the sofa is blue.
    assert [key for key, _ in found][:2] == ["pot", "mug"]


def test_the_result_names_first_what_was_asked_for(searching):
    best = [each["key"] for each in photo().result["products"]]
    asked = [each["key"] for each in photo(context_keys=["pot"]).result["products"]]

    assert best[0] == "mug"
    assert asked[0] == "pot"
    assert sorted(asked) == sorted(best)


def test_keys_that_the_catalogue_does_not_know_change_nothing(searching):
    asked = photo(context_keys=["gone"])

    assert services.search_products(asked.pk, [0, 0, 0.3, 1])[0][0] == "mug"


@pytest.mark.parametrize(
    "box", [[0.5, 0.5, 0, 0.1], [1.2, 0, 0.5, 0.5], [0, 0, math.nan, 1], [0, 0, -1, 1]]
)
def test_a_box_without_an_area_is_refused(searching, box):
    with pytest.raises(ValueError, match="no area"):
        services.search_products(photo().pk, box)


def test_only_processed_assets_are_searched(searching):
    with pytest.raises(LookupError):
        services.search_products(10**6, [0, 0, 1, 1])


def test_without_a_catalogue_there_is_no_answer(searching, settings):
    asset = photo()
    settings.MEDIA_PIPELINE_CATALOGUE = ""

    with pytest.raises(BackendUnavailable, match="MEDIA_PIPELINE_CATALOGUE"):
        services.search_products(asset.pk, [0, 0, 1, 1])


def test_a_missing_master_is_said_to_be_missing(searching):
    asset = photo()
    storages["private"].delete(asset.master)

    with pytest.raises(MasterMissing):
        services.search_products(asset.pk, [0, 0, 1, 1])


# --- sure enough for a tag ----------------------------------------------------------


def seen(key, score, box=(0, 0, 0.4, 0.4)):
    return {"key": key, "score": score, "box": list(box)}


def keys(candidates):
    return [each.key for each in candidates]


@pytest.mark.parametrize(
    ("score", "prefill", "suggest"),
    [(0.75, ["mug"], []), (0.7499, [], ["mug"]), (0.6, [], ["mug"]), (0.5999, [], [])],
)
def test_a_product_is_filled_in_listed_or_left_out(score, prefill, suggest):
    split = split_candidates([seen("mug", score)])

    assert (keys(split.prefill), keys(split.suggest)) == (prefill, suggest)


@pytest.mark.parametrize(
    ("score", "prefill", "suggest"),
    [(0.6, ["mug"], []), (0.5999, [], ["mug"]), (0.45, [], ["mug"]), (0.44, [], [])],
)
def test_less_is_enough_for_what_was_asked_for(score, prefill, suggest):
    split = split_candidates([seen("mug", score)], asked=["mug"])

    assert (keys(split.prefill), keys(split.suggest)) == (prefill, suggest)


def test_the_limits_are_settings(settings):
    settings.MEDIA_PIPELINE_PRODUCTS_PREFILLED_FROM = 0.9
    settings.MEDIA_PIPELINE_PRODUCTS_SUGGESTED_FROM = 0.8

    split = split_candidates([seen("a", 0.91), seen("b", 0.85), seen("c", 0.79)])

    assert (keys(split.prefill), keys(split.suggest)) == (["a"], ["b"])


def test_of_two_in_one_place_only_the_surer_is_filled_in():
    split = split_candidates(
        [
            seen("blue mug", 0.8),
            seen("red mug", 0.82),
            seen("sofa", 0.79, (0.5, 0.5, 0.5, 0.5)),
        ]
    )

    assert keys(split.prefill) == ["red mug", "sofa"]
    assert keys(split.suggest) == ["blue mug"]


def test_a_product_found_twice_counts_once_at_its_best():
    split = split_candidates(
        [seen("mug", 0.65), seen("mug", 0.8, (0.1, 0.1, 0.2, 0.2))]
    )

    assert [(each.key, each.box) for each in split.prefill] == [
        ("mug", (0.1, 0.1, 0.2, 0.2))
    ]
    assert split.suggest == ()


@pytest.mark.parametrize("nothing", [None, [], [{"key": "", "score": 1}]])
def test_where_nothing_was_found_there_are_no_candidates(nothing):
    assert split_candidates(nothing) == split_candidates([])
