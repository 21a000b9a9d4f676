"""Spark: ``python examples/batch/with_spark.py``, or by ``spark-submit``. It wants Java 17 or later."""

from __future__ import annotations

from pyspark.sql import SparkSession

from kameleoon.batch import Columns, Snapshot
from kameleoon.batch.spark import assign
from shop import DATA_FILE, VISITORS

spark = SparkSession.builder.getOrCreate()
rows = list(zip(VISITORS["visitor_code"], VISITORS["plan"]))
visitors = spark.createDataFrame(rows, "visitor_code string, plan string")
answers = assign(visitors, Snapshot(DATA_FILE), data=Columns(custom_data={1: "plan"}))
answers.show()
answers.groupBy("new-cart").count().orderBy("new-cart").show()
spark.stop()
