"""Overrides: a class set by an analyst, with a reason, beside the class that the method computed.

Both stand in every table from then on; neither takes the place of the other. A new run tells which still apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.decisions import BYTE_ORDER_MARK, as_table, csv_text, needed_text, only_writer, put_in_place, read_log
from clientbase.errors import DataError, SettingError, require
from clientbase.method.common import LEVELS, SHARE_CLASSES, SIZE_CLASSES, XYZ_CLASSES, ordered
from clientbase.method.load_groups import LOAD_GROUPS
from clientbase.method.weighted_scoring import HIGH, LOW, NOT_SCORED
from clientbase.settings import near

if TYPE_CHECKING:
    from pathlib import Path

OVERRIDES = "overrides.csv"
COLUMNS = ["client_id", "column", "computed", "manual", "reason", "role", "date"]
KEY = ["client_id", "column"]
OVERRULED = {  # what an analyst may overrule, and by what
    "share_class": SHARE_CLASSES,
    "size_class": SIZE_CLASSES,
    "rel_level": LEVELS,
    "xyz": XYZ_CLASSES,
    "quadrant": tuple(dict.fromkeys([*HIGH.values(), *LOW.values(), NOT_SCORED])),
    "load_group": LOAD_GROUPS,
}
OVERRIDE_STATES = APPLIES, CHANGED, AGREES, NO_CLIENT = "applies", "computed changed", "agrees now", "no such client"


def save_override(
    folder: Path,
    *,
    client_id: str,
    column: str,
    computed: str | None,
    manual: str,
    reason: str,
    role: str,
    today: date,
) -> pd.DataFrame:
    """Keep the class that an analyst gives a client, in the place of an earlier one for the same column.

    Args:
        folder: folder of the study.
        client_id: key of the client, never a code that is shown instead of it.
        column: a key of OVERRULED.
        computed: the class of the method when it was overruled, missing where the client has none.
        manual: the class instead, of the same classes.
        reason: why, in a sentence.
        role: role or code of who decided, not a person's name.
        today: day of the decision.

    Returns:
        The overrides as read_overrides gives them.

    Raises:
        SettingError: a column or class that does not exist, an equal class, an empty reason or role.
        StudyError: the file cannot be read, locked or written; it is as it was.
    """
    texts = [needed_text("reason", reason), needed_text("role", role)]
    row = dict(zip(COLUMNS, [str(client_id), column, _text(computed), str(manual), *texts, f"{today:%Y-%m-%d}"], strict=True))
    if wrong := _wrong(row):
        raise SettingError(f"{wrong}.")
    if row["manual"] == row["computed"]:
        raise SettingError(f"{column} of client '{client_id}' is computed as {manual} already: there is nothing to overrule.")
    with only_writer(folder):
        before = read_overrides(folder)
        kept = before[~_is_of(before, row["client_id"], column)]
        return _written(folder, pd.concat([kept, as_table([list(row.values())], COLUMNS)]))


def remove_override(folder: Path, *, client_id: str, column: str) -> pd.DataFrame:
    """Take an override back, so that the computed class stands alone; return the overrides left.

    Raises SettingError when there is no such override, StudyError when the file cannot be read, locked or written.
    """
    with only_writer(folder):
        before = read_overrides(folder)
        if not (gone := _is_of(before, str(client_id), column)).any():
            raise SettingError(f"{column} of client '{client_id}' is not overruled: there is nothing to take back.")
        return _written(folder, before[~gone])


def read_overrides(folder: Path) -> pd.DataFrame:
    """Return the overrides of a study; of several for a client and column the newest, or the last of a day.

    Args:
        folder: folder of the study.

    Returns:
        One row per client_id and column, in their order: client_id, column (a key of OVERRULED), computed (missing where
        the client had no class), manual, reason, role, date. Empty with these columns when there are none.

    Raises StudyError with the line where overrides.csv is damaged or names a class that does not exist.
    """
    table = read_log(folder / OVERRIDES, COLUMNS, _wrong)
    newest = table.sort_values("date", kind="stable").drop_duplicates(KEY, keep="last")
    return _in_order(newest.assign(computed=newest["computed"].mask(newest["computed"] == "")))


def with_manual(table: pd.DataFrame, overrides: pd.DataFrame, *, codes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Set the manual classes of clients beside the computed ones.

    Args:
        table: any table; a client may have several rows.
        overrides: result of read_overrides.
        codes: client_id -> code where table shows clients by code; None where it shows client_id.

    Returns:
        table plus, right after each overruled column of OVERRULED it has, <column>_manual: the class set by hand, of the
        type of the column, missing where not overruled. The same object when no override is of its clients and columns.
    """
    require(overrides, "overrides", [*KEY, "manual"])
    if "client_id" not in table or overrides.empty:
        return table
    known = _coded(overrides, codes).dropna(subset="client_id")
    beside = {}
    for column in [name for name in OVERRULED if name in table]:
        classes = known[known["column"] == column].set_index("client_id")["manual"]
        if (manual := table["client_id"].astype("str").map(classes)).notna().any():
            is_ordered = isinstance(table[column].dtype, pd.CategoricalDtype)
            beside[column] = ordered(manual, OVERRULED[column]) if is_ordered else manual.astype("str")
    names = [name for name in table if name not in {f"{column}_manual" for column in beside}]
    order = [new for name in names for new in ([name, f"{name}_manual"] if name in beside else [name])]
    return table.assign(**{f"{name}_manual": values for name, values in beside.items()})[order] if beside else table


