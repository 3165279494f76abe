"""Sentences that editors look for in photos; see the step ``prompts``."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .pipeline_steps.prompts import Sought
from .results import reason_code


class Prompt(models.Model):
    """One sentence, and what it means when a photo fits it.

    Takes part from the next photo on; ``pipeline rescore --outdated`` asks it of
    older ones.
    """

    class Meaning(models.TextChoices):
        TAG = "tag", _("A word for the photo")
        REVIEW = "review", _("Something a person should look at")

    word_en = models.CharField(
        _("word, English"), max_length=60, help_text=_("For instance: picnic.")
    )
    word_de = models.CharField(
        _("word, German"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("Empty: the English one."),
    )
    text = models.CharField(
        _("sentence"),
        max_length=200,
        unique=True,
        help_text=_(
            "What the network compares with the photo, mostly in English: a photo of "
            "a picnic on the grass."
        ),
    )
    threshold = models.FloatField(
        _("shown from"),
        default=0.8,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("How sure the network must be, from 0 to 1."),
    )
    meaning = models.CharField(
        _("means"), max_length=6, choices=Meaning.choices, default=Meaning.TAG
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("sentence to look for")
        verbose_name_plural = _("sentences to look for")
        ordering = ["word_en", "pk"]
        constraints = [
            models.CheckConstraint(
                name="media_prompt_threshold_within",
                condition=Q(threshold__gte=0, threshold__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word_en}: {self.text}"


def sought() -> tuple[Sought, ...]:
    """Return the sentences in use, as the step wants them: one query."""
    rows = Prompt.objects.filter(is_active=True).order_by("pk")
    return tuple(
        Sought(
            label=row.word_en,
            text=row.text,
            shown_from=row.threshold,
            asks_review=row.meaning == Prompt.Meaning.REVIEW,
        )
        for row in rows
    )


def wording(label: str, language: str) -> str:
    """Return a sentence's word in this language; the label itself without one.

    One query, and only in German.
    """
    if not language.startswith("de"):
        return label
    words = Prompt.objects.filter(word_en__iexact=label).exclude(word_de="")
    return words.order_by("pk").values_list("word_de", flat=True).first() or label


def wordings(language: str) -> dict[str, str]:
    """Return all sentences' words in this language by their reason codes: one query.

    Of several with one code the first counts.
    """
    words: dict[str, str] = {}
    rows = Prompt.objects.order_by("pk").values_list("word_en", "word_de")
    for english, german in rows:
        own = german if language.startswith("de") and german else english
        words.setdefault(reason_code(english), own)
    return words
