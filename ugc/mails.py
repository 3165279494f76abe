"""Mails to authors who asked for answers; sent by the outbox, once each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from outbox.services import send_mail_later

from . import access, conf, reasons, throttle
from .catalogue import get_catalogue
from .models import Consent, Decision, Photo

logger = logging.getLogger(__name__)


def send_secret_link(photo: Photo) -> None:
    """Mail the photo's secret link, if its author wants answers.

    Says nothing that was typed in: the address may be a stranger's.
    """
    email = photo.contributor.email
    if email and not throttle.may_write_to(email):
        logger.warning("Too many mails to the address of photo %s", photo.pk)
        return
    _send(photo, key=f"ugc-link-{photo.public_id}", name="secret_link", context={})


def send_decision(photo: Photo, decision: Decision) -> None:
    """Mail what was decided, and why, if the author wants answers."""
    _send(
        photo,
        key=f"ugc-decision-{decision.pk}",
        name="decision",
        context={
            "decision": decision,
            "reasons": [reasons.wording(code) for code in decision.reasons],
            "is_approved": decision.outcome == Decision.Outcome.APPROVED,
        },
    )


def secret_url(photo: Photo) -> str:
    """The whole address of a photo's secret link, in the active language."""
    path = reverse("shoppable_ugc:open_link", args=[access.photo_token(photo)])
    return conf.site_url() + path


def _send(photo: Photo, *, key: str, name: str, context: Mapping[str, Any]) -> None:
    contributor = photo.contributor
    if not contributor.email or not _wants_answers(photo):
        return
    with translation.override(contributor.language):
        card = (
            get_catalogue().card(photo.product_key, language=contributor.language)
            if photo.product_key
            else None
        )
        context = {
            **context,
            "photo": photo,
            "product_name": card.name if card else "",
            "secret_url": secret_url(photo),
        }
        subject, _newline, text = render_to_string(
            f"shoppable_ugc/mails/{name}.txt", context
        ).partition("\n")
        send_mail_later(
            key=key,
            to=contributor.email,
            subject=subject.strip(),
            text=text.strip() + "\n",
        )


def _wants_answers(photo: Photo) -> bool:
    return Consent.objects.filter(
        contributor=photo.contributor_id,
        purpose=Consent.Purpose.ANSWERS_BY_MAIL,
        withdrawn_at=None,
    ).exists()
