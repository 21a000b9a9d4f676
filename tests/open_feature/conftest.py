"""The steps of OpenFeature's scenarios, where there are OpenFeature and pytest-bdd. A ``conftest`` must not skip: asked
for this folder alone, pytest would end with a traceback.
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("openfeature") and find_spec("pytest_bdd"):
    from tests.open_feature import steps

    # pytest-bdd finds steps by names of its own, which `import *` would leave behind
    globals().update(
        (name, each)
        for name, each in vars(steps).items()
        if not name.startswith("_") or name.startswith("__pytest_bdd")
    )
