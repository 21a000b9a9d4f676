"""What is kept on the disk for a site and environment has a name of its own."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["file_name"]


def file_name(key: str) -> str:
    """The name, without an ending, for the ``key`` of a site and environment. The last hyphen stands between the two,
    so that no two keys have the same name.

    >>> file_name("my-site/production")
    'my-site-production'
    >>> file_name("my/site-production")
    'my-site%2Dproduction'
    """
    site_code, _, environment = key.rpartition("/")
    return f"{quote(site_code, safe='')}-{quote(environment, safe='').replace('-', '%2D')}"
