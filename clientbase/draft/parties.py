"""The clients and products sources: lists of their own, or gathered from the order lines."""

from __future__ import annotations

from collections.abc import Sequence

from clientbase.draft.base import Base
from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref, date_sql
from clientbase.draft.headers import read_header
from clientbase.draft.inspection import ColumnFacts
from clientbase.draft.keys import DOUBTFUL, JOINED, found_share, join_sql, lookup, name_column, percent, ref
from clientbase.draft.plan import Item, Source, item
from clientbase.draft.roles import Reading
from clientbase.ledger.tables import CLIENTS, PRODUCTS

_GATHERED = ("client_name", "client_type", "region", "industry", "trade_kind", "business_size", "manager_id", "source")
_LATEST = ("manager_id",)  # what changes with time is taken as it was last


def find_list(
    bench: Bench, base: Base, readings: Sequence[Reading], key: Ref, roles: tuple[str, ...]
) -> tuple[Reading, Ref, float] | None:
    """Return the export with one row per client (product) that the order lines point at, its key and the share found."""
    found = []
    for reading in readings:
        if reading in base.readings[:2]:
            continue
        for role in roles:
            if reading.is_key(role):
                own = ref(reading, role, "own")
                found.append((found_share(bench, key, own), reading, own))
    share, reading, own = max(found, key=lambda one: (one[0], len(one[1].roles)), default=(0.0, None, None))
    return (reading, own, share) if reading is not None and share >= DOUBTFUL else None


def draft_clients(bench: Bench, base: Base, readings: Sequence[Reading], key: Ref) -> Source | None:
    """Return the clients source; None when the orders tell nothing about a client but the code."""
    found = find_list(bench, base, readings, key, ("client_id", "client_name"))
    if found is None:
        return _gather_clients(bench, base, key)
    reading, own, share = found
    source = _from_list(bench, "clients", reading, own, readings, list(CLIENTS.columns))
    if share < JOINED:
        source.notes.append(f"{percent(1 - share)} of the order lines have a client that {reading.export.label} does not list")
    return source


def draft_products(bench: Bench, base: Base, readings: Sequence[Reading], key: Ref | None) -> tuple[Source | None, str]:
    """Return the products source and, when there is none, why."""
    if key is None:
        return None, "no product column was found: assortment (step 3) is not possible"
    found = find_list(bench, base, readings, key, ("product_id", "product_name"))
    source = (
        _from_list(bench, "products", found[0], found[1], readings, list(PRODUCTS.columns))
        if found
        else _gather_products(bench, base, key)
    )
    if source and any(i.target == "product_group" for i in source.items):
        if found and found[2] < JOINED:
            source.notes.append(
                f"{percent(1 - found[2])} of the order lines have a product that {found[0].export.label} does not list"
            )
        return source, ""
    return None, "no column of product groups was found: assortment (step 3) needs a table that gives each product its group"


def _from_list(bench: Bench, table: str, reading: Reading, own: Ref, readings: Sequence[Reading], columns: list[str]) -> Source:
    """Return the source that maps a list; a group or region given by its code is looked up in the list of names."""
    alias, key = table, columns[0]
    items = {key: item(key, Ref(alias, reading.export, own.column, own.certainty))}
    for role in columns[1:]:
        if role in reading.roles and (reading.roles[role].column.name != own.column.name or role.endswith("_name")):
            items[role] = item(role, ref(reading, role, alias))
    if table == "products" and "unit_cost" not in items and reading.has("cost"):
        items["unit_cost"] = item("unit_cost", ref(reading, "cost", alias))
    source = Source(table, {alias: reading.export}, [])
    for role in ("product_group", "region"):
        if role in columns:
            _look_up(bench, source, reading, readings, role, items)
    source.items = [items[name] for name in columns if name in items]
    source.notes += [said for role, said in reading.remarks.items() if role in items and items[role].ref]
    source.name_relations(bench)
    return source


def _look_up(
    bench: Bench, source: Source, reading: Reading, readings: Sequence[Reading], role: str, items: dict[str, Item]
) -> None:
    """Replace a code by the name it stands for; a region may be that of the client's manager."""
    here = Ref(source.base, reading.export, reading.export.columns[0], 1.0)
    chain = _chain(bench, here, reading, readings, role)
    if not chain:
        return
    steps, name = chain
    for n, (many, other, key) in enumerate(steps, 1):
        alias = f"list_{n}"
        source.files[alias] = other.export
        source.joins += join_sql(many, Ref(alias, other.export, key, 1.0))
    last = f"list_{len(steps)}"
    found = Ref(last, steps[-1][1].export, name, 0.9)
    origin = f"{name.name} of {steps[-1][1].export.label}"
    items[role] = Item(
        role, found.sql, origin, 0.9, name.sample, remark=f"through {', '.join(step[0].column.name for step in steps)}"
    )


