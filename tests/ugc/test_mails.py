from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from outbox.models import OutgoingMail
from tests.ugc.factories import make_moderator, make_photo
from tests.ugc.test_services import settle, submit
from ugc import services

pytestmark = pytest.mark.django_db


def test_who_gives_no_address_gets_no_mail(run_commit):
    with run_commit():
        photo = submit()
        settle(photo)
        services.approve_photo(photo, by=make_moderator())

    assert not OutgoingMail.objects.exists()


def test_the_secret_link_comes_by_mail_and_opens_the_photo():
    photo = submit(email="mia@example.com", product_key="mug")

    letter = OutgoingMail.objects.get()
    link = re.search(r"https://shop\.example(/\S+)", letter.text).group(1)
    client = Client()
    response = client.get(link)

    assert letter.to == "mia@example.com"
    assert "Green mug" in letter.text
    assert response.url == photo.get_absolute_url()
    assert client.get(response.url).status_code == 200


def test_a_mail_is_really_sent(run_commit):
    with run_commit():
        # Only the mail: the picture's way is the pipeline's to test.
        photo = make_photo()
        photo.contributor.email = "mia@example.com"
        photo.contributor.save()
        photo.contributor.consents.create(purpose="answers_by_mail", text_version="1")
        services.refuse_photo(
            photo, by=make_moderator(), reasons=["blurry"], note="Nearly!"
        )

    letter = mail.outbox[0]
    assert letter.to == ["mia@example.com"]
    assert letter.subject == "About your photo"
    assert "blurred or too dark" in letter.body
    assert "Nearly!" in letter.body
    assert "{" not in letter.body


def test_a_decision_is_told_once_in_the_authors_language():
    photo = submit(email="mia@example.com", language="de")
    settle(photo)
    editor = make_moderator()

    services.approve_photo(photo, by=editor)
    services.approve_photo(photo, by=editor)

    first, second = OutgoingMail.objects.order_by("pk")
    assert first.subject == "Wir haben dein Foto – das ist seine Seite"
    assert second.subject == "Dein Foto ist freigegeben"
    assert "Hallo Mia" in second.text
    assert "/de/me/open/" in second.text


def test_an_approved_photo_without_a_place_is_told_so():
    photo = submit(email="mia@example.com", surfaces=submit().public)
    settle(photo)

    services.approve_photo(photo, by=make_moderator())

    letter = OutgoingMail.objects.order_by("-pk")[0]
    assert "You have not allowed any place yet" in letter.text


def test_a_name_is_plain_text_and_cannot_write_headers():
    photo = submit(email="mia@example.com", persona_name="Mia & <b>\r\nBcc: x@y.z")
    settle(photo)

    services.refuse_photo(photo, by=make_moderator(), reasons=["blurry"])

    letter = OutgoingMail.objects.get(key__startswith="ugc-decision")
    assert "Hello Mia & <b> Bcc: x@y.z," in letter.text
    assert "\n" not in letter.subject


def test_no_mail_follows_once_they_are_stopped():
    photo = submit(email="mia@example.com")
    settle(photo)
    services.stop_mails(photo.contributor)

    services.approve_photo(photo, by=make_moderator())

    assert OutgoingMail.objects.count() == 1


def test_a_mail_to_an_address_nobody_proved_carries_no_free_text():
    submit(email="stranger@example.com", persona_name="you won http://evil.example")

    letter = OutgoingMail.objects.get()

    assert "evil.example" not in letter.text + letter.subject


def test_the_shop_is_no_relay_for_mails_to_one_address():
    for _ in range(5):
        submit(email="stranger@example.com")

    assert OutgoingMail.objects.count() == 3
