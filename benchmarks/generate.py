"""Order lines of an invented company of any size, as Parquet: the same seed gives the same file.

Client sizes follow a power law, three years are covered, every order has two to four lines.
Run: python benchmarks/generate.py FOLDER LINES
"""

import argparse
from pathlib import Path

import duckdb

PRODUCTS = 500
GROUPS = 20
LINES_PER_CLIENT = 100

LINES = """
copy (
    select 'O' || (i // 3) as order_id,
           i % 3 + 1 as line_no,
           date '2023-01-01' + ((hash(i // 3, 1) % 1096)::int) as date,
           'C' || floor({clients} * pow(hash(i // 3, 2) / 18446744073709551615.0, 1.6))::int as client_id,
           'P' || (hash(i, 3) % {products}) as product_id,
           1 + (hash(i, 4) % 10)::int as qty,
           round(5 + (hash(i, 5) % 100000) / 100.0, 2) as revenue,
           round((5 + (hash(i, 5) % 100000) / 100.0) * 1.1, 2) as list_revenue,
           round((5 + (hash(i, 5) % 100000) / 100.0) * (0.6 + (hash(i, 6) % 20) / 100.0), 2) as cost
    from range({lines}) as t(i)
) to '{path}' (format parquet)
"""
PRODUCT_LIST = """
copy (select 'P' || i as product_id, 'Product ' || i as product_name, 'Group ' || (i % {groups}) as product_group
      from range({products}) as t(i)) to '{path}' (format parquet)
"""
STUDY = """name = "benchmark"
currency = "EUR"
as_of = 2025-12-31
[sources.orders]
file = "lines.parquet"
[sources.products]
file = "products.parquet"
"""


def write_base(folder: Path, n_lines: int) -> Path:
    """Write lines.parquet, products.parquet and study.toml for n_lines order lines; keep what is there already."""
    if (folder / "study.toml").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    clients = max(10, n_lines // LINES_PER_CLIENT)
    with duckdb.connect() as engine:
        engine.execute(LINES.format(clients=clients, products=PRODUCTS, lines=n_lines, path=folder / "lines.parquet"))
        engine.execute(PRODUCT_LIST.format(groups=GROUPS, products=PRODUCTS, path=folder / "products.parquet"))
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("lines", type=int)
    given = arguments.parse_args()
    print(write_base(given.folder, given.lines))
