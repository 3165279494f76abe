"""How editors choose photos and products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.telepath import register as register_telepath
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.chooser import (
    BaseChooseView,
    ChooseResultsViewMixin,
    ChooseViewMixin,
    ChosenMultipleViewMixin,
    ChosenResponseMixin,
    ChosenViewMixin,
)
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.blocks import FieldBlock
from wagtail.images.widgets import AdminImageChooser, ImageChooserAdapter

from ugc.catalogue import ProductCard, get_catalogue
from ugc.models import Photo, PhotoQuerySet, ProductTag

PREVIEW_WIDTH = 165  # px, as Wagtail's own image chooser


# --- photos -------------------------------------------------------------------


def choosable_photos() -> PhotoQuerySet:
    """Return what an editor may place: photos that are public somewhere."""
    return Photo.objects.public_anywhere()


def may_choose_photos(user: Any) -> bool:
    """Whether someone may look through the photos to place them."""
    return any(
        user.has_perm(f"shoppable_ugc.{codename}")
        for codename in ("view_photo", "change_photo", "moderate_photo")
    )


def photo_title(photo: Photo) -> str:
    """Return how the editor tells the photo from others."""
    words = photo.caption or photo.alt_text
    if not words:
        return gettext("Photo by %(name)s") % {"name": photo.persona.name}
    return gettext("%(words)s, by %(name)s") % {
        "words": words if len(words) <= 60 else f"{words[:59]}…",
        "name": photo.persona.name,
    }


def photo_preview(photo: Photo) -> dict[str, Any]:
    """Return address and size of a small picture; empty while it is not public."""
    picture = photo.asset.public_picture if photo.asset is not None else None
    if picture is None:
        return {"url": "", "width": PREVIEW_WIDTH, "height": PREVIEW_WIDTH}
    longest = max(picture.width, picture.height)
    return {
        "url": picture.url(2 * PREVIEW_WIDTH),
        "width": round(PREVIEW_WIDTH * picture.width / longest),
        "height": round(PREVIEW_WIDTH * picture.height / longest),
    }


class PhotoSearchForm(BaseFilterForm):
    """Finds photos by their words, their author's name or a product on them."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Words, a name or a product")}),
    )

    def filter(self, objects: PhotoQuerySet) -> PhotoQuerySet:
        text = self.cleaned_data.get("q", "").strip()
        if not text:
            return objects
        self.is_searching = True
        self.search_query = text
        found = get_catalogue().search(text, language=get_language() or "", limit=50)
        shows = ProductTag.objects.filter(
            photo=OuterRef("pk"), product_key__in=[card.key for card in found]
        )
        return objects.filter(
            Q(caption__icontains=text)
            | Q(alt_text__icontains=text)
            | Q(persona__name__icontains=text)
            | Exists(shows)
        )


class PhotoPermissionMixin:
    """Answers only to those who may choose photos."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_choose_photos(request.user):
            raise PermissionDenied
        response: HttpResponse = super().dispatch(  # type: ignore[misc]
            request, *args, **kwargs
        )
        return response


class BasePhotoChooseView(PhotoPermissionMixin, BaseChooseView):
    filter_form_class = PhotoSearchForm
    results_template_name = "shoppable_cms/choosers/photos.html"
    create_action_label = ""  # Wagtail asks, though nothing is created here
    per_page = 24

    def get_object_list(self) -> PhotoQuerySet:
        return choosable_photos().newest().for_tiles()

    def can_create(self) -> bool:
        return False

    @property
    def columns(self) -> list[Column]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["choices"] = [
            {
                "pk": photo.pk,
                "title": photo_title(photo),
                "preview": photo_preview(photo),
                "url": self.append_preserved_url_parameters(
                    reverse(self.chosen_url_name, args=(photo.pk,))
                ),
            }
            for photo in context["results"]
        ]
        return context


class PhotoChooseView(ChooseViewMixin, BasePhotoChooseView):
    pass


class PhotoChooseResultsView(ChooseResultsViewMixin, BasePhotoChooseView):
    pass


class PhotoChosenResponseMixin(ChosenResponseMixin):
    def get_display_title(self, photo: Photo) -> str:
        return photo_title(photo)

    def get_edit_item_url(self, photo: Photo) -> str:
        return ""

    def get_chosen_response_data(self, photo: Photo) -> dict[str, Any]:
        data: dict[str, Any] = super().get_chosen_response_data(photo)
        return {
            **data,
            "preview": photo_preview(photo),
            "default_alt_text": photo.alt_text,
        }


def _keys(raw: Sequence[str]) -> list[int]:
    """Those of the address's parts that can be keys; the rest names nothing."""
    return [int(each) for each in raw if each.isdecimal() and len(each) <= 18]


