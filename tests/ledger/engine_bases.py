"""Invented bases for the tests of engines: every kind of table and every blemish that the ledger's expressions deal with."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

N_LINES, N_WORK = 900, 300
END = """
[preparation]
max_unassigned_share = 0.2
client_level = "group"
returns_at = "origin"
"""


def base(seed: int) -> dict[str, pd.DataFrame]:
    """Return tables of 25 clients over three years, with lines repeated, unpriced, undated, returned and nobody's."""
    rng = np.random.default_rng(seed)
    return {
        "orders": _orders(rng),
        "clients": _clients(rng),
        "products": pd.DataFrame(
            {
                "product_id": ["p1", "p2", "p3", "p4", "p4"],
                "product_group": ["A", "A", "B", "Ёлки", "Ёлки"],
                "unit_cost": [1.5, np.nan, 7.25, 0.1, 0.1],
            }
        ),
        "activities": _activities(rng),
        "activity_standards": pd.DataFrame(
            {"department": ["sales", "office"], "activity_type": ["call", "invoice"], "standard_minutes": [7.5, 3.0]}
        ),
        "crm_facts": pd.DataFrame(
            {
                "client_id": [f"c{n % 27}" for n in range(80)],
                "date": _days(rng, 80),
                "fact": rng.choice(["Inquiry", "quote", "called", "visited", "complaint", "mailed"], 80),
            }
        ),
        "direct_costs": pd.DataFrame(
            {"client_id": ["c1", "c2", "z9"], "date": _days(rng, 3), "cost_type": ["bonus"] * 3, "amount": [5.5, 7.0, 1.0]}
        ),
        "fx": pd.DataFrame(
            {
                "currency": "usd",
                "month": pd.date_range("2021-11-01", "2024-12-01", freq="MS").date,
                "rate": np.linspace(0.8, 1.1, 38).round(4),
            }
        ),
    }


def _days(rng: np.random.Generator, n: int) -> list:
    return list((pd.Timestamp("2021-11-10") + pd.to_timedelta(rng.integers(0, 1080, n), unit="D")).date)


def _orders(rng: np.random.Generator) -> pd.DataFrame:
    n = N_LINES
    lines = pd.DataFrame(
        {
            "order_id": [f"o{number}" for number in rng.integers(1, 400, n)],
            "line_no": np.arange(n, dtype="float64"),
            "date": _days(rng, n),
            "product_id": rng.choice(["p1", "p2", "p3", "p4", "p9", None], n),
            "qty": rng.integers(1, 9, n).astype("float64"),
            "revenue": rng.integers(1, 100_000, n) / 100,
            "delivery": rng.choice([True, False, None], n),
            "delivery_cost": rng.choice([0.0, 4.5, np.nan], n),
            "pay_days": rng.choice([-5.0, 0, 14, 30, 5000, np.nan], n),
            "currency": rng.choice(["EUR", "USD", "eur"], n),
        }
    )
    lines["client_id"] = "c" + (lines["order_id"].str[1:].astype(int) % 25).astype(str)
    sign = rng.choice([1, -1], n, p=[0.85, 0.15])
    lines[["qty", "revenue"]] = lines[["qty", "revenue"]].mul(sign, axis="index")
    lines["return_of"] = np.where(sign < 0, lines["order_id"].sample(frac=1, random_state=1), None)
    lines["list_revenue"] = (lines["revenue"] * rng.choice([0, 1, 1.1, 1.3, 0.9, np.nan], n)).round(2)
    lines["cost"] = (lines["revenue"] * rng.choice([0.6, 0.7, np.nan], n)).round(2)
    lines.loc[rng.random(n) < 0.02, "client_id"] = None
    lines.loc[rng.random(n) < 0.02, "client_id"] = "\u00a0 c3 "
    lines.loc[rng.random(n) < 0.01, "date"] = None
    lines.loc[rng.random(n) < 0.01, "revenue"] = np.nan
    lines.loc[rng.random(n) < 0.03, ["order_id", "line_no"]] = [None, np.nan]
    conflicting = lines.iloc[:4].assign(revenue=lambda table: table["revenue"] + 1)
    return pd.concat([lines, lines.sample(20, random_state=2), conflicting], ignore_index=True)


