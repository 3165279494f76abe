"""What the shop does; each write that means something is one function here."""

from __future__ import annotations

from ..imports.rows import ImportRefused
from .baskets import (
    BasketChange,
    BasketData,
    BasketLineData,
    add_to_basket,
    basket_data,
    find_basket,
    forget_old_baskets,
    remove_line,
    set_quantity,
)
from .import_rows import ImportReport
from .importing import import_catalogue
from .orders import (
    Buyer,
    CheckoutChanged,
    FormIsForeign,
    OrderData,
    PlacedOrder,
    PriceChange,
    cancel_order,
    find_order,
    order_data,
    page_token,
    place_order,
    shown_prices,
)
from .pages import (
    CategoryChoice,
    PagePicture,
    ProductPageData,
    Sorting,
    categories,
    index_products,
    listing,
    product_page,
)
from .payments import (
    confirm_payment,
    expire_reservation,
    release_expired_reservations,
    start_payment,
)

__all__ = [
    "BasketChange",
    "BasketData",
    "BasketLineData",
    "Buyer",
    "CategoryChoice",
    "CheckoutChanged",
    "FormIsForeign",
    "ImportRefused",
    "ImportReport",
    "OrderData",
    "PagePicture",
    "PlacedOrder",
    "PriceChange",
    "ProductPageData",
    "Sorting",
    "add_to_basket",
    "basket_data",
    "cancel_order",
    "categories",
    "confirm_payment",
    "expire_reservation",
    "find_basket",
    "find_order",
    "forget_old_baskets",
    "import_catalogue",
    "index_products",
    "listing",
    "order_data",
    "page_token",
    "place_order",
    "product_page",
    "release_expired_reservations",
    "remove_line",
    "set_quantity",
    "shown_prices",
    "start_payment",
]
