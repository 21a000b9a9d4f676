"""``KameleoonMiddleware``: gives every request its visitor, and the visitor its cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from kameleoon._cookies import VISITOR_CODE_COOKIE, cookie_value_of
from kameleoon._first_request import configured, configured_async
from kameleoon._request_visitor import RequestVisitor, visitor_in_environ
from kameleoon.django.client import client, default_visitor_code
from kameleoon.kameleoon_client import KameleoonClient
from kameleoon.visitor import Visitor

__all__ = ["KameleoonMiddleware", "VisitorRequest"]


class VisitorRequest(HttpRequest):
    """What a request is that has passed the middleware, for views that are type-checked:
    ``def shop(request: VisitorRequest)``.
    """

    kameleoon: Visitor
    """The visitor of the request."""


class KameleoonMiddleware:
    """For ``MIDDLEWARE``, as ``"kameleoon.django.KameleoonMiddleware"``. Under WSGI and ASGI; touches neither the
    database nor the session nor the user.

    A view finds the ``Visitor`` as ``request.kameleoon``. When the response goes out, the cookie is set if consent is
    given by then, or not required. Where a view has set this cookie itself, its own is the only one. Each response
    varies by the cookie, so that a cache keeps the visitors apart. To be placed after ``UpdateCacheMiddleware``.
    See docs/django.md.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            from asgiref.sync import markcoroutinefunction  # comes with Django

            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Serves a request."""
        if self._is_async:
            return self._serve_async(request)
        visitor = _visitor_of(request, configured(client()))
        response: HttpResponseBase = self._get_response(request)
        return _with_cookie(response, visitor)

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        visitor = _visitor_of(request, await configured_async(client()))
        response: HttpResponseBase = await self._get_response(request)
        return _with_cookie(response, visitor)


def _visitor_of(request: HttpRequest, chosen: KameleoonClient) -> RequestVisitor:
    visitor = visitor_in_environ(chosen, default_visitor_code(), request.META, request)
    if "COOKIES" in vars(request):  # a middleware before this one, such as the sessions', has read them
        request.COOKIES[VISITOR_CODE_COOKIE] = cookie_value_of(visitor.code)
    request.kameleoon = visitor.visitor  # type: ignore[attr-defined]  # see `VisitorRequest`
    return visitor


def _with_cookie(response: HttpResponseBase, visitor: RequestVisitor) -> HttpResponseBase:
    patch_vary_headers(response, ("Cookie",))  # else a cache gives one visitor's page, and cookie, to the others
    if VISITOR_CODE_COOKIE not in response.cookies:
        morsel = visitor.morsel()
        if morsel is not None:
            response.cookies[VISITOR_CODE_COOKIE] = morsel
    return response
