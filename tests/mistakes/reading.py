"""An exception as a traceback shows it: the message, and the hint below it."""

from __future__ import annotations


def read(error: BaseException) -> str:
    """Both in one line."""
    message, hint = str(error), getattr(error, "hint", None)
    if hint is None or "hint: " in message:
        return message
    return f"{message}{'' if message.endswith('.') else '.'} hint: {hint}"
