"""``KameleoonClient``: evaluates feature flags for visitors (spec 5, Client)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kameleoon._cookies import VISITOR_CODE_COOKIE, new_visitor_code, read_cookie, read_simulation, set_visitor_code
from kameleoon._data_file import read_data_file
from kameleoon._native import EngineClient
from kameleoon.exceptions import ConfigException
from kameleoon.logging.kameleoon_logger import KameleoonLogger
from kameleoon.types.data_file import DataFile
from kameleoon.types.explanation import Explanation
from kameleoon.types.feature_flag import FeatureFlag
from kameleoon.types.rule import Rule

if TYPE_CHECKING:
    from types import TracebackType

    from kameleoon._cookies import Cookies, MutableCookies
    from kameleoon.kameleoon_client_config import KameleoonClientConfig

__all__ = ["KameleoonClient"]


class KameleoonClient(EngineClient):
    """Evaluates feature flags for visitors. Made by ``KameleoonClientFactory.create``.

    The methods that a server calls for every request are native and inherited: ``is_feature_active``,
    ``get_variation``, ``get_variations``, ``add_data``, ``track_conversion``, ….
    """

    def __init__(self, site_code: str, config: KameleoonClientConfig) -> None:
        """A client of ``site_code``. Raises ``ConfigException`` if ``config.default_data_file`` cannot be read."""
        self._site_code = site_code
        self._config = config
        self._configure(config.environment, not config.is_offline)
        if config.default_data_file is not None:
            try:
                self._use_data_file(read_data_file(config.default_data_file))
            except ValueError as error:
                raise ConfigException(f"the default data file cannot be used: {error}") from error

    @property
    def site_code(self) -> str:
        """The site code."""
        return self._site_code

    # Visitor codes and consent

    def get_visitor_code(
        self,
        cookies_readonly: Cookies | None = None,
        cookies: MutableCookies | None = None,
        default_visitor_code: str | None = None,
    ) -> str:
        """The visitor's code: from its cookie, else ``default_visitor_code``, else 16 random hex digits.

        When it was not in the cookie and ``cookies`` is given, the cookie is set there, unless consent is required and
        no enabled flag has a targeted-delivery rule. Simulated variations are read from their cookie.
        Raises ``VisitorCodeInvalid``. (spec 5)
        """
        visitor_code = read_cookie(VISITOR_CODE_COOKIE, cookies_readonly, cookies)
        is_known = visitor_code is not None
        if visitor_code is None:
            visitor_code = default_visitor_code or new_visitor_code()
        self._check_visitor_code(visitor_code)
        if not is_known and cookies is not None and self._may_keep_visitor_code():
            set_visitor_code(cookies, visitor_code, self._config.top_level_domain)
        simulation = read_simulation(cookies_readonly, cookies)
        if simulation is not None:
            self._simulate(visitor_code, simulation)
        return visitor_code

    def _may_keep_visitor_code(self) -> bool:
        _, _, consent_required, _ = self._data_file_settings()
        return not consent_required or self._has_targeted_delivery()

    def set_legal_consent(self, visitor_code: str, consent: bool, cookies: MutableCookies | None = None) -> None:
        """Notes the visitor's consent; once it is given, the visitor code's cookie is set in ``cookies``.

        Raises ``VisitorCodeInvalid``.
        """
        self._set_consent(visitor_code, bool(consent))
        if consent and cookies is not None:
            set_visitor_code(cookies, visitor_code, self._config.top_level_domain)

    # The data file

    def get_data_file(self) -> DataFile:
        """The data file in use, as a copy of its own."""
        flags: dict[str, FeatureFlag] = {}
        for key, environment_enabled, default_variation_key, variations, rules in self._feature_flags():
            flags[key] = FeatureFlag(
                {variation.key: variation for variation in variations},
                environment_enabled,
                [Rule({variation.key: variation for variation in rule}) for rule in rules],
                default_variation_key,
            )
        return DataFile(flags, self._data_file_settings()[0])

    def explain(self, visitor_code: str, feature_key: str) -> Explanation:
        """Each step that decides the visitor's variation of the feature flag; ``print`` shows it.

        Neither saves nor tracks. Raises ``VisitorCodeInvalid`` and ``FeatureNotFound``.
        """
        variation, reason, raw = self._explain(visitor_code, feature_key)
        return Explanation(visitor_code, feature_key, variation, reason, raw)

    def _use_data_file(self, text: bytes) -> None:
        """Uses another data file from now on; what had to be left out of it is logged. Raises ``ValueError``."""
        for omission in self._update_data_file(text):
            KameleoonLogger.warning("%s", omission)

    # Life

    def close(self, timeout: float | None = None) -> None:
        """Sends what is queued, for at most ``timeout`` seconds (the config's ``close_timeout_second`` by default), and
        ends everything in the background. Evaluations go on with the last data file.
        """

    def __enter__(self) -> KameleoonClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KameleoonClient(site_code={self._site_code!r}, environment={self._config.environment!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a KameleoonClient cannot be pickled; make one in each process")
