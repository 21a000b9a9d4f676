"""Template tags: ``{% load kameleoon %}`` (docs/django.md#templates)."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context

from kameleoon.exceptions import KameleoonError
from kameleoon.visitor import Visitor

__all__ = ["FlagNode", "flag", "register", "variable"]

register: template.Library = template.Library()


def _visitor(context: Context) -> Visitor | None:
    found = context.get("kameleoon") or getattr(context.get("request"), "kameleoon", None)
    return found if isinstance(found, Visitor) else None


class FlagNode(template.Node):
    """``{% flag "key" %}…{% else %}…{% endflag %}``: the first part where the flag is on for the visitor."""

    child_nodelists: Any = ("nodelist_on", "nodelist_off")

    def __init__(self, key: FilterExpression, variation: FilterExpression | None, on: NodeList, off: NodeList) -> None:
        self._key = key
        self._variation = variation
        self.nodelist_on = on
        self.nodelist_off = off

    def render(self, context: Context) -> Any:
        """The part that is for the visitor."""
        return (self.nodelist_on if self._holds(context) else self.nodelist_off).render(context)

    def _holds(self, context: Context) -> bool:
        visitor = _visitor(context)
        if visitor is None:
            return False
        key = self._key.resolve(context)
        try:
            if self._variation is None:
                return visitor.is_active(key)
            return bool(visitor.variation(key).key == self._variation.resolve(context))
        except KameleoonError:  # there is no such flag, or it is disabled: a page is shown all the same
            return False


def flag(parser: Parser, token: Token) -> FlagNode:
    """``{% flag "key" %}``, or ``{% flag "key" "variation" %}`` for one variation alone. A flag that there is not, or
    that is disabled, is off. Without the middleware every flag is off.
    """
    name, *arguments = token.split_contents()
    if len(arguments) not in (1, 2):
        raise template.TemplateSyntaxError(f'{name}: expected {{% {name} "key" %}} or {{% {name} "key" "variation" %}}')
    on = parser.parse(("else", f"end{name}"))
    off = NodeList()
    if parser.next_token().contents == "else":
        off = parser.parse((f"end{name}",))
        parser.delete_first_token()
    compiled = [parser.compile_filter(argument) for argument in arguments]
    return FlagNode(compiled[0], compiled[1] if len(compiled) > 1 else None, on, off)


register.tag("flag", flag)


@register.simple_tag(takes_context=True)
def variable(context: Context, flag: str, key: str, default: Any = "") -> Any:
    """``{% variable "flag" "key" default="…" %}``: the value of a variable of the visitor's variation, escaped as any
    other value; the default where there is none.
    """
    visitor = _visitor(context)
    return default if visitor is None else visitor.variable(flag, key, default)
