"""User code, as the type checkers see it. Checked, not run."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import Morsel, SimpleCookie
from typing import Any

from kameleoon import CustomData, Device, DeviceType, KameleoonClient, KameleoonClientConfig, KameleoonClientFactory
from kameleoon.middleware import KameleoonASGIMiddleware, KameleoonWSGIMiddleware
from kameleoon.types.explanation import Explanation
from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter
from kameleoon.types.variation import Variation
from kameleoon.visitor import Details, Evaluations, Visitor


def evaluate(client: KameleoonClient, cookies: SimpleCookie) -> str:
    code: str = client.get_visitor_code(cookies=cookies)
    client.add_data(code, CustomData("plan", "gold"), Device(DeviceType.PHONE), track=False)
    active: bool = client.is_feature_active(code, "flag")
    variation: Variation = client.get_variation(code, "flag", track=active)
    variations: dict[str, Variation] = client.get_variations(code, only_active=True)
    explanation: Explanation = client.explain(code, "flag")
    client.get_remote_visitor_data(code, data_filter=RemoteVisitorDataFilter(previous_visit_amount=3))
    return f"{variation.key} {len(variations)} {explanation} {variation.variables['x'].value}"


def create() -> KameleoonClient:
    config = KameleoonClientConfig("id", "secret", environment="production", default_data_file={"featureFlags": []})
    return KameleoonClientFactory.create("site", config)


class Plan(CustomData):
    """A kind of data of one's own."""

    def __init__(self, plan: str, *, since: int = 0) -> None:
        super().__init__("plan", plan)
        self.since = since


plan: Plan = Plan("gold", since=5)


def shop(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["kameleoon.visitor_code"].encode()]


async def shop_async(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def middleware(client: KameleoonClient) -> None:
    KameleoonWSGIMiddleware(shop, client, default_visitor_code="alice")
    KameleoonWSGIMiddleware(shop, lambda: client, lambda environ: environ.get("REMOTE_USER"))
    KameleoonASGIMiddleware(shop_async, create, default_visitor_code=None)
    cookie: Morsel[str] | None = client.visitor_code_cookie("alice", is_new=False)
    assert cookie is not None


def handle(client: KameleoonClient, environ: dict[str, Any]) -> str:
    visitor: Visitor = client.visitor_from(environ)
    visitor.add(CustomData("plan", "gold"))
    active: bool = visitor.is_active("flag")
    title: str = visitor.text("flag", "title", default="Hello")
    maybe: str | None = visitor.text("flag", "title", default=None)
    amount: int | float = visitor.number("flag", "amount", default=9)
    wraps: bool = visitor.flag("flag", "gift-wrap")
    details: Details = visitor.details("flag", "title")
    flags: Evaluations = visitor.evaluate()
    variation: Variation = flags["flag"]
    visitor.consent = True
    visitor.convert(7, revenue=49.9)
    visitor.client.flush()
    return f"{active} {title} {maybe} {amount} {wraps} {details.reason} {variation.key}"
