"""Revision 5: revision 1 told in other words. A refactoring that asks the same and answers the same."""
from catalog.models import Category
from catalog.products import price_of, stock_of
from shopsite import cache_status

PAGE_SIZE = 8


class Shelf:
    """The most popular products of one category."""

    def __init__(self, category):
        self.category = category

    def products(self):
        return self.category.product_set.order_by("-popularity", "id")[:PAGE_SIZE]

    def label(self, product):
        return dict(
            name=product.name,
            slug=product.slug,
            brand=product.brand.name,
            price=price_of(product.id),
            stock=stock_of(product.id),
        )

    def labels(self):
        return [self.label(product) for product in self.products()]


def category_page(slug):
    try:
        shelf = Shelf(Category.objects.get(slug=slug))
    except Category.DoesNotExist:
        return None
    return dict(category={"name": shelf.category.name}, products=shelf.labels(), cache_status=cache_status.BYPASS)
