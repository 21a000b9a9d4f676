"""Django without the middleware: views hand the response's cookies to the client: ``gunicorn django_by_hand:application``."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from kameleoon import KameleoonClientFactory

client = KameleoonClientFactory.create("shop")
client.wait_init()


def shop(request):
    response = HttpResponse()
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES, cookies=response.cookies)
    response.content = f"{visitor} {client.get_variation(visitor, 'checkout').key}"
    return response


def consent(request):
    response = HttpResponse()
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES, cookies=response.cookies)
    client.set_legal_consent(visitor, request.GET["given"] == "yes", response.cookies)
    response.content = f"{visitor} {client.get_variation(visitor, 'checkout').key}"
    return response


def buy(request):
    visitor = client.get_visitor_code(cookies_readonly=request.COOKIES)
    client.track_conversion(visitor, goal_id=7, revenue=49.9)
    return HttpResponse(f"{visitor} {client.get_variation(visitor, 'checkout').key}")


urlpatterns = [path("", shop), path("consent", consent), path("buy", buy)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])

application = get_wsgi_application()