def _chain(
    bench: Bench, here: Ref, reading: Reading, readings: Sequence[Reading], role: str, *, depth: int = 2
) -> tuple[list[tuple[Ref, Reading, ColumnFacts]], ColumnFacts] | None:
    """Return the joins from a list to the names of a role, and the column of the names."""
    word = "region" if role == "region" else "group"
    taken = reading.roles.get(role)
    if taken and "id" not in read_header(taken.column.name).words:
        return None
    for column in reading.export.columns:
        words = read_header(column.name).words
        many = Ref(here.alias, here.export, column, 1.0)
        if "id" not in words or not (found := lookup(bench, many, readings)):
            continue
        other, key = found
        if word in words or (role == "product_group" and _is_group_list(other)):
            if name := name_column(other, key):
                return [(many, other, key)], name
        elif role == "region" and "manager" in words and depth > 1:
            further = Ref("list_1", other.export, key, 1.0)
            if rest := _chain(bench, further, other, readings, role, depth=depth - 1):
                return [(many, other, key), *rest[0]], rest[1]
    return None


def _is_group_list(reading: Reading) -> bool:
    """Tell whether a small list's own name is that of a product group (Genre, Category)."""
    label = reading.export.place.table or reading.export.place.sheet or reading.export.place.path.stem
    return bool(read_header(label).words & {"group", "genre", "collection", "brand"})


def _gathered(bench: Bench, refs: dict[str, Ref], role: str, source: Source) -> Item:
    """Return the item that takes one value per client (product); what varies is chosen by a rule, and it is said."""
    found, key = refs[role], source.items[0].sql
    where = " and ".join(source.where)
    rows = f"select count(distinct {found.sql}) n from {found.export.typed} lines where {where} group by {key}"
    n_keys, n_varying = bench.row(f"select count(*), count(*) filter (where n > 1) from ({rows})")
    if not n_varying:
        return Item(role, f"any_value({found.sql})", found.column.name, found.certainty, found.column.sample)
    if role in _LATEST and "date" in refs:
        sql, rule = f"max_by({found.sql}, {date_sql(refs['date'])})", "the latest"
    else:
        sql, rule = f"mode({found.sql} order by {found.sql})", "the most frequent"
    source.notes.append(f"{found.column.name} varies within {n_varying:,} of {n_keys:,} {source.table}: {rule} is taken")
    return Item(role, sql, found.column.name, found.certainty, found.column.sample, remark=rule)


def _choices(reading: Reading, source: Source) -> list[str]:
    """Return the remarks on columns that were chosen among several."""
    targets = {i.target for i in source.items}
    return [said for role, said in reading.remarks.items() if role in targets and role in ("region", "product_group")]


def _gather_clients(bench: Bench, base: Base, key: Ref) -> Source | None:
    """Return the clients found in the file that names them, one row per code."""
    reading = base.heads if key.alias == "heads" else base.lines
    export, alias = reading.export, "lines"
    refs = {role: Ref(alias, export, match.column, match.certainty) for role, match in reading.roles.items()}
    own = Ref(alias, export, key.column, key.certainty)
    source = Source("clients", {alias: export}, [item("client_id", own)], group_by="1")
    source.where = _real_rows(bench, own, refs)
    source.items += [
        _gathered(bench, refs, role, source) for role in _GATHERED if role in refs and refs[role].column.name != key.column.name
    ]
    source.notes += _choices(reading, source)
    if not any(i.target == "client_name" for i in source.items) and "client_name" in refs and len(source.items) > 1:
        source.items.insert(1, Item("client_name", f"any_value({own.sql})", own.column.name, own.certainty, own.column.sample))
    return source if len(source.items) > 1 else None


def _gather_products(bench: Bench, base: Base, key: Ref) -> Source | None:
    """Return the products found among the order lines, one row per code."""
    export = base.lines.export
    refs = {role: Ref("lines", export, match.column, match.certainty) for role, match in base.lines.roles.items()}
    source = Source("products", {"lines": export}, [item("product_id", key)], group_by="1")
    source.where = _real_rows(bench, key, refs)
    for role in ("product_name", "product_group"):
        if role in refs and (refs[role].column.name != key.column.name):
            source.items.append(_gathered(bench, refs, role, source))
    source.notes += _choices(base.lines, source)
    return source


def _real_rows(bench: Bench, key: Ref, refs: dict[str, Ref]) -> list[str]:
    """Return the conditions that leave out empty codes and, when there are rows without a day (totals), those too."""
    where = [f"{key.sql} is not null"]
    if "date" in refs:
        day = f"{date_sql(refs['date'])} is not null"
        if bench.row(f"select count(*) from {key.export.typed} lines where {where[0]} and not ({day})")[0]:
            where.append(day)
    return where
