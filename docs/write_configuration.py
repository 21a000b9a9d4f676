"""Writes ``docs/configuration.md`` from the table of the settings: ``make docs``."""

from __future__ import annotations

from pathlib import Path

from kameleoon._settings.table import Row, rows

PAGE = Path(__file__).with_name("configuration.md")

BEGIN = """# Configuration

<!-- Written by `make docs` from python/kameleoon/_settings/table.py; a test compares them. -->

A configuration comes from one place, and what that place leaves out is the default; nothing is mixed in from elsewhere.

| where | how |
|---|---|
| the program | `KameleoonClientConfig("client-id", "client-secret", environment="production")` |
| a YAML file | `KameleoonClientConfig.read_from_yaml("client.yaml")`, or `KameleoonClientFactory.create("site", config_path="client.yaml")`; without a path, `/etc/kameleoon/client-python.yaml` |
| the process environment | `KameleoonClientConfig.from_env()` |
| nowhere | `KameleoonClientFactory.create("site")` reads the file at the default path; where there is none, the process environment |
| a data file alone | `KameleoonClientConfig.offline("data-file.json")`: no credentials, no connection, nothing tracked |

A YAML file holds the parameters by name:

```yaml
client_id: my-client-id
client_secret: my-client-secret
environment: production
top_level_domain: example.com
refresh_interval_minute: 10
```

A variable of the process environment is `KAMELEOON_` and the parameter's name in capitals: `KAMELEOON_CLIENT_ID`,
`KAMELEOON_REFRESH_INTERVAL_MINUTE`. An empty one counts as none; `true`, `1`, `false` and `0` are switches.

## Parameters

The names carry the units. `logger` alone cannot stand in a file or in the process environment.

| parameter | values | default | meaning |
|---|---|---|---|
"""

END = """
## What cannot be used

- A number that is not above its open bound, or no number at all, is replaced by the default; one beyond another bound
  by that bound. An unknown `cookie_same_site`, a `cookie_path` that is no path: the default. Each with a warning in the
  log that names the parameter and the value.
- A domain may be written with its scheme, which is left out with a warning. A `network_domain` that is no domain is
  ignored, a `top_level_domain` that is none is used all the same; each with an error in the log.
- In a file, a key that is not known and a value of another type are ignored with a warning; a variable that cannot be
  read, too. A number as `client_id` or `client_secret` counts as text.
- These raise: an empty `client_id` or `client_secret` (`ConfigCredentialsInvalid`), an `endpoint` that is no origin, a
  `data_file_store` that is no Redis address, or where redis-py is not installed, a
  file that is no YAML or no mapping (`ConfigException`), a file that is not there (`ConfigFileNotFound`).
- A file that leaves `client_id` or `client_secret` out is accepted: a client evaluates without them. It says so, once,
  as an error in the log, when it needs an access token, and sends its requests without one.

## When it counts

A client keeps the settings that it was made with. The setters (`set_environment`, …) change the configuration for
clients that are made later. `KameleoonClientFactory.create` gives the client that a site has already; where it is called
with another configuration, it says so once, as a warning. A configuration with credentials is never pickled.
"""


def line(row: Row) -> str:
    """A line of the table."""
    if row.default is None or row.default == "":
        default = ""
    elif isinstance(row.default, bool):
        default = f"`{str(row.default).lower()}`"
    else:
        default = f"`{row.default}`"
    return f"| `{row.parameter}` | {row.kind.describe()} | {default} | {row.meaning} |\n"


def page() -> str:
    """The page."""
    return BEGIN + "".join(line(row) for row in rows().values()) + END


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
