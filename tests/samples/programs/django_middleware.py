"""Django with the middleware around its WSGI application: ``gunicorn django_middleware:application``."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from kameleoon import KameleoonClientFactory, KameleoonWSGIMiddleware

client = KameleoonClientFactory.create("shop")
client.wait_init()


def shop(request):
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES)
    return HttpResponse(f"{visitor} {client.get_variation(visitor, 'checkout').key}")


def consent(request):
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES)
    client.set_legal_consent(visitor, request.GET["given"] == "yes")
    return shop(request)


def buy(request):
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES)
    client.track_conversion(visitor, goal_id=7, revenue=49.9)
    return shop(request)


urlpatterns = [path("", shop), path("consent", consent), path("buy", buy)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])

application = KameleoonWSGIMiddleware(get_wsgi_application(), client)