def override_status(overrides: pd.DataFrame, current: pd.DataFrame, *, codes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Compare what was overruled with what is computed now.

    Args:
        overrides: result of read_overrides.
        current: one row per client with the columns of OVERRULED as far as computed; a column it lacks is computed for
            nobody.
        codes: client_id -> code where current shows clients by code; None where it shows client_id.

    Returns:
        overrides in their order plus computed_now (missing without a class) and override_state (ordered OVERRIDE_STATES):
        "applies" where the computed class is the one overruled, "computed changed" where it has moved since, "agrees now"
        where it has become the manual one, "no such client". client_id is the code with codes, missing for a client that
        has none.

    Raises DataError when a client has several rows in current.
    """
    require(overrides, "overrides", COLUMNS)
    require(current, "current", ["client_id"])
    keys = pd.Index(current["client_id"].astype("str"))
    if keys.has_duplicates:
        raise DataError(f"table 'current': client '{keys[keys.duplicated()][0]}' has several rows, need one row per client.")
    shown = _coded(overrides, codes)
    now = pd.Series(np.nan, index=shown.index, dtype="str")
    for column in [name for name in OVERRULED if name in current]:
        classes = pd.Series(current[column].astype("str").to_numpy(), index=keys)
        now = now.mask(shown["column"] == column, shown["client_id"].map(classes))
    is_same = (now == shown["computed"]) | (now.isna() & shown["computed"].isna())
    states = np.select([~shown["client_id"].isin(keys), now == shown["manual"], is_same], [NO_CLIENT, AGREES, APPLIES], CHANGED)
    return shown.assign(computed_now=now, override_state=ordered(states, OVERRIDE_STATES))


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def _wrong(row: Mapping[str, str]) -> str:
    """Say what is wrong with an override; empty when nothing is."""
    column = row["column"]
    if not row["client_id"]:
        return "client_id is empty, needs to be the code of a client"
    if column not in OVERRULED:
        return f"'{column}' cannot be overruled{near(column, OVERRULED)}"
    for name in ("manual", "computed"):
        if row[name] not in OVERRULED[column] and (row[name] or name == "manual"):
            return f"'{row[name]}' is no {column}; there are {', '.join(OVERRULED[column])}"
    return ""


def _is_of(overrides: pd.DataFrame, client_id: str, column: str) -> pd.Series:
    return (overrides["client_id"] == client_id) & (overrides["column"] == column)


def _in_order(overrides: pd.DataFrame) -> pd.DataFrame:
    return overrides.sort_values(KEY, ignore_index=True)


def _coded(overrides: pd.DataFrame, codes: Mapping[str, str] | None) -> pd.DataFrame:
    if codes is None:
        return overrides
    return overrides.assign(client_id=overrides["client_id"].map(dict(codes)).astype("str"))


def _written(folder: Path, overrides: pd.DataFrame) -> pd.DataFrame:
    """Write the overrides in their order and return them; the caller holds the lock."""
    table = _in_order(overrides)
    texts = table.assign(computed=table["computed"].fillna(""), date=table["date"].dt.strftime("%Y-%m-%d"))
    text = BYTE_ORDER_MARK + csv_text([COLUMNS, *texts.to_numpy().tolist()])
    put_in_place({folder / OVERRIDES: text.encode()})
    return table.assign(computed=table["computed"].mask(table["computed"] == ""))
