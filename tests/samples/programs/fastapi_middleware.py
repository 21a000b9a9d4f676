"""FastAPI with the middleware, and a client made in the lifespan: ``uvicorn fastapi_middleware:app``."""

from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from kameleoon import KameleoonASGIMiddleware, KameleoonClientFactory


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with KameleoonClientFactory.create("shop") as client:  # its end sends what is queued
        await client.wait_init_async()
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(KameleoonASGIMiddleware, client=lambda: app.state.client)


@app.get("/", response_class=PlainTextResponse)
async def shop(request: Request):
    client = app.state.client
    visitor = client.get_visitor_code(cookies_readonly=request.cookies)
    return f"{visitor} {client.get_variation(visitor, 'checkout').key}"


@app.post("/consent", response_class=PlainTextResponse)
async def consent(request: Request, given: str):
    app.state.client.set_legal_consent(request.state.kameleoon_visitor_code, given == "yes")
    return await shop(request)


@app.post("/buy", response_class=PlainTextResponse)
async def buy(request: Request):
    app.state.client.track_conversion(request.state.kameleoon_visitor_code, goal_id=7, revenue=49.9)
    return await shop(request)
