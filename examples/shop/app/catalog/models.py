from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)


class Brand(models.Model):
    name = models.CharField(max_length=60)


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.CASCADE)
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    description = models.TextField()
    popularity = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["category", "-popularity"])]


class Price(models.Model):
    """A price counts from its date until a later one takes over."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    cents = models.IntegerField()
    valid_from = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["product", "-valid_from"])]


class StockLevel(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    warehouse = models.IntegerField()
    quantity = models.IntegerField()
