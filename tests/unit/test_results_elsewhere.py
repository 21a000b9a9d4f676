"""Results in ``dataclasses``, ``json``, FastAPI under uvicorn, and Pydantic."""

from __future__ import annotations

import copy
import dataclasses
import json
import pprint
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from kameleoon.types.variable import Variable
from kameleoon.types.variation import Variation
from tests.data_files import data_file, flag, variation

pydantic = pytest.importorskip("pydantic")
uvicorn = pytest.importorskip("uvicorn")
fastapi = pytest.importorskip("fastapi")
encoders = pytest.importorskip("fastapi.encoders")

PLAIN = {
    "key": "on",
    "name": "ON",
    "id_": 12,
    "experiment_id": 11,
    "is_active": True,
    "variables": {"colours": {"key": "colours", "type": "JSON", "value": {"a": [1, None]}}},
}


@pytest.fixture
def result(make_client: Any) -> Variation:
    on = variation("on", ("colours", "JSON", '{"a": [1, null]}'))
    answer: Variation = make_client(data_file(flag(variations=[variation("off"), on]))).get_variation("v", "flag")
    return answer


def test_dataclasses_know_it(result: Variation) -> None:
    assert dataclasses.asdict(result) == PLAIN == result.to_dict()
    assert dataclasses.asdict(result.variables["colours"]) == result.variables["colours"].to_dict()
    assert [field.name for field in dataclasses.fields(Variation)] == list(PLAIN)
    off = dataclasses.replace(result, key="off")
    assert (off.key, off.is_active, off.id_) == ("off", False, 12)
    with pytest.raises((TypeError, ValueError), match="is_active"):
        dataclasses.replace(result, is_active=False)


def test_it_is_still_what_it_was(result: Variation) -> None:
    assert pprint.pformat(result, width=500) == repr(result)
    assert copy.copy(result) == result
    with pytest.raises(AttributeError):
        result.key = "x"  # type: ignore[misc]


def test_json_writes_it(result: Variation) -> None:
    assert json.loads(json.dumps({"v": result}, default=dataclasses.asdict)) == {"v": PLAIN}


class Answer(pydantic.BaseModel):
    variation: Variation
    variable: Variable


def test_pydantic_takes_it_and_gives_it_back(result: Variation) -> None:
    answer = Answer(variation=result, variable=result.variables["colours"])
    assert answer.variation is result
    assert answer.model_dump()["variation"] == PLAIN
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


@pytest.mark.parametrize(
    "wrong", [5, None, "on", {"name": "ON"}, {"key": "on", "variables": {"a": {"key": "a"}}}], ids=repr
)
def test_pydantic_refuses_what_is_none(result: Variation, wrong: Any) -> None:
    with pytest.raises(pydantic.ValidationError):
        Answer(variation=wrong, variable=result.variables["colours"])


@pytest.fixture
def origin(result: Variation) -> Iterator[str]:
    app = fastapi.FastAPI()

    @app.get("/plain")
    def plain():  # without a type, as many write it
        return result

    @app.get("/inside")
    def inside():
        return {"all": [result]}

    app.get("/typed", response_model=Variation)(lambda: result)
    app.get("/by-key", response_model=dict[str, Variation])(lambda: {"flag": result})
    app.get("/model", response_model=Answer)(lambda: Answer(variation=result, variable=result.variables["colours"]))

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def test_fastapi_returns_it(origin: str, result: Variation) -> None:
    assert encoders.jsonable_encoder(result) == PLAIN
    expected = {
        "plain": PLAIN,
        "typed": PLAIN,
        "inside": {"all": [PLAIN]},
        "by-key": {"flag": PLAIN},
        "model": {"variation": PLAIN, "variable": PLAIN["variables"]["colours"]},  # type: ignore[index]
    }
    for path, body in expected.items():
        answer = requests.get(f"{origin}/{path}", timeout=20)
        assert (answer.status_code, answer.json()) == (200, body), path
    assert "/typed" in requests.get(f"{origin}/openapi.json", timeout=20).json()["paths"]
