from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from catalog.models import Product


class Member(AbstractBaseUser):
    username = models.CharField(max_length=40, unique=True)
    email = models.EmailField()
    display_name = models.CharField(max_length=80)

    objects = BaseUserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"


class Order(models.Model):
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    number = models.CharField(max_length=20)
    placed_at = models.DateTimeField()


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    quantity = models.IntegerField()
    cents = models.IntegerField()
