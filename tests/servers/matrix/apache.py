"""Apache's configuration for mod_wsgi as PyPI has it, compiled for the interpreter of the tests."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from tests.servers.harness import ROOT
from tests.servers.matrix.row import path_of

_MODULES = Path("/usr/lib/apache2/modules")
_CONFIGURATION = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
Listen 127.0.0.1:{port}
ErrorLog /dev/stderr
LogLevel info
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {wsgi}
StartServers 2
ServerLimit 2
ThreadsPerChild 4
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
GracefulShutdownTimeout 20
WSGISocketPrefix {folder}/wsgi
WSGIPythonHome {home}
WSGIPythonPath {path}
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias / {folder}/watched/reloaded.py
<IfDefine DAEMON>
  WSGIDaemonProcess site processes=2 threads=4 python-home={home} python-path={path}
  WSGIProcessGroup site
</IfDefine>
"""
_AS_ANOTHER_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
"""Apache's processes give up being root, and could not read an interpreter in root's home then. So it is never root."""


def configure(folder: Path, port: int) -> None:
    """Writes ``apache.conf``."""
    server = importlib.util.find_spec("mod_wsgi.server")
    assert server is not None
    assert server.origin is not None
    (wsgi,) = Path(server.origin).parent.glob("mod_wsgi-py*.so")
    path = os.pathsep.join([str(ROOT), str(ROOT / "python")])
    places = {"folder": folder, "port": port, "modules": _MODULES, "wsgi": wsgi, "home": sys.prefix, "path": path}
    (folder / "apache.conf").write_text(_CONFIGURATION.format(**places))


def command(arguments: list[str]) -> list[str]:
    """The command line, for whoever runs it."""
    program = path_of(arguments[0])
    assert program is not None
    return [*(_AS_ANOTHER_USER if os.getuid() == 0 else ()), program, *arguments[1:]]
