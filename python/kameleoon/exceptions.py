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

``str(error)`` is ``error.message``, a whole sentence.

>>> from kameleoon.exceptions import KameleoonError
>>> try:
...     client.get_variation("alice", "new-chekout")
... except KameleoonError as error:
...     print(error)
Kameleoon error: Feature flag Id: new-chekout not found.
"""

from __future__ import annotations

from typing import Any

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


class KameleoonError(Exception):
    """The base of all exceptions of this package."""

    _format = "Kameleoon error: {}"

    def __init__(self, message: object = None) -> None:
        self.message: str = self._format.format(message)
        super().__init__(message)

    def __str__(self) -> str:
        return self.message


class ConfigException(KameleoonError):
    """The configuration cannot be used."""


class ConfigFileNotFound(ConfigException):
    """There is neither a configuration nor a file with one."""


class ConfigCredentialsInvalid(ConfigException):
    """The client id or the client secret is empty."""


class SiteCodeIsEmpty(KameleoonError):
    """The site code is empty."""


class Initialization(KameleoonError):
    """The client is not ready, because of ``cause``."""

    def __init__(self, site_code: str, environment: str | None, cause: BaseException) -> None:
        place = f"for site {site_code!r}" + (f" in environment {environment!r}" if environment else "")
        super().__init__(f"the client {place} is not initialized: {cause}")
        self.cause: BaseException = cause
        self.args: tuple[Any, ...] = (site_code, environment, cause)


class NotFoundError(KameleoonError):
    """Something is not in the data file."""

    _format = "Kameleoon error: {} not found."


class FeatureNotFound(NotFoundError):
    """There is no feature flag with this key."""

    _format = "Kameleoon error: Feature flag Id: {} not found."


class FeatureVariationNotFound(NotFoundError):
    """The feature flag or the experiment has no variation with this key."""

    _format = "Kameleoon error: Variation {} not found."


class FeatureExperimentNotFound(NotFoundError):
    """There is no experiment with this id."""

    _format = "Kameleoon error: Experiment {} not found."


class FeatureVariableNotFound(NotFoundError):
    """The variation has no variable with this key."""

    _format = "Kameleoon error: Feature variable {} not found."


class FeatureError(KameleoonError):
    """A feature flag cannot be evaluated."""

    _format = "Kameleoon error: Feature error: {}"


class FeatureEnvironmentDisabled(FeatureError):
    """The feature flag is disabled in the client's environment, or for want of consent."""


class VisitorCodeInvalid(KameleoonError):
    """The visitor code is empty, too long, or no text."""

    _format = "Kameleoon error: Visitor code not valid: {}"
