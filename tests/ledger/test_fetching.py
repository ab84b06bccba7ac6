"""What the engine hands over: one kind of column whether or not a value is missing."""

import ibis
import pandas as pd
import pyarrow as pa

from clientbase.ledger.engine import frame, steady_frame

ROWS = pa.table(
    {
        "client_id": ["a", None, "c"],
        "n": [1, 2, 3],
        "n_missing": pa.array([1, None, 3], pa.int64()),
        "n_none": pa.array([None, None, None], pa.int64()),
        "revenue": [0.1 + 0.2, None, 3e10 / 7],
        "flag": [True, None, False],
        "day": pa.array([pd.Timestamp("2025-12-31").date(), None, None], pa.date32()),
    }
)


def fetched(take):
    backend = ibis.duckdb.connect()
    try:
        return take(backend.create_table("rows", ROWS))
    finally:
        backend.disconnect()


def test_kinds_of_columns_that_the_method_reckons_with():
    kinds = fetched(frame).dtypes.astype(str).to_dict()
    assert kinds == {
        "client_id": "str",
        "n": "int64",
        "n_missing": "float64",
        "n_none": "float64",
        "revenue": "float64",
        "flag": "object",
        "day": "datetime64[us]",
    }


def test_missing_values_stay_missing_and_sums_lose_their_noise():
    found = fetched(steady_frame)
    assert found["revenue"].tolist()[:1] == [0.3]
    assert found["revenue"].tolist()[2] == 4285714285.714
    assert found["n_missing"].tolist()[::2] == [1.0, 3.0]
    assert found.isna().sum().to_dict() == dict(zip(ROWS.column_names, (1, 0, 1, 3, 1, 1, 2), strict=True))
    assert found["flag"].tolist() == [True, None, False]
    assert found["day"].iloc[0] == pd.Timestamp("2025-12-31")
