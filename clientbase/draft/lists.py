"""A list of clients or products as a source, with codes of groups and regions replaced by the names other lists give them."""

from __future__ import annotations

from collections.abc import Sequence

from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref
from clientbase.draft.headers import read_header
from clientbase.draft.inspection import ColumnFacts
from clientbase.draft.keys import join_sql, lookup, name_column, ref
from clientbase.draft.plan import Item, Source, item
from clientbase.draft.roles import Reading
from clientbase.ledger.tables import TABLES


def source_of_list(bench: Bench, table: str, reading: Reading, own: Ref, readings: Sequence[Reading]) -> Source:
    """Return the source that maps a list; a group or region given by its code is looked up in the list of names."""
    columns = list(TABLES[table].columns)
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
