"""What is known about a product. Facts rarely change and are cached under product:<id>; price and stock never are."""
from django.core.cache import cache
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Price, Product, StockLevel

FACTS_TTL = 600


def facts_of_many(ids):
    """The facts of these products in the same order, those unknown to the cache with one question to the database."""
    found = cache.get_many([f"product:{number}" for number in ids])
    missing = [number for number in ids if f"product:{number}" not in found]
    if missing:
        query = Product.objects.filter(id__in=missing).select_related("brand", "category")
        fresh = {f"product:{product.id}": facts(product) for product in query}
        cache.set_many(fresh, FACTS_TTL)
        found.update(fresh)
    return [found[f"product:{number}"] for number in ids if f"product:{number}" in found]


def facts_of(number):
    found = facts_of_many([number])
    return found[0] if found else None


def facts(product):
    return {
        "id": product.id,
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "brand": product.brand.name,
        "category_name": product.category.name,
        "category_slug": product.category.slug,
    }


def price_of(number, moment=None):
    """In cents; None where the product is not on sale yet."""
    query = Price.objects.filter(product_id=number, valid_from__lte=moment or timezone.now())
    return query.order_by("-valid_from").values_list("cents", flat=True).first()


def prices_of(ids):
    query = Price.objects.filter(product_id__in=ids, valid_from__lte=timezone.now())
    return dict(query.order_by("valid_from").values_list("product_id", "cents"))


def stock_of(number):
    return StockLevel.objects.filter(product_id=number).aggregate(total=Sum("quantity"))["total"] or 0
