"""Many random runs of the machine: ``python -m tests.models [--examples 200] [--steps 30] [--seed 1]`` says what was done
and seen. Where something does not hold, the shortest run that shows it is printed.
"""

from __future__ import annotations

import argparse
import logging
import random
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.models.machine import ClientMachine, done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--steps", type=int, default=30, help="of an example at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--as-found", action="store_true", help="do not look for a shorter run that fails as well")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    logging.disable(logging.CRITICAL)  # of services that fail on purpose
    phases = [Phase.generate] if options.as_found else [Phase.generate, Phase.shrink]
    began = time.monotonic()
    run_state_machine_as_test(
        seed(options.seed)(ClientMachine),
        settings=settings(
            max_examples=options.examples,
            stateful_step_count=options.steps,
            phases=phases,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for what, count in sorted(done.items()):
        print(f"{what}: {count:,}")
    print(f"seconds: {time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main()
