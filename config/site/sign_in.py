"""Signing in to the admin: few wrong tries, few reset mails.

Counted in the cache: give production one that its processes share
(``SCHAUFENSTER_CACHE_URL``).
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.auth import LoginForm, PasswordResetForm

from ugc.conf import client_address

WINDOW = 15 * 60  # seconds
MAX_FAILURES = 10  # of one account or from one address
MAX_RESETS = 3  # mails to one address of an account

_TOO_MANY = _("Too many tries. Please wait a quarter of an hour and try again.")


class LimitedLoginForm(LoginForm):
    """Refuses more than ``MAX_FAILURES`` wrong passwords within ``WINDOW``."""

    def clean(self) -> dict[str, Any]:
        keys = [_key("account", self.data.get("username", ""))]
        if self.request is not None:
            keys.append(_key("address", _address(self.request)))
        if any(cache.get(key, 0) >= MAX_FAILURES for key in keys):
            raise ValidationError(_TOO_MANY, code="too_many")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            for key in keys:
                _count(key)
            raise
        cache.delete(keys[0])
        return cleaned


class LimitedPasswordResetForm(PasswordResetForm):
    """Sends at most ``MAX_RESETS`` mails to one address within ``WINDOW``.

    Says nothing of it: the answer is the same whether there is an account.
    """

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        key = _key("reset", self.cleaned_data["email"])
        if cache.get(key, 0) < MAX_RESETS:
            _count(key)
            super().send_mail(*args, **kwargs)


def _address(request: HttpRequest) -> str:
    return client_address(request)


def _key(kind: str, value: str) -> str:
    return salted_hmac(f"sign_in.{kind}", value.casefold()).hexdigest()


def _count(key: str) -> None:
    cache.add(key, 0, WINDOW)
    cache.incr(key)
