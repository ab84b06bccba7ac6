"""The portrait at work (M13): which other clients look like the target ones, which declared segments they come from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import at_least, below, by_falling, ordered

VERDICTS = CONFIRMED, NEUTRAL, REFUTED, NOBODY, UNDECLARED = (
    "confirmed", "neutral", "not confirmed", "no clients", "found, not declared",
)  # fmt: skip
UNKNOWN = "(unknown)"
FLAGS = {"yes": "True", "no": "False"}
SEGMENT_COLUMNS = ["attribute", "trait", "n_target", "target_size", "n_base", "base_size", "lift"]


def look_alikes(clients: pd.DataFrame, lines: pd.DataFrame, *, match_from: float) -> pd.DataFrame:
    """List the clients that have most of what the portrait shows.

    A category line is matched by its value. A number line is matched on the target's side of the midpoint between the two
    medians, the midpoint included. A missing value matches nothing, save the line "(unknown)" of its attribute; an attribute
    that clients lack matches nothing at all.

    Args:
        clients: one row per client_id of any list (small clients, clients without purchases, prospects), with the
            attributes of the portrait as far as they are known; client_name if known.
        lines: result of portrait_lines.
        match_from: part of the portrait from which a client is a look-alike, 0..1 (inclusive).

    Returns:
        One row per look-alike, by falling portrait_match, then client_id: client_id, client_name if known, n_matched,
        n_portrait_lines (lines of the portrait), portrait_match (their ratio, 0..1). Empty when the portrait is.

    Source: METHOD section 15.
    """
    columns = ["attribute", "attribute_kind", "trait", "median_target", "median_rest", "line_kind"]
    require(clients, "clients", ["client_id"])
    require(lines, "portrait_lines", columns)
    portrait = lines.loc[lines["line_kind"] == "portrait", columns]
    n_matched = np.zeros(len(clients), dtype="int64")
    for line in portrait.to_dict("records"):  # few lines, each matched with all clients at once
        if line["attribute"] in clients:
            n_matched += _matches(clients[line["attribute"]], line)
    match = n_matched / max(len(portrait), 1)
    found = clients[[name for name in ("client_id", "client_name") if name in clients]].assign(
        n_matched=n_matched, n_portrait_lines=len(portrait), portrait_match=match
    )
    is_alike = at_least(match, match_from) & (n_matched > 0)
    return by_falling(found[is_alike], "portrait_match")


def declared_segments(
    clients: pd.DataFrame,
    is_target: pd.Series,
    lines: pd.DataFrame,
    *,
    declared: Mapping[str, Sequence[str]],
    confirmed_from: float,
    refuted_below: float,
    min_target: int,
    missing_from: float,
) -> pd.DataFrame:
    """Compare the segments the company says it serves with those its target clients come from.

    Args:
        clients: one row per client_id that is looked at, with the declared attributes.
        is_target: boolean for each row of clients, as for portrait_lines.
        lines: result of portrait_lines for these clients.
        declared: column of clients -> its declared values, written as in the lines (a flag "yes" or "no").
        confirmed_from: lift from which a segment is confirmed.
        refuted_below: lift below which it is not confirmed.
        min_target: target clients a confirmed segment needs.
        missing_from: as for portrait_lines, so that the same value has the same lift.

    Returns:
        One row per declared attribute and value, and one per category line of the portrait outside the list: attribute,
        trait, n_target, target_size, n_base, base_size, lift (as in portrait_lines; missing when it cannot be told),
        segment_verdict (ordered): "confirmed", "neutral", "not confirmed", "no clients" (nobody has the value), "found, not
        declared". Sorted by segment_verdict, falling lift, attribute and value.

    Source: METHOD section 15 [S4]. Raises DataError when clients lack a declared attribute, or is_target belongs to others.
    """
    require(clients, "clients", ["client_id"])
    require(lines, "portrait_lines", [*SEGMENT_COLUMNS, "attribute_kind", "line_kind"])
    target = _checked(clients, is_target, declared)
    pairs = [(attribute, value) for attribute, values in declared.items() for value in dict.fromkeys(values)]
    counts = [_counts(clients[attribute], value, target, missing_from) for attribute, value in pairs]
    segments = pd.DataFrame(counts, columns=SEGMENT_COLUMNS).astype(lines[SEGMENT_COLUMNS].dtypes)
    is_confirmed = at_least(segments["lift"], confirmed_from) & (segments["n_target"] >= min_target)
    rules = [segments["n_base"] == 0, is_confirmed, below(segments["lift"], refuted_below)]
    verdicts = np.select(rules, [NOBODY, CONFIRMED, REFUTED], NEUTRAL)
    found = _undeclared(lines, pairs)
    table = pd.concat([segments, found], ignore_index=True)
    table["segment_verdict"] = ordered([*verdicts, *[UNDECLARED] * len(found)], VERDICTS)
    keys = ["segment_verdict", "lift", "attribute", "trait"]
    return table.sort_values(keys, ascending=[True, False, True, True], ignore_index=True)


def _matches(column: pd.Series, line: Mapping[str, Any]) -> np.ndarray:
    """Tell which values of a column match one line of the portrait."""
    if line["attribute_kind"] == "category":
        return _has_value(column, line["trait"]).to_numpy()
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    midpoint = (line["median_target"] + line["median_rest"]) / 2
    return at_least(numbers, midpoint) if line["trait"] == "more" else at_least(midpoint, numbers)


def _has_value(column: pd.Series, value: str) -> pd.Series:
    """Tell where a column of any type holds the value a line names; 3 is 3.0, a flag "yes" or "no"."""
    if value == UNKNOWN:
        return _is_missing(column)
    return column.astype("str").isin([value, FLAGS.get(value, f"{value}.0")]) & column.notna()


def _is_missing(column: pd.Series) -> pd.Series:
    return column.isna() | (column.astype("str") == UNKNOWN)


def _checked(clients: pd.DataFrame, is_target: pd.Series, declared: Mapping[str, Sequence[str]]) -> pd.Series:
    """Return is_target as plain booleans, unless it or the declared attributes do not fit the clients."""
    if lacking := [attribute for attribute in declared if attribute not in clients]:
        there = sorted(set(clients.columns) - {"client_id", "client_name"})
        raise DataError(f"declared segments name {lacking}, which table 'clients' lacks; its attributes are {there}.")
    if not is_target.index.equals(clients.index):
        raise DataError(f"is_target has {len(is_target)} rows that are not those of table 'clients'. Make both from one table.")
    return is_target.astype("boolean").fillna(False).astype(bool)


def _counts(column: pd.Series, value: str, target: pd.Series, missing_from: float) -> tuple:
    """Return a row of SEGMENT_COLUMNS for one declared value."""
    is_missing = _is_missing(column)
    is_compared = ~is_missing | below(missing_from, is_missing.mean())
    has_value = _has_value(column, value) & is_compared
    n_target, n_base = int((has_value & target).sum()), int(has_value.sum())
    target_size, base_size = int((is_compared & target).sum()), int(is_compared.sum())
    lift = n_target / target_size / (n_base / base_size) if target_size and n_base else np.nan
    return column.name, value, n_target, target_size, n_base, base_size, lift


def _undeclared(lines: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return the category lines of the portrait outside the declared pairs."""
    chosen = lines[(lines["line_kind"] == "portrait") & (lines["attribute_kind"] == "category")]
    is_declared = [pair in set(pairs) for pair in zip(chosen["attribute"], chosen["trait"], strict=True)]
    return chosen.loc[~np.array(is_declared, dtype=bool), SEGMENT_COLUMNS]
