"""gunicorn's configuration, read by its master.

The master loads Django's libraries but nothing of the shop, so that a new worker is there in a moment and always runs
the code that `current` points to at its start.
"""
import importlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shop_worker import HOME, RUN, note

LOADED_EARLY = """django.apps django.conf.urls django.core.cache.backends.base django.core.handlers.wsgi
django.core.management django.core.serializers.json django.db.models django.forms
django.middleware.cache django.middleware.clickjacking django.middleware.common django.middleware.csrf
django.middleware.security django.template.backends.django django.template.loader django.template.loader_tags
django.template.defaultfilters django.templatetags.cache django.urls django.utils.log
django.contrib.auth.hashers django.contrib.auth.decorators
django.contrib.sessions.middleware django.contrib.sessions.backends.cache django.views.decorators.cache
django.views.generic django.core.mail.message django.utils.formats redis.client redis.connection logging.config
zoneinfo pytz asyncio""".split()
DATABASE = {
    "sqlite": "sqlite3 django.db.backends.sqlite3.base",
    "postgresql": "psycopg2 django.db.backends.postgresql.base",
    "mariadb": "MySQLdb django.db.backends.mysql.base",
}
CONFIG = json.loads((HOME / "config.json").read_text())

for _module in LOADED_EARLY + DATABASE[CONFIG.get("database", "sqlite")].split():
    importlib.import_module(_module)


def when_ready(server):
    note(RUN / "master.json")


def nworkers_changed(server, new, old):
    note(RUN / "asked.json", workers=new)


def child_exit(server, worker):
    (RUN / "workers" / f"{worker.pid}.json").unlink(missing_ok=True)


bind = "127.0.0.1:%d" % CONFIG["port"]
worker_class = "shop_worker.ShopWorker"
workers = 1
threads = 4
keepalive = 30
timeout = 60
graceful_timeout = 5
backlog = 512
accesslog = str(HOME / "log" / "access.log")
errorlog = "-"
loglevel = "info"
pidfile = str(RUN / "gunicorn.pid")
proc_name = "shop"
