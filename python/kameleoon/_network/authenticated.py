"""Requests with the access token, if one can be had (docs/network.md#access-tokens)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Union

from kameleoon._network.access_token import AccessTokens, TokenFetch
from kameleoon._network.deadline import Deadline
from kameleoon._network.http import HttpService
from kameleoon._network.request import Answer, Request, RequestError
from kameleoon.events.request_type import RequestType

__all__ = ["AuthenticatedHttp", "exchange"]

Step = Union[TokenFetch, Request]
"""What is to be waited for next: a token, which is sent back, or an answer, which is sent or its error thrown."""


def exchange(
    tokens: AccessTokens, request: Request, deadline: Deadline, *, is_last_try: bool = True
) -> Generator[Step, Any, Answer]:
    """One attempt with the token, as steps that a thread or an event loop carries out. Refused with 401, the token is
    discarded, and on the last try the attempt is repeated once without one. Raises ``RequestError``.
    """
    token = tokens.ask(deadline)
    if isinstance(token, TokenFetch):
        token = yield token
    if token is not None:
        try:
            answer: Answer = yield request.with_token(token)
        except RequestError as error:
            if error.status == 401:
                tokens.discard(token)
            if error.status != 401 or not is_last_try:
                raise
        else:
            if 200 <= answer.status < 300:
                tokens.accept(token)
            return answer
    answer = yield request
    return answer


class AuthenticatedHttp:
    """Requests with the access token, on the thread of the caller."""

    def __init__(self, http: HttpService, tokens: AccessTokens) -> None:
        self._http = http
        self._tokens = tokens

    def attempt(
        self,
        request_type: RequestType,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: Deadline | None = None,
        is_last_try: bool = True,
    ) -> Answer:
        """As ``HttpService.attempt``, with a token. See ``exchange`` for ``is_last_try``."""
        request = Request(request_type, method, url, headers, body)
        return self.make(request, deadline or self._http.deadline(), is_last_try=is_last_try)

    def make(self, request: Request, deadline: Deadline, *, is_last_try: bool = True) -> Answer:
        """As ``attempt``, for a request as a value."""
        steps = exchange(self._tokens, request, deadline, is_last_try=is_last_try)
        try:
            step = next(steps)
            while True:
                if isinstance(step, TokenFetch):
                    step = steps.send(step.wait(deadline))
                    continue
                try:
                    answer = self._http.make(step, deadline)
                except RequestError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            whole: Answer = end.value
            return whole
