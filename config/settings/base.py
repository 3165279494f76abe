"""What every way of running the complete site has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    # First, so that its templates override the apps' own base templates.
    "config.site.apps.SiteConfig",
    "cms.apps.CmsConfig",
    "cms.pages.apps.PagesConfig",
    "ugc.apps.UgcConfig",
    "storefront.apps.StorefrontConfig",
    "media_pipeline.apps.MediaPipelineConfig",
    "outbox.apps.OutboxConfig",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.locales",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.RefuseNullBytes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cms.middleware.EditorPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.site.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected"

# Uploads: one request may carry several photos of MEDIA_PIPELINE_MAX_UPLOAD_BYTES.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# Far above the ten of the upload form, whose own answer is the friendlier one.
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_HANDLERS = [
    "media_pipeline.upload_handlers.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes; larger ones go to a temporary file

# Customers' files never touch the default storage; it holds editors' own images
# and documents.
MEDIA_URL = "/editors-media/"
SERVE_EDITORS_MEDIA = False  # only the embedded way serves them itself

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGIN_URL = "wagtailadmin_login"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
EMAIL_TIMEOUT = 10  # seconds

WAGTAIL_SITE_NAME = "Schaufenster"
WAGTAILADMIN_USER_LOGIN_FORM = "config.site.sign_in.LimitedLoginForm"
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "config.site.sign_in.LimitedPasswordResetForm"  # noqa: S105 - a path
# Of all that the system knows, browsers refuse some ("localtime"), and an editor
# would have to choose among 600.
WAGTAIL_USER_TIME_ZONES = [
    "UTC",
    *(
        f"Europe/{city}"
        for city in [
            "Amsterdam",
            "Athens",
            "Belgrade",
            "Berlin",
            "Bratislava",
            "Brussels",
            "Bucharest",
            "Budapest",
            "Chisinau",
            "Copenhagen",
            "Dublin",
            "Helsinki",
            "Istanbul",
            "Kyiv",
            "Lisbon",
            "Ljubljana",
            "London",
            "Luxembourg",
            "Madrid",
            "Malta",
            "Oslo",
            "Paris",
            "Prague",
            "Riga",
            "Rome",
            "Sarajevo",
            "Skopje",
            "Sofia",
            "Stockholm",
            "Tallinn",
            "Tirane",
            "Vaduz",
            "Vienna",
            "Vilnius",
            "Warsaw",
            "Zagreb",
            "Zurich",
        ]
    ),
]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 25 * 1024 * 1024  # bytes
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 52_000_000
# No web pages or scripts among the documents: they could act as an editor.
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "ods", "pdf", "txt", "xlsx", "zip"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

# The public site allows only its own scripts, styles and pictures. Wagtail's
# editor needs inline ones: cms.middleware relaxes the policy below /cms/ alone.
# Any: strings, and django-csp's own sign for a nonce.
CONTENT_SECURITY_POLICY: dict[str, dict[str, list[Any]]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
CONTENT_SECURITY_POLICY_EDITORS: dict[str, list[Any]] = {
    "default-src": [SELF],
    "script-src": [SELF, NONCE, "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
}

# --- how the packages are plugged together -----------------------------------
UGC_CATALOGUE = "storefront.catalogue.DatabaseCatalogue"
MEDIA_PIPELINE_CATALOGUE = UGC_CATALOGUE
STOREFRONT_PICTURE_RENDERER = "cms.product_pictures.AssetPictures"
STOREFRONT_ORIGIN_RENDERER = "cms.origins.PhotoOrigins"
STOREFRONT_PRODUCT_URL = "cms.product_urls.product_url"
STOREFRONT_SHOP_URL = "cms.product_urls.shop_url"
STOREFRONT_SHARE_URL = "cms.photo_urls.share_url"
UGC_PHOTO_URL = "cms.photo_urls.photo_url"
STOREFRONT_LEGAL_LINKS = "config.site.navigation.legal_links"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"level": "INFO"}
        for name in ("outbox", "media_pipeline", "ugc", "storefront", "cms", "config")
    },
}

from .celery_settings import *  # noqa: E402
