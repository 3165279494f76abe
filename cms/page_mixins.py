"""What each page type holds and shows; ``cms.pages`` has the concrete pages.

Abstract, so that a site with a base page of its own can build on them. Such a
page names its template itself, as Wagtail gives each concrete page another.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import StreamField

from ugc.models import Surface

from . import product_pages
from .blocks import story_blocks


class ShopMixin(RoutablePageMixin, models.Model):
    """The shop: a list of products, and each product with the default weaving.

    A product's address leads to the editor's own page while one is live below
    this page with the product's key as slug, and to the default otherwise.
    """

    #: The surface whose permission counts for photos on this page.
    photo_surface = Surface.PRODUCT_PAGES
    #: Tells the site that an address below it needs no page of its own.
    serves_missing_children = True

    introduction = models.TextField(
        _("introduction"), blank=True, help_text=_("Stands above all products.")
    )

    product_template = "shoppable_cms/product.html"

    class Meta:
        abstract = True

    @path("")
    def product_list(self, request: HttpRequest) -> HttpResponseBase:
        shown = product_pages.list_context(request, language=get_language() or "")
        response: HttpResponseBase = self.render(request, context_overrides=shown)
        return response

    @path("<slug:key>/")
    def product(self, request: HttpRequest, key: str) -> HttpResponseBase:
        shown = product_pages.product_context(
            request, key, language=get_language() or ""
        )
        if shown is None:
            raise Http404
        response: HttpResponseBase = self.render(
            request, template=self.product_template, context_overrides=shown
        )
        return response

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        """Yield to a live child page; else serve the product."""
        if path_components:
            try:
                return super(RoutablePageMixin, self).route(request, path_components)
            except Http404:
                pass  # no live page of its own: the default weaving
        return super().route(request, path_components)

    @classmethod
    def can_create_at(cls, parent: Any) -> bool:
        """Not without our shop: another one serves its products itself."""
        return apps.is_installed("storefront") and bool(super().can_create_at(parent))


class ProductMixin(models.Model):
    """An editor's own page of one product, around the standard product area."""

    photo_surface = Surface.PRODUCT_PAGES

    product_key = models.CharField(_("product"), max_length=200)
    before = StreamField(
        story_blocks(),
        verbose_name=_("story before the product"),
        blank=True,
    )
    after = StreamField(
        story_blocks(),
        verbose_name=_("story after the product"),
        blank=True,
    )

    class Meta:
        abstract = True

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        # One address for a product: its key, whoever serves it.
        if self.product_key:
            self.slug = self.product_key
        super().full_clean(*args, **kwargs)

    def get_context(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(  # type: ignore[misc]
            request, *args, **kwargs
        )
        shown = product_pages.product_context(
            request, self.product_key, language=get_language() or ""
        )
        if shown is None and not getattr(request, "is_preview", False):
            raise Http404
        context.update(shown or {"product": None})
        context["is_own_page"] = True
        return context


class GalleryMixin(models.Model):
    """An editorial page: an introduction and a story of photos and words."""

    photo_surface = Surface.GALLERIES

    introduction = models.TextField(_("introduction"), blank=True)
    story = StreamField(story_blocks(), verbose_name=_("story"), blank=True)

    class Meta:
        abstract = True
