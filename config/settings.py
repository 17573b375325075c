"""Settings of every process, from the environment. One file: what differs between machines is a variable.

`.env.example` lists the variables. Nothing here reads a database or a network.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF

from config.lifeline import watch

watch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or Path(env("SECRET_KEY_FILE")).read_text().strip()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATA_DIR = Path(env("GREENLIGHT_DATA_DIR", default=str(BASE_DIR / ".data")))
# True behind TLS: cookies get the __Host- prefix and browsers are told to insist on TLS.
SECURE = env.bool("GREENLIGHT_SECURE", default=False)

INSTALLED_APPS = [
    "tenancy",
    "audit",
    "outbox",
    "imports",
    "accounts",
    "notices",
    "codesets",
    "payers",
    "providers",
    "members",
    "authorizations",
    "claims",
    "edi",
    "web",
    "demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # The widgets' own templates: FORM_RENDERER looks only among the installed apps.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "web.middleware.log_refusals",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.session_limits",
    "web.middleware.refuse_zero_bytes",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["web.templatetags.greenlight"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "web.context.page",
            ],
        },
    }
]

# Database: the runtime role. Migrations run as the owner (see manage.py).
DATABASES: dict[str, dict[str, Any]] = {"default": env.db("DATABASE_URL", default="postgres://127.0.0.1/greenlight")}
DATABASES["default"].update(
    {
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "options": "-c lock_timeout=5000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"
        },
    }
)
DATABASE_RUNTIME_ROLE = env("DATABASE_RUNTIME_ROLE", default="") or (
    "greenlight_app"
    if env("DATABASE_URL", default="") == env("DATABASE_OWNER_URL", default="")
    else urlsplit(env("DATABASE_URL", default="postgres://greenlight_app@127.0.0.1/greenlight")).username
    or "greenlight_app"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Celery: bells with ids. The record is the outbox.
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
# How long a worker may be silent about a message before another one takes it, and the pause after a first failure.
OUTBOX_LEASE_SECONDS = env.float("OUTBOX_LEASE_SECONDS", default=120.0)
OUTBOX_FIRST_RETRY_SECONDS = env.float("OUTBOX_FIRST_RETRY_SECONDS", default=5.0)
OUTBOX_SWEEP_SECONDS = env.float("OUTBOX_SWEEP_SECONDS", default=10.0)
# A file the worker touches each time it has looked for work; see ops/probe.py.
HEARTBEAT_FILE = env("GREENLIGHT_HEARTBEAT", default="")
# How long one exchange with a partner may take. Shorter than the lease, or two workers would send the same message.
EDI_DEADLINE_SECONDS = env.float("EDI_DEADLINE_SECONDS", default=50.0)

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.passwords.LongestPassword"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.InvitationOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PASSWORD_CHANGE_REDIRECT_URL = "my_account"  # noqa: S105 (the name of a page)
# A browser that is closed forgets the sign-in; nobody is asked to be remembered.
ACCOUNT_SESSION_REMEMBER = False
# Lock-out is django-axes' work: with allauth's own limit in front of it, it would record nothing.
ACCOUNT_RATE_LIMITS = {"login_failed": False, "login": "60/m/ip", "reset_password": "20/m/ip,3/h/key"}
ACCOUNT_FORMS = {"reset_password": "accounts.forgotten.ForgottenForm"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The link to a new password.
PASSWORD_RESET_TIMEOUT = 3600
AXES_USERNAME_CALLABLE = "accounts.adapter.login_name"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
# Tries during the lock-out do not prolong it: its owner gets in again.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "accounts.adapter.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
USERSESSIONS_TRACK_ACTIVITY = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "accounts.adapter.SecondFactor"
MFA_FORMS = {
    "authenticate": "accounts.codes.CodeForm",
    "reauthenticate": "accounts.codes.CodeAgainForm",
    "activate_totp": "accounts.codes.SetUpForm",
}
MFA_TOTP_ISSUER = "Greenlight"
# A clock may be half a minute off; a code works once all the same.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# The address was proved by the link of the invitation.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# How many proxies of ours stand in front; of the addresses in X-Forwarded-For only the last so many are believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

# On the server: a cookie would carry the words to the browser and keep them there.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_MINUTES = 15
SESSION_ABSOLUTE_HOURS = 12
# The row outlives the sign-in, so that a form sent after its end is known to be whose. See accounts.middleware.
SESSION_COOKIE_AGE = 3 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_FAILURE_VIEW = "web.views.csrf_failure"

# Headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE
# Who asks for health stands beside the server, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("STATIC_MANIFEST", default=True)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "documents"
# Files for import (at most 5 MB) are taken in memory: no copy of them lies in a directory for temporary files.
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
# Room for one organization's documents; 0 is no limit.
DOCUMENT_QUOTA_MB = env.int("DOCUMENT_QUOTA_MB", default=20480)
# host:port of ClamAV's daemon. With one, only what it found clean is given out; without one, documents say so.
CLAMD_ADDRESS = env("CLAMD_ADDRESS", default="")

# Language and time
LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Logs: events with ids and codes. No bodies, no names.
LOGGING_CONFIG = "config.logs.configure"
# Django calls LOGGING_CONFIG only when there is something to hand to it.
LOGGING = {"version": 1}
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="greenlight@localhost")

# Where people reach the pages: mails and calendars lead there.
PUBLIC_URL = env("GREENLIGHT_PUBLIC_URL", default="http://127.0.0.1:8000")

# The payer simulator of the demonstration; "" where there is none.
SIMULATOR_URL = env("SIMULATOR_URL", default="")
