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
from wagtail.admin.forms import WagtailAdminPageForm
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


class ProductPageForm(WagtailAdminPageForm):
    """Asks for a product that has no page of its own below this shop yet."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        key = cleaned.get("product_key")
        if key and not self.instance._slug_is_available(
            key, self.parent_page, self.instance
        ):
            self.add_error("product_key", _("This product has a page already."))
        return cleaned


class ProductMixin(models.Model):
    """An editor's own page of one product, around the standard product area."""

    photo_surface = Surface.PRODUCT_PAGES
    base_form_class = ProductPageForm

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
        self._take_slug_of_product()
        super().full_clean(*args, **kwargs)

    def minimal_clean(self) -> None:
        """As ``full_clean``, for drafts."""
        self._take_slug_of_product()
        super().minimal_clean()  # type: ignore[misc]

    def _take_slug_of_product(self) -> None:
        # One address for a product: its key, whoever serves it. Where another
        # page has it already, as the original of a copy has, the form says so.
        if self.product_key and self._slug_is_available(  # type: ignore[attr-defined]
            self.product_key,
            self.get_parent(),  # type: ignore[attr-defined]
            self,
        ):
            self.slug = self.product_key

    def get_context(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(  # type: ignore[misc]
            request, *args, **kwargs
        )
        shown = product_pages.product_context(
            request, self.product_key, language=get_language() or ""
        )
        is_away = shown is None or self.slug != self.product_key
        if is_away and not getattr(request, "is_preview", False):
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

    def get_context(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(  # type: ignore[misc]
            request, *args, **kwargs
        )
        # What an editor puts below this page can be found from it.
        context["stories"] = [
            {"title": page.title, "url": url, "text": page.search_description}
            for page in self.get_children().live().public()  # type: ignore[attr-defined]
            if (url := page.get_url(request))
        ]
        return context
