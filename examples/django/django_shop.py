"""A shop with Django, in one file: ``gunicorn django_shop:application``, ``uvicorn django_shop:asgi_application``."""

import os

from django.conf import settings
from django.http import HttpResponse
from django.template import engines
from django.urls import path

INSTALLED_APPS = ["kameleoon.django"]
MIDDLEWARE = ["kameleoon.django.KameleoonMiddleware"]
KAMELEOON = {
    "site_code": "shop",
    "client_id": os.environ["KAMELEOON_CLIENT_ID"],
    "client_secret": os.environ["KAMELEOON_CLIENT_SECRET"],
    "endpoint": os.environ.get("KAMELEOON_ENDPOINT"),
    "cookie_same_site": os.environ.get("KAMELEOON_COOKIE_SAME_SITE", "Lax"),
    "cookie_max_age_second": float(os.environ.get("KAMELEOON_COOKIE_MAX_AGE_SECOND", "32832000")),
}
TEMPLATE = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {"context_processors": ["kameleoon.django.context_processors.kameleoon"]},
    "APP_DIRS": True,
}
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=INSTALLED_APPS,
    MIDDLEWARE=MIDDLEWARE,
    KAMELEOON=KAMELEOON,
    TEMPLATES=[TEMPLATE],
)

from django.core.asgi import get_asgi_application  # noqa: E402  # these read the settings
from django.core.wsgi import get_wsgi_application  # noqa: E402

from kameleoon.django import VisitorRequest, client  # noqa: E402

PAGE = """{% load kameleoon %}<!doctype html><title>Shop</title>
<h1 id="variation">{% flag "checkout" %}on{% else %}off{% endflag %}</h1>
<p id="title">{% variable "checkout" "title" default="No title" %}</p>
<p id="code">{{ kameleoon.code }}</p>
<button id="consent" onclick="send('/consent?given=yes')">I agree</button>
<button id="buy" onclick="send('/buy')">Buy</button>
<p id="done"></p>
<script>const send = path => fetch(path, {method: 'POST'}).then(() => done.textContent += path + ' ')</script>
"""


def shop(request: VisitorRequest) -> HttpResponse:
    return HttpResponse(f"{request.kameleoon.code} {request.kameleoon.variation('checkout').key}")


def consent(request: VisitorRequest) -> HttpResponse:
    request.kameleoon.consent = request.GET["given"] == "yes"
    return shop(request)


def buy(request: VisitorRequest) -> HttpResponse:
    request.kameleoon.convert(7, revenue=49.9)
    return shop(request)


def page(request: VisitorRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


urlpatterns = [path("", shop), path("consent", consent), path("buy", buy), path("page", page)]
application = get_wsgi_application()
asgi_application = get_asgi_application()
client().wait_init()
