"""Flask, with a consent that every process knows: ``gunicorn --workers 4 flask_consent:app``."""

from flask import Flask, Response, make_response, request

from kameleoon import KameleoonClientFactory
from kameleoon.flask import Kameleoon, visitor

app = Flask(__name__)
Kameleoon(app, KameleoonClientFactory.create("shop"))


@app.before_request
def know_consent() -> None:
    answer = request.cookies.get("consent")
    if answer is not None:
        visitor.consent = answer == "yes"


@app.get("/")
def shop() -> str:
    return f"{visitor.code} {visitor.variation('checkout').key}"


@app.post("/consent")
def consent() -> Response:
    answer = request.args["given"]
    visitor.consent = answer == "yes"
    response = make_response(shop())
    response.set_cookie("consent", answer, max_age=180 * 86_400, httponly=True, samesite="Lax")
    return response
