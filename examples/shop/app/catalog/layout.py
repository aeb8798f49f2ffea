"""The blocks around every page: categories, popular brands, bestsellers. Each is asked for once and then shared by all
pages of all members, so whichever page comes first pays for them."""
from django.core.cache import cache
from django.db.models import Count, Sum

from catalog.models import Brand, Category, Product

CATEGORIES_TTL = 3600
BRANDS_TTL = 1800
BESTSELLERS_TTL = 900


def categories():
    query = Category.objects.annotate(size=Count("product")).order_by("name")
    return cache.get_or_set("categories:all", lambda: list(query.values("name", "slug", "size")), CATEGORIES_TTL)


def popular_brands():
    query = Brand.objects.annotate(score=Sum("product__popularity")).order_by("-score", "id")
    return cache.get_or_set("brands:popular", lambda: list(query.values_list("name", flat=True)[:8]), BRANDS_TTL)


def bestsellers():
    query = Product.objects.annotate(sold=Sum("orderline__quantity")).filter(sold__gt=0).order_by("-sold", "id")
    return cache.get_or_set("products:bestsellers", lambda: list(query.values("name", "slug")[:5]), BESTSELLERS_TTL)


def layout(request):
    """Context processor."""
    return {"categories": categories(), "popular_brands": popular_brands(), "bestsellers": bestsellers()}
