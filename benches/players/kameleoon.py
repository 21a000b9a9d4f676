"""This client, and the reference client 3.22.2: the same API, so the same loops."""

from __future__ import annotations

from typing import Any, Callable

from benches import work
from benches.players import ADD_DATA, ALL_FLAGS, BOOLEAN, EVALUATION, REQUEST, TARGETED, UNRECORDED, Case, Player, loop


class Kameleoon(Player):
    """Online: fetches its data files from the local service, and tracks to it."""

    imports = "from kameleoon import KameleoonClientConfig, KameleoonClientFactory"

    def __init__(self, origin: str, codes: list[str]) -> None:
        super().__init__(origin, codes)
        import kameleoon.data as kinds
        from kameleoon.data.application_version import ApplicationVersion
        from kameleoon.data.geolocation import Geolocation

        self.kinds, self.version, self.place = kinds, ApplicationVersion, Geolocation

    def options(self) -> dict[str, Any]:
        return {"endpoint": self.origin}

    def client(self, site: str) -> Any:
        """A client of its own for each case: what one case leaves behind does not weigh on the next."""
        from kameleoon import KameleoonClientConfig, KameleoonClientFactory

        config = KameleoonClientConfig("id", "secret", top_level_domain="example.com", **self.options())
        client = KameleoonClientFactory.create(site, config)
        assert client.wait_init()
        return client

    def cases(self) -> dict[str, Callable[[], Case]]:
        return {
            BOOLEAN: lambda: Case(loop("f(item, 'flag_0')", f=self.client("ONE.a").is_feature_active), self.codes),
            EVALUATION: lambda: Case(loop("f(item, 'flag_0')", f=self.client("ONE.b").get_variation), self.codes),
            UNRECORDED: lambda: Case(
                loop("f(item, 'flag_0', False)", f=self.client("ONE.c").get_variation), self.codes
            ),
            TARGETED: self.targeted,
            REQUEST: self.request,
            ALL_FLAGS: lambda: Case(loop("f(item)", f=self.client("MANY").get_variations), self.codes[:500], 5),
            ADD_DATA: self.add_data,
        }

    def targeted(self) -> Case:
        client, data = self.client("TARGETED.a"), work.five_data(self.kinds)
        for code in self.codes:
            client.add_data(code, *data)
        return Case(loop("f(item, 'flag_0')", f=client.is_feature_active), self.codes)

    def request(self) -> Case:
        client = self.client("TARGETED.b")
        data = "C(1, 'premium'), C(2, '34'), C(3, 'gold'), V('3.4.1'), G('FR')"
        names = {"C": self.kinds.CustomData, "V": self.version, "G": self.place}
        calls = f"add(item, {data}); f(item, 'flag_0')"
        return Case(loop(calls, add=client.add_data, f=client.is_feature_active, **names), self.codes, 200)

    def add_data(self) -> Case:
        data = "B(chrome, 120.0), C(1, 'premium'), P('https://shop.example/', 'shop')"
        kinds = self.kinds
        names = {"B": kinds.Browser, "chrome": kinds.BrowserType.CHROME, "C": kinds.CustomData, "P": kinds.PageView}
        return Case(loop(f"add(item, {data})", add=self.client("ONE.d").add_data, **names), self.codes[:20_000], 200)

    def bytes_loop(self) -> Callable[[list[str]], None]:
        return loop("f(item, 'flag_0', False)", f=self.client("ONE.e").get_variation)


class Reference(Kameleoon):
    """The reference client: its requests are sent elsewhere by the harness of the differential test."""

    requirement = "kameleoon-client-python==3.22.2"

    def __init__(self, origin: str, codes: list[str]) -> None:
        from tests.differential.play import ReferenceReplay

        ReferenceReplay.redirect(origin)
        super().__init__(origin, codes)

    def options(self) -> dict[str, Any]:
        return {}
