"""Revision 1: the category page asks the database for the category, its products, and then three times for each of
them. Nothing of it is cached."""
from catalog.models import Brand, Category, Product
from catalog.products import price_of, stock_of
from shopsite import cache_status

PAGE_SIZE = 8


def category_page(slug):
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        return None
    products = []
    for product in Product.objects.filter(category=category).order_by("-popularity", "id")[:PAGE_SIZE]:
        products.append(
            {
                "name": product.name,
                "slug": product.slug,
                "brand": Brand.objects.get(id=product.brand_id).name,
                "price": price_of(product.id),
                "stock": stock_of(product.id),
            }
        )
    return {"category": {"name": category.name}, "products": products, "cache_status": cache_status.BYPASS}
