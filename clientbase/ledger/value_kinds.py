"""The kinds of a table of text found from all its values, strictly, for queries that calculate with them.

Only what has one reading becomes a number or a date: codes with leading zeros and dates like 05.03.2024 stay text, where
the engine's own guess would lose the zeros and choose between May and March.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.ledger.engine import literal, quoted

if TYPE_CHECKING:
    import duckdb

PATTERNS = {  # from the narrowest kind to the widest
    "BIGINT": r"-?(0|[1-9]\d{0,17})",
    "DOUBLE": r"-?((0|[1-9]\d{0,14})|(0|[1-9]\d*)?\.\d+([eE][-+]?\d+)?)",
    "DATE": r"\d{4}-\d{2}-\d{2}",
    "TIMESTAMP": r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?",
    "TIMESTAMPTZ": r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)",
    "BOOLEAN": r"(?i)true|false",
}
SAMPLE = 1000  # rows that rule most kinds out at once


def give_kinds(engine: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Turn the columns of a table of text, in place, into the narrowest kind that all their values have."""
    columns = [name for name, *_ in engine.execute(f"describe {quoted(relation)}").fetchall()]
    kinds: dict[str, str] = {}
    for kind in PATTERNS:
        left = [name for name in columns if name not in kinds]
        sample = _are_of_kind(engine, f"(select * from {quoted(relation)} limit {SAMPLE})", left, kind)
        hopeful = [name for name in left if sample[name] is not False]
        sure = _are_of_kind(engine, quoted(relation), hopeful, kind)
        kinds |= {name: kind for name in hopeful if sure[name]}
    if kinds:
        listed = ", ".join(f"cast({quoted(name)} as {kinds.get(name, 'VARCHAR')}) as {quoted(name)}" for name in columns)
        engine.execute(f"create or replace temp table {quoted(relation)} as select {listed} from {quoted(relation)}")


def _are_of_kind(engine: duckdb.DuckDBPyConnection, rows: str, columns: list[str], kind: str) -> dict[str, bool | None]:
    """Return for each column whether its every value is of a kind; None for one without values."""
    if not columns:
        return {}
    tests = ", ".join(
        f"bool_and(regexp_full_match(trim({name}), {literal(PATTERNS[kind])}) and try_cast({name} as {kind}) is not null) "
        f"filter ({name} is not null)"
        for name in map(quoted, columns)
    )
    return dict(zip(columns, engine.execute(f"select {tests} from {rows}").fetchone(), strict=True))
