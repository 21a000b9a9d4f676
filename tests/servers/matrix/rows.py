"""The rows of the matrix."""

from __future__ import annotations

from tests.servers.matrix.row import SITE, TOUCHED, WEB, Row

_LIFESPAN = "`KameleoonASGIMiddleware`, or `close()` at the end of the lifespan"
_RECYCLED = "`flush(timeout=…)` where each event counts: on a machine that is overloaded, one of many stops lost events"
_HANDLER = "a handler of `SIGTERM` that raises `SystemExit`"

_GUNICORN = "{python} -m gunicorn -c tests/servers/programs/gunicorn_settings.py --bind 127.0.0.1:{port} --workers 2 "
_WORKERS = {
    "sync": f"--worker-class sync {WEB}",
    "gthread": f"--worker-class gthread --threads 4 {WEB}",
    "gevent": f"--worker-class gevent {WEB}",
    "uvicorn's worker": f"--worker-class uvicorn_worker.UvicornWorker {SITE}",
}
_NEEDS = {"gevent": ("gevent",), "uvicorn's worker": ("uvicorn_worker",)}


def _gunicorn() -> list[Row]:
    return [
        Row(
            "gunicorn",
            f"gunicorn, {worker}" + (f", `{options.split()[0]}`" if options else ""),
            f"{_GUNICORN}{options} {application}",
            ("gunicorn", *_NEEDS.get(worker, ())),
            reload="" if options else "SIGHUP",
            advice=_LIFESPAN if "uvicorn" in worker else "",
        )
        for worker, application in _WORKERS.items()
        for options in ("", "--preload", "--max-requests 100")
    ]


def _asgi() -> list[Row]:
    uvicorn, hypercorn = "{python} -m uvicorn --port {port} ", "{python} -m hypercorn --bind 127.0.0.1:{port} "
    granian = "{python} -m granian --host 127.0.0.1 --port {port} "
    watched = f"--reload-paths {{folder}}/watched {TOUCHED}:application"
    return [
        Row("uvicorn", "uvicorn", uvicorn + SITE, ("uvicorn",), advice=_LIFESPAN),
        Row("uvicorn", "uvicorn, `--workers 2`", f"{uvicorn} --workers 2 {SITE}", ("uvicorn",), advice=_LIFESPAN),
        Row(
            "uvicorn", "uvicorn, `--reload`", f"{uvicorn} --reload --reload-dir {{folder}}/watched {TOUCHED}:application",
            ("uvicorn",), touch=SITE, advice=_LIFESPAN,
        ),
        Row("hypercorn", "hypercorn", hypercorn + SITE, ("hypercorn",)),
        Row("hypercorn", "hypercorn, `--workers 2`", f"{hypercorn} --workers 2 {SITE}", ("hypercorn",)),
        Row(
            "hypercorn", "hypercorn, `--reload`", f"{hypercorn} --reload {TOUCHED}:application", ("hypercorn",),
            touch=SITE,
        ),
        Row("granian", "granian, ASGI", f"{granian} --interface asgi {SITE}", ("granian",)),
        Row("granian", "granian, ASGI, `--workers 2`", f"{granian} --interface asgi --workers 2 {SITE}", ("granian",)),
        Row("granian", "granian, WSGI", f"{granian} --interface wsgi {WEB}", ("granian",)),
        Row(
            "granian", "granian, ASGI, `--reload`", f"{granian} --interface asgi --reload {watched}",
            ("granian", "watchfiles"), touch=SITE,
        ),
    ]  # fmt: skip


def _uwsgi() -> list[Row]:
    base = (
        "{bin}/uwsgi --http-socket 127.0.0.1:{port} --need-app --disable-logging --processes 2 --virtualenv "
        "{environment} --module tests.servers.programs.web "
    )
    gracefully = "--master --die-on-term --hook-master-start 'unix_signal:15 gracefully_kill_them_all' "
    hook = "`hook-master-start = unix_signal:15 gracefully_kill_them_all`"
    options = {
        "`master`": "",
        "`master`, `enable-threads`": "--enable-threads",
        "`master`, `enable-threads`, `lazy-apps`": "--enable-threads --lazy-apps",
        "`master`, `threads`": "--threads 2",
        "`master`, `threads`, `lazy-apps`": "--threads 2 --lazy-apps",
    }
    return [
        Row("uWSGI", f"uWSGI, {name}", base + gracefully + more, ("bin:uwsgi",), reload="SIGHUP", advice=hook)
        for name, more in options.items()
    ] + [
        Row(
            "uWSGI", "uWSGI, `master`, without the hook", f"{base} --master --die-on-term --enable-threads",
            ("bin:uwsgi",), term="depends",
            advice="the hook: a worker that is busy when `SIGTERM` comes ends without running anything",
        ),
    ]  # fmt: skip


