"""Where each service is (docs/network.md#services)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from kameleoon._version import API_LEVEL

if TYPE_CHECKING:
    from kameleoon.types.remote_visitor_data_filter import RemoteVisitorDataFilter

SDK_NAME = "PYTHON"
SDK_VERSION = API_LEVEL
"""The API level is what is reported to the service."""

_KEPT = "()*!'"  # beside letters, digits and _.-~


def encoded(value: object) -> str:
    """A query value, percent-encoded."""
    return quote(str(value), safe=_KEPT, errors="replace")


class Endpoints:
    """The addresses of the services, for one site."""

    def __init__(
        self, site_code: str, environment: str | None, network_domain: str | None, endpoint: str | None
    ) -> None:
        self._site = encoded(site_code)
        self._environment = environment
        self._domain = network_domain
        self._origin = endpoint
        self._data_domain = f"data.{network_domain}" if network_domain else "data.kameleoon.io"
        self._identity = f"sdkName={SDK_NAME}&sdkVersion={SDK_VERSION}&siteCode={self._site}"

    def use_data_domain(self, domain: str | None) -> None:
        """Uses the data file's own data domain; with a custom network domain, only its first label."""
        if not domain:
            return
        self._data_domain = f"{domain.split('.')[0]}.{self._domain}" if self._domain else domain

    def configuration(self, timestamp: int | None) -> str:
        """The data file; ``timestamp`` after a real-time event."""
        host = f"sdk-config.{self._domain}" if self._domain else "sdk-config.kameleoon.eu"
        query = []
        if self._environment:
            query.append(f"environment={encoded(self._environment)}")
        if timestamp is not None:
            query.append(f"ts={timestamp}")
        address = f"{self._origin or 'https://' + host}/v3/{self._site}"
        return address + ("?" + "&".join(query) if query else "")

    def event_stream(self) -> str:
        """Real-time events."""
        host = f"events.{self._domain}" if self._domain else "events.kameleoon.eu"
        return f"{self._origin or 'https://' + host + ':8110'}/sse?siteCode={self._site}"

    def access_token(self) -> str:
        """Access tokens."""
        host = f"api.{self._domain}" if self._domain else "api.kameleoon.com"
        return f"{self._origin or 'https://' + host}/oauth/token?{self._identity}"

    def _data(self, path: str) -> str:
        return f"{self._origin or 'https://' + self._data_domain}{path}"

    def tracking(self) -> str:
        """Tracking events."""
        return self._data(f"/visit/events?{self._identity}&bodyUa=true")

    def visitor_data(self, visitor_code: str, wanted: RemoteVisitorDataFilter, is_unique_identifier: bool) -> str:
        """Remote visitor data, as far as they are wanted."""
        parameter = "mappingValue" if is_unique_identifier else "visitorCode"
        query = [
            f"siteCode={self._site}",
            f"{parameter}={encoded(visitor_code)}",
            f"maxNumberPreviousVisits={wanted.previous_visit_amount}",
            "version=0",
            "staticData=true",
        ]
        switches = {
            "kcs": wanted.kcs,
            "currentVisit": wanted.current_visit,
            "customData": wanted.custom_data,
            "conversion": wanted.conversions,
            "geolocation": wanted.geolocation,
            "experiment": wanted.experiments,
            "page": wanted.page_views,
            "personalization": wanted.personalization,
            "cbs": wanted.cbs,
        }
        query += [f"{name}=true" for name, on in switches.items() if on]
        return self._data("/visit/visitor?" + "&".join(query))

    def remote_data(self, key: str) -> str:
        """Remote data."""
        return self._data(f"/map/map?siteCode={self._site}&key={encoded(key)}")