class PhotoChosenView(
    PhotoPermissionMixin, ChosenViewMixin, PhotoChosenResponseMixin, View
):
    def get_object(self, pk: str) -> Photo:
        return choosable_photos().for_tiles().get(pk__in=_keys([pk]))


class PhotoChosenMultipleView(
    PhotoPermissionMixin, ChosenMultipleViewMixin, PhotoChosenResponseMixin, View
):
    def get_objects(self, pks: Sequence[str]) -> PhotoQuerySet:
        return choosable_photos().for_tiles().filter(pk__in=_keys(pks))


class PhotoChooser(AdminImageChooser):
    """Shows the chosen photo with its picture, by Wagtail's image chooser's script."""

    choose_one_text = _("Choose a photo")
    choose_another_text = _("Choose another photo")
    chooser_modal_url_name = "shoppable_photo_chooser:choose"
    show_edit_link = False
    model = Photo

    def __init__(self, **kwargs: Any) -> None:
        super(AdminImageChooser, self).__init__(**kwargs)

    def get_instance(self, value: Any) -> Photo | None:
        if value is None:
            return None
        pk = value.pk if isinstance(value, Photo) else value
        photo: Photo | None = Photo.objects.for_tiles().filter(pk=pk).first()
        return photo

    def get_value_data_from_instance(self, photo: Photo) -> dict[str, Any]:
        # Its page keeps the reference, but nothing of a photo that is not
        # public is shown to those who only edit pages.
        title = (
            photo_title(photo)
            if photo.is_public
            else gettext("This photo is not public any more and is not shown.")
        )
        return {
            "id": photo.pk,
            "edit_url": "",
            "title": title,
            "preview": photo_preview(photo),
            "default_alt_text": photo.alt_text if photo.is_public else "",
        }


register_telepath(ImageChooserAdapter(), PhotoChooser)


class PhotoChooserViewSet(ChooserViewSet):
    model = Photo
    icon = "image"
    choose_one_text = _("Choose a photo")
    choose_another_text = _("Choose another photo")
    base_widget_class = PhotoChooser
    choose_view_class = PhotoChooseView
    choose_results_view_class = PhotoChooseResultsView
    chosen_view_class = PhotoChosenView
    chosen_multiple_view_class = PhotoChosenMultipleView

    def get_urlpatterns(self) -> list[Any]:
        # Photos come from customers: there is nothing to create here.
        patterns: list[Any] = super().get_urlpatterns()
        return [each for each in patterns if each.name != "create"]


photo_chooser_viewset = PhotoChooserViewSet(
    "shoppable_photo_chooser", url_prefix="photo-chooser"
)


# --- products -----------------------------------------------------------------


class ProductSearchForm(BaseFilterForm):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Name of a product")}),
    )


class BaseProductChooseView(BaseChooseView):
    """Lists product cards of whatever catalogue the site has."""

    filter_form_class = ProductSearchForm
    results_template_name = "shoppable_cms/choosers/products.html"
    create_action_label = ""
    per_page = 12
    max_found = 60  # a search that finds more is better made narrower

    def can_create(self) -> bool:
        return False

    def get_object_list(self) -> list[ProductCard]:
        return []

    def apply_object_list_ordering(
        self, objects: Sequence[ProductCard]
    ) -> Sequence[ProductCard]:
        return objects

    def filter_object_list(
        self, objects: Sequence[ProductCard]
    ) -> Sequence[ProductCard]:
        text = ""
        if self.filter_form.is_valid():
            text = self.filter_form.cleaned_data["q"].strip()
        self.filter_form.is_searching = bool(text)
        self.filter_form.search_query = text
        if not text:
            return objects
        return get_catalogue().search(
            text, language=get_language() or "", limit=self.max_found
        )

    @property
    def columns(self) -> list[Column]:
        return [
            ProductPictureColumn("picture", label="", width="4rem"),
            TitleColumn(
                "name",
                label=_("Product"),
                accessor="name",
                id_accessor="key",
                get_url=self._chosen_url,
                link_attrs={"data-chooser-modal-choice": True},
            ),
            Column("price_text", label=_("Price"), accessor="price_text"),
            Column(
                "availability_text",
                label=_("Availability"),
                accessor="availability_text",
            ),
        ]

    def _chosen_url(self, card: ProductCard) -> str:
        url: str = self.append_preserved_url_parameters(
            reverse(self.chosen_url_name, args=(card.key,))
        )
        return url


