from django.contrib.auth.views import LogoutView
from django.urls import path

from catalog import views as catalog
from catalog.sitemap import sitemap
from members import views as members

urlpatterns = [
    path("", catalog.home),
    path("category/<slug:slug>/", catalog.category),
    path("product/<slug:slug>/", catalog.product),
    path("search/", catalog.search),
    path("api/products/", catalog.api_products),
    path("cart/", catalog.cart),
    path("account/", members.account),
    path("login/", members.Login.as_view()),
    path("logout/", LogoutView.as_view()),
    path("health/", catalog.health),
    path("sitemap.xml", sitemap),
]
