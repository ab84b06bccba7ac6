"""What the ledger asks of its engine beyond Ibis expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibis.util import gen_name

if TYPE_CHECKING:
    import ibis.expr.types as ir


def computed(table: ir.Table) -> ir.Table:
    """Compute an expression once and return the result as a temporary table of the engine.

    Not `table.cache()`: Ibis drops such a table when Python forgets it, by then often on a connection that is closed.
    """
    return table.get_backend().create_table(gen_name("computed"), table, temp=True)
