"""Exceptions of the client: which call raises what stands in docs/evaluation.md#errors and docs/configuration.md.

::

    KameleoonError
    ├ ConfigException
    │ ├ ConfigFileNotFound
    │ └ ConfigCredentialsInvalid
    ├ SiteCodeIsEmpty
    ├ Initialization            logged, not raised
    ├ NotFoundError
    │ ├ FeatureNotFound
    │ ├ FeatureVariationNotFound
    │ ├ FeatureExperimentNotFound
    │ └ FeatureVariableNotFound
    ├ FeatureError
    │ └ FeatureEnvironmentDisabled
    └ VisitorCodeInvalid

``str(error)`` is ``error.message``: a whole sentence, the pure-Python client's where a program asks for what is not
there. What would have been right is ``error.hint``, which tracebacks show below the message. It is put together when it
is read, and not before: raising costs no more for it.

>>> from kameleoon.exceptions import KameleoonError
>>> try:
...     client.get_variation("alice", "new-chekout")
... except KameleoonError as error:
...     print(error, error.hint.split("?")[0], sep=" / ")
Kameleoon error: Feature flag Id: new-chekout not found. / did you mean 'new-checkout'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

__all__ = [
    "ConfigCredentialsInvalid",
    "ConfigException",
    "ConfigFileNotFound",
    "FeatureEnvironmentDisabled",
    "FeatureError",
    "FeatureExperimentNotFound",
    "FeatureNotFound",
    "FeatureVariableNotFound",
    "FeatureVariationNotFound",
    "Initialization",
    "KameleoonError",
    "NotFoundError",
    "SiteCodeIsEmpty",
    "VisitorCodeInvalid",
]


Hint = Union[str, Callable[[], "str | None"], None]
"""A remedy, or what gives one when it is called."""


class KameleoonError(Exception):
    """The base of all exceptions of this package.

    ``hint``: the remedy, as text, which is a part of the message; or a function without arguments that gives it when it
    is first read.

    >>> error = KameleoonError("something is wrong", hint="put it right")
    >>> str(error), error.hint
    ('Kameleoon error: something is wrong. hint: put it right', 'put it right')
    """

    _format = "Kameleoon error: {}"

    def __init__(self, message: object = None, *, hint: Hint = None) -> None:
        text = self._format.format(message)
        if isinstance(hint, str):
            text = f"{text}{'' if text.endswith('.') else '.'} hint: {hint}"
        self.message: str = text
        self._hint = hint
        super().__init__(message)

    @property
    def hint(self) -> str | None:
        """What would have been right, or why there is no answer; ``None`` where nothing is known."""
        hint = self._hint
        if callable(hint):
            hint = self._hint = _told(hint)  # what it holds, such as a data file, is not needed any more
        return hint

    def __str__(self) -> str:
        return self.message

    def __getattr__(self, name: str) -> Any:
        # Notes are what tracebacks show below the message (Python 3.11 and later); the hint is made when it is shown.
        if name == "__notes__" and callable(self.__dict__.get("_hint")):
            hint = self.hint
            if hint:
                notes = self.__dict__["__notes__"] = [f"hint: {hint}"]
                return notes
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> Any:
        if callable(self._hint):
            self._hint = _told(self._hint)  # text can be copied and pickled
        return super().__reduce__()


def _told(hint: Callable[[], str | None]) -> str | None:
    try:
        return hint()
    except Exception:  # noqa: BLE001  # whoever reads a message must get one
        return None


class ConfigException(KameleoonError):
    """The configuration cannot be used.

    >>> from kameleoon import KameleoonClientConfig
    >>> try:
    ...     KameleoonClientConfig("id", "secret", endpoint="localhost")
    ... except ConfigException as error:
    ...     print(error)
    Kameleoon error: endpoint must be like http://host:port, not 'localhost'
    """


class ConfigFileNotFound(ConfigException):
    """There is neither a configuration nor a file with one.

    >>> from kameleoon import KameleoonClientConfig
    >>> try:
    ...     KameleoonClientConfig.read_from_yaml("missing.yaml")
    ... except ConfigFileNotFound as error:
    ...     print(str(error).split(".")[0])
    Kameleoon error: 'missing
    """


class ConfigCredentialsInvalid(ConfigException):
    """The client id or the client secret is empty.

    >>> from kameleoon import KameleoonClientConfig
    >>> try:
    ...     KameleoonClientConfig("", "secret")
    ... except ConfigCredentialsInvalid as error:
    ...     print(error)
    Kameleoon error: client_id is empty
    """


class SiteCodeIsEmpty(KameleoonError):
    """The site code is empty.

    >>> from kameleoon import KameleoonClientFactory
    >>> try:
    ...     KameleoonClientFactory.create("")
    ... except SiteCodeIsEmpty as error:
    ...     print(str(error).split(".")[0])
    Kameleoon error: the site code is empty
    """


class Initialization(KameleoonError):
    """The client is not ready, because of ``cause``.

    >>> print(Initialization("shop", "production", TimeoutError("timed out")))
    Kameleoon error: the client for site 'shop' in environment 'production' is not initialized: timed out
    """

    def __init__(self, site_code: str, environment: str | None, cause: BaseException) -> None:
        place = f"for site {site_code!r}" + (f" in environment {environment!r}" if environment else "")
        super().__init__(f"the client {place} is not initialized: {cause}")
        self.cause: BaseException = cause
        self.args: tuple[Any, ...] = (site_code, environment, cause)


class NotFoundError(KameleoonError):
    """Something is not in the data file.

    >>> try:
    ...     client.get_variation("alice", "new-chekout")
    ... except NotFoundError as error:
    ...     print(type(error).__name__)
    FeatureNotFound
    """

    _format = "Kameleoon error: {} not found."


class FeatureNotFound(NotFoundError):
    """There is no feature flag with this key.

    >>> try:
    ...     client.get_variation("alice", "new-chekout")
    ... except FeatureNotFound as error:
    ...     print(error)
    Kameleoon error: Feature flag Id: new-chekout not found.
    """

    _format = "Kameleoon error: Feature flag Id: {} not found."


class FeatureVariationNotFound(NotFoundError):
    """The feature flag or the experiment has no variation with this key.

    >>> try:
    ...     client.get_feature_variation_variables("new-checkout", "blue")
    ... except FeatureVariationNotFound as error:
    ...     print(error)
    Kameleoon error: Variation blue not found.
    """

    _format = "Kameleoon error: Variation {} not found."


class FeatureExperimentNotFound(NotFoundError):
    """There is no experiment with this id.

    >>> try:
    ...     client.set_forced_variation("alice", 99, "on")
    ... except FeatureExperimentNotFound as error:
    ...     print(error)
    Kameleoon error: Experiment 99 not found.
    """

    _format = "Kameleoon error: Experiment {} not found."


class FeatureVariableNotFound(NotFoundError):
    """The variation has no variable with this key.

    >>> try:
    ...     client.get_feature_variable("alice", "new-checkout", "size")
    ... except FeatureVariableNotFound as error:
    ...     print(error)
    Kameleoon error: Feature variable size not found.
    """

    _format = "Kameleoon error: Feature variable {} not found."


class FeatureError(KameleoonError):
    """A feature flag cannot be evaluated.

    >>> try:
    ...     client.get_variation("alice", "old-search")
    ... except FeatureError as error:
    ...     print(type(error).__name__)
    FeatureEnvironmentDisabled
    """

    _format = "Kameleoon error: Feature error: {}"


class FeatureEnvironmentDisabled(FeatureError):
    """The feature flag is disabled in the client's environment, or for want of consent.

    >>> try:
    ...     client.get_variation("alice", "old-search")
    ... except FeatureEnvironmentDisabled as error:
    ...     print(error)
    Kameleoon error: Feature error: Feature 'old-search' is disabled for default environment
    """


class VisitorCodeInvalid(KameleoonError):
    """The visitor code is empty, too long, or no text.

    >>> try:
    ...     client.get_variation("", "new-checkout")
    ... except VisitorCodeInvalid as error:
    ...     print(error)
    Kameleoon error: Visitor code not valid: empty visitor code
    """

    _format = "Kameleoon error: Visitor code not valid: {}"
