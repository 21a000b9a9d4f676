"""A shop with FastAPI: ``uvicorn fastapi_shop:app``."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse

from kameleoon import KameleoonClientFactory
from kameleoon.fastapi import CurrentVisitor, install

app = FastAPI()
install(app, KameleoonClientFactory.create("shop"))


@app.get("/", response_class=PlainTextResponse)
async def shop(visitor: CurrentVisitor) -> str:
    return f"{visitor.code} {visitor.variation('checkout').key}"


@app.post("/consent", response_class=PlainTextResponse)
async def consent(visitor: CurrentVisitor, given: str) -> str:
    visitor.consent = given == "yes"
    return await shop(visitor)


@app.post("/buy", response_class=PlainTextResponse)
async def buy(visitor: CurrentVisitor) -> str:
    visitor.convert(7, revenue=49.9)
    return await shop(visitor)


@app.get("/page", response_class=HTMLResponse)
async def page(visitor: CurrentVisitor) -> str:
    return f"""<!doctype html><title>Shop</title>
<h1 id="variation">{visitor.variation("checkout").key}</h1>
<p id="code">{visitor.code}</p>
<button id="consent" onclick="send('/consent?given=yes')">I agree</button>
<button id="buy" onclick="send('/buy')">Buy</button>
<p id="done"></p>
<script>const send = path => fetch(path, {{method: 'POST'}}).then(() => done.textContent += path + ' ')</script>"""
