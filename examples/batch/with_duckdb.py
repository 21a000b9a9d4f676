"""DuckDB: a relation, and a function for SQL. ``python examples/batch/with_duckdb.py``."""

from __future__ import annotations

import duckdb

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.duckdb import assign, register
from shop import DATA_FILE

snapshot = Snapshot(DATA_FILE)
connection = duckdb.connect()
connection.sql(
    "create table visitors as select * from (values ('grace', 'pro'), ('ada', 'pro'), ('mary', 'free'), (null, 'pro'))"
    " as visitors(visitor_code, plan)"
)
answers = assign(connection.table("visitors"), snapshot, data=Columns(custom_data={1: "plan"}))
other = connection.cursor()  # the first one is busy with the visitors
other.sql("from answers").show()

register(connection, snapshot, "new-cart", name="new_cart")
connection.sql(
    "select new_cart(visitor_code) as new_cart, count(*) as visitors from visitors group by 1 order by 1"
).show()
