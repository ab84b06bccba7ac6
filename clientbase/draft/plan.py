"""A source of the drafted study: the files it reads, one item a column of ours, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from clientbase.draft.bench import Bench
from clientbase.draft.expressions import (
    Ref,
    date_sql,
    is_misread,
    is_plain_date,
    is_plain_number,
    is_plain_text,
    number_sql,
)
from clientbase.draft.inspection import Export
from clientbase.draft.vocabulary import ROLES
from clientbase.ledger.tables import TABLES

_DATES, _NUMBERS = ("date", "month"), ("money", "number", "share", "whole")


@dataclass(frozen=True)
class Item:
    """A column of ours: the SQL that gives it, the header it stands under when a plain mapping does, the certainty."""

    target: str
    sql: str
    origin: str  # what the person reads: the header, or how it is computed
    certainty: float
    sample: str = ""
    header: str | None = None
    remark: str = ""
    ref: Ref | None = None

    @property
    def sureness(self) -> str:
        """The certainty in words."""
        return "exact" if self.certainty > 0.995 else f"likely {self.certainty:.0%}".replace("%", " %")

    @property
    def said(self) -> str:
        """What a comment beside the column says: the remark, and the certainty unless it is exact."""
        return ", ".join(part for part in (self.remark, self.sureness if self.certainty <= 0.995 else "") if part)


def item(target: str, ref: Ref, *, remark: str = "") -> Item:
    """Return the item that takes a column of ours straight from one column of an export."""
    column, kind = ref.column, ROLES[target].kind
    if kind in _DATES:
        sql, plain = date_sql(ref), is_plain_date(ref)
    elif kind in _NUMBERS:
        sql, plain = number_sql(ref), is_plain_number(ref)
    else:
        sql, plain = ref.sql, is_plain_text(ref)
    return Item(target, sql, column.name, ref.certainty, column.sample, column.name if plain else None, remark, ref)


@dataclass
class Source:
    """One [sources.X] section. It is a plain mapping when one file and its headers are enough, else SQL over the files."""

    table: str
    files: dict[str, Export]  # alias -> export
    items: list[Item]
    joins: str = ""  # what follows `from alias`
    where: list[str] = field(default_factory=list)
    group_by: str = ""
    switches: list[str] = field(default_factory=list)  # conditions a person may turn on
    notes: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The alias of the file the rows come from."""
        return next(iter(self.files))

    @property
    def is_plain(self) -> bool:
        """Tell whether a plain mapping can say it."""
        export = self.files[self.base]
        formats = {
            i.ref.column.date.format for i in self.items if i.ref and i.ref.column.date and ROLES[i.target].kind in _DATES
        }
        marks = {i.ref.column.number.thousands for i in self._text_numbers()} - {""}
        return (
            len(self.files) == len(export.places) == 1
            and not (self.joins or self.where or self.group_by or self.switches)
            and all(i.header is not None for i in self.items)
            and len({i.header for i in self.items}) == len(self.items)
            and len(formats) <= 1
            and len(marks) <= 1
            and not self._taken_by_spelling()
        )

    def _taken_by_spelling(self) -> bool:
        """Tell whether a plain mapping would also read a column that is spelled as ours and was not chosen."""
        chosen = {i.header for i in self.items}
        names = {c.name.casefold() for c in self.files[self.base].columns if c.name not in chosen}
        return bool(names & (set(TABLES[self.table].columns) - {i.target for i in self.items}))

    def _text_numbers(self) -> list[Item]:
        numbers = [i for i in self.items if i.ref and ROLES[i.target].kind in _NUMBERS and i.ref.column.number]
        return [i for i in numbers if not i.ref.column.number.is_native]

    def reading(self) -> dict[str, str]:
        """Return the keys a plain mapping needs for text dates and numbers."""
        keys = {}
        texts = self._text_numbers()
        if any(i.ref.column.number.decimal == "," for i in texts):
            keys["decimal"] = ","
        if thousands := next((i.ref.column.number.thousands for i in texts if i.ref.column.number.thousands), ""):
            keys["thousands"] = thousands
        for i in self.items:
            if ROLES[i.target].kind in _DATES and i.ref.column.date.is_text:
                keys["date_format"] = i.ref.column.date.format
        return keys

    def sql(self, *, for_reading: bool = False) -> str:
        """Return the query; for_reading adds remarks and the conditions that are turned off."""
        lines = [f"    {i.sql} as {i.target}" for i in self.items]
        remarks = [f"  -- {said}" if for_reading and (said := i.said) else "" for i in self.items]
        commas = [","] * (len(lines) - 1) + [""]
        body = "\n".join(f"{line}{comma}{remark}" for line, comma, remark in zip(lines, commas, remarks, strict=True))
        parts = [self._union(), f"select\n{body}", f"from {self.base}{self.joins}"]
        where = self.where or (["true"] if for_reading and self.switches else [])
        parts.append("where " + "\n    and ".join(where) if where else "")
        parts += [f"--  and {condition}" for condition in self.switches if for_reading]
        parts.append(f"group by {self.group_by}" if self.group_by else "")
        return "\n".join(part for part in parts if part)

    def _union(self) -> str:
        """Return the part that puts several files with the same columns together."""
        unions = []
        for alias, export in self.files.items():
            if len(export.places) > 1:
                rows = " union all by name ".join(f"from {alias}_{n}" for n in range(1, len(export.places) + 1))
                unions.append(f"{alias} as ({rows})")
        return "with " + ",\n    ".join(unions) if unions else ""

    def name_relations(self, bench: Bench) -> None:
        """Let the bench know the files of this source by their aliases."""
        bench.name_relations({alias: export.typed for alias, export in self.files.items()})

    def query(self) -> str:
        """Return the query over the aliases known to the bench, where several files are one view already."""
        text = self.sql()
        return text.removeprefix(self._union()).lstrip() if self._union() else text

    def misread(self) -> list[str]:
        """Return the columns that the SQL cannot read rightly."""
        return [i.origin for i in self.items if i.ref and is_misread(i.ref)]
