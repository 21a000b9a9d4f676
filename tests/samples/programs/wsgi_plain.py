"""Plain WSGI with the middleware: ``python wsgi_plain.py``, or ``gunicorn wsgi_plain:application``."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

from kameleoon import KameleoonClientFactory, KameleoonWSGIMiddleware

client = KameleoonClientFactory.create("shop")
client.wait_init()


def shop(environ, start_response):
    visitor = client.get_visitor_code(cookies_readonly=SimpleCookie(environ["HTTP_COOKIE"]))
    if environ["PATH_INFO"] == "/consent":
        given = parse_qs(environ["QUERY_STRING"])["given"] == ["yes"]
        client.set_legal_consent(visitor, given)
    elif environ["PATH_INFO"] == "/buy":
        client.track_conversion(visitor, goal_id=7, revenue=49.9)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{visitor} {client.get_variation(visitor, 'checkout').key}".encode()]


application = KameleoonWSGIMiddleware(shop, client)

if __name__ == "__main__":
    with make_server("127.0.0.1", 0, application) as server:
        print(f"Serving on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
