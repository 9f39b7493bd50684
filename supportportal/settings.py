"""Every setting of the portal, read from the environment (or a .env file).

Nothing needs to be set for the embedded default: SQLite, a filesystem broker and a local mailbox, all in var/.
"""

import contextlib
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from . import providers
from .environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
if (env_file := Path(env("ENV_FILE", default=str(BASE_DIR / ".env")))).is_file():
    env.read_env(env_file)

VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment; the embedded default makes one for this folder and keeps it."""
    if key := env("SECRET_KEY", default=""):
        return key
    if env("DATABASE_URL", default=""):
        raise ImproperlyConfigured("SECRET_KEY is not set (any long random text; keep it: links in e-mails need it).")
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        drawn = VAR_DIR / f"secret_key.{os.getpid()}"
        drawn.write_text(secrets.token_urlsafe(50))
        drawn.chmod(0o600)
        with contextlib.suppress(FileExistsError):  # another process of the first start was quicker: its key holds
            os.link(drawn, kept)
        drawn.unlink()
    return kept.read_text().strip()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # earlier ones, which open and sign nothing new
# The first one signs, all are accepted.
LINK_KEYS = env.list("LINK_KEYS", default=[f"links:{key}" for key in (SECRET_KEY, *SECRET_KEY_FALLBACKS)])
PORT = env.int("PORT", default=8000)  # of the embedded portal, which listens on this machine alone
SITE_URL = env.address("SITE_URL", schemes=("https", "http"), default=f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname, "127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "supportportal.watch",
    "supportportal.trail",
    "supportportal.files",
    "supportportal.people",
    "supportportal.outbox",
    "supportportal.pages",
    "supportportal.backups",
    "supportportal.demo",
    "bookings",
    "complaints",
    "conduct",
    "supportportal.retention",  # behind those that say what of theirs goes
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "supportportal.pages.staffconfig.PortalAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "anymail",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "supportportal.watch.middleware.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "supportportal.pages.addresses.NulRefusingMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "supportportal.files.uploads.UploadCeilingMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "supportportal.pages.full.NoRoomMiddleware",
    "supportportal.pages.withheld_views.WithheldMiddleware",
    "supportportal.people.middleware.ReaderMiddleware",
    "supportportal.people.middleware.SignInsMiddleware",
    "supportportal.people.middleware.SecondFactorMiddleware",
    "supportportal.people.middleware.ConfirmingMiddleware",
    "supportportal.pages.csp.ContentSecurityPolicyMiddleware",
]

ROOT_URLCONF = "supportportal.urls"
WSGI_APPLICATION = "supportportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "supportportal.people.context.firm",
            ],
        },
    },
]

# -- data --------------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # SQLite ignores select_for_update; taking the write lock when a transaction
    # opens gives atomic() the same meaning on both databases.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A host that does not answer would else hold up each request for minutes.
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5, **DATABASES["default"].get("OPTIONS", {})}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BACKUP_DIR = Path(env("BACKUP_DIR", default=str(VAR_DIR / "backups")))
# Where the end of the trail is marked each hour; best on another disk than the database's.
TRAIL_MARKS = Path(env("TRAIL_MARKS", default=str(VAR_DIR / "trail_marks")))
# For how many days each kind of data is kept; for ever, where nothing is said.
RETENTION = env.periods("RETENTION")

# -- people ------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "supportportal.demo.sign_ins.RefuseDemoPeople",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}}]
PEOPLE_POLICY: dict[str, object] = {}  # overrides of people.rules.Policy
PEOPLE_SIGNUP_OPEN = env.bool("SIGNUP_OPEN", default=False)

ACCOUNT_ADAPTER = "supportportal.people.adapter.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "supportportal.people.forms.SignupForm"
# People whom the firm invited are known at their address; those who sign up by themselves must prove it.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if PEOPLE_SIGNUP_OPEN else "none"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = PEOPLE_SIGNUP_OPEN
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_CHANGE_EMAIL = False
STAFF_MFA = env.bool("STAFF_MFA", default=not DEMO)  # staff set up a second factor before anything else
REAUTHENTICATE = not DEMO  # before grave acts; the demo's people have no secrets
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "supportportal.people.second_factor.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "supportportal.people.passkeys.AddPasskeyForm",
    "authenticate": "supportportal.people.second_factor_secrets.CodeForm",
    "reauthenticate": "supportportal.people.second_factor_secrets.ProofForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who signs up must prove the address first; the firm's own people are known at it
OIDC = providers.sign_on(env)  # the firm's own single sign-on; empty: none
SOCIALACCOUNT_ADAPTER = "supportportal.people.sign_on_adapter.PortalSocialAccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)  # proxies in front; limits count by address

# -- languages and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("it", "Italiano"), ("nl", "Nederlands")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["supportportal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- files -------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "supportportal" / "static", ("help", BASE_DIR / "docs" / "pictures")]
MEDIA_ROOT = VAR_DIR / "media"
PRIVATE_FILES_ROOT = VAR_DIR / "private"
FILES_MAX_BYTES = env.int("FILES_MAX_BYTES", default=10 * 1024 * 1024, least=1)
FILES_MAX_COUNT = env.int("FILES_MAX_COUNT", default=5, least=1)
FILES_MAX_PIXELS = env.int("FILES_MAX_PIXELS", default=50_000_000, least=1)
CLAMD_URL = env.address("CLAMD_URL", schemes=("tcp", "unix"))  # what looks for viruses; files wait until it has
FILES_MAX_ARCHIVE_MEMBERS = 2_000
FILES_MAX_UNPACKED_BYTES = 100 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "supportportal.files.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "supportportal.files.uploads.SpoolingUploadHandler",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_FILES_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- background work: beat says "now", workers look in the database what is owed -----------------------------------

REDIS_URL = env.address("REDIS_URL", schemes=("redis", "rediss", "unix"), secret=True)
QUEUE_DIR = VAR_DIR / "queue"
if REDIS_URL:  # limits on attempts to sign in are counted here, so that several web processes share one count
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "portal",
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},  # by default it waits for ever
        }
    }
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if not REDIS_URL:
    (QUEUE_DIR / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.2,
    }
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.int("WORKER_THREADS", default=4, least=1)


def _every(seconds: float, task: str) -> dict[str, object]:
    """A tick that nobody picked up in time is dropped: the next one does its work."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 2)}}


