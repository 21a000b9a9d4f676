"""Flask without the middleware: each response takes the cookies that the client set: ``gunicorn flask_by_hand:app``."""

from http.cookies import SimpleCookie

from flask import Flask, Response, request

from kameleoon import KameleoonClientFactory

client = KameleoonClientFactory.create("shop")
client.wait_init()

app = Flask(__name__)


def answer(visitor, cookies):
    response = Response(f"{visitor} {client.get_variation(visitor, 'checkout').key}")
    for cookie in cookies.values():
        response.headers.add("Set-Cookie", cookie.OutputString())
    return response


@app.get("/")
def shop():
    cookies = SimpleCookie()
    visitor = client.get_visitor_code(cookies_readonly=request.cookies, cookies=cookies)
    return answer(visitor, cookies)


@app.post("/consent")
def consent():
    cookies = SimpleCookie()
    visitor = client.get_visitor_code(cookies_readonly=request.cookies, cookies=cookies)
    client.set_legal_consent(visitor, request.args["given"] == "yes", cookies)
    return answer(visitor, cookies)


@app.post("/buy")
def buy():
    cookies = SimpleCookie()
    visitor = client.get_visitor_code(cookies_readonly=request.cookies, cookies=cookies)
    client.track_conversion(visitor, goal_id=7, revenue=49.9)
    return answer(visitor, cookies)