def _wsgi() -> list[Row]:
    apache = "apache2 -DFOREGROUND -f {folder}/apache.conf"
    group = "`WSGIApplicationGroup %{GLOBAL}`"
    needs = ("mod_wsgi", "bin:apache2")
    return [
        Row(
            "mod_wsgi", "mod_wsgi, daemon", f"{apache} -D DAEMON", needs, stop="SIGWINCH", reload="SIGUSR1",
            advice=group,
        ),
        Row(
            "mod_wsgi", "mod_wsgi, embedded", apache, needs, stop="SIGWINCH", reload="SIGUSR1",
            advice=group,
        ),
        Row(
            "waitress", "waitress", f"{{bin}}/waitress-serve --listen 127.0.0.1:{{port}} {WEB}", ("waitress",),
            stop="SIGINT", term="lost", advice=f"stop it by `SIGINT`, or have {_HANDLER}: the next row",
        ),
        Row(
            "waitress", "waitress, with a handler", "{python} -m tests.servers.programs.waitress_program {port}",
            ("waitress",), advice=_HANDLER,
        ),
        Row(
            "Django", "Django's `runserver`, autoreload",
            "{python} -m django runserver --settings tests.servers.programs.django_settings --pythonpath {folder}/watched "
            "127.0.0.1:{port}",
            ("django",), touch=WEB, stop="SIGINT", stops_everybody=True, term="lost",
            advice="end it by Ctrl-C: at a `SIGTERM` it kills the process that serves",
        ),
        Row(
            "functions", "a function's process, frozen for a minute",
            "{python} -m tests.servers.programs.function {port}", frozen_second=60,
            advice="`flush(timeout=…)` in each call: [Lambda](lambda.md)",
        ),
    ]  # fmt: skip


def _agents() -> list[Row]:
    gunicorn, uvicorn = f"gunicorn {_GUNICORN.partition('gunicorn')[2]}", f"uvicorn --port {{port}} {SITE}"
    datadog = (("DD_TRACE_STARTUP_LOGS", "false"), ("DD_INSTRUMENTATION_TELEMETRY_ENABLED", "false"))
    telemetry = tuple((f"OTEL_{kind}_EXPORTER", "console") for kind in ("TRACES", "METRICS", "LOGS"))
    return [
        Row(
            "agents", f"`{agent}`, {name}", f"{{bin}}/{agent} {{bin}}/{command}", (module, needs), settings=settings,
            advice=_LIFESPAN if needs == "uvicorn" else "",
        )
        for agent, module, settings in (
            ("ddtrace-run", "ddtrace", datadog),
            ("opentelemetry-instrument", "opentelemetry.distro", telemetry),
        )
        for name, command, needs in (
            ("gunicorn, gthread", gunicorn + _WORKERS["gthread"], "gunicorn"),
            ("gunicorn, gthread, `--preload`", f"{gunicorn}--preload {_WORKERS['gthread']}", "gunicorn"),
            ("uvicorn", uvicorn, "uvicorn"),
        )
    ]  # fmt: skip


def _tasks() -> list[Row]:
    celery = "{python} -m celery --app tests.servers.programs.tasks:application worker --concurrency 2 --pool "
    pools = {
        "prefork": "prefork",
        "prefork, `--max-tasks-per-child`": "prefork --max-tasks-per-child 20",
        "threads": "threads",
        "gevent": "gevent",
        "solo": "solo",
    }
    return [
        Row(
            "Celery", f"Celery, {name}", celery + options,
            ("celery", "gevent") if name == "gevent" else ("celery",), is_asked=False, queue=True,
            term="depends" if "max-tasks" in options else "kept",
            advice=_RECYCLED if "max-tasks" in options else "",
        )
        for name, options in pools.items()
    ]  # fmt: skip


def _processes() -> list[Row]:
    program = "{python} -m tests.servers.programs.endless "
    ends = f"{_HANDLER}, or tells the others to end"
    rows = [
        Row("processes", f"`{name}`, {method}", f"{program}{model} {method}", is_asked=False, advice=advice)
        for name, model, advice in (
            ("multiprocessing.Process", "process", ends),
            ("multiprocessing.Pool", "pool", "`close()` and `join()`; the end of `with Pool(…)` is `terminate()`"),
            ("ProcessPoolExecutor", "executor", ends),
        )
        for method in ("fork", "forkserver", "spawn")
    ]
    return [
        *rows,
        Row("processes", "`multiprocessing.Pool`, `maxtasksperchild`", f"{program}short-pool fork", is_asked=False),
        Row("processes", "`ThreadPoolExecutor`", f"{program}threads fork", is_asked=False, advice=_HANDLER),
        Row("processes", "a script with a handler", f"{program}script fork", is_asked=False, advice=_HANDLER),
        Row(
            "processes", "a script without a handler", f"{program}plain fork", is_asked=False, stop="SIGINT",
            term="lost", advice=_HANDLER,
        ),
        Row(
            "processes", "a script that ends by `os._exit`", f"{program}exit fork", is_asked=False, term="lost",
            advice="`close()`, or `flush(timeout=…)`, before it",
        ),
        Row(
            "Jupyter", "Jupyter's kernel, `importlib.reload` in each cell",
            "{python} -m tests.servers.programs.notebook {folder}", ("ipykernel", "jupyter_client"), is_asked=False,
        ),
    ]  # fmt: skip


ROWS = [*_gunicorn(), *_asgi(), *_uwsgi(), *_wsgi(), *_agents(), *_tasks(), *_processes()]
