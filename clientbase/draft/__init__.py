"""`clientbase new`: a study drafted from exported files by recognising their headers and looking at their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from clientbase.draft.base import Base, client_ref, find_base, with_products
from clientbase.draft.bench import Bench
from clientbase.draft.compose import Heading, label_columns, study_text
from clientbase.draft.gather import read_exports
from clientbase.draft.heading import currency_of, language_of, title_of
from clientbase.draft.inspection import Export
from clientbase.draft.orders import draft_orders
from clientbase.draft.parties import draft_clients, draft_products
from clientbase.draft.plan import Source
from clientbase.draft.roles import Reading, read_roles
from clientbase.errors import SourceError, StudyError
from clientbase.ledger.files import quoted

STUDY_FILE = "study.toml"
_OF_LISTS = ("region", "product_group")  # chosen for the clients and products, and said there


@dataclass(frozen=True)
class Draft:
    """A drafted study: where it was written, its text, what was recognised, and what is left for a person.

    matches has one row per column of ours: source, column, export_column, certainty (0..1), sure ("exact" or "likely 87 %"),
    sample. totals are those of the order lines as the draft reads them: compare them with the company's own.
    """

    path: Path
    text: str
    matches: pd.DataFrame
    decisions: list[str]
    notes: list[str]
    ignored: list[str]
    private: list[str]
    totals: dict[str, object]


def draft_study(name: str, files: list[Path], folder: Path) -> Draft:
    """Write folder/study.toml, drafted from exported files, and return it with what was recognised.

    Args:
        name: name of the study: letters, digits, - and _.
        files: exports: CSV or other delimited text, Excel, Parquet, SQLite.
        folder: where study.toml goes; made when it does not exist. The files stay where they are.

    Raises SourceError when a file cannot be read or holds no date, client and amount; StudyError when the name is not
    allowed or the folder has a study.toml already.
    """
    path = Path(folder) / STUDY_FILE
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise StudyError(f"name '{name}': a study is named with up to 60 letters, digits, - and _. Choose another name.")
    if path.exists():
        raise StudyError(f"'{path}' exists and would be lost. Rename or delete it, or draft into another folder.")
    with Bench() as bench:
        draft = _draft(bench, name, [Path(file) for file in files], path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(draft.text)
    return draft


def _draft(bench: Bench, name: str, files: list[Path], path: Path) -> Draft:
    """Return the draft without writing it."""
    readings = [read_roles(export) for export in read_exports(bench, files)]
    base = find_base(bench, readings)
    product, readings = with_products(bench, base, readings)
    orders = draft_orders(bench, base, readings, product)
    clients = draft_clients(bench, base, readings, client_ref(base)[0])
    products, why_not = draft_products(bench, base, readings, product)
    sources = [source for source in (orders, clients, products) if source]
    totals = {source.table: _totals(bench, source) for source in reversed(sources)}["orders"]
    _remark_totals(orders, totals)
    orders.notes += [said for reading in base.readings for role, said in reading.remarks.items() if role not in _OF_LISTS]
    heading = _heading(bench, name, base, orders, totals, [why_not] if why_not else [])
    private = [
        label_columns(reading.export, reading.private) for reading in readings if reading.private and _is_in(reading, sources)
    ]
    ignored = _ignored(readings, sources)
    text = study_text(heading, sources, private=private, unused=ignored, folder=path.parent)
    decisions = [
        *([heading.currency_decision] if heading.currency_decision else []),
        *(d for s in sources for d in s.decisions),
    ]
    notes = [*heading.notes, *(note for source in sources for note in source.notes)]
    return Draft(path, text, _matches(sources), decisions, notes, ignored, private, totals)


def _totals(bench: Bench, source: Source) -> dict[str, object]:
    """Run a source as the ledger will and return its counts; a query that does not run must not be handed over."""
    source.name_relations(bench)
    try:
        bench.connection.execute(f"create or replace temp table result as {source.query()}")
    except duckdb.Error as error:
        files = ", ".join(export.label for export in source.files.values())
        raise SourceError(
            f"source '{source.table}' was drafted from {files}, but cannot be read so: "
            f"{str(error).splitlines()[0]} Write its section of study.toml by hand."
        ) from error
    if source.table != "orders":
        return {"n_rows": bench.row("select count(*) from result")[0]}
    row = bench.row(
        "select count(*), count(*) filter (where not good), "
        "count(distinct nullif(trim(client_id::varchar), '')) filter (where good), "
        "sum(revenue) filter (where good)::double, min(day) filter (where good), max(day) filter (where good) from "
        "(select *, try_cast(date as timestamp)::date as day, day is not null and revenue is not null as good from result)"
    )
    return dict(zip(("n_lines", "n_refused", "n_clients", "revenue", "first_date", "last_date"), row, strict=True))


def _remark_totals(orders: Source, totals: dict[str, object]) -> None:
    """Put the totals at the head of the orders section, so that a person can compare them with the books."""
    if totals["n_lines"] == totals["n_refused"]:
        raise SourceError(
            "no line has both a date and an amount that can be read. Check the columns recognised as date and revenue."
        )
    orders.notes.insert(0, (
        f"When drafted: {totals['n_lines']:,} lines, {totals['n_clients']:,} clients, revenue {totals['revenue']:,.2f}, "
        f"{totals['first_date']} to {totals['last_date']}."
    ))  # fmt: skip
    if totals["n_refused"]:
        orders.notes.append(
            f"lines without a date or an amount (a row of totals, perhaps), which will be refused: {totals['n_refused']:,}"
        )
    for item in orders.items:
        reading = item.ref.column.date if item.ref and item.target == "date" else None
        if reading and reading.other:
            orders.decisions.append(
                f"{item.origin} (such as {item.sample}) is read as {reading.format}; day and month could not be told apart: "
                f"put {reading.other} if it is the other way"
            )


def _heading(bench: Bench, name: str, base: Base, orders: Source, totals: dict[str, object], notes: list[str]) -> Heading:
    language = language_of([item.origin for item in orders.items])
    currency, remark, decision = currency_of(bench, base, language)
    return Heading(name, title_of(name), language, currency, remark, decision, totals["last_date"], notes)


def _used(export: Export, sources: Sequence[Source]) -> set[str]:
    """Return the columns of an export that the sources read."""
    read = [(f"{alias}.", source.sql()) for source in sources for alias, one in source.files.items() if one is export]
    return {column.name for column in export.columns if any(alias + quoted(column.name) in sql for alias, sql in read)}


def _is_in(reading: Reading, sources: Sequence[Source]) -> bool:
    return any(export is reading.export for source in sources for export in source.files.values())


def _ignored(readings: Sequence[Reading], sources: Sequence[Source]) -> list[str]:
    """Return what was not used: columns of the files in use with the reason, files not in use with their name."""
    ignored = []
    for reading in readings:
        names = _used(reading.export, sources)
        rest = [
            column.name for column in reading.export.columns if column.name not in names and column.name not in reading.private
        ]
        if not names:
            ignored.append(f"all of {reading.export.label}")
        elif rest:
            said = [f"{name} ({reading.unused[name]})" if reading.unused.get(name) else name for name in rest]
            ignored.append(label_columns(reading.export, said))
    return ignored


def _matches(sources: Sequence[Source]) -> pd.DataFrame:
    rows = [(s.table, i.target, i.origin, i.certainty, i.sureness, i.sample) for s in sources for i in s.items]
    return pd.DataFrame(rows, columns=["source", "column", "export_column", "certainty", "sure", "sample"])


def describe(draft: Draft) -> str:
    """Return a draft as plain text for the terminal: what was recognised, the totals, what to decide, what was left out."""
    rows = [("source", "column", "from", "certainty", "sample")]
    rows += [
        (row.source, row.column, row.export_column[:48], row.sure, row.sample[:32])
        for row in draft.matches.itertuples(index=False)
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    table.insert(1, "  ".join("-" * width for width in widths))
    parts = [f"{draft.path}", "\n".join(table)]
    for title, sentences in (
        ("Noted", draft.notes),
        ("To decide (marked DECIDE in the file)", draft.decisions),
        ("Not read, for privacy", draft.private),
        ("Not used", draft.ignored),
    ):
        if sentences:
            parts.append("\n".join([f"{title}:", *(f"  - {sentence}" for sentence in sentences)]))
    return "\n\n".join(parts)
