from typing import Iterator
from tests.contract.scenario import Scenario
def scenarios() -> Iterator[Scenario]:
    yield from ()
