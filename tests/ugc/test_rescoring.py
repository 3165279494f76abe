"""A picture that is asked anew brings its photo what is new, and no more than that."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from media_pipeline import duplicates, reruns
from media_pipeline import services as media
from media_pipeline.models import BannedPicture
from media_pipeline.services import ban_picture
from media_pipeline.signals import asset_rescored
from media_pipeline.similarity import Match
from media_pipeline.testing import picture_bytes
from tests.media_pipeline.conftest import folders  # noqa: F401 - a fixture
from tests.ugc.factories import make_moderator, make_photo
from ugc import policy, publishing, services
from ugc.models import Photo, PhotoTag, Surface

pytestmark = pytest.mark.django_db

ENGINES = "tests.media_pipeline.steps.backends"
State = Photo.State


class FoundProducts:
    """An index of the catalogue that finds what the test wants."""

    model = "mean colour 1"
    keys = ("mug",)
    found: tuple[str, ...] = ()

    def find(self, queries, *, min_score, limit, among=None):
        return tuple(
            Match(key=key, score=0.9, box=(0.1, 0.3 * number, 0.2, 0.2))
            for number, key in enumerate(self.found)
        )


def index(**_):
    return FoundProducts()


@pytest.fixture(autouse=True)
def looking(settings, monkeypatch, folders):  # noqa: F811
    """Real steps with engines that answer what ``sees`` says."""
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "moderation", "tags", "products"]
    settings.MEDIA_PIPELINE_CATALOGUE = "ugc.catalogue.NoCatalogue"
    settings.MEDIA_PIPELINE_PRODUCT_INDEX = f"{__name__}.index"

    def sees(*, tags=(), products=(), sexual=0.0, tagging="GivenTags"):
        monkeypatch.setattr(FoundProducts, "found", tuple(products))
        known = {"tags": [(word, 0.9) for word in tags]}
        settings.MEDIA_PIPELINE_STEP_OPTIONS = {
            "moderation": {
                "backend": f"{ENGINES}.GivenScores",
                "backend_options": {"sexual": sexual},
            },
            "tags": {
                "backend": f"{ENGINES}.{tagging}",
                "backend_options": known if tagging == "GivenTags" else {},
            },
            "products": {"backend": f"{ENGINES}.MeanColour"},
        }

    return sees


def checked_photo() -> Photo:
    """A photo that the pipeline has really looked at."""
    asset = media.receive_upload(
        file=ContentFile(picture_bytes(320, 240), name="a.jpg")
    )
    photo = make_photo(state="submitted", asset=asset)
    assert media.process_asset(asset.pk)
    photo.refresh_from_db()
    assert photo.state == State.IN_REVIEW
    return photo


def rescore(photo):
    assert reruns.rescore_asset(photo.asset_id)
    photo.refresh_from_db()


def words(photo):
    return set(photo.tags.values_list("word", flat=True))


def suggested(photo):
    tags = photo.product_tags.filter(is_suggested=True)
    return set(tags.values_list("product_key", flat=True))


def test_a_waiting_photo_gets_words_suggestions_and_its_rank(looking):
    looking(tags=["chair"])
    photo = checked_photo()
    assert (words(photo), suggested(photo)) == ({"chair"}, set())
    assert photo.priority == policy.PRIORITY_PASS

    looking(tags=["chair", "lamp"], products=["mug"], sexual=0.9)
    rescore(photo)

    assert words(photo) == {"chair", "lamp"}
    assert suggested(photo) == {"mug"}
    assert photo.priority == policy.PRIORITY_REVIEW
    assert photo.state == State.IN_REVIEW
    assert photo.tags.get(word="lamp").source == "tags"


def test_what_only_software_said_goes_when_it_says_so_no_more(looking):
    looking(tags=["chair", "lamp"], products=["mug", "lamp"], sexual=0.9)
    photo = checked_photo()
    services.tag_product(photo, product_key="lamp", x=0.5, y=0.5, by=make_moderator())
    services.tag_word(photo, word="mine")

    looking(tags=["lamp"])
    rescore(photo)

    assert words(photo) == {"lamp", "mine"}
    assert suggested(photo) == set()
    assert [tag.product_key for tag in photo.product_tags.all()] == ["lamp"]
    assert photo.priority == policy.PRIORITY_PASS


def test_what_a_person_took_away_does_not_come_again(looking):
    looking(tags=["chair"], products=["mug"])
    photo, editor = checked_photo(), make_moderator()
    services.untag_word(photo, word="chair")
    services.untag_product(photo, "mug", by=editor)

    looking(tags=["chair", "lamp"], products=["mug"])
    rescore(photo)

    assert words(photo) == {"lamp"}
    assert suggested(photo) == set()


def test_a_step_that_fails_takes_no_word_away(looking):
    looking(tags=["chair"])
    photo = checked_photo()

    looking(tagging="Broken")
    rescore(photo)

    assert words(photo) == {"chair"}
    assert photo.priority == policy.PRIORITY_REVIEW  # a person must look


def test_an_approved_photo_stays_so_and_gets_only_words(looking):
    looking(tags=["chair"])
    photo = checked_photo()
    services.approve_photo(photo, by=make_moderator())
    assert publishing.publish(photo.pk)
    photo.refresh_from_db()
    before = photo.public_surfaces

    looking(tags=["lamp"], products=["mug"], sexual=0.9)
    rescore(photo)

    assert (photo.state, photo.public_surfaces) == (State.APPROVED, before)
    assert photo.priority == policy.PRIORITY_PASS
    assert words(photo) == {"chair", "lamp"}  # a person stands for the first
    assert suggested(photo) == set()
    shown = PhotoTag.objects.top("lamp", Surface.GALLERIES)
    assert [tag.photo_id for tag in shown] == [photo.pk]


def test_a_withdrawn_photo_is_ready_for_its_return(looking):
    looking()
    photo = checked_photo()
    services.withdraw_photo(photo, contributor=photo.contributor)

    looking(tags=["lamp"], products=["mug"], sexual=0.9)
    rescore(photo)

    assert photo.state == State.WITHDRAWN
    assert (words(photo), suggested(photo)) == ({"lamp"}, {"mug"})
    assert photo.priority == policy.PRIORITY_REVIEW


@pytest.fixture
def comparing(settings, looking):
    duplicates.forget()
    settings.MEDIA_PIPELINE_STEPS = ["hashes", "duplicates"]
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {
        "duplicates": {"backend": f"{ENGINES}.MeanColour"}
    }
    yield
    duplicates.forget()


def banned_meanwhile() -> Photo:
    """A photo in review whose picture has been put on the ban list since."""
    one, two = checked_photo(), checked_photo()
    ban_picture(one.asset_id, reason="Stolen")
    assert BannedPicture.objects.exists()
    return two


@pytest.mark.slow
@pytest.mark.usefixtures("comparing")
def test_what_has_been_banned_since_is_refused_while_nobody_has_decided():
    photo = banned_meanwhile()

    rescore(photo)

    assert photo.state == State.REFUSED
    assert (photo.decision.actor, photo.decision.rule) == (None, "ban_list")


@pytest.mark.slow
@pytest.mark.usefixtures("comparing")
@pytest.mark.parametrize("state", [State.APPROVED, State.IN_REVIEW])
def test_what_a_person_has_decided_stays_though_it_is_banned(state):
    photo, editor = banned_meanwhile(), make_moderator()
    services.approve_photo(photo, by=editor)
    if state == State.IN_REVIEW:
        services.reopen_photo(photo, by=editor)

    rescore(photo)

    assert photo.state == state
    assert photo.asset.verdict == "reject"


def test_the_signal_tells_the_former_result_within_the_transaction(looking):
    looking(tags=["chair"])
    photo = checked_photo()
    heard = []

    def hear(*, asset_id, before, **_):
        heard.append((asset_id, [tag["label"] for tag in before["tags"]]))
        raise RuntimeError("The receiver fails")

    asset_rescored.connect(hear)
    looking(tags=["lamp"])
    try:
        with pytest.raises(RuntimeError, match="receiver"):
            reruns.rescore_asset(photo.asset_id)
    finally:
        asset_rescored.disconnect(hear)

    photo.refresh_from_db()
    assert heard == [(photo.asset_id, ["chair"])]
    assert [tag["label"] for tag in photo.asset.result["tags"]] == ["chair"]
    assert words(photo) == {"chair"}


def test_an_asset_of_no_photo_is_none_of_our_business(looking):
    looking()
    asset = media.receive_upload(
        file=ContentFile(picture_bytes(320, 240), name="a.jpg")
    )
    assert media.process_asset(asset.pk)

    assert reruns.rescore_asset(asset.pk)
    assert not services.note_rescoring(asset.pk, before={})
