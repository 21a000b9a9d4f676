"""FastAPI: ``install(app, client)``, and ``CurrentVisitor`` (docs/frameworks.md#fastapi). Needs FastAPI."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from kameleoon.starlette import install, visitor
from kameleoon.visitor import Visitor

__all__ = ["CurrentVisitor", "current_visitor", "install"]


async def current_visitor(connection: HTTPConnection) -> Visitor:
    """The dependency: ``visitor: Visitor = Depends(current_visitor)``."""
    return visitor(connection)


CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]
"""The type of a parameter that is the request's ``Visitor``; the OpenAPI schema shows nothing of it."""
