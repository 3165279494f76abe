"""Pages of the shop."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from . import conf, services
from .exceptions import (
    BasketEmpty,
    NotEnoughStock,
    NotForSale,
    OrderClosed,
    PaymentMismatch,
    PaymentUnavailable,
    TooManyUnpaidOrders,
)
from .forms import AddToBasketForm, ChangeLineForm, CheckoutForm
from .models import Basket, BasketLine, Order, Payment, TrialCharge
from .origin_check import same_origin_post
from .payments.test_provider import TestProvider
from .structured_data import product_data
from .tokens import new_token

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

TEST_PROVIDER = "storefront.payments.test_provider.TestProvider"


def _language() -> str:
    return (get_language() or conf.default_language()).split("-")[0]


def private_page(view: View[P]) -> View[P]:
    """Keep a person's page out of caches, search engines and referrers."""

    @functools.wraps(view)
    def private(
        request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        # Not no-referrer: Django's CSRF check would then see no origin.
        response.headers["Referrer-Policy"] = "same-origin"
        patch_vary_headers(response, ["Cookie"])
        return response

    return never_cache(private)


# --- catalogue ---------------------------------------------------------------


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    category = request.GET.get("category", "")
    query = request.GET.get("q", "")[:100]
    sorting = request.GET.get("sort", "")
    if sorting not in services.Sorting.values:
        sorting = services.Sorting.OURS
    language = _language()
    categories = services.categories(language=language)
    chosen = next((c for c in categories if c.slug == category), None)
    if category and chosen is None:
        raise Http404
    page = services.listing(
        category=category or None,
        query=query,
        language=language,
        page=request.GET.get("page", 1),
        sorting=sorting,
    )
    kept = {"category": category, "q": query, "sort": sorting}
    context = {
        "page": page,
        "categories": categories,
        "category": chosen,
        "query": query,
        "sorting": sorting,
        "sortings": services.Sorting.choices,
        # What the links to other pages carry along.
        "kept": urlencode({name: value for name, value in kept.items() if value}),
    }
    return TemplateResponse(request, "shoppable_store/product_list.html", context)


@require_safe
def product(request: HttpRequest, key: str) -> HttpResponse:
    page = services.product_page(key, language=_language())
    if page is None:
        raise Http404
    context = {
        "product": page,
        "structured_data": product_data(page, request.build_absolute_uri),
    }
    return TemplateResponse(request, "shoppable_store/product.html", context)


# --- basket ------------------------------------------------------------------


def _token(request: HttpRequest) -> str:
    return request.COOKIES.get(conf.basket_cookie(), "")


def _basket(request: HttpRequest) -> Basket | None:
    return services.find_basket(_token(request))


def _to_basket(notice: str = "") -> HttpResponse:
    url = reverse("shoppable_store:basket")
    return redirect(f"{url}?{urlencode({'notice': notice})}" if notice else url)


@private_page
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    data = services.basket_data(_basket(request), language=_language())
    context = {
        "basket": data,
        # A code of ours or nothing: the wording is in the template.
        "notice": request.GET.get("notice", ""),
        "free_shipping_from": conf.free_shipping_from(),
    }
    return TemplateResponse(request, "shoppable_store/basket.html", context)


@private_page
@same_origin_post
def add_to_basket(request: HttpRequest) -> HttpResponse:
    form = AddToBasketForm(request.POST)
    if not form.is_valid():
        return _to_basket("quantity" if "quantity" in form.errors else "gone")
    try:
        change = services.add_to_basket(token=_token(request), **form.cleaned_data)
    except NotForSale:
        return _to_basket("gone")
    except NotEnoughStock as error:
        has_all = error.shortages[0].left > 0
        return _to_basket("all_in_basket" if has_all else "sold_out")
    response = _to_basket("fewer" if change.is_shortened else "added")
    response.set_cookie(
        conf.basket_cookie(),
        change.token,
        max_age=conf.basket_cookie_seconds(),
        httponly=True,
        samesite="Lax",
        secure=conf.basket_cookie_is_secure(),
    )
    return response


@private_page
@require_POST
def change_line(request: HttpRequest, line_id: int) -> HttpResponse:
    basket = _basket(request)
    if basket is None:
        raise Http404
    data = request.POST
    if "remove" in data:
        services.remove_line(basket=basket, line_id=line_id)
        return _to_basket("removed")
    form = ChangeLineForm(data)
    if not form.is_valid():
        return _to_basket("quantity")
    quantity = form.cleaned_data["quantity"]
    if quantity == 0:
        services.remove_line(basket=basket, line_id=line_id)
        return _to_basket("removed")
    try:
        change = services.set_quantity(
            basket=basket, line_id=line_id, quantity=quantity
        )
    except BasketLine.DoesNotExist as error:
        raise Http404 from error
    except NotEnoughStock:
        return _to_basket("sold_out")
    return _to_basket("fewer" if change.is_shortened else "changed")


# --- checkout ----------------------------------------------------------------


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    basket = _basket(request)
    if basket is None:
        return _to_basket()
    if request.method != "POST":
        return _checkout_page(request, basket, CheckoutForm())
    form = CheckoutForm(request.POST)
    token = request.POST.get("checkout_token", "")
    if not form.is_valid() or not 20 <= len(token) <= 200:
        return _checkout_page(request, basket, form, token=token, status=422)
    try:
        placed = services.place_order(
            basket=basket,
            checkout_token=token,
            buyer=form.buyer,
            language=_language(),
            shown=request.POST.get("shown", ""),
        )
    except BasketEmpty:
        return _to_basket()
    except NotEnoughStock:
        return _to_basket("short")
    except services.CheckoutChanged as change:
        return _checkout_page(
            request, basket, form, token=token, changes=change.changes, status=409
        )
    except services.FormIsForeign:
        return _checkout_page(request, basket, form, changes=(), status=409)
    if not placed.is_new:
        return redirect("shoppable_store:order", token=placed.token)
    return _pay(request, placed.order, placed.token)


def _checkout_page(
    request: HttpRequest,
    basket: Basket,
    form: CheckoutForm,
    *,
    token: str = "",
    changes: tuple[services.PriceChange, ...] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form with what it costs now; ``changes`` says what is new in it."""
    data = services.basket_data(basket, language=_language())
    if data.is_empty:
        return _to_basket()
    if data.shortages:
        return _to_basket("short")
    context: dict[str, Any] = {
        "form": form,
        "basket": data,
        "shown": services.shown_prices(data),
        "checkout_token": token if 20 <= len(token) <= 200 else new_token(),
        "changes": changes,
        "minutes": _minutes(),
    }
    return TemplateResponse(
        request, "shoppable_store/checkout.html", context, status=status
    )


def _minutes() -> int:
    """How long things are kept for who is about to pay."""
    return max(1, round(conf.reservation_time().total_seconds() / 60))


def _pay(request: HttpRequest, order: Order, token: str) -> HttpResponse:
    """Send the buyer to the payment, or to the order's page with the reason."""
    page = reverse("shoppable_store:order", args=[token])
    try:
        address = conf.client_address(request)
        return redirect(services.start_payment(order.pk, address=address))
    except NotEnoughStock:
        return redirect(f"{page}?notice=sold_out")
    except PaymentUnavailable:
        return redirect(f"{page}?notice=unavailable")
    except TooManyUnpaidOrders:
        return redirect(f"{page}?notice=too_many")
    except OrderClosed:
        return redirect(page)


# --- orders and payment ------------------------------------------------------


def _order_or_404(token: str) -> Order:
    order = services.find_order(token)
    if order is None:
        raise Http404
    return order


@private_page
@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    found = _order_or_404(token)
    context = {
        "data": services.order_data(found, language=_language()),
        "order": found,
        "token": token,
        "notice": request.GET.get("notice", ""),
        "minutes": _minutes(),
    }
    return TemplateResponse(request, "shoppable_store/order.html", context)


@private_page
@require_POST
def pay_order(request: HttpRequest, token: str) -> HttpResponse:
    return _pay(request, _order_or_404(token), token)


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def test_payment(request: HttpRequest, reference: str) -> HttpResponse:
    """Stand for a provider's own page: two buttons, no money."""
    # Only where the setting names it: elsewhere nobody pays by clicking.
    if TEST_PROVIDER not in conf.payment_providers():
        raise Http404
    charge = TrialCharge.objects.filter(reference=reference).first()
    if charge is None:
        raise Http404
    if request.method != "POST":
        if charge.state != TrialCharge.State.OPEN:
            return redirect(charge.return_url)
        context = {"charge": charge}
        return TemplateResponse(request, "shoppable_store/test_payment.html", context)
    TestProvider().decide(reference, is_paid="pay" in request.POST)
    try:
        paid = services.confirm_payment(provider=TEST_PROVIDER, reference=reference)
    except (Payment.DoesNotExist, PaymentMismatch) as error:
        raise Http404 from error
    declined = not paid.paid_at and "pay" not in request.POST
    return redirect(
        f"{charge.return_url}?notice=declined" if declined else charge.return_url
    )
