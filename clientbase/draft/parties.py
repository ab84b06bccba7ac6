"""The clients and products sources: lists of their own, or gathered from the rows that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clientbase.draft.base import Base
from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref, date_sql
from clientbase.draft.keys import DOUBTFUL, JOINED, found_share, percent, ref
from clientbase.draft.lists import source_of_list
from clientbase.draft.plan import Item, Source
from clientbase.draft.roles import Reading

_GATHERED = {
    "clients": ("client_name", "client_type", "region", "industry", "trade_kind", "business_size", "manager_id", "source"),
    "products": ("product_name", "product_group"),
}
_KEYS = {"clients": ("client_id", "client_name"), "products": ("product_id", "product_name")}
_OF_CHOICE = ("region", "product_group")
_LATEST = ("manager_id",)  # what changes with time is taken as it was last
NEARLY_A_LIST = 0.5  # different codes in rows from which a table is a list that repeats some


@dataclass(frozen=True)
class Listed:
    """A table that lists clients (products): its key, and the share of the order lines whose code it holds."""

    reading: Reading
    key: Ref
    share: float
    is_unique: bool


def find_list(bench: Bench, base: Base, readings: Sequence[Reading], key: Ref, table: str) -> Listed | None:
    """Return the table with a row per client (product) that most order lines point at; best without repeated codes."""
    found = []
    for reading in readings:
        if reading is base.lines or reading is base.heads:
            continue
        for role in _KEYS[table]:
            if role in reading.roles and reading.roles[role].column.n_distinct >= NEARLY_A_LIST * reading.export.n_rows:
                own = ref(reading, role, table)
                found.append(Listed(reading, own, found_share(bench, key, own), reading.is_key(role)))
    good = [listed for listed in found if listed.share >= DOUBTFUL]
    return max(good, key=lambda one: (one.is_unique, one.share, len(one.reading.roles)), default=None)


def draft_clients(bench: Bench, base: Base, readings: Sequence[Reading], key: Ref) -> Source | None:
    """Return the clients source; None when the exports tell nothing about a client but the code."""
    listed = find_list(bench, base, readings, key, "clients")
    if listed:
        return _from_list(bench, "clients", listed, readings)
    source = gather(bench, "clients", base.heads if key.alias == "heads" else base.lines, key)
    return source if len(source.items) > 1 else None


def draft_products(bench: Bench, base: Base, readings: Sequence[Reading], key: Ref | None) -> tuple[Source | None, str]:
    """Return the products source and, when there is none, why."""
    if key is None:
        return None, "no product column was found: assortment (step 3) is not possible"
    listed = find_list(bench, base, readings, key, "products")
    source = _from_list(bench, "products", listed, readings) if listed else gather(bench, "products", base.lines, key)
    if any(item.target == "product_group" for item in source.items):
        return source, ""
    return None, "no column of product groups was found: assortment (step 3) needs a table that gives each product its group"


def _from_list(bench: Bench, table: str, listed: Listed, readings: Sequence[Reading]) -> Source:
    """Return the source of a list, with the remark how many order lines it leaves unnamed."""
    reading, label = listed.reading, listed.reading.export.label
    if listed.is_unique:
        source = source_of_list(bench, table, reading, listed.key, readings)
    else:
        source = gather(bench, table, reading, listed.key)
        source.notes.append(f"{label} repeats some codes: each is taken once")
    if listed.share < JOINED:
        source.notes.append(f"{percent(1 - listed.share)} of the order lines have a {table[:-1]} that {label} does not list")
    return source


def gather(bench: Bench, table: str, reading: Reading, key: Ref) -> Source:
    """Return the clients (products) named in the rows of a table, one row per code."""
    refs = {role: Ref("lines", reading.export, match.column, match.certainty) for role, match in reading.roles.items()}
    own, (code, name) = Ref("lines", reading.export, key.column, key.certainty), _KEYS[table]
    sql = _clean(bench, own)
    first = Item(code, sql, own.column.name, own.certainty, own.column.sample, ref=own)
    source = Source(table, {"lines": reading.export}, [first], group_by="1")
    source.where = _real_rows(bench, sql, own, refs)
    others = [role for role in _GATHERED[table] if role in refs and refs[role].column.name != key.column.name]
    source.items += [_gathered(bench, refs, role, source) for role in others]
    if name not in others and name in refs and others and table == "clients":
        source.items.insert(1, Item(name, f"any_value({sql})", own.column.name, own.certainty, own.column.sample))
    source.notes += [said for role, said in reading.remarks.items() if role in others and role in _OF_CHOICE]
    return source


def _clean(bench: Bench, own: Ref) -> str:
    """Return the code to group by; spaces around it, which the ledger takes off, would make one client two."""
    spoiled = f"select count(*) from {own.export.typed} lines where {own.sql} <> trim({own.sql})"
    return f"trim({own.sql})" if own.column.type == "VARCHAR" and bench.row(spoiled)[0] else own.sql


def _real_rows(bench: Bench, sql: str, own: Ref, refs: dict[str, Ref]) -> list[str]:
    """Return the conditions that leave out empty codes and, when there are rows without a day (totals), those too."""
    where = [f"{sql} <> ''" if own.column.type == "VARCHAR" else f"{sql} is not null"]
    if "date" in refs:
        day = f"{date_sql(refs['date'])} is not null"
        if bench.row(f"select count(*) from {own.export.typed} lines where {where[0]} and not ({day})")[0]:
            where.append(day)
    return where


def _gathered(bench: Bench, refs: dict[str, Ref], role: str, source: Source) -> Item:
    """Return the item that takes one value per client (product); what varies is chosen by a rule, and it is said."""
    found, key = refs[role], source.items[0].sql
    where = " and ".join(source.where)
    rows = f"select count(distinct {found.sql}) n from {found.export.typed} lines where {where} group by {key}"
    n_keys, n_varying = bench.row(f"select count(*), count(*) filter (where n > 1) from ({rows})")
    if not n_varying:
        return Item(role, f"any_value({found.sql})", found.column.name, found.certainty, found.column.sample)
    if role in _LATEST and "date" in refs:
        sql, rule = f"max_by({found.sql}, ({date_sql(refs['date'])}, {found.sql}))", "the latest"
    else:
        sql, rule = f"mode({found.sql} order by {found.sql})", "the most frequent"
    source.notes.append(f"{found.column.name} varies within {n_varying:,} of {n_keys:,} {source.table}: {rule} is taken")
    return Item(role, sql, found.column.name, found.certainty, found.column.sample, remark=rule)
