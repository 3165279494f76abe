"""Some of many buyers of the same thing: ``hurried_buyer.py SKU BUYERS TRIES``.

Each buyer is a thread with a connection of its own, and goes the whole way for
each try, as the pages do; every fifth payment is declined first and tried again.
Waits for a line on standard input to begin, so that all
begin at once, and prints how its tries ended as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import connection  # noqa: E402

from storefront import services  # noqa: E402
from storefront.exceptions import NotEnoughStock  # noqa: E402
from storefront.payments.test_provider import TestProvider  # noqa: E402
from storefront.tokens import new_token  # noqa: E402

PROVIDER = "storefront.payments.test_provider.TestProvider"
BUYER = services.Buyer(
    email="buyer@example.org",
    name="Mira K.",
    street="Lindenstr. 5",
    postcode="10969",
    city="Berlin",
    country="DE",
)


def pay(order_id: int, *, is_paid: bool) -> str:
    """Go to the provider, press a button, come back; return the order's state."""
    url = services.start_payment(order_id)
    reference = url.rstrip("/").rpartition("/")[2]
    TestProvider().decide(reference, is_paid=is_paid)
    return services.confirm_payment(provider=PROVIDER, reference=reference).state


def buy(sku: str, *, hesitates: bool) -> str:
    """Try to buy one piece; return how it ended."""
    try:
        change = services.add_to_basket(token="", sku=sku, quantity=1)
        basket = services.find_basket(change.token)
        placed = services.place_order(
            basket=basket,
            checkout_token=new_token(),
            buyer=BUYER,
            language="en",
            shown=services.shown_prices(services.basket_data(basket, language="en")),
        )
        if hesitates:
            pay(placed.order.pk, is_paid=False)
        return pay(placed.order.pk, is_paid=True)
    except NotEnoughStock:
        return "sold out"


def buyer(sku: str, tries: int) -> Counter[str]:
    try:
        return Counter(buy(sku, hesitates=n % 5 == 0) for n in range(tries))
    finally:
        connection.close()


def main() -> None:
    sku, buyers, tries = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(buyers) as pool:
        ends = [pool.submit(buyer, sku, tries) for _ in range(buyers)]
    # What failed in a thread is raised here, and ends the process.
    print(json.dumps(sum((end.result() for end in ends), Counter())))


if __name__ == "__main__":
    main()
