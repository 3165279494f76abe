from __future__ import annotations

from itertools import count

import pytest

from outbox.models import OutgoingMail

_numbers = count()


@pytest.fixture
def make_mail():
    """Make a waiting mail without ringing for it."""

    def make(**fields) -> OutgoingMail:
        number = next(_numbers)
        values = {
            "key": f"test-{number}",
            "to": "somebody@example.org",
            "subject": "Your photo",
            "text": "It is here.",
        }
        return OutgoingMail.objects.create(**(values | fields))

    return make
