"""A study without names: clients by code only, for reports that leave the house.

Where the export has a code beside the name, the name is simply left out. Where the name is all there is, codes are given
in the order of the names, and the key stays with the study, never in a report.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from clientbase.ledger.reading import LedgerResult

KEY_FILE = "client_codes.csv"


def without_names(ledger: LedgerResult) -> LedgerResult:
    """Return the ledger's results with clients by code; refused rows lose their text, which may hold names."""
    ledger = replace(
        ledger, facts=ledger.facts.drop(columns="client_name", errors="ignore"), refused=ledger.refused.assign(text="")
    )
    if not _needs_codes(ledger):
        return ledger
    from clientbase.ledger.reading import BY_CLIENT

    codes = assigned_codes(ledger)
    tables = {name: _coded(table, codes) for name, table in ledger.tables.items()}
    by_client = {name: getattr(ledger, name) for name in BY_CLIENT}
    coded = {name: _coded(table, codes) for name, table in by_client.items() if table is not None}
    return replace(ledger, tables=tables, **coded)


def codes_of(ledger: LedgerResult) -> dict[str, str] | None:
    """Return client_id -> code where clients without names are shown by codes of ours; None where the export has its own."""
    return assigned_codes(ledger) if _needs_codes(ledger) else None


def assigned_codes(ledger: LedgerResult) -> dict[str, str]:
    """Return client_id -> code, numbered in the order of client_id: the same data give the same codes."""
    ids = sorted({*ledger.facts["client_id"], *_parents(ledger.facts)})
    width = len(str(len(ids)))
    return {client: f"C{number:0{width}d}" for number, client in enumerate(ids, start=1)}


def write_key(ledger: LedgerResult, folder: Path) -> Path | None:
    """Write the key of assigned codes beside the study's facts; None where the export's own codes are shown."""
    if not _needs_codes(ledger):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"code": code, "client_id": client} for client, code in assigned_codes(ledger).items()]
    pd.DataFrame(rows).to_csv(folder / KEY_FILE, index=False, encoding="utf-8-sig")
    return folder / KEY_FILE


def _needs_codes(ledger: LedgerResult) -> bool:
    """Tell whether the code of a client is its name, or nothing shows that it is not."""
    columns = ledger.state["columns"]
    ours = columns.get("clients", {})
    if "client_name" not in ours:
        return True
    return ours["client_name"] in (ours.get("client_id"), columns["orders"].get("client_id"))


def _parents(facts: pd.DataFrame) -> set[str]:
    return set(facts["parent_id"].dropna()) if "parent_id" in facts else set()


def _coded(table: pd.DataFrame, codes: dict[str, str]) -> pd.DataFrame:
    return table.assign(**{name: table[name].map(codes) for name in ("client_id", "parent_id") if name in table})
