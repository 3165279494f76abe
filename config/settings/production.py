"""PostgreSQL, Redis or RabbitMQ, an S3-compatible store; all from the environment.

Every variable stands in docs/reference/environment-variables.md. What is
missing or wrong is named at start, all of it at once.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from botocore.config import Config as S3ClientConfig
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError
from environs import validate as must

from .base import *
from .base import (
    BASE_DIR,
    CONTENT_SECURITY_POLICY,
    CONTENT_SECURITY_POLICY_EDITORS,
    RABBITMQ_RING_PRIORITIES,
    RABBITMQ_TASK_QUEUES,
    REDIS_BROKER_TRANSPORT_OPTIONS,
)

env = Env(eager=False, prefix="SCHAUFENSTER_")
filled = must.Length(min=1)

SECRET_KEY = env.str("SECRET_KEY", validate=must.Length(min=50))
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", validate=must.Length(min=1))
BASE_URL = env.str(
    "BASE_URL",
    validate=must.Regexp(r"^https?://[^/]+$", error="like https://shop.example"),
)
DATABASE_URL = env.str(
    "DATABASE_URL",
    validate=must.Regexp(r"^postgres(ql)?://", error="starts with postgres://"),
)
CELERY_BROKER_URL = env.str(
    "BROKER_URL",
    validate=must.Regexp(
        r"^(rediss?|amqps?)://",
        error="starts with redis://, rediss://, amqp:// or amqps://",
    ),
)
CACHE_URL = env.str(
    "CACHE_URL",
    "",
    validate=must.Regexp(r"^(rediss?://|$)", error="starts with redis:// or rediss://"),
)
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "")
S3_REGION = env.str("S3_REGION", "eu-central-1")
S3_ACCESS_KEY = env.str("S3_ACCESS_KEY", "")
S3_SECRET_KEY = env.str("S3_SECRET_KEY", "")
S3_INCOMING_BUCKET = env.str("S3_INCOMING_BUCKET", validate=filled)
S3_PRIVATE_BUCKET = env.str("S3_PRIVATE_BUCKET", validate=filled)
S3_PUBLIC_BUCKET = env.str("S3_PUBLIC_BUCKET", validate=filled)
S3_PUBLIC_BASE_URL = env.str(
    "S3_PUBLIC_BASE_URL",
    validate=must.Regexp(
        r"^https?://\S+[^/]$", error="like https://media.shop.example"
    ),
)
EMAIL_HOST = env.str("EMAIL_HOST", validate=filled)
EMAIL_PORT = env.int("EMAIL_PORT", 587, validate=must.Range(min=1, max=65535))
EMAIL_HOST_USER = env.str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_TLS", True)
DEFAULT_FROM_EMAIL = env.str(
    "FROM_EMAIL",
    validate=must.Regexp(r".*\S@\S", error="like Shop <shop@shop.example>"),
)
HTTPS = env.bool("HTTPS", True)
HSTS_SECONDS = env.int("HSTS_SECONDS", 3600, validate=must.Range(min=0))
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
STOREFRONT_PAYMENT_PROVIDERS: list[str] = env.list("PAYMENT_PROVIDERS", validate=filled)
PUBLISH_INLINE = env.bool("PUBLISH_INLINE", False)
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "static_collected")
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

try:
    env.seal()
except EnvValidationError as error:
    wrong: dict[str, list[str]] = dict(error.error_messages)  # type: ignore[arg-type]  # a mapping once sealed
    lines = [
        f"  SCHAUFENSTER_{name.removeprefix('SCHAUFENSTER_')}: {' '.join(map(str, why))}"
        for name, why in sorted(wrong.items())
    ]
    raise ImproperlyConfigured(
        "These environment variables are missing or wrong "
        "(docs/reference/environment-variables.md explains each):\n" + "\n".join(lines)
    ) from error

if len({S3_INCOMING_BUCKET, S3_PRIVATE_BUCKET, S3_PUBLIC_BUCKET}) < 3:
    raise ImproperlyConfigured(
        "SCHAUFENSTER_S3_INCOMING_BUCKET, _PRIVATE_BUCKET and _PUBLIC_BUCKET must be "
        "three different buckets: everybody may read the public one."
    )

DEBUG = False
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_URL, conn_max_age=60, conn_health_checks=True
    )
}
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5

if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_BROKER_TRANSPORT_OPTIONS
else:
    CELERY_TASK_QUEUES = RABBITMQ_TASK_QUEUES
    OUTBOX_RING_PRIORITIES = RABBITMQ_RING_PRIORITIES

CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
        }
        if CACHE_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

_s3: dict[str, Any] = {
    "access_key": S3_ACCESS_KEY or None,
    "secret_key": S3_SECRET_KEY or None,
    "endpoint_url": S3_ENDPOINT_URL or None,
    "region_name": S3_REGION,
    # Keys are random or made of the content: writing twice is harmless.
    "file_overwrite": True,
    "default_acl": None,
    # botocore waits 60 s by itself; the outbox carries longer outages.
    "client_config": S3ClientConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path" if S3_ENDPOINT_URL else "auto"},
        connect_timeout=3,
        read_timeout=10,
        retries={"max_attempts": 3, "mode": "standard"},
    ),
}
_s3_backend = "storages.backends.s3.S3Storage"
_public = urlsplit(S3_PUBLIC_BASE_URL)
STORAGES = {
    "incoming": {
        "BACKEND": _s3_backend,
        "OPTIONS": {**_s3, "bucket_name": S3_INCOMING_BUCKET},
    },
    "private": {
        "BACKEND": _s3_backend,
        "OPTIONS": {**_s3, "bucket_name": S3_PRIVATE_BUCKET},
    },
    "public": {
        "BACKEND": _s3_backend,
        "OPTIONS": {
            **_s3,
            "bucket_name": S3_PUBLIC_BUCKET,
            "querystring_auth": False,
            "custom_domain": f"{_public.netloc}{_public.path}",
            "url_protocol": f"{_public.scheme}:",
            "object_parameters": {
                "CacheControl": "public, max-age=31536000, immutable"
            },
        },
    },
    # Editors' own pictures and documents.
    "default": {
        "BACKEND": _s3_backend,
        "OPTIONS": {
            **_s3,
            "bucket_name": S3_PUBLIC_BUCKET,
            "location": "editors",
            "file_overwrite": False,
            "querystring_auth": False,
            "custom_domain": f"{_public.netloc}{_public.path}",
            "url_protocol": f"{_public.scheme}:",
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Copies to another store take their time: a worker makes them.
UGC_PUBLISH_INLINE = PUBLISH_INLINE

_media_origin = f"{_public.scheme}://{_public.netloc}"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "img-src": [*CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"], _media_origin],
    }
}
CONTENT_SECURITY_POLICY_EDITORS = {
    **CONTENT_SECURITY_POLICY_EDITORS,
    "img-src": [*CONTENT_SECURITY_POLICY_EDITORS["img-src"], _media_origin],
}

WAGTAILADMIN_BASE_URL = UGC_SITE_URL = STOREFRONT_SITE_URL = BASE_URL
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# Load balancers and monitors ask from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz(/worker)?$", r"^metrics$"]
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
if BEHIND_PROXY:
    # Limits count the visitors, not the proxy.
    UGC_CLIENT_ADDRESS = "config.proxy.client_address"
    STOREFRONT_CLIENT_ADDRESS = UGC_CLIENT_ADDRESS
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
