# Makes bpb.parquet with pandas 3 and pyarrow: a table whose columns have two levels, as perplexity-correlations keeps them.
import pandas as pd

columns = pd.MultiIndex.from_tuples([("fam", "org/a"), ("fam", "org/b"), ("solo", "c")])
table = pd.DataFrame([[0.5, 0.75, 1.0], [0.25, None, 2.0], [1.5, 1.25, 0.125]], index=["x", "y", "z"], columns=columns)
table.columns = [str(c) for c in table.columns]
table.index.name = "id"
table.to_parquet("bpb.parquet")
