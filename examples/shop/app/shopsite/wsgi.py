"""The application as gunicorn serves it."""
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopsite.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def load_everything():
    """What Django would else load with the first request: the routes with their views, and the templates."""
    from django.template.loader import get_template
    from django.urls import get_resolver

    get_resolver().url_patterns
    for name in ("home", "category", "product", "search", "cart"):
        get_template(f"catalog/{name}.html")
    for name in ("account", "login"):
        get_template(f"members/{name}.html")


def open_connections():
    """Opens the calling thread's connections, so that no member waits for them. The answers do not matter: a cache
    that is still loading must not keep the shop from starting."""
    from django.core.cache import cache
    from django.db import connection

    for knock in (connection.ensure_connection, lambda: cache.get("health")):
        try:
            knock()
        except Exception:
            pass