class ProductPictureColumn(Column):
    cell_template_name = "shoppable_cms/choosers/product_picture_cell.html"

    def get_value(self, card: ProductCard) -> str:
        return card.picture.src if card.picture is not None else ""


class ProductChooseView(ChooseViewMixin, BaseProductChooseView):
    pass


class ProductChooseResultsView(ChooseResultsViewMixin, BaseProductChooseView):
    pass


class ProductChosenResponseMixin(ChosenResponseMixin):
    def get_object_id(self, card: ProductCard) -> str:
        return card.key

    def get_display_title(self, card: ProductCard) -> str:
        return card.name

    def get_edit_item_url(self, card: ProductCard) -> str:
        return ""


class ProductChosenView(ChosenViewMixin, ProductChosenResponseMixin, View):
    def get(self, request: HttpRequest, pk: str) -> HttpResponse:
        # Keys are taken as they are; Wagtail's view would unquote underscores.
        response: HttpResponse = self.get_chosen_response(_card_or_404(pk))
        return response


class ProductChosenMultipleView(
    ChosenMultipleViewMixin, ProductChosenResponseMixin, View
):
    def get_objects(self, pks: Sequence[str]) -> list[ProductCard]:
        cards = get_catalogue().cards(pks, language=get_language() or "")
        return [cards[key] for key in pks if key in cards]


class ProductChooser(BaseChooser):
    """A product's key, shown by its name."""

    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    chooser_modal_url_name = "shoppable_product_chooser:choose"
    icon = "tag"
    show_edit_link = False

    def get_instance(self, value: Any) -> str | None:
        return str(value) if value else None

    def get_value_data_from_instance(self, key: str) -> dict[str, Any]:
        card = get_catalogue().card(key, language=get_language() or "")
        title = (
            card.name
            if card is not None
            else gettext("%(key)s (not in the catalogue)") % {"key": key}
        )
        return {"id": key, "edit_url": "", "title": title}


class ProductChooserBlock(FieldBlock):
    """A product key; the catalogue says at each rendering what it means."""

    def __init__(
        self, required: bool = True, help_text: Any = None, **kwargs: Any
    ) -> None:
        self._field_options = {"required": required, "help_text": help_text}
        super().__init__(**kwargs)

    @cached_property
    def field(self) -> forms.CharField:
        return forms.CharField(
            widget=ProductChooser(), max_length=200, **self._field_options
        )

    def get_form_state(self, value: Any) -> Any:
        return self.field.widget.get_value_data(value)

    def value_from_form(self, value: Any) -> str:
        return value or ""

    class Meta:
        icon = "tag"


class ProductChooserViewSet(ChooserViewSet):
    icon = "tag"
    choose_one_text = _("Choose a product")
    choose_another_text = _("Choose another product")
    base_widget_class = ProductChooser
    choose_view_class = ProductChooseView
    choose_results_view_class = ProductChooseResultsView
    chosen_view_class = ProductChosenView
    chosen_multiple_view_class = ProductChosenMultipleView

    def on_register(self) -> None:
        """Nothing: a catalogue's products are no model of ours."""

    def get_urlpatterns(self) -> list[Any]:
        patterns: list[Any] = super().get_urlpatterns()
        return [each for each in patterns if each.name != "create"]


product_chooser_viewset = ProductChooserViewSet(
    "shoppable_product_chooser", url_prefix="product-chooser"
)


def _card_or_404(key: str) -> ProductCard:
    card = get_catalogue().card(key, language=get_language() or "")
    if card is None:
        raise Http404
    return card