CELERY_BEAT_SCHEDULE = {
    "every-2-seconds-email": _every(2, "supportportal.outbox.tasks.deliver_email"),
    "every-2-seconds-sms": _every(2, "supportportal.outbox.tasks.deliver_sms"),
    "every-5-seconds-events": _every(5, "supportportal.outbox.tasks.handle_events"),
    "every-5-seconds-mail": _every(5, "supportportal.outbox.tasks.handle_mail"),
    "every-5-seconds-seal": _every(5, "supportportal.trail.tasks.seal"),
    "every-5-seconds-screen": _every(5, "supportportal.files.tasks.screen"),
    "every-20-seconds-reconcile": _every(20, "supportportal.outbox.tasks.reconcile"),
    "every-3-seconds-pass-on": _every(3, "bookings.tasks.pass_on"),
    "every-20-seconds-unanswered": _every(20, "bookings.tasks.cancel_unanswered"),
    "every-15-minutes-ask-surveys": _every(900, "bookings.tasks.ask_surveys"),
    "every-minute-holidays": _every(60, "bookings.tasks.seed_holidays"),
    "every-minute-calendars": _every(60, "bookings.tasks.read_calendars"),
    "every-5-minutes-sweep": _every(300, "bookings.tasks.sweep"),
    "every-minute-deadlines": _every(60, "complaints.tasks.watch_deadlines"),
    "every-minute-conduct": _every(60, "conduct.tasks.watch"),
    "every-5-minutes-ombudsman": _every(300, "complaints.tasks.send_ombudsman_letters"),
    # What it deletes is a day old; a portal that is off at night, or not up for a day, gets it done all the same.
    "every-hour-sweep-files": _every(3600, "supportportal.files.tasks.sweep"),
    "every-hour-sweep-sign-ins": _every(3600, "supportportal.people.tasks.sweep"),
    "every-hour-prune": _every(3600, "supportportal.retention.tasks.prune"),  # a day at a time would miss days off
    "every-minute-say-alive": _every(60, "supportportal.watch.tasks.say_alive"),
}

