"""Reads an export's folder with pyarrow and pandas and compares its forms, cell by cell."""

import glob
import gzip
import json
import sys

import pandas
import pyarrow.parquet

folder = sys.argv[1]
path = glob.glob(folder + "/answers.jsonl*")[0]
opened = gzip.open if path.endswith(".gz") else open
with opened(path, "rt", encoding="utf-8") as f:
    text = f.read()
lines = [json.loads(line) for line in text.splitlines()]  # splitlines ends lines at more characters than JSON Lines does
table = pyarrow.parquet.read_table(folder + "/answers.parquet")
assert table.to_pylist() == lines, "pyarrow reads other values from Parquet"
assert table.column_names == list(lines[0]), "the columns are others"

frame = pandas.read_parquet(folder + "/answers.parquet")
other = pandas.read_json(path, lines=True)
assert list(frame.columns) == list(other.columns)
for column in ["benchmark", "model", "counts", "key"]:
    assert (frame[column] == other[column]).all(), column
for column in ["score", "chosen", "generated_tokens"]:
    both = frame[column].astype(float), other[column].astype(float)
    assert both[0].isna().equals(both[1].isna()) and (both[0].fillna(-1) == both[1].fillna(-1)).all(), column
print(len(frame), "rows")
