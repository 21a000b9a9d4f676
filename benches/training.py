"""What the compiler learns from which paths are hot (profile-guided optimisation): the daily work of a server.

Run by ``maturin … --pgo`` with an instrumented build. It covers everything that happens per call, in about equal parts, so
that no path is made fast at another's expense.
"""

from __future__ import annotations

from typing import Any

import kameleoon.data as kinds
from benches import clients, work
from kameleoon._demo import shop
from kameleoon._demo.visitors import visitors

ROUNDS = 4
CODES = work.visitor_codes(15_000)


def evaluations() -> None:
    """Known and new visitors; one flag, two in turn, all of them; with and without tracking."""
    one, many, targeted = (clients.alone(data_file) for data_file in (work.ONE, work.MANY, work.TARGETED))
    data = work.five_data(kinds)
    for code in CODES[::2]:
        targeted.add_data(code, *data)
    for number in range(ROUNDS):
        for code in CODES:
            one.is_feature_active(code, "flag_0", None, number % 2 == 0)
            one.get_variation(code, "flag_0")
            many.is_feature_active(code, "flag_3")
            many.get_variation(code, "flag_77")
            targeted.is_feature_active(code, "flag_0")
            visitor = one.visitor(code)
            visitor.is_active("flag_0", number % 2 == 0)
            visitor.text("flag_0", "title")
        for code in CODES[:200]:
            many.get_variations(code)
        for code in CODES[:2000]:
            one.visitor(code).details("flag_0")
        send(one)


def data() -> None:
    """Each kind, made and added, and the evaluation after it."""
    client = clients.alone(work.TARGETED)
    chrome, desktop = kinds.BrowserType.CHROME, kinds.DeviceType.DESKTOP
    for number in range(ROUNDS):
        for code in CODES:
            client.add_data(
                code,
                kinds.CustomData(1, "premium"), kinds.CustomData(2, "34"), kinds.CustomData(3, "gold"),
                kinds.ApplicationVersion("3.4.1"), kinds.Geolocation("FR"),
            )  # fmt: skip
            client.is_feature_active(code, "flag_0")
            page = kinds.PageView(f"https://shop.example/{number}", "shop")
            client.add_data(code, kinds.Browser(chrome, 120.0), kinds.Device(desktop), page)
            if number == 1:
                client.track_conversion(code, 1, 49.9)
        send(client)


def shopping() -> None:
    """The demo's shop: rules, segments, deliveries, groups, a holdout."""
    client = clients.alone(shop.data_file())
    keys = client.get_feature_list()
    for number in range(ROUNDS):
        for code, told in visitors(3000, number):
            client.add_data(code, *told)
            for key in keys:
                client.is_feature_active(code, key)
        send(client)
    clients.pieces(client)[0].update(clients.encoded(work.MANY))


def tables() -> None:
    """Whole tables; the table itself is made by pyarrow, where it is installed."""
    try:
        import pyarrow as pa
    except ImportError:
        return
    from benches.batch import columns, table, targeted_flags
    from kameleoon.batch import Snapshot

    for file, count in ((clients.encoded(work.ONE), 400_000), (clients.encoded(targeted_flags()), 60_000)):
        for _ in Snapshot(file).assign(table(pa, count), data=columns(), threads=1):
            pass


def send(client: Any) -> None:
    outbox = clients.pieces(client)[1]
    while (batch := outbox.take(1000)) is not None:
        assert batch.body
        batch.confirm()


if __name__ == "__main__":
    evaluations()
    data()
    shopping()
    tables()
