# SPDX-License-Identifier: Apache-2.0
"""Django's settings of one lab. `GLASSHOUSE_HOME` names its folder; every other setting has a safe default.

No other package reads the environment: the rooms get what they need from `settings.GLASSHOUSE`.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from glasshouse.config.environment import Environment, SettingError, database
from glasshouse.config.lab import Lab

HOME = Path(os.environ.get("GLASSHOUSE_HOME", "lab")).absolute()
_env = Environment.of(HOME)

BASE_URL = _env.text("url", "http://localhost:8000").rstrip("/")
_url = urlsplit(BASE_URL)
if _url.scheme not in {"http", "https"} or not _url.hostname:
    raise SettingError(f"url is http://… or https://…, not {BASE_URL!r}")
_is_https = _url.scheme == "https"
if not _is_https and _url.hostname != "localhost":
    raise SettingError("passkeys and cookies need https; only http://localhost is allowed without it")

KEYS = Path(_env.text("keys", str(Path.home() / ".config" / "glasshouse" / (HOME.name or "lab")))).absolute()
GLASSHOUSE = Lab(
    home=HOME,
    keys=KEYS,
    name=_env.text("name", "Unnamed lab"),
    origin=_env.text("origin", f"{_url.hostname}/ledger"),
    url=BASE_URL,
    is_demo=_env.flag("demo"),
    witnesses=_env.witnesses("witnesses"),
    trusted_proxies=_env.networks("trusted_proxies"),
    checkpoint_seconds=_env.number("checkpoint_seconds", 600, least=1, most=86_400),
    public_checkpoint_seconds=_env.number("public_checkpoint_seconds", 86_400, least=1, most=604_800),
    master_passphrase=_env.text("master_passphrase"),
    followers=("ledger",),
    search_file_bytes=_env.number("search_file_mb", 32, least=1, most=1_024) * 2**20,
    search_memory_bytes=_env.number("search_memory_mb", 2_048, least=64, most=1_048_576) * 2**20,
    sessions_staff=_env.number("sessions_staff", 3, least=1, most=20),
    sessions_visitor=_env.number("sessions_visitor", 2, least=1, most=20),
    sign_in_days=_env.number("sign_in_days", 30, least=1, most=3_650),
    mail=_env.mail(),
    remind_days=_env.number("remind_days", 5, least=1, most=365),
    escalate_days=_env.number("escalate_days", 3, least=1, most=365),
    grant_end_days=_env.number("grant_end_days", 7, least=1, most=365),
    cluster=_env.cluster(),
    compute_workers=_env.number("compute_workers", 0, least=0, most=1_024),
    font=Path(_env.text("font", "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")),
    searches_per_minute=_env.number("searches_per_minute", 300, least=1, most=10_000),
    searches_per_minute_organisation=_env.number("searches_per_minute_organisation", 1_500, least=1, most=100_000),
)

_secret = KEYS / "web" / "django.key"
SECRET_KEY = _secret.read_text("ascii").strip() if _secret.exists() else secrets.token_hex(32)
DEBUG = False
ALLOWED_HOSTS = [_url.hostname]
APPEND_SLASH = False  # an address is right or it names nothing
ROOT_URLCONF = "glasshouse.config.urls"
WSGI_APPLICATION = "glasshouse.config.wsgi.application"
DATABASES = {"default": database(_env.text("database"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = _env.text("time_zone", "UTC")
USE_TZ = True
LANGUAGE_CODE = "en"
LOCALE_PATHS: list[Path] = []
USE_I18N = bool(LOCALE_PATHS)  # where there is no catalogue, a page looks up some eighty words for nothing

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "django_htmx",  # for its copy of htmx
    "glasshouse.domain.journal",
    "glasshouse.domain.people",
    "glasshouse.domain.approvals",
    "glasshouse.domain.sites",
    "glasshouse.domain.access",
    "glasshouse.domain.jobs",
    "glasshouse.domain.notices",
    "glasshouse.domain.threads",
    "glasshouse.domain.releases",
    "glasshouse.domain.detections",
    "glasshouse.domain.findings",
    "glasshouse.domain.triage",
    "glasshouse.domain.scans",
    "glasshouse.domain.engagements",
    "glasshouse.domain.admissions",
    "glasshouse.domain.readingroom",
    "glasshouse.domain.publication",
    "glasshouse.edges.web",
]

# Outermost first. A stranger, then a person who is not enrolled, is turned away before any view; what a view
# raises is answered by ErrorMiddleware; axes looks at the finished answer of a sign-in.
MIDDLEWARE = [
    "glasshouse.edges.http.proxies.TrustedProxiesMiddleware",
    "glasshouse.edges.http.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "glasshouse.edges.http.forgery.SameOriginMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "glasshouse.edges.http.signedin.SignedInMiddleware",
    "glasshouse.edges.http.enrolment.EnrolmentMiddleware",
    "glasshouse.edges.http.seen.SeenMiddleware",
    "glasshouse.edges.http.answers.ErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent.parent / "edges" / "web" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "glasshouse.edges.web.folding.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "glasshouse.edges.web.context.frame",
            ],
        },
    },
]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # a few small files, found once at start: nothing to collect, nothing to forget
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 600

# Spent codes and counts of failed sign-ins hold for every web process, so they lie in the database. Nothing of
# the vendor's is ever cached.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # a small table could be flushed by a flood, spent codes included
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "glasshouse.edges.web.signin.Backend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

SESSION_ENGINE = "glasshouse.edges.http.sessions"
SESSION_COOKIE_NAME = "__Host-session" if _is_https else "session"
SESSION_COOKIE_SECURE = _is_https
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_NAME = "__Host-csrf" if _is_https else "csrf"
CSRF_COOKIE_SECURE = _is_https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# What people hand in is never written to a disk in the open.
FILE_UPLOAD_HANDLERS = ["glasshouse.edges.http.uploads.InMemory"]
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
CSRF_FAILURE_VIEW = "glasshouse.edges.http.answers.form_expired"

ACCOUNT_ADAPTER = "glasshouse.edges.web.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS: dict[str, str] = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # how long a confirmation holds, before a way in changes or a decision falls
MFA_ADAPTER = "glasshouse.edges.web.signin.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a stolen key alone opens nothing
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off; a spent code is remembered longer than that
MFA_TOTP_ISSUER = GLASSHOUSE.name

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_IPWARE_PROXY_COUNT = 0
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are in the journal
AXES_USERNAME_CALLABLE = "glasshouse.edges.web.signin.attempted_address"
AXES_LOCKOUT_CALLABLE = "glasshouse.edges.web.signin.locked_out"

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # notices come with the rooms that send them

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "glasshouse": {"level": "INFO"},
        # Django writes the requested path into these; a path may name a file of the vendor.
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
    },
}
