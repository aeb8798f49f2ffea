"""Makes the shop's data: the same for the same seed and sizes, on any machine."""
import random
from datetime import datetime, timedelta, timezone

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.text import slugify

from catalog.models import Brand, Category, Price, Product, StockLevel
from members.models import Member, Order, OrderLine

CATEGORIES = """Kettles Teapots Cups Plates Bowls Knives Pans Pots Lamps Candles Blankets Cushions Rugs Curtains Chairs
Stools Shelves Clocks Mirrors Vases Baskets Towels Aprons Toys""".split()
BRANDS = """Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Ivy Juniper Katsura Larch Maple Nutmeg Oak Pine Quince Rowan
Spruce Tamarack Umbra Viburnum Willow Yew""".split()
LOOKS = """Amber Black Blue Brass Bronze Copper Coral Cream Green Grey Indigo Ivory Linen Olive Plain Red Rose
Sand""".split()
KINDS = "Classic Little Large Folding Heavy Light Travel Everyday Sunday Garden Winter Studio".split()
FIRST_NAMES = """Ada Bela Cleo Dora Edda Finn Gala Hugo Ida Jon Kaja Lev Mara Nils Olga Piet Rosa Sven Tilda Uwe Vera
Wim Yara Zoe""".split()
SURNAMES = """Abbot Baker Carver Draper Eaton Fisher Glover Harper Ingram Joiner Kessler Lindt Mason Naylor Oster Potter
Quill Reeve Sawyer Tyler Usher Vintner Weaver Yeoman""".split()
WAREHOUSES = 3
# Every date lies in the past and none depends on today.
FIRST_DAY = datetime(2021, 1, 4, 8, tzinfo=timezone.utc)


def password_of(username):
    return f"{username}-secret"


def seed(products, members, number):
    """Creates the tables and fills them. About a second for 3000 products and 300 members."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
    call_command("migrate", run_syncdb=True, verbosity=0)
    chance = random.Random(number)
    with transaction.atomic():
        seed_catalog(chance, products)
        seed_members(chance, members, products)
    if connection.vendor != "mysql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    connection.close()


def seed_catalog(chance, count):
    Category.objects.bulk_create(
        Category(id=n, name=name, slug=slugify(name)) for n, name in enumerate(CATEGORIES, start=1)
    )
    Brand.objects.bulk_create(Brand(id=n, name=name) for n, name in enumerate(BRANDS, start=1))
    products, prices, stock = [], [], []
    for n in range(1, count + 1):
        category = (n - 1) % len(CATEGORIES) + 1
        look, kind, brand = chance.choice(LOOKS), chance.choice(KINDS), chance.randint(1, len(BRANDS))
        name = f"{look} {kind} {CATEGORIES[category - 1].removesuffix('s')} {n}"
        words = " ".join(chance.choice(LOOKS + KINDS).lower() for _ in range(40))
        text = f"The {name} by {BRANDS[brand - 1]}. Goes well with {words}."
        products.append(
            Product(
                id=n,
                category_id=category,
                brand_id=brand,
                name=name,
                slug=slugify(name),
                description=text,
                popularity=chance.randint(0, 100000),
            )
        )
        for step in range(3):
            day = FIRST_DAY + timedelta(days=120 * step + chance.randint(0, 60))
            prices.append(Price(product_id=n, cents=chance.randint(199, 24999), valid_from=day))
        for warehouse in range(1, WAREHOUSES + 1):
            stock.append(StockLevel(product_id=n, warehouse=warehouse, quantity=chance.randint(0, 40)))
    Product.objects.bulk_create(products)
    Price.objects.bulk_create(prices)
    StockLevel.objects.bulk_create(stock)


def seed_members(chance, count, products):
    members, orders, lines = [], [], []
    for n in range(1, count + 1):
        username = f"member{n:03d}"
        first = FIRST_NAMES[(n - 1) % len(FIRST_NAMES)]
        surname = SURNAMES[(n - 1 + (n - 1) // len(FIRST_NAMES)) % len(SURNAMES)]
        members.append(
            Member(
                id=n,
                username=username,
                display_name=f"{first} {surname}",
                email=f"{username}.{surname.lower()}@mail.example",
                password=make_password(password_of(username), salt="shop"),
            )
        )
        for _ in range(chance.randint(1, 9)):
            order = len(orders) + 1
            day = FIRST_DAY + timedelta(days=chance.randint(0, 1200), minutes=chance.randint(0, 600))
            orders.append(Order(id=order, member_id=n, number=f"SO-{order:06d}", placed_at=day))
            for _ in range(chance.randint(1, 4)):
                lines.append(
                    OrderLine(
                        order_id=order,
                        product_id=chance.randint(1, products),
                        quantity=chance.randint(1, 3),
                        cents=chance.randint(199, 24999),
                    )
                )
    Member.objects.bulk_create(members)
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(lines)
