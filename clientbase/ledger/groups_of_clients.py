"""Legal entities joined into the groups they belong to: METHOD section 2, point 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from clientbase.errors import DataError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import computed, uploaded

if TYPE_CHECKING:
    import ibis.expr.types as ir

JOINED = ("orders", "activities", "crm_facts", "direct_costs")  # what an affiliate does counts for the head of its group


def join_groups(tables: dict[str, ir.Table]) -> tuple[dict[str, ir.Table], list[Check]]:
    """Return the tables with the head of the group in place of its affiliates, which leave the client list.

    Raises DataError without parent_id and for groups that run in a circle.
    """
    heads = _heads(tables.get("clients"))
    if not heads:
        return tables, [Check("grouped", "note", n=0)]
    listed = uploaded(tables["clients"].get_backend(), pa.Table.from_pylist(heads))
    known = computed(tables["clients"].select("client_id").distinct().inner_join(listed, "client_id"))
    joined = {
        name: _with_heads(table, known) for name, table in tables.items() if name in JOINED and "client_id" in table.columns
    }
    clients = tables["clients"].anti_join(known, "client_id")
    return {**tables, **joined, "clients": clients}, [Check("grouped", "note", n=len(heads))]


def _with_heads(table: ir.Table, heads: ir.Table) -> ir.Table:
    joined = table.left_join(heads, "client_id")
    return joined.mutate(client_id=ibis.coalesce(joined.head_id, joined.client_id)).select(*table.columns)


def _heads(clients: ir.Table | None) -> list[dict[str, str]]:
    """Return client_id -> head_id for the clients that belong to another one, following chains to their end."""
    if clients is None or "parent_id" not in clients.columns:
        raise DataError(
            "client_level = 'group' needs clients.parent_id. Map it in study.toml, section [sources.clients.columns]."
        )
    rows = clients.filter(clients.parent_id.notnull()).select("client_id", "parent_id").to_pyarrow().to_pylist()
    parent = {row["client_id"]: row["parent_id"] for row in rows if row["client_id"] != row["parent_id"]}
    return [{"client_id": client, "head_id": _head(client, parent)} for client in sorted(parent)]


def _head(client: str, parent: dict[str, str]) -> str:
    chain, head = [client], parent[client]
    while head in parent:
        if head in chain:
            circle = ", ".join(chain[chain.index(head) :])
            raise DataError(f"table 'clients': parent_id runs in a circle through {circle}. Correct one of them.")
        chain.append(head)
        head = parent[head]
    return head
