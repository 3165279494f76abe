"""Forms of the author's pages: they check shape, services check meaning."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from .models import NOWHERE, Surface
from .texts import one_line

#: What the file chooser offers. HEIC by name too: some browsers know no type for it.
ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif"
#: Photos in one request; more come in further ones.
MAX_PHOTOS = 10


class _SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """One or several uploaded files, as a list."""

    widget = _SeveralFilesInput

    # Any: what a file field is given and gives is untyped in Django, too.
    def clean(self, data: Any, initial: Any = None) -> Any:
        # No file at all is an empty list here, and "required" must still be said.
        files = data if isinstance(data, list | tuple) and data else [data or None]
        cleaned = [super(PhotosField, self).clean(file, initial) for file in files]
        if len(cleaned) > MAX_PHOTOS:
            raise forms.ValidationError(
                _("Please send at most %(count)s photos at once."),
                params={"count": MAX_PHOTOS},
                code="too_many",
            )
        return cleaned


class SurfacesField(forms.MultipleChoiceField):
    """The surfaces switched on; cleans to their bits."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        choices = [(surface.slug, surface.label) for surface in Surface]
        super().__init__(choices=choices, required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        slugs = super().clean(value)
        return Surface.from_slugs(slugs) if slugs else NOWHERE


class WordsForm(forms.Form):
    """The words that belong to a photo."""

    caption = forms.CharField(
        label=_("Caption"),
        help_text=_("What should others know? For example how it fits or feels."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    alt_text = forms.CharField(
        label=_("For people who cannot see the photo"),
        help_text=_(
            "One sentence: what is in it? For example: “Green mug on a windowsill, "
            "steam rising.”"
        ),
        max_length=300,
        required=False,
    )


class PhotoForm(WordsForm):
    """Everything a person sends with a photo."""

    photos = PhotosField(
        label=_("Photo"),
        # Files beyond the database's name length are named by us anyway.
        max_length=None,
        allow_empty_file=True,  # refused by its name, and the others are kept
        error_messages={"required": _("Please choose a photo.")},
    )
    persona_name = forms.CharField(
        label=_("Name shown with the photo"),
        help_text=_("Your first name or a made-up one, whichever you like."),
        max_length=60,
        error_messages={
            "required": _("Please say which name we may show with your photo.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    surfaces = SurfacesField(label=_("Where may we show it?"))
    email = forms.EmailField(
        label=_("E-mail, if you want answers by mail"),
        help_text=_(
            "For the link to your photo and what we decide about it, nothing else. "
            "You can stop it any time."
        ),
        required=False,
        max_length=254,  # RFC 5321; what the database holds
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_persona_name(self) -> str:
        name = one_line(self.cleaned_data["persona_name"], length=60)
        if not name:
            raise forms.ValidationError(
                self.fields["persona_name"].error_messages["required"]
            )
        return name


class FileForm(forms.Form):
    """Another picture for a draft."""

    photo = forms.FileField(
        label=_("Photo"),
        max_length=None,
        error_messages={
            "required": _("Please choose a photo."),
            "empty": _("This file is empty. Please choose the photo again."),
        },
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class PermissionsForm(forms.Form):
    """Where a photo may show."""

    surfaces = SurfacesField(label=_("Where may we show it?"))


def files_of(form: PhotoForm) -> list[UploadedFile[bytes]]:
    """The files of a valid form."""
    files: list[UploadedFile[bytes]] = form.cleaned_data["photos"]
    return files
