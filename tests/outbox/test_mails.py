"""Delivery to a real mail server that can be told to misbehave."""

from __future__ import annotations

import asyncio
import socket
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.core import mail as django_mail

from outbox import services
from outbox.models import OutgoingMail
from outbox.testing import make_due, reread

pytestmark = pytest.mark.django_db


class Postman:
    """Takes mails, or answers what it is told to."""

    def __init__(self):
        self.taken = []
        self.greeting_pause = 0.0
        self.answer_to_recipient = "250 OK"
        self.answer_to_sender = "250 OK"
        self.answer_to_data = "250 OK"
        self.pause = 0.0

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.answer_to_sender

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.pause)
        if self.answer_to_data.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content))
        return self.answer_to_data


@pytest.fixture
def own_port():
    """A socket whose port nobody else can take; nobody listens there yet."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        yield own


class OnOwnPort(Controller):
    """The mail server on a socket that was bound before."""

    def __init__(self, handler, own):
        super().__init__(handler, *own.getsockname(), ready_timeout=60)
        self.own = own

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self.own)


@pytest.fixture
def postman(settings, own_port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = own_port.getsockname()
    settings.EMAIL_TIMEOUT = 60
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@schaufenster.example>"
    postman = Postman()
    controller = OnOwnPort(postman, own_port)
    controller.start()
    yield postman
    controller.stop()


def test_a_mail_is_written_with_its_transaction_and_sent_after_it(
    postman, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        mail = services.send_mail_later(
            key="photo-approved-7",
            to="ada@example.org",
            subject="Your photo\nis on the page",
            text="Grüße: https://shop.example/me/open/secret/",
            html="<p>Grüße</p>",
        )
        assert postman.taken == []

    (taken,) = postman.taken
    assert taken["Subject"] == "Your photo is on the page"
    assert taken["To"] == "ada@example.org"
    assert taken["Message-ID"].endswith(f".{mail.pk}@schaufenster.example>")
    types = [part.get_content_type() for part in taken.walk()]
    assert types == ["multipart/alternative", "text/plain", "text/html"]
    assert reread(mail).state == OutgoingMail.State.SENT


def test_what_a_sent_mail_said_is_not_kept(postman, make_mail):
    mail = make_mail(text="secret link", html="<p>secret link</p>")

    assert services.deliver_mail(mail.pk)

    assert (reread(mail).text, reread(mail).html) == ("", "")


def test_the_same_key_is_one_mail(postman, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = services.send_mail_later(
            key="k", to="a@example.org", subject="s", text="t"
        )
        second = services.send_mail_later(
            key="k", to="b@example.org", subject="s2", text="t2"
        )

    assert first == second
    assert len(postman.taken) == 1


def test_ringing_five_times_sends_one_mail(postman, make_mail):
    mail = make_mail()

    answers = [services.deliver_mail(mail.pk) for _ in range(5)]

    assert answers == [True, False, False, False, False]
    assert len(postman.taken) == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("answer_to_recipient", "451 try later"),
        ("answer_to_data", "452 full"),
        ("answer_to_sender", "451 greylisted"),
        # Ours to put right; no fault of this mail.
        ("answer_to_sender", "530 log in first"),
    ],
)
def test_a_passing_refusal_is_tried_again(postman, make_mail, answer, text):
    mail = make_mail()
    setattr(postman, answer, text)

    assert not services.deliver_mail(mail.pk)
    row = reread(mail)
    assert (row.state, row.losses, row.releases) == ("waiting", 0, 1)
    assert not services.deliver_mail(mail.pk), "it has to wait first"

    setattr(postman, answer, "250 OK")
    assert services.deliver_mail(make_due(mail).pk)
    assert len(postman.taken) == 1


@pytest.mark.parametrize(
    ("answer", "text", "code"),
    [
        ("answer_to_recipient", "550 nobody here", 550),
        ("answer_to_data", "554 not wanted", 554),
    ],
)
def test_a_refusal_for_good_is_recorded(postman, make_mail, answer, text, code):
    mail = make_mail()
    setattr(postman, answer, text)

    assert services.deliver_mail(mail.pk)

    row = reread(mail)
    assert (row.state, row.reason, row.smtp_code) == ("failed", "refused", code)
    assert row.is_settled
    assert row.text == "It is here."


def test_a_slow_server_is_left_and_asked_again(postman, make_mail, settings):
    settings.EMAIL_TIMEOUT = 0.5
    mail = make_mail()
    postman.pause = 60

    assert not services.deliver_mail(mail.pk)

    assert reread(mail).releases == 1


def test_a_server_that_is_down_is_asked_again(settings, make_mail, own_port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = own_port.getsockname()
    mail = make_mail()

    assert not services.deliver_mail(mail.pk)

    row = reread(mail)
    assert (row.state, row.losses, row.releases) == ("waiting", 0, 1)


def test_a_sites_own_backend_may_raise_anything(make_mail, monkeypatch):
    def fail(message):
        raise MemoryError

    monkeypatch.setattr(django_mail.EmailMessage, "send", fail)
    mail = make_mail()

    assert not services.deliver_mail(mail.pk)
    assert reread(mail).releases == 1


def test_an_address_with_a_line_break_fails_at_once(postman, make_mail):
    mail = make_mail(to="a@example.org\nBcc: b@example.org")

    assert services.deliver_mail(mail.pk)

    assert reread(mail).reason == "malformed"
    assert postman.taken == []


def test_after_three_days_a_mail_fails(postman, make_mail, time_machine_days):
    mail = make_mail()
    postman.answer_to_recipient = "451 try later"
    time_machine_days(mail, 4)

    assert services.deliver_mail(mail.pk)

    row = reread(mail)
    assert (row.state, row.reason, row.smtp_code) == ("failed", "gave_up", 451)


@pytest.fixture
def time_machine_days():
    """Make a mail that many days old, by the database's clock."""
    from datetime import timedelta

    from django.db.models.functions import Now

    def age(mail, days):
        OutgoingMail.objects.filter(pk=mail.pk).update(
            created_at=Now() - timedelta(days=days)
        )

    return age
