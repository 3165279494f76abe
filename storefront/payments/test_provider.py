"""The built-in provider for trying the shop out: no money moves."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from ..exceptions import PaymentMismatch
from ..models import TrialCharge
from .base import Outcome, PaymentRequest, Standing


class TestProvider:
    """Shows a page with two buttons, paid and declined.

    It keeps its own record of each payment, as a real provider does, so that
    the shop's comparison with it is a real one.
    """

    # pytest collects classes by this prefix wherever they are imported.
    __test__ = False

    @property
    def label(self) -> str:
        return _("Test payment")

    def start(self, request: PaymentRequest) -> str:
        TrialCharge.objects.get_or_create(
            reference=request.reference,
            defaults={
                "order_number": request.order_number,
                "amount": request.price.amount,
                "currency": request.price.currency,
                "return_url": request.return_url,
            },
        )
        return reverse("shoppable_store:test_payment", args=[request.reference])

    def outcome(self, reference: str) -> Outcome:
        try:
            charge = TrialCharge.objects.get(reference=reference)
        except TrialCharge.DoesNotExist as error:
            raise PaymentMismatch(f"No payment {reference!r} is known.") from error
        return Outcome(
            order_number=charge.order_number,
            price=charge.price,
            standing=Standing(charge.state),
        )

    def decide(self, reference: str, *, is_paid: bool) -> None:
        """Take the buyer's click; only the first one counts."""
        state = TrialCharge.State.PAID if is_paid else TrialCharge.State.DECLINED
        TrialCharge.objects.filter(
            reference=reference, state=TrialCharge.State.OPEN
        ).update(state=state)
