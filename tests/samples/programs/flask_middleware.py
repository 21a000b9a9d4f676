"""Flask with the middleware: ``gunicorn flask_middleware:app``."""

from flask import Flask, request

from kameleoon import KameleoonClientFactory, KameleoonWSGIMiddleware

client = KameleoonClientFactory.create("shop")
client.wait_init()

app = Flask(__name__)
app.wsgi_app = KameleoonWSGIMiddleware(app.wsgi_app, client)


@app.get("/")
def shop():
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    return f"{visitor} {client.get_variation(visitor, 'checkout').key}"


@app.post("/consent")
def consent():
    client.set_legal_consent(request.environ["kameleoon.visitor_code"], request.args["given"] == "yes")
    return shop()


@app.post("/buy")
def buy():
    client.track_conversion(request.environ["kameleoon.visitor_code"], goal_id=7, revenue=49.9)
    return shop()