def _clients(rng: np.random.Generator) -> pd.DataFrame:
    n = 28
    return pd.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(n)],
            "client_name": [f"Клиент {number}" for number in range(n)],
            "parent_id": ["c1" if number in (11, 12) else "c11" if number == 13 else None for number in range(n)],
            "client_type": rng.choice(["corporate", "private", " "], n),
            "region": rng.choice(["Юг", "North", "east", None], n),
            "business_size": rng.choice(["Large", "medium", "tiny"], n),
            "has_retail": rng.choice(["да", "НЕТ", "Yes", "?"], n),
            "tech_level": rng.choice([1.0, 2.0, 3.0, 7.0, np.nan], n),
            "wallet_share": rng.choice([0.25, 1.0, 25.0, np.nan], n),
            "first_purchase_date": [None if number % 3 else pd.Timestamp("2019-05-05").date() for number in range(n)],
            "acquisition_cost": rng.choice([100.0, np.nan], n),
        }
    )


def _activities(rng: np.random.Generator) -> pd.DataFrame:
    n = N_WORK
    return pd.DataFrame(
        {
            "date": _days(rng, n),
            "client_id": rng.choice([*(f"c{number}" for number in range(27)), None], n),
            "department": rng.choice(["sales", "office", "Склад"], n),
            "activity_type": rng.choice(["call", "meeting", "invoice", "complaint"], n),
            "minutes": rng.choice([5.0, 12.5, np.nan, -3.0], n),
            "quantity": rng.choice([1.0, 3.0, np.nan], n),
        }
    )


def without_numbers(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return a base whose lines have no order, line number, currency or product of their own: other ways through the ledger."""
    lines = tables["orders"].drop(columns=["order_id", "line_no", "currency", "return_of", "product_id", "cost"])
    return {"orders": pd.concat([lines, lines.head(30)], ignore_index=True), "crm_facts": tables["crm_facts"]}


def write_parquet(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as Parquet, whole and without anything that only pandas reads."""
    for name, table in tables.items():
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / f"{name}.parquet", coerce_timestamps="us")


def fill_duckdb(tables: dict[str, pd.DataFrame], path: Path) -> None:
    """Make a DuckDB file with these tables in a schema of their own."""
    with duckdb.connect(str(path)) as database:
        database.execute("create schema sales")
        for name, table in tables.items():
            database.register("_rows", pa.Table.from_pandas(table, preserve_index=False))
            database.execute(f"create table sales.{name} as select * from _rows")
            database.unregister("_rows")


MONEY = "numeric(14, 4)"
KINDS = {  # as warehouses keep them: moments with zones, exact decimals, padded codes, small numbers for flags
    "date": "timestamptz", "month": "date", "first_purchase_date": "timestamp", "revenue": MONEY, "list_revenue": MONEY,
    "cost": MONEY, "delivery_cost": "double precision", "qty": "numeric", "line_no": "bigint", "pay_days": "integer",
    "tech_level": "smallint", "minutes": "real", "quantity": MONEY, "rate": MONEY, "unit_cost": MONEY, "amount": MONEY,
    "product_id": "char(6)", "delivery": "boolean", "wallet_share": MONEY, "acquisition_cost": MONEY, "standard_minutes": "real",
}  # fmt: skip


def fill_postgres(tables: dict[str, pd.DataFrame], url: str, schema: str) -> None:
    """Make a schema with these tables, their columns of the kinds a warehouse would choose."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        cursor.execute(f"create schema {schema}")
        for name, table in tables.items():
            columns = ", ".join(f'"{column}" {KINDS.get(column, "varchar")}' for column in table)
            cursor.execute(f"create table {schema}.{name} ({columns})")
            with cursor.copy(f"copy {schema}.{name} from stdin") as copy:
                for row in table.astype(object).itertuples(index=False):
                    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in row]
                    copy.write_row([None if pd.isna(value) else value for value in whole])
