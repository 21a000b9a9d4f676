"""A shop with Flask: ``gunicorn flask_shop:app``."""

from flask import Flask, render_template_string, request

from kameleoon import KameleoonClientFactory
from kameleoon.flask import Kameleoon, visitor

client = KameleoonClientFactory.create("shop")
client.wait_init()

app = Flask(__name__)
Kameleoon(app, client)


@app.get("/")
def shop() -> str:
    return f"{visitor.code} {visitor.variation('checkout').key}"


@app.post("/consent")
def consent() -> str:
    visitor.consent = request.args["given"] == "yes"
    return shop()


@app.post("/buy")
def buy() -> str:
    visitor.convert(7, revenue=49.9)
    return shop()


@app.get("/page")
def page() -> str:
    return render_template_string("{% if visitor.is_active('checkout') %}new{% else %}old{% endif %}")
