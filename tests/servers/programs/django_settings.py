"""Settings of a Django project that is one application: that of the module ``reloaded``, whose file changes."""

from __future__ import annotations

DEBUG = True  # without it, runserver wants ALLOWED_HOSTS
SECRET_KEY = "of a test"  # pragma: allowlist secret
INSTALLED_APPS: list[str] = []
ROOT_URLCONF = "tests.servers.programs.django_settings"
WSGI_APPLICATION = "reloaded.application"
urlpatterns: list[object] = []
