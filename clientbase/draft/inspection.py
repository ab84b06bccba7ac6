"""What an export holds: for each column its type, filling, samples and the dates or numbers in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from clientbase.draft.bench import Bench
from clientbase.draft.dates import (
    ISO,
    MISREAD,
    SERIAL,
    UNKNOWN,
    DateReading,
    choose_format,
    is_serial,
    possible_formats,
    time_of,
)
from clientbase.draft.headers import subject_of
from clientbase.draft.numbers import NumberReading, decimal_mark, read_numbers
from clientbase.draft.places import Place
from clientbase.errors import SourceError
from clientbase.ledger.files import quoted

SAMPLE = 2_000  # rows looked at value by value; whatever they suggest is then counted over all rows
EXACT = 1_000_000  # rows up to which different values are counted, not estimated, in every column
_NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)


@dataclass(frozen=True)
class ColumnFacts:
    """One column of an export: its name as SQL sees it, DuckDB's type, filling and the readings that fit its values."""

    name: str
    type: str
    n_filled: int
    n_distinct: int  # exact, or estimated where a long table repeats values
    samples: tuple[str, ...]
    date: DateReading | None = None
    number: NumberReading | None = None

    @property
    def is_numeric(self) -> bool:
        """Tell whether DuckDB reads the column as numbers by itself."""
        return self.type.startswith(_NUMERIC)

    @property
    def sample(self) -> str:
        """A value to show."""
        return next((value for value in self.samples if value.strip()), "")


@dataclass(frozen=True)
class Export:
    """One table of rows in a file, or several with the same columns: where it lies, its views and its columns."""

    places: tuple[Place, ...]
    typed: str
    raw: str
    n_rows: int
    decimal: str
    columns: tuple[ColumnFacts, ...]
    subject: str = ""

    @property
    def place(self) -> Place:
        """The first place."""
        return self.places[0]

    @property
    def label(self) -> str:
        """How messages name the export."""
        return self.place.label if len(self.places) == 1 else f"{self.place.label} and {len(self.places) - 1} more like it"

    def column(self, name: str) -> ColumnFacts:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)


def inspect(bench: Bench, places: Iterable[Place], views: tuple[str, str]) -> Export:
    """Return what the rows of opened views hold, column by column; columns without a header are left out."""
    places, (typed, raw) = tuple(places), views
    types = bench.columns(typed)
    named = [(name, kind) for name, kind in types if not _is_unnamed(name)]
    n_rows = bench.row(f"select count(*) from {typed}")[0]
    if not n_rows:
        raise SourceError(f"{places[0].label} has headers and no rows under them. Export it again.")
    numbers = _counts(bench, typed, [name for name, _ in named], n_rows)
    samples = _samples(bench, raw, [name for name, _ in named])
    texts = [name for name, kind in named if kind == "VARCHAR" or places[0].kind == "csv"]
    decimal = decimal_mark(value for name in texts for value in samples[name])
    columns = [_column(bench, views, (name, kind), numbers[name], samples[name], decimal) for name, kind in named]
    label = places[0].table or places[0].sheet or ""
    subject = subject_of(label) or (subject_of(places[0].path.stem) if places[0].kind != "sqlite" else "")
    return Export(places, typed, raw, n_rows, decimal, tuple(columns), subject)


def _counts(bench: Bench, typed: str, names: list[str], n_rows: int) -> dict[str, tuple[int, int]]:
    """Return the filled and the different values of each column; of long tables the latter are counted for keys only."""
    if not names:
        return {}
    texts = {name: f"nullif(trim({quoted(name)}::varchar), '')" for name in names}
    count = "count(distinct {})" if n_rows <= EXACT else "approx_count_distinct({})"
    row = bench.row("select " + ", ".join(f"count({text}), {count.format(text)}" for text in texts.values()) + f" from {typed}")
    found = {name: (filled, min(different, filled)) for name, filled, different in zip(names, row[::2], row[1::2], strict=True)}
    if n_rows > EXACT:
        for name, (filled, different) in found.items():
            if different > 0.8 * filled:
                found[name] = (filled, bench.row(f"select count(distinct {texts[name]}) from {typed}")[0])
    return found


