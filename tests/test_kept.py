"""Kept tables: the Parquet has all types, the CSV is safe and plain in a spreadsheet."""

import pandas as pd
import pyarrow as pa
import pytest

from clientbase.kept import for_spreadsheet, keep_table


def plain(table):
    return for_spreadsheet(pa.Table.from_pandas(table, preserve_index=False)).to_pydict()


def test_texts_that_a_spreadsheet_takes_for_formulas_are_marked_whatever_their_kind():
    table = pd.DataFrame({"name": ["=x", "y", None], "n": [-1, 2, 3]})
    table["untyped"] = pd.Series(["-1", "2", None], dtype=object)
    table["kind"] = pd.Categorical(["=a", "b", None])
    table["empty"] = pd.Series([None, None, None], dtype=object)
    before = table.copy()
    assert plain(table) == {
        "name": ["'=x", "y", None],
        "n": [-1, 2, 3],
        "untyped": ["'-1", "2", None],
        "kind": ["'=a", "b", None],
        "empty": [None, None, None],
    }
    pd.testing.assert_frame_equal(table, before)
    assert plain(pd.DataFrame()) == {}
    assert plain(pd.DataFrame({1: ["a", "b"], 0: ["=x", "y"]})) == {"1": ["a", "b"], "0": ["'=x", "y"]}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        *((f"{sign}1", f"'{sign}1") for sign in ("=", "+", "-", "@", "\t", "\r")),
        *((text, text) for text in ("a=1", "^2", "[3", "\\4", "")),
    ],
)
def test_a_text_is_marked_by_its_first_sign_alone(text, marked):
    assert plain(pd.DataFrame({"text": [text]})) == {"text": [marked]}


def written(tmp_path, values):
    keep_table(pd.DataFrame({"n": [1] * len(values), "value": values}), tmp_path, "table")
    return (tmp_path / "table.csv").read_text(encoding="utf-8-sig").splitlines()[1:]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([1e10, 123456789012.0], ["1,10000000000", "1,123456789012"]),
        ([12345678901.25, 0.0123456], ["1,12345678901.250000", "1,0.012346"]),
        ([1e10, None], ["1,10000000000", "1,"]),
        ([float("inf"), 1.0], ["1,inf", "1,1"]),
        ([pd.Timestamp("2025-12-31 10:30"), pd.Timestamp("2025-12-31")], ["1,2025-12-31 10:30:00", "1,2025-12-31 00:00:00"]),
        ([["a", "b"], None], ["""1,"['a', 'b']\"""", "1,"]),
        ([pd.Timedelta(days=1), None], ['1,"1 day, 0:00:00"', "1,"]),
    ],
)
def test_what_is_large_or_unusual_is_written_for_people(tmp_path, values, lines):
    assert written(tmp_path, values) == lines


def test_a_csv_is_read_back_as_it_was(tmp_path):
    table = pd.DataFrame(
        {
            "client_name": ['Bakery "North", Ltd.', "Пекарня\nвторая", None],
            "revenue": [0.1 + 0.2, 1e15, float("nan")],
            "n_deals": [1, 2, 3],
            "is_high": [True, False, True],
            "last_deal_date": pd.to_datetime(["2025-12-31", None, "2024-02-29"]),
            "read_at": pd.to_datetime(["2025-12-31 10:30", None, "2024-02-29 00:00"]),
            "share_class": pd.Categorical(["A", None, "B"]),
        }
    )
    keep_table(table, tmp_path / "tables", "levels")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "tables" / "levels.parquet"), table)
    written = (tmp_path / "tables" / "levels.csv").read_bytes()
    assert written.startswith("\ufeff".encode())
    assert b"2025-12-31,2025-12-31 10:30:00" in written
    read = pd.read_csv(tmp_path / "tables" / "levels.csv", parse_dates=["last_deal_date", "read_at"])
    pd.testing.assert_frame_equal(read, table.astype({"share_class": "str"}), check_dtype=False)