# -- agents' own calendars ---------------------------------------------------------------------------------------------

CALENDAR_SCHEMES = ("https",)
# Hosts of your own network that agents' calendars may be read from; every other address there is refused.
CALENDAR_INTERNAL_HOSTS = env.list("CALENDAR_INTERNAL_HOSTS", default=[])

# -- e-mail and text messages ------------------------------------------------------------------------------------------

EMAIL = providers.email(env, demo=DEMO)
EMAIL_TIMEOUT, ANYMAIL = EMAIL["EMAIL_TIMEOUT"], EMAIL["ANYMAIL"]
vars().update(EMAIL)
TWILIO = providers.twilio(env)
SMS_TIMEOUT = providers.seconds(env, "SMS_TIMEOUT")
OUTBOX_GATEWAYS = {
    "email": "supportportal.outbox.gateways.email.EmailGateway",
    "sms": providers.sms_gateway(TWILIO, demo=DEMO),
}
INBOUND_PROVIDER = providers.inbound(env)
INBOUND_DOMAIN = env("INBOUND_DOMAIN", default="").lower()  # replies go to reply+…@ there; else to the contact address
INBOUND_AUTHSERV_ID = env("INBOUND_AUTHSERV_ID", default="").lower()  # the receiving server's name in its verdicts
INBOUND_MAX_BYTES = env.int("INBOUND_MAX_BYTES", default=25 * 1024 * 1024, least=1)
OUTBOX_LEASE = providers.lease(env, EMAIL_TIMEOUT, SMS_TIMEOUT)

# -- behind a domain name: all of it follows from an https address in SITE_URL -------------------------------------

HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^health/jobs$", r"^metrics$"]  # asked from inside, without TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
# Whether the firm's other hosts speak https is not ours to decide; HSTS_SUBDOMAINS turns both on.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# -- watching: who may ask, and whom the portal tells by itself -------------------------------------------------------

METRICS_TOKEN = env.secret("METRICS_TOKEN", least=20)  # without it only this machine may ask
DEADMAN_URL = env.address("DEADMAN_URL", schemes=("https", "http"), secret=True)
SENTRY_DSN = env.address("SENTRY_DSN", schemes=("https", "http"), secret=True)
TALLIES_ROOT = VAR_DIR / "tallies"

# -- logging: to standard error, one line each; never a person's name, address or link -----------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "supportportal.logs.TextFormatter",
            "format": "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s",
        },
        "json": {"()": "supportportal.logs.JsonFormatter"},
    },
    "filters": {
        "blank_tokens": {"()": "supportportal.logs.BlankTokens"},
        "request_id": {"()": "supportportal.logs.AddRequestId"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", ["text", "json"]),
            "filters": ["request_id", "blank_tokens"],
        },
    },
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", ["WARNING", "INFO", "DEBUG", "ERROR"])},
    # Django's own handlers would mail or colour; one stream is enough.
    "loggers": {"django": {"handlers": [], "propagate": True}, "django.server": {"handlers": [], "propagate": True}},
}

# -- pages -------------------------------------------------------------------------------------------------------------

CSRF_FAILURE_VIEW = "supportportal.pages.views.csrf_failure"
SECURE_CSP = {
    "default-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],  # the QR code of two-factor sign-in is one
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}

# -- policies: overrides of the defaults in each app's rules.Policy ---------------------------------------------------

BOOKINGS_POLICY: dict[str, object] = {}
COMPLAINTS_POLICY: dict[str, object] = {}  # overrides of complaints.rules.Policy
CONDUCT_POLICY: dict[str, object] = {}  # overrides of conduct.rules.Policy