def _is_unnamed(name: str) -> bool:
    return re.fullmatch(r"column \d+", name) is not None  # what the ledger calls a column without a heading


def _samples(bench: Bench, raw: str, names: list[str]) -> dict[str, tuple[str, ...]]:
    listed = ", ".join(f"{quoted(name)}::varchar" for name in names)
    rows = bench.rows(f"select {listed} from {raw} limit {SAMPLE}") if names else []
    return {name: tuple(row[i] for row in rows if row[i] is not None and row[i].strip()) for i, name in enumerate(names)}


def _column(
    bench: Bench, views: tuple[str, str], kind: tuple[str, str], counts: tuple[int, int], samples: tuple[str, ...], decimal: str
) -> ColumnFacts:
    name, sql_type = kind
    facts = ColumnFacts(name, sql_type, *counts, samples)
    if not counts[0]:
        return facts
    date = _date(bench, views, facts, decimal)
    number = _number(facts, decimal, is_text=sql_type == "VARCHAR" or views[0] != views[1])
    return ColumnFacts(name, sql_type, *counts, samples, date, number)


def _number(facts: ColumnFacts, decimal: str, *, is_text: bool) -> NumberReading | None:
    if facts.is_numeric and not (is_text and decimal == "," and any("." in value for value in facts.samples)):
        return NumberReading(is_native=True)
    return read_numbers(facts.samples, decimal) if facts.type == "VARCHAR" or facts.is_numeric else None


def _date(bench: Bench, views: tuple[str, str], facts: ColumnFacts, decimal: str) -> DateReading | None:
    """Return how a column is read as dates: formats suggested by the samples, chosen by counting over all rows."""
    typed, raw = views
    is_day = facts.type == "DATE" or facts.type.startswith("TIMESTAMP")
    if is_day and typed == raw:
        return DateReading(ISO)
    if not (is_day or facts.type == "VARCHAR" or facts.is_numeric):
        return None
    formats = possible_formats(facts.samples)
    if not formats:
        return DateReading(SERIAL) if is_serial(facts.samples) else None
    text = f"trim({quoted(facts.name)}::varchar)"
    parsed = {
        pattern: f"try_cast({text} as timestamp)" if pattern == ISO else f"try_strptime({text}, '{pattern}')"
        for pattern in formats
    }
    counts = bench.row(f"select {', '.join(f'count({sql})' for sql in parsed.values())} from {raw}")
    shares = {pattern: count / facts.n_filled for pattern, count in zip(parsed, counts, strict=True)}
    is_russian = any("а" <= letter <= "я" for letter in facts.name.lower())
    reading = choose_format(shares, facts.samples, day_first=is_russian or decimal == ",")
    if reading is None or not is_day:
        return reading
    return _as_sql_reads_it(bench, views, facts, reading, parsed[reading.format])


def _as_sql_reads_it(
    bench: Bench, views: tuple[str, str], facts: ColumnFacts, reading: DateReading, parsed: str
) -> DateReading:
    """Add the format DuckDB chose for itself when its dates are not the ones of the reading."""
    typed, raw = views

    def summary(sql: str, rows: str) -> tuple:
        return bench.row(f"select min(d), max(d), sum(d - date '1900-01-01') from (select ({sql})::date as d from {rows})")

    own = summary(quoted(facts.name), typed)
    if own == summary(parsed, raw):
        return reading
    text = f"trim({quoted(facts.name)}::varchar)"
    guesses = [pattern + time_of(reading.format) for pattern in MISREAD]
    taken = (pattern for pattern in guesses if own == summary(f"try_strptime({text}, '{pattern}')", raw))
    return replace(reading, sql_format=next(taken, UNKNOWN))
