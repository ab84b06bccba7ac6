"""What the models share: the tolerance of comparisons, the order of the classes, who shares a total and who is larger."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clientbase.errors import DataError, require

TOLERANCE = 1e-9  # METHOD section 0: comparisons with thresholds
NOISE = 1e-12  # relative error of a long sum of money: amounts this near are the same amount

SIZE_CLASSES = ("SA", "SB", "SC", "0")
SHARE_CLASSES = ("A", "B", "C", "D", "L", "0")
XYZ_CLASSES = ("X", "Y", "Z", "n")
LEVELS = ("L0", "L1", "L2", "S", "L3", "L4", "L5", "L6")  # in the order of the rank of moves
FOCUS_TYPES = ("mono", "core", "broad")


def at_least(values: pd.Series | np.ndarray | float, bound: float) -> pd.Series | np.ndarray | bool:
    """Tell whether values reach bound, within the tolerance."""
    return values >= bound - TOLERANCE


def below(values: pd.Series | np.ndarray | float, bound: float) -> pd.Series | np.ndarray | bool:
    """Tell whether values lie under bound by more than the tolerance."""
    return values < bound - TOLERANCE


def ordered(values: pd.Series | np.ndarray | list, order: tuple[str, ...]) -> pd.Categorical:
    """Return values as an ordered category, best class first."""
    return pd.Categorical(values, categories=list(order), ordered=True)


def share(part: pd.Series | float, whole: float) -> pd.Series | float:
    """Return part / whole, missing where whole is not positive."""
    if not whole > 0:
        return part * np.nan
    return part / whole


def slack(amount: np.ndarray | float) -> np.ndarray | float:
    """Return by how much equal amounts of money may differ after adding up."""
    return np.maximum(TOLERANCE, np.abs(amount) * NOISE)


def n_larger(gains: np.ndarray) -> np.ndarray:
    """Count the strictly larger amounts for each of gains, which fall."""
    return gains.size - np.searchsorted(gains[::-1], gains + slack(gains), side="right")


def refuse_unknown(facts: pd.DataFrame, column: str) -> None:
    """Refuse clients with orders and without an amount: what is not known is not nothing."""
    require(facts, "facts", ["client_id", "n_orders", column])
    if (unknown := (facts["n_orders"] > 0) & facts[column].isna()).any():
        raise DataError(
            f"table 'facts': {unknown.sum()} clients with orders have no {column}, for example "
            f"{facts.loc[unknown, 'client_id'].head(3).tolist()}. Give the missing amounts or take another basis."
        )


def is_sharing(facts: pd.DataFrame, value: str) -> pd.Series:
    """Tell which clients share the total: those with orders in the window and a positive value."""
    refuse_unknown(facts, value)
    return (facts["n_orders"] > 0) & (facts[value] > TOLERANCE)


def sharing(facts: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return the clients that share the total, largest first, equal ones by client_id."""
    shared = facts[is_sharing(facts, value)]
    return by_falling(shared, value)


def by_falling(table: pd.DataFrame, column: str, *, n: int | None = None) -> pd.DataFrame:
    """Return the rows, or the first n, by falling column, missing last, equal ones by client_id, with a new index.

    Texts are slow to sort, so only those of equal rows are, and by Arrow, which holds them.
    """
    values = table[column].to_numpy(dtype=float, na_value=np.nan)
    order = np.argsort(-values)
    ranked = values[order]
    is_as_before = (ranked[1:] == ranked[:-1]) | (np.isnan(ranked[1:]) & np.isnan(ranked[:-1]))
    if is_as_before.any():
        run = np.concatenate([[0], np.cumsum(~is_as_before)])
        is_tied = np.concatenate([is_as_before, [False]]) | np.concatenate([[False], is_as_before])
        tied = order[is_tied]
        names = pa.table({"run": run[is_tied], "client_id": pa.array(table["client_id"].take(tied)), "row": tied})
        order[is_tied] = tied[pc.sort_indices(names, sort_keys=[(name, "ascending") for name in names.column_names])]
    return table.take(order[:n]).reset_index(drop=True)


def written(texts: Sequence[str], codes: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return the text of each code, its place among texts: written by Arrow, which holds them, and not one by one."""
    return pd.array(pa.array(texts, pa.large_string()).take(pa.array(codes)), dtype="str")


def places(keys: pd.Series, among: pd.Series) -> np.ndarray:
    """Return the place of each text among others that differ, -1 where it is not; a missing one is nowhere.

    Arrow, which holds the texts, finds them in a sixth of the time that an index of pandas takes.
    """
    texts, others = (pa.array(names.astype("str")) for names in (keys, among))
    return pc.index_in(texts, value_set=others.cast(texts.type), skip_nulls=True).fill_null(-1).to_numpy(zero_copy_only=False)


def looked_up(keys: pd.Series, table: pd.DataFrame, columns: list[str], *, by: str = "client_id") -> pd.DataFrame:
    """Return numeric columns of the row of table that holds each key, missing where none does; on the index of keys."""
    place = places(keys, table[by])  # -1 where there is none: the missing value put last
    values = {name: np.append(table[name].to_numpy(dtype=float, na_value=np.nan), np.nan)[place] for name in columns}
    return pd.DataFrame(values, index=keys.index)


def with_columns(table: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add columns of another table that holds each client of the first once."""
    place = places(table["client_id"], other["client_id"])
    if (place < 0).any():
        raise DataError(f"client '{table['client_id'].iloc[(place < 0).argmax()]}' lacks {columns}. Compute the table again.")
    return table.assign(**{name: other[name].take(place).set_axis(table.index) for name in columns})


def is_among(keys: pd.Series, others: pd.Series) -> np.ndarray:
    """Tell for each key whether it is one of the others; a missing key is not."""
    return places(keys, others) >= 0
