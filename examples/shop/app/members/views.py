from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from members.account import account_summary


class Login(LoginView):
    template_name = "members/login.html"


@never_cache
@login_required
def account(request):
    return render(request, "members/account.html", {"summary": account_summary(request.user)})
