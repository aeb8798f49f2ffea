import hashlib
import os

from django.core.cache import cache
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, cache_page, never_cache
from django.views.decorators.http import conditional_page, require_safe

from catalog.category import category_page
from catalog.models import Category, Product
from catalog.products import facts_of, facts_of_many, price_of, prices_of, stock_of
from catalog.revision import REVISION
from shopsite import cache_status
from shopsite.settings import RELEASE_FOLDER

HOME_TTL = 300
SEARCH_TTL = 120
API_TTL = 60
API_LIMIT = 24
SEARCH_LIMIT = 20
CART_LIMIT = 50


def offers():
    return Product.objects.order_by("-popularity", "id").values("name", "slug")[:6]


def arrivals():
    return Product.objects.order_by("-id").values("name", "slug")[:6]


def home_page(request):
    return render(request, "catalog/home.html", {"offers": offers, "arrivals": arrivals})


cached_home_page = cache_page(HOME_TTL, key_prefix="home")(home_page)


@require_safe
def home(request):
    """Whole pages are cached only for who is not signed in."""
    if request.user.is_authenticated:
        response = home_page(request)
        response["Cache-Status"] = cache_status.BYPASS
        return response
    response = cached_home_page(request)
    stored_now = getattr(request, "_cache_update_cache", True)
    response["Cache-Status"] = cache_status.STORED if stored_now else cache_status.HIT
    return response


@require_safe
def category(request, slug):
    page = category_page(slug)
    if page is None:
        raise Http404
    response = render(request, "catalog/category.html", {"category": page["category"], "products": page["products"]})
    response["Cache-Status"] = page["cache_status"]
    return response


def number_of(slug):
    """A product's address ends with its number."""
    tail = slug.rpartition("-")[2]
    if not tail.isdecimal() or len(tail) > 9:
        raise Http404
    return int(tail)


@require_safe
def product(request, slug):
    number = number_of(slug)
    facts = facts_of(number)
    if facts is None or facts["slug"] != slug:
        raise Http404

    def related():
        others = Product.objects.filter(category__slug=facts["category_slug"]).exclude(id=number)
        return others.order_by("-popularity", "id").values("name", "slug")[:4]

    context = {"product": facts, "price": price_of(number), "stock": stock_of(number), "related": related}
    return render(request, "catalog/product.html", context)


@require_safe
def search(request):
    words = " ".join(request.GET.get("q", "").lower().split())[:80]
    ids = []
    if words:
        match = Q()
        for word in words.split():
            match &= Q(name__icontains=word) | Q(description__icontains=word)
        query = Product.objects.filter(match).order_by("-popularity", "id").values_list("id", flat=True)
        key = "search:" + hashlib.md5(words.encode()).hexdigest()
        ids = cache.get_or_set(key, lambda: list(query[:SEARCH_LIMIT]), SEARCH_TTL)
    return render(request, "catalog/search.html", {"words": words, "products": facts_of_many(ids)})


@require_safe
@cache_control(public=True, max_age=API_TTL)
@conditional_page
def api_products(request):
    slug = request.GET.get("category", "")
    found = cache.get(f"api:products:{slug}") if slug.replace("-", "").isalnum() else None
    if found is None:
        owner = Category.objects.filter(slug=slug).first()
        if owner is None:
            return JsonResponse({"error": "no such category"}, status=404)
        query = Product.objects.filter(category=owner).order_by("-popularity", "id")
        rows = list(query.values("id", "name", "slug")[:API_LIMIT])
        prices = prices_of([row["id"] for row in rows])
        found = {"category": slug, "products": [dict(row, cents=prices.get(row["id"])) for row in rows]}
        cache.set(f"api:products:{slug}", found, API_TTL)
    return JsonResponse(found)


@never_cache
def cart(request):
    """The cart lives in the session; POST adds one product."""
    content = request.session.get("cart", {})
    if request.method == "POST":
        number = request.POST.get("product", "")
        if not number.isdecimal() or len(number) > 9 or facts_of(int(number)) is None:
            return HttpResponseBadRequest("No such product.\n", content_type="text/plain")
        if number in content or len(content) < CART_LIMIT:
            content[number] = content.get(number, 0) + 1
            request.session["cart"] = content
        return redirect("/cart/")
    ids = [int(number) for number in content]
    prices = prices_of(ids) if ids else {}
    lines = [
        dict(facts, quantity=content[str(facts["id"])], price=prices.get(facts["id"])) for facts in facts_of_many(ids)
    ]
    total = sum(line["quantity"] * (line["price"] or 0) for line in lines)
    return render(request, "catalog/cart.html", {"lines": lines, "total": total})


@never_cache
def health(request):
    """Which release answers. Asks neither the database nor the cache: their trouble is not the release's."""
    text = f"ok\nrelease {REVISION}\nfolder {RELEASE_FOLDER.name}\nworker {os.getpid()}\n"
    return HttpResponse(text, content_type="text/plain")
