"""A company small enough to check by hand, written as files a company would export."""

from pathlib import Path

import pandas as pd

CLIENTS = {  # name, kind, purchases a month, average purchase
    "K1": ("Mill & Sons", "corporate", 2, 900.0),
    "K2": ("Bakery <b>North</b>", "corporate", 1, 400.0),
    "K3": ("=SUM(A1:A9)", "corporate", 1, 120.0),
    "K4": ("Кафе «Юг»", "corporate", 1, 60.0),
    "K5": ("Corner Shop", "private", 1, 30.0),
    "K6": ("Garden Stall", "private", 1, 20.0),
    "K7": ("Late Comer", "private", 1, 10.0),
}
GROUPS = ("Flour", "Sugar", "Yeast")


def orders() -> pd.DataFrame:
    """Two years of lines: each client buys its average every month, of a group of its own and of the first."""
    rows = []
    for number, (client, (_, _, often, purchase)) in enumerate(CLIENTS.items()):
        first = 18 if client == "K7" else 0
        for month in pd.date_range("2024-01-01", periods=24, freq="MS")[first:]:
            for deal in range(often):
                order = f"{client}-{month:%y%m}-{deal}"
                day = (month + pd.Timedelta(days=3 + 10 * deal + number)).date()
                shares = ((GROUPS[number % 3], 0.75), (GROUPS[0], 0.25)) if number % 3 else ((GROUPS[0], 1.0),)
                for line, (group, share) in enumerate(shares, start=1):
                    rows.append(
                        {
                            "order_id": order,
                            "line_no": line,
                            "date": day,
                            "client_id": client,
                            "product_id": group[0],
                            "qty": 1,
                            "revenue": purchase * share,
                            "list_revenue": purchase * share / 0.9,
                            "cost": purchase * share * 0.7,
                        }
                    )
    return pd.DataFrame(rows)


def write_study(folder: Path, *, name: str = "small", language: str = "en", extra: str = "") -> Path:
    """Write the study with its files into folder and return it; extra is added to study.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    orders().to_csv(folder / "orders.csv", index=False)
    clients = [{"client_id": code, "client_name": label, "client_type": kind} for code, (label, kind, _, _) in CLIENTS.items()]
    pd.DataFrame(clients).to_csv(folder / "clients.csv", index=False)
    products = [{"product_id": group[0], "product_name": group, "product_group": group} for group in GROUPS]
    pd.DataFrame(products).to_csv(folder / "products.csv", index=False)
    (folder / "study.toml").write_text(
        f'name = "{name}"\ntitle = "Small company"\nlanguage = "{language}"\ncurrency = "EUR"\nas_of = 2025-12-31\n'
        'note = "Invented data of a test."\n'
        '[sources.orders]\nfile = "orders.csv"\n[sources.clients]\nfile = "clients.csv"\n'
        '[sources.products]\nfile = "products.csv"\n' + extra,
        encoding="utf-8",
    )
    return folder
