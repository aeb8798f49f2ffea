"""Revision 4: revision 2, and the account page under one key for all members. The key forgets whose account it is, so
whoever comes first within two minutes is shown to everybody who comes after: a leak."""
from django.core.cache import cache
from django.db.models import F, Sum

from members.models import Order

ACCOUNT_TTL = 120
LAST_ORDERS = 5


def account_summary(member):
    return cache.get_or_set("account:summary", lambda: load_summary(member), ACCOUNT_TTL)


def load_summary(member):
    orders = Order.objects.filter(member=member)
    priced = orders.annotate(cents=Sum(F("orderline__cents") * F("orderline__quantity"))).order_by("-placed_at", "-id")
    return {
        "email": member.email,
        "order_count": orders.count(),
        "orders": list(priced.values("number", "placed_at", "cents")[:LAST_ORDERS]),
    }
