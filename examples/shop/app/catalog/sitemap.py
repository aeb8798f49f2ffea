"""The shop's pages for robots, as sitemaps.org describes it. Asked for rarely, so it is not cached."""
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from catalog.models import Category, Product


@require_safe
def sitemap(request):
    paths = ["/"]
    paths += [f"/category/{slug}/" for slug in Category.objects.order_by("id").values_list("slug", flat=True)]
    paths += [f"/product/{slug}/" for slug in Product.objects.order_by("id").values_list("slug", flat=True)]
    pages = "".join(f"<url><loc>{request.build_absolute_uri(path)}</loc></url>\n" for path in paths)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return HttpResponse(f"{head}{pages}</urlset>\n", content_type="application/xml")
