"""Ray Data. ``python examples/batch/with_ray.py``."""

from __future__ import annotations

import pyarrow as pa
import ray

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.ray import assign
from shop import DATA_FILE, VISITORS

ray.init(include_dashboard=False, log_to_driver=False)
visitors = ray.data.from_arrow(pa.table(VISITORS))
answers = assign(visitors, Snapshot(DATA_FILE), data=Columns(custom_data={1: "plan"}))
for row in answers.take_all():
    print(row)
ray.shutdown()
