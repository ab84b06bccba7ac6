"""Portrait of the target client (M13): what distinguishes the best clients, so that we look for similar ones."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from clientbase.errors import DataError, SettingError, require
from clientbase.method.common import at_least, below, ordered, share

Target = Literal["A", "A+B", "top_quarter", "A_high"]

NEEDED_COLUMNS = {"A": ["share_class"], "A+B": ["share_class"], "top_quarter": ["total"], "A_high": ["share_class", "is_high"]}
DEFINING = frozenset(  # a target client has these by definition, so they tell nothing about it
    (
        "revenue", "margin", "list_revenue", "n_orders", "n_deals", "avg_purchase", "value_share", "before_share", "cum_share",
        "share_class", "share_class_margin", "total", "is_high", "quadrant",
    )
)  # fmt: skip
LINE_KINDS = ("portrait", "hint", "no difference")
UNKNOWN = "(unknown)"
SIDES = {1: "more", 0: "equal", -1: "less"}
SMALL = 100  # clients up to which SciPy may take the exact test of ranks, where these have no ties

COUNTS = ["n_target", "target_size", "n_base", "base_size"]
LINE_TYPES = (
    {"attribute": "str", "attribute_kind": "str", "trait": "str"}
    | dict.fromkeys(COUNTS, "int64")
    | dict.fromkeys(["target_share", "base_share", "lift", "risk_ratio"], "float64")
    | dict.fromkeys(["median_target", "median_rest", "cliffs_delta", "p_value"], "float64")
)
NUMBERS_ONLY = ["median_target", "median_rest", "cliffs_delta"]
CATEGORIES_ONLY = ["target_share", "base_share", "lift", "risk_ratio"]
AVERAGES = {"credit_days": "median", "tenure_months": "median", "overdue_share": "mean", "on_time_share": "mean"}
SIDE_TYPES = {"measure": "str", "target_value": "float64", "rest_value": "float64", "n_target": "int64", "n_rest": "int64"}


def target_clients(clients: pd.DataFrame, *, target: Target) -> pd.Series:
    """Tell for each row of clients whether it is a target client.

    Args:
        clients: one row per client_id that is looked at (with orders in the window); share_class, total or is_high as the
            target needs.
        target: "A", "A+B" (share classes), "top_quarter" (total not under its upper quartile, type 7, among the clients
            with a total), "A_high" (class A with a high total). A client without total is no target of the last two.

    Source: METHOD section 15. Raises SettingError when target is unknown or clients lack a column it needs.
    """
    require(clients, "clients", ["client_id"])
    if target not in NEEDED_COLUMNS:
        raise SettingError(f"setting 'target' is {target!r}; it must be one of {list(get_args(Target))}.")
    if lacking := [column for column in NEEDED_COLUMNS[target] if column not in clients]:
        possible = [name for name, columns in NEEDED_COLUMNS.items() if set(columns) <= set(clients.columns)]
        raise SettingError(
            f"setting 'target' is {target!r}, which needs {lacking}; table 'clients' has no such column. "
            f"Set target to one of {possible}, or compute what is lacking first."
        )
    if target == "top_quarter":
        total = clients["total"].astype("float64")
        is_target = at_least(total, total.quantile(0.75))
    else:
        is_target = clients["share_class"].isin(["A", "B"] if target == "A+B" else ["A"])
    if target == "A_high":
        is_target &= clients["is_high"].astype("boolean").fillna(False).astype(bool)
    return is_target.rename("is_target")


def category_lines(
    clients: pd.DataFrame, is_target: pd.Series, *, attributes: Sequence[str], missing_from: float, min_base: int
) -> pd.DataFrame:
    """Compare how often each value of each attribute occurs among target clients and in the base.

    A value is tested when at least min_base of the clients looked at have it and one of them has not. The choice does not
    look at who is a target client, so a later correction for the number of tests stays honest; a value too rare for the
    portrait takes no part in it.

    Args:
        clients: one row per client_id that is looked at; the attributes as text, flags or whole numbers.
        is_target: result of target_clients for these clients.
        attributes: columns of clients.
        missing_from: share of clients without a value, 0..1, above which "(unknown)" is a value like others. Up to it
            these clients are left out of the attribute.
        min_base: clients a tested value needs.

    Returns:
        One row per attribute and value that occurs, in the order of attributes, then by value: attribute, trait (text, a
        flag "yes" or "no"), n_target and n_base (clients with the value, target clients and all), target_size and
        base_size (clients that are compared), target_share, base_share (0..1), lift (their ratio), risk_ratio
        (target_share over the share in the rest, missing when nobody in the rest has the value), p_value (Fisher's exact
        test, two-sided; missing when not tested).

    Source: METHOD section 15. Raises DataError when is_target belongs to other clients.
    """
    require(clients, "clients", ["client_id", *attributes])
    target = _aligned(clients, is_target)
    tables = [_value_counts(clients[name], target, missing_from) for name in attributes]
    lines = _table(pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(), omit=[*NUMBERS_ONLY, "attribute_kind"])
    rest_size, n_rest = lines["base_size"] - lines["target_size"], lines["n_base"] - lines["n_target"]
    target_share, base_share = _ratio(lines["n_target"], lines["target_size"]), _ratio(lines["n_base"], lines["base_size"])
    is_tested = (lines["n_base"] >= min_base) & (lines["n_base"] < lines["base_size"])
    return lines.assign(
        target_share=target_share,
        base_share=base_share,
        lift=target_share / base_share,
        risk_ratio=_ratio(target_share, _ratio(n_rest, rest_size)),
        p_value=_fisher(lines[is_tested & (lines["target_size"] > 0) & (rest_size > 0)]).reindex(lines.index),
    )


def number_lines(clients: pd.DataFrame, is_target: pd.Series, *, attributes: Sequence[str], min_base: int) -> pd.DataFrame:
    """Compare the numbers of target clients with those of the rest, clients without the number left out.

    A number is tested when at least min_base clients, of both sides, have it and it is not the same for all.

    Args:
        clients: one row per client_id that is looked at; the attributes as numbers.
        is_target: result of target_clients for these clients.
        attributes: columns of clients.
        min_base: clients a tested number needs.

    Returns:
        One row per attribute, in their order: attribute, trait ("more", "less" or "equal", the side of cliffs_delta;
        "(unknown)" when one side has no numbers), n_target and n_base (clients with the number), target_size and base_size
        (clients), median_target, median_rest, cliffs_delta (-1..1, the share of pairs in which the target client has more
        minus that in which it has less), p_value (Mann and Whitney's test, two-sided; missing when not tested).

    Source: METHOD section 15. Raises DataError when an attribute is no number, or is_target belongs to other clients.
    """
    require(clients, "clients", ["client_id", *attributes])
    target = _aligned(clients, is_target)
    rows = [_number_line(name, _numbers(clients[name]), target, min_base) for name in attributes]
    return _table(pd.DataFrame(rows), omit=[*CATEGORIES_ONLY, "attribute_kind"])


def q_values(p_values: pd.Series) -> pd.Series:
    """Return the q of Benjamini and Hochberg over the p that are known, missing elsewhere.

    Source: METHOD section 15.
    """
    from scipy.stats import false_discovery_control

    known = p_values.dropna()
    return pd.Series(false_discovery_control(known, method="bh"), known.index, dtype="float64").reindex(p_values.index)


def portrait_lines(
    clients: pd.DataFrame,
    is_target: pd.Series,
    *,
    category_attributes: Sequence[str],
    number_attributes: Sequence[str],
    lift_from: float,
    delta_from: float,
    q_to: float,
    min_target: int,
    min_target_large: int,
    large_target: int,
    hints_below: int,
    missing_from: float,
) -> pd.DataFrame:
    """Draw the portrait: the attributes that target clients have clearly more often, or more or less of, than the others.

    Args:
        clients: one row per client_id that is looked at (with orders in the window), with the attributes.
        is_target: result of target_clients for these clients.
        category_attributes: columns with text, flags or whole numbers of few values.
        number_attributes: columns with numbers.
        lift_from: lift from which a value is strong enough.
        delta_from: the same for Cliff's delta up or down, 0..1.
        q_to: largest q of a line of the portrait, 0..1 (over all tested lines of both kinds).
        min_target: target clients with the value (or number) a line of the portrait needs.
        min_target_large: the same from large_target target clients on.
        large_target: target clients from which they are many.
        hints_below: with fewer target clients than this every strong line is a hint.
        missing_from: share of clients without a value, 0..1, above which "(unknown)" is a value.

    Returns:
        One row per line of category_lines and number_lines with all their columns (missing where they do not apply),
        attribute_kind ("category", "number"), q_value and line_kind (ordered): "portrait"; "hint" for a line strong enough
        but unproven or of too few target clients; "no difference". Sorted by line_kind, attribute_kind, falling lift or
        size of delta, falling n_target, attribute and trait. Values and numbers of fewer clients than the portrait needs
        target clients are not tested: no p_value, no q_value.

    Source: METHOD section 15. Raises SettingError when an attribute itself defines the target.
    """
    if defining := sorted(DEFINING & {*category_attributes, *number_attributes}):
        raise SettingError(f"attributes {defining} define who is a target client, so they cannot describe it. Leave them out.")
    n_targets = int(_aligned(clients, is_target).sum())
    needed = min_target_large if n_targets >= large_target else min_target
    values = category_lines(
        clients, is_target, attributes=category_attributes, missing_from=missing_from, min_base=needed
    ).assign(attribute_kind="category")
    numbers = number_lines(clients, is_target, attributes=number_attributes, min_base=needed).assign(attribute_kind="number")
    lines = _table(pd.concat([values, numbers], ignore_index=True)).assign(q_value=lambda t: q_values(t["p_value"]))
    is_strong = at_least(lines["lift"], lift_from) | at_least(lines["cliffs_delta"].abs(), delta_from)
    is_proven = (lines["n_target"] >= needed) & at_least(q_to, lines["q_value"]) & (n_targets >= hints_below)
    kinds = np.select([is_strong & is_proven, is_strong], LINE_KINDS[:2], LINE_KINDS[2])
    return (
        lines.assign(line_kind=ordered(kinds, LINE_KINDS), strength=lines["lift"].fillna(lines["cliffs_delta"].abs()))
        .sort_values(
            ["line_kind", "attribute_kind", "strength", "n_target", "attribute", "trait"],
            ascending=[True, True, False, False, True, True],
            ignore_index=True,
        )
        .drop(columns="strength")
    )


def both_sides(clients: pd.DataFrame, is_target: pd.Series) -> pd.DataFrame:
    """Describe whether our terms suit target clients: the side "good for them". No test and no verdict.

    Args:
        clients: one row per client_id that is looked at; any of n_complaints with n_deals, credit_days (days), tenure_months
            (months), overdue_share, on_time_share (0..1).
        is_target: result of target_clients for these clients.

    Returns:
        One row per measure that clients have the columns for: measure, target_value, rest_value, n_target and n_rest (clients
        with the number). complaints_per_100_deals is 100 x complaints / deals of the group, missing without deals; days and
        months are medians, shares are means over clients.

    Source: METHOD section 15 [S5].
    """
    require(clients, "clients", ["client_id"])
    target = _aligned(clients, is_target)
    rows = []
    if {"n_complaints", "n_deals"} <= set(clients.columns):
        counts = clients[["n_complaints", "n_deals"]].astype("float64").dropna()
        ours, others = (counts[target[counts.index] == side] for side in (True, False))
        rows.append(("complaints_per_100_deals", _per_100_deals(ours), _per_100_deals(others), len(ours), len(others)))
    for measure, average in AVERAGES.items():
        if measure in clients:
            numbers = _numbers(clients[measure]).dropna()
            ours, others = (numbers[target[numbers.index] == side] for side in (True, False))
            rows.append((measure, ours.agg(average), others.agg(average), len(ours), len(others)))
    return pd.DataFrame(rows, columns=list(SIDE_TYPES)).astype(SIDE_TYPES)


def _aligned(clients: pd.DataFrame, is_target: pd.Series) -> pd.Series:
    if not is_target.index.equals(clients.index):
        raise DataError(
            f"is_target has {len(is_target)} rows, table 'clients' {len(clients)}, and they do not belong together. "
            "Make is_target from the same table, with target_clients."
        )
    return is_target.astype("boolean").fillna(False).astype(bool)


def _table(lines: pd.DataFrame, omit: Sequence[str] = ()) -> pd.DataFrame:
    """Return lines with the columns and types of LINE_TYPES without omit, also when there are none."""
    types = {column: kind for column, kind in LINE_TYPES.items() if column not in omit}
    return lines.reindex(columns=list(types)).astype(types)


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _value_counts(column: pd.Series, target: pd.Series, missing_from: float) -> pd.DataFrame:
    """Count target clients and all by the value of one attribute."""
    codes, values = pd.factorize(column)
    names = np.array([*(_value_name(value) for value in values), None], dtype=object)  # code -1, missing, takes the last
    if len(codes) and below(missing_from, np.equal(names[codes], None).mean()):
        names[np.equal(names, None)] = UNKNOWN
    is_known = np.not_equal(names[codes], None)
    places, traits = pd.factorize(names[codes[is_known]], sort=True)
    is_target = target.to_numpy()[is_known]
    counts = {
        "n_target": np.bincount(places[is_target], minlength=len(traits)),
        "n_base": np.bincount(places, minlength=len(traits)),
    }
    return pd.DataFrame(
        {"trait": traits, **counts, "attribute": column.name, "target_size": is_target.sum(), "base_size": len(is_target)}
    )


def _value_name(value: object) -> str | None:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    name = str(value)
    return None if name == UNKNOWN else name


def _fisher(lines: pd.DataFrame) -> pd.Series:
    """Return Fisher's p of each line; lines with equal counts share one test."""
    from scipy.stats import fisher_exact

    tests, places = np.unique(lines[COUNTS].to_numpy(), axis=0, return_inverse=True)
    p_values = [
        fisher_exact([[hits, size - hits], [n - hits, total - n - size + hits]]).pvalue for hits, size, n, total in tests
    ]
    return pd.Series(np.array(p_values, dtype=float)[places], lines.index)


def _numbers(column: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        raise DataError(f"table 'clients': attribute '{column.name}' holds no numbers. Compare it by categories instead.")
    return column.astype("float64")


def _number_line(name: str, numbers: pd.Series, target: pd.Series, min_base: int) -> dict[str, object]:
    """Compare one number of target clients and the rest."""
    from scipy.stats import mannwhitneyu

    ours, others = numbers[target].dropna(), numbers[~target].dropna()
    n_base = len(ours) + len(others)
    delta = p_value = np.nan
    if len(ours) and len(others):
        test = mannwhitneyu(ours, others, method="auto" if n_base <= SMALL else "asymptotic")
        delta = 2 * float(test.statistic) / (len(ours) * len(others)) - 1
        p_value = test.pvalue if n_base >= min_base and numbers.min() < numbers.max() else np.nan
    return {
        "attribute": name,
        "trait": UNKNOWN if np.isnan(delta) else SIDES[int(np.sign(delta))],
        "n_target": len(ours),
        "target_size": int(target.sum()),
        "n_base": n_base,
        "base_size": len(target),
        "median_target": ours.median(),
        "median_rest": others.median(),
        "cliffs_delta": delta,
        "p_value": p_value,
    }


def _per_100_deals(counts: pd.DataFrame) -> float:
    n_complaints, n_deals = counts.sum()
    return float(100 * share(n_complaints, n_deals))
