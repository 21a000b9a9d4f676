"""The files that the transcripts of docs/command-line.md and the examples of the help texts are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kameleoon import KameleoonClient, KameleoonClientConfig
from tests.cli.commands import experiment, shop, write_json
from tests.data_files import data_file, flag, rule, segment, variation

CLIENT = """\
client_id: my-client-id
client_secret: my-client-secret
top_level_domain: example.com
refresh_interval_minute: 10
"""


def changed_shop() -> dict[str, Any]:
    """The shop with other shares."""
    new = shop()
    for exposure, share in zip(new["featureFlags"][0]["rules"][0]["variationByExposition"], (0.4, 0.6)):
        exposure["exposition"] = share
    return new


def mistaken() -> dict[str, Any]:
    """A data file with a mistake of each kind."""
    phone, tablet = ({"targetingType": "DEVICE_TYPE", "device": device} for device in ("PHONE", "TABLET"))
    pattern = {"targetingType": "PAGE_URL", "url": "/cart(", "matchType": "REGULAR_EXPRESSION"}
    return data_file(
        flag("new-cart", 1, [experiment(10, {"off": 0.5, "on": 0.4})]),
        flag("banner", 2, [rule(20, segmentId=5), rule(21, segmentId=6)]),
        flag("search", 3, [rule(30), experiment(31, {"off": 0.5, "on": 0.5})]),
        flag("footer", 4, [rule(40, segmentId=7)], variations=[variation("off"), variation("off"), variation("on")]),
        segments=[segment(5, phone, tablet), segment(6, pattern)],
    )


def figures() -> dict[str, Any]:
    """What a client of the shop counts that is asked for one of its flags."""
    with KameleoonClient("shop", KameleoonClientConfig.offline(shop())) as client:
        client.is_feature_active("alice", "banner")
        return client.stats().to_dict()


def write_files(folder: Path) -> None:
    """Two data files, one with mistakes, the settings and the figures of a client, and a few visitors."""
    write_json(folder / "data.json", shop())
    write_json(folder / "new.json", changed_shop())
    write_json(folder / "mistaken.json", mistaken())
    (folder / "client.yaml").write_text(CLIENT)
    write_json(folder / "stats.json", figures())
    (folder / "visitors.csv").write_text("code,plan\nalice,pro\nbob,free\ncarol,\n")
