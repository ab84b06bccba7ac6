"""Which file holds the order lines, which one their heads, and which columns stand for the client and the product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from clientbase.draft.amounts import has_money
from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref
from clientbase.draft.keys import DOUBTFUL, found_share, lookup, name_column, percent, ref
from clientbase.draft.roles import Match, Reading
from clientbase.errors import SourceError

_LINE = ("order_id", "line_no", "product_id", "product_name", "qty", "unit_price", "revenue", "cost", "discount")
_HEAD = (
    "date", "client_id", "client_name", "manager_id", "channel", "currency", "status", "delivery_cost", "paid_date",
    "pay_days", "vat_included", "return_of",
)  # fmt: skip


@dataclass
class Base:
    """The files that hold the orders and the columns recognised in them."""

    lines: Reading
    heads: Reading | None
    products: Reading | None = None  # joined only for a list price
    refs: dict[str, Ref] = field(default_factory=dict)
    joined: float = 1.0

    @property
    def readings(self) -> list[Reading]:
        """The readings in use."""
        return [reading for reading in (self.lines, self.heads, self.products) if reading]


def find_base(bench: Bench, readings: Sequence[Reading]) -> Base:
    """Return the richest order lines that have a day, a client and money, by themselves or through their heads."""
    bases = [Base(reading, None) for reading in readings if _is_head(reading) and has_money(reading.roles)]
    for lines in readings:
        if has_money(lines.roles) and lines.has("order_id") and not _is_head(lines):
            bases += _with_heads(bench, lines, readings)
    if not bases:
        raise SourceError(_nothing_found(readings))
    base = max(bases, key=lambda b: (sum(role in b.lines.roles for role in _LINE), b.joined))
    heads = {role: ref(base.heads, role, "heads") for role in _HEAD if base.heads and role in base.heads.roles}
    base.refs = heads | {role: ref(base.lines, role, "lines") for role in base.lines.roles}
    return base


def _is_head(reading: Reading) -> bool:
    return reading.has("date") and (reading.has("client_id") or reading.has("client_name"))


def _with_heads(bench: Bench, lines: Reading, readings: Sequence[Reading]) -> Iterator[Base]:
    for heads in readings:
        if heads is not lines and _is_head(heads) and heads.is_key("order_id"):
            share = found_share(bench, ref(lines, "order_id", "lines"), ref(heads, "order_id", "heads"))
            if share >= DOUBTFUL:
                yield Base(lines, heads, joined=share)


def _nothing_found(readings: Sequence[Reading]) -> str:
    """Say which of date, client and money was found where."""
    if not any(reading.roles for reading in readings):
        shown = "; ".join(f"{r.export.label}: {', '.join(c.name for c in r.export.columns[:12])}" for r in readings)
        return f"no header was recognised. Found {shown}. Rename the columns of date, client and amount, or map them by hand."
    richest = sorted(readings, key=lambda reading: -len(reading.roles))
    said = [_lacks(reading) for reading in richest[:3]]
    if len(richest) > 3:
        said.append(f"{len(richest) - 3} more tables say less")
    return (
        "orders need a date, a client and an amount of money in one table, or in two joined by the number of the order. "
        + ". ".join(said)
        + ". Name the files that hold them, or rename their headers."
    )


def _lacks(reading: Reading) -> str:
    """Say what an export lacks to be the order lines and what was recognised in it."""
    wanted = {"a date": reading.has("date"), "a client": _client_roles(reading), "an amount": has_money(reading.roles)}
    lacking = (
        " or ".join(name for name, found in wanted.items() if not found) or "a number of the order found in the other table"
    )
    known = ", ".join(f"{role} = {match.column.name}" for role, match in reading.roles.items()) or "nothing"
    doubts = "; ".join(f"{name} has a {why}" for name, why in reading.unused.items() if why.startswith("header"))
    return (
        f"{reading.export.label} has no column that could be {lacking} (recognised: {known}{'; ' + doubts if doubts else ''})"
    )


def _client_roles(reading: Reading) -> bool:
    return reading.has("client_id") or reading.has("client_name")


def client_ref(base: Base) -> tuple[Ref, str]:
    """Return the column that stands for the client's code, with a remark when it is the name."""
    code, name = base.refs.get("client_id"), base.refs.get("client_name")
    if code is None:
        return name, f"no column of client codes was found: the name ({name.column.name}) is the code"
    if name is not None and name.column.n_filled > 1.02 * code.column.n_filled:
        empty = percent(1 - code.column.n_filled / code.export.n_rows)
        return name, f"{code.column.name} is empty in {empty} of the rows: the name ({name.column.name}) is the code"
    return code, ""


def with_products(bench: Bench, base: Base, readings: Sequence[Reading]) -> tuple[Ref | None, list[Reading]]:
    """Return the column that stands for the product's code: a code, else the name, else a reference to another list.

    In the last case the list's reading comes back with its key and names taken for those of products.
    """
    for role in ("product_id", "product_name"):
        if role in base.refs:
            return base.refs[role], list(readings)
    used = {match.column.name for match in base.lines.roles.values()}
    others = [r for r in readings if r is not base.lines and r is not base.heads and not r.has("client_id")]
    for column in base.lines.export.columns:
        key = Ref("lines", base.lines.export, column, 0.8)
        if column.name not in used and (found := lookup(bench, key, others)):
            listed, own = found
            roles = {**listed.roles, "product_id": Match(own, 0.8)}
            if "product_name" not in roles and (name := name_column(listed, own)):
                roles["product_name"] = Match(name, 0.8)
            return key, [replace(r, roles=roles) if r is listed else r for r in readings]
    return None, list(readings)
