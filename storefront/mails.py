"""What the shop writes to its customers, in the language of their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from outbox.services import send_mail_later

from . import conf
from .models import Order, Payment

if TYPE_CHECKING:
    from .services import OrderData


def send_order_confirmation(order: Order) -> None:
    """Confirm a paid order; once, however often it is asked for."""
    with translation.override(order.language):
        _send(
            order,
            key=f"order-{order.number}-confirmed",
            subject=_("Your order %(number)s at %(shop)s"),
            template="order_confirmed",
        )


def send_refund_notice(order: Order, payment: Payment) -> None:
    """Say that money came for an order that can't be delivered any more."""
    with translation.override(order.language):
        _send(
            order,
            key=f"order-{order.number}-refund-{payment.pk}",
            subject=_("Your payment for order %(number)s at %(shop)s"),
            template="order_refund",
        )


def _send(order: Order, *, key: str, subject: str, template: str) -> None:
    # Here, as services import this module.
    from .services.orders import order_data, page_token

    data: OrderData = order_data(order, language=order.language)
    path = reverse("shoppable_store:order", args=[page_token(order)])
    context: dict[str, Any] = {
        "order": order,
        "data": data,
        "language": order.language,
        "shop": conf.shop_name(),
        "site": conf.site_url(),
        "order_url": conf.site_url() + path,
        "legal_links": conf.legal_links(),
    }
    send_mail_later(
        key=key,
        to=order.email,
        subject=subject % {"number": order.number, "shop": conf.shop_name()},
        text=render_to_string(f"shoppable_store/mails/{template}.txt", context),
        html=render_to_string(f"shoppable_store/mails/{template}.html", context),
    )
