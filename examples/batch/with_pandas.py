"""pandas: the answers are categories. ``python examples/batch/with_pandas.py``."""

from __future__ import annotations

import pandas as pd

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.pandas import assign
from shop import DATA_FILE, VISITORS

visitors = pd.DataFrame(VISITORS)
answers = assign(visitors, Snapshot(DATA_FILE), data=Columns(custom_data={1: "plan"}), keep=["visitor_code", "plan"])
print(answers)
print(answers["new-cart"].value_counts().sort_index())
