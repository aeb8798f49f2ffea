"""Settings of the shop. What differs between two instances is read from the instance folder: config.json for what
anybody may know, secrets.json (mode 0600) for the rest."""
import json
import os
from pathlib import Path

HOME = Path(os.environ["SHOP_HOME"])
RELEASE_FOLDER = Path(__file__).resolve().parent.parent
_config = json.loads((HOME / "config.json").read_text())
_secrets = json.loads((HOME / "secrets.json").read_text())

SECRET_KEY = _secrets["secret_key"]
MEASURE_SECRET = os.environ.get("SHOP_MEASURE_SECRET") or _secrets["measure_secret"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "shopsite.urls"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = USE_L10N = False

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "catalog", "members"]
EDITION = _config.get("edition", "41")
MIDDLEWARE = [
    "shopsite.edition.Edition",
    "shopsite.server_timing.ServerTiming",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "catalog.layout.layout",
            ]
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_kind = _config.get("database", "sqlite")
if _kind == "sqlite":
    _database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(HOME / "data" / "shop.sqlite3"),
        "OPTIONS": {"timeout": 10},
    }
else:
    _database = {
        "ENGINE": {"postgresql": "django.db.backends.postgresql", "mariadb": "django.db.backends.mysql"}[_kind],
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": _secrets["database"]["shop"],
        "HOST": "127.0.0.1",
        "PORT": _config["database_port"],
        "OPTIONS": {"connect_timeout": 10},
    }
DATABASES = {"default": dict(_database, CONN_MAX_AGE=None)}
# The tables are made from the models, without a history of migrations.
MIGRATION_MODULES = {"auth": None, "contenttypes": None, "sessions": None}

# One Redis for pages, fragments, queries and sessions, as most shops have it. An error of Redis is an error of the
# page (IGNORE_EXCEPTIONS is off), so that a cache that refuses writes is seen at once.
_redis_options = {"SOCKET_TIMEOUT": 5}
if not _secrets["redis_url"].startswith("unix:"):
    _redis_options["SOCKET_CONNECT_TIMEOUT"] = 2
if _config.get("redis_cluster"):
    _redis_options["CLIENT_CLASS"] = "shopsite.redis_cluster.ClusterClient"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": _secrets["redis_url"],
        "KEY_PREFIX": "shop",
        "TIMEOUT": 300,
        "OPTIONS": _redis_options,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_AGE = 14 * 24 * 3600

AUTH_USER_MODEL = "members.Member"
# Fast on purpose: the members are made up, and a rehearsal logs in often. Never do this for people.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/account/"
LOGOUT_REDIRECT_URL = "/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
