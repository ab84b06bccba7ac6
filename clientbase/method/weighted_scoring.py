"""Weighted scoring: does the class of a client agree with what the client could be?"""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd

from clientbase.errors import DataError, SettingError, require
from clientbase.method.common import SHARE_CLASSES, TOLERANCE, at_least, below, by_falling, ordered

WeightMethod = Literal["equal", "linear", "roc"]

# What each objective sign is read from and where its values stand between the ends of the scale [S5: 3, 2, 1 of 1-3].
RULES: dict[str, tuple[str, Mapping[object, float]]] = {
    "business_size": ("business_size", {"large": 1.0, "medium": 0.5, "small": 0.0}),
    "breadth": ("breadth_score", {3: 1.0, 2: 0.5, 1: 0.0}),
    "delivery": ("delivery_mode", {"pickup": 1.0, "shared": 0.5, "company": 0.0}),
    "own_retail": ("has_retail", {True: 1.0, "partly": 0.5, False: 0.0}),
}
HIGH = {
    "A": "in place", "B": "in place", "C": "underserved", "D": "underserved",
    "L": "price review with plan", "0": "reactivation",
}  # fmt: skip
LOW = {"A": "excelled", "B": "excelled", "C": "economical", "D": "ballast", "L": "price review", "0": "archive"}
NOT_SCORED = "not scored"


def rule_scores(
    facts: pd.DataFrame, focus: pd.DataFrame | None, criteria: pd.DataFrame, *, low: float, high: float
) -> pd.DataFrame:
    """Score the objective signs by their rules, on the scale of the study.

    Args:
        facts: one row per client_id; business_size, delivery_mode and has_retail as far as known.
        focus: result of assortment_focus, for the breadth; None without products.
        criteria: one row per sign with criterion_id and rule (missing: an expert scores it).
        low: lowest score of the scale.
        high: highest score of the scale.

    Returns:
        One row per client and sign the rules can score, by client and order of the signs: client_id, criterion_id,
        score (on 1..3: 3, 2 or 1), source "rule".

    Raises:
        DataError: a rule or a value it reads is unknown.

    Source: METHOD section 14 [S5].
    """
    require(facts, "facts", ["client_id"])
    require(criteria, "criteria", ["criterion_id", "rule"])
    ruled = criteria.dropna(subset="rule").drop_duplicates("criterion_id")
    if unknown := sorted(set(ruled["rule"]) - set(RULES)):
        raise DataError(f"table 'criteria' has the rules {unknown}; the rules known are {sorted(RULES)}.")
    found = [
        _rule(sign, rule, focus if rule == "breadth" else facts, low, high)
        for sign, rule in zip(ruled["criterion_id"], ruled["rule"], strict=True)
    ]
    nothing = pd.DataFrame({"client_id": [], "criterion_id": [], "score": []}).astype(
        {"client_id": "str", "criterion_id": "str"}
    )
    scores = pd.concat([frame for frame in found if len(frame)] or [nothing], ignore_index=True)
    return scores.sort_values("client_id", kind="stable", ignore_index=True).assign(source="rule")


def combine_scores(
    rule: pd.DataFrame, expert: pd.DataFrame | None, clients: pd.DataFrame, criteria: pd.DataFrame
) -> pd.DataFrame:
    """Join the scores of the rules with those of the experts; an expert fills in only where the rule says nothing.

    Args:
        rule: result of rule_scores.
        expert: one row per client_id and criterion_id with score; None when no expert has scored.
        clients: one row per client_id to be scored; scores of other clients are left out.
        criteria: one row per sign with criterion_id.

    Returns:
        One row per client and sign, by client and order of the signs: client_id, criterion_id, score (missing when
        nobody scored), source ("rule", "expert" or missing), is_conflict (the expert says other than the rule).

    Raises:
        DataError: a pair scored twice, a sign that criteria lacks.
    """
    require(clients, "clients", ["client_id"])
    ids, signs = pd.Index(sorted(clients["client_id"].unique())), _signs(criteria)
    by_rule = _matrix(rule, ids, signs)
    by_expert = np.full(by_rule.shape, np.nan) if expert is None else _matrix(expert, ids, signs)
    score = np.where(np.isnan(by_rule), by_expert, by_rule)
    source = np.select([~np.isnan(by_rule), ~np.isnan(by_expert)], [0, 1], -1)
    return pd.DataFrame(
        {
            "client_id": np.repeat(ids, len(signs)),
            "criterion_id": np.tile(signs, len(ids)),
            "score": score.ravel(),
            "source": pd.Categorical.from_codes(source.ravel(), categories=["rule", "expert"]).astype("str"),
            "is_conflict": (np.abs(by_rule - by_expert) > TOLERANCE).ravel(),
        }
    )


def scores_wide_to_long(wide: pd.DataFrame, criteria: pd.DataFrame, *, is_confirmed: bool = False) -> pd.DataFrame:
    """Turn a wide table of scores into a long one, refusing every other orientation than clients in rows.

    Args:
        wide: first column client_id, then one column per sign, headed by its criterion_id.
        criteria: one row per sign with criterion_id.
        is_confirmed: that clients are in rows was looked at; needed when there are as many clients as signs.

    Returns:
        One row per client and sign in the order of wide: client_id, criterion_id, score (missing for an empty cell),
        source "expert".

    Raises:
        DataError: a header or cell that cannot be, a client twice, or a square table that nobody confirmed.

    Source: METHOD section 14.1, after a published table that was printed transposed.
    """
    signs = _signs(criteria)
    _check_orientation(wide, signs)
    if len(wide) == wide.shape[1] - 1 and not is_confirmed:
        raise DataError(
            f"table 'scores' is square, so rows and columns may be swapped: as read, {len(wide)} clients in rows "
            f"({', '.join(map(str, wide['client_id']))}), {len(wide)} signs in columns ({', '.join(wide.columns[1:])}). "
            "Confirm the shape, or give the scores in long form."
        )
    long = wide.assign(row=np.arange(len(wide))).melt(["row", "client_id"], var_name="criterion_id", value_name="score")
    score = pd.to_numeric(long["score"], errors="coerce").astype(float)
    if (spoilt := long[score.isna() & long["score"].notna()]).size:
        cell = spoilt.iloc[0]
        raise DataError(f"table 'scores': {cell['score']!r} of {cell['client_id']}, {cell['criterion_id']} is no number.")
    long = long.assign(score=score, source="expert").sort_values("row", kind="stable", ignore_index=True)
    return long[["client_id", "criterion_id", "score", "source"]]


def score_totals(
    scores: pd.DataFrame,
    criteria: pd.DataFrame,
    *,
    low: float,
    high: float,
    known_from: float,
    groups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Add up weight x score for each client, scaled up for missing scores when enough of the weight is known.

    Args:
        scores: one row per client_id and criterion_id with score (missing: not scored).
        criteria: one row per sign with criterion_id and weight > 0. With product_group there is one set of signs per
            group; a sign without group belongs to every set.
        low: lowest score of the scale.
        high: highest score of the scale.
        known_from: share of the weight, 0..1, that must be scored for a total.
        groups: one row per client_id and product_group with net revenue, needed for sets by group: a client's total is
            the mean of its groups' totals weighed by revenue (without purchases: by the company's revenue). Sets of
            unlike weight are first brought to their mean weight, or the longer list of signs would win.

    Returns:
        One row per client of scores, by falling total: client_id, total (missing when too little is known),
        total_norm (0..1 on the scale), known_share (of the weight), n_missing (signs), known_total (before scaling).

    Raises:
        DataError: a score outside the scale, a weight <= 0, a pair or sign twice, a sign that criteria lacks, sets by
            group without groups.

    Source: METHOD section 14 [S5].
    """
    sets = _weight_sets(criteria)
    ids, matrix = _checked(scores, sets, low, high)
    weights = _client_weights(sets, ids, groups)
    totals = _totals(ids, matrix, weights, _weight_sum(sets), low=low, high=high, known_from=known_from)
    return by_falling(totals, "total")


def score_cut(totals: pd.DataFrame, criteria: pd.DataFrame, *, cut: str | float, low: float, high: float) -> float:
    """Return the total from which a score is high.

    Args:
        totals: result of score_totals.
        criteria: the signs it was made with.
        cut: "mid_scale" (halfway between the lowest and highest total, does not move with the sample), "median" of
            the totals, or the total itself.
        low: lowest score of the scale.
        high: highest score of the scale.

    Raises:
        SettingError: cut is another word.
    """
    require(totals, "score_totals", ["total"])
    return _cut(totals, _weight_sum(_weight_sets(criteria)), cut, low, high)


def quadrants(scored: pd.DataFrame, *, cut: float) -> pd.DataFrame:
    """Set the class of each client against its total.

    Args:
        scored: one row per client with total and share_class.
        cut: total from which a score is high; the cut itself is high.

    Returns:
        scored plus is_high and quadrant: "in place", "excelled", "underserved", "economical", "ballast"; for class L
        "price review with plan" or "price review"; for class 0 "reactivation" or "archive"; "not scored" without total.

    Raises:
        DataError: a client without share class.
    """
    require(scored, "score_totals", ["client_id", "total", "share_class"])
    codes = ordered(scored["share_class"], SHARE_CLASSES).codes
    if (unknown := codes < 0).any():
        examples = scored.loc[unknown, "client_id"].head(3).tolist()
        raise DataError(f"table 'score_totals': {unknown.sum()} clients have no share class, for example {examples}.")
    is_high = at_least(scored["total"], cut).to_numpy()
    high, low = (np.array([names[letter] for letter in SHARE_CLASSES])[codes] for names in (HIGH, LOW))
    return scored.assign(
        is_high=is_high,
        quadrant=np.where(scored["total"].isna(), NOT_SCORED, np.where(is_high, high, low)),
    )


def contributions(scores: pd.DataFrame, criteria: pd.DataFrame, *, groups: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return weight x score, the products a total is made of.

    Args:
        scores: as for score_totals.
        criteria: as for score_totals.
        groups: as for score_totals.

    Returns:
        One row per client and sign, by client and order of the signs: client_id, criterion_id, contribution (missing
        without score). Their sum is known_total, and total where nothing is missing.
    """
    sets = _weight_sets(criteria)
    ids, matrix = _checked(scores, sets, -np.inf, np.inf)
    products = matrix * _client_weights(sets, ids, groups)
    return pd.DataFrame(
        {
            "client_id": np.repeat(ids, sets.shape[1]),
            "criterion_id": np.tile(sets.columns, len(ids)),
            "contribution": products.ravel(),
        }
    )


def class_score_correlation(classified: pd.DataFrame) -> float:
    """Return Spearman's correlation of class (A highest, D lowest) and total.

    Args:
        classified: result of quadrants. Classes L and 0, which have no rank, and clients without total are left out.

    Returns:
        -1..1; missing for fewer than 3 clients, one class or equal totals.
    """
    require(classified, "quadrants", ["total", "share_class"])
    ranked = classified[classified["share_class"].isin(["A", "B", "C", "D"]) & classified["total"].notna()]
    return _spearman(-ordered(ranked["share_class"], SHARE_CLASSES).codes.astype(float), ranked["total"].to_numpy(dtype=float))


def scale_weights(method: WeightMethod, *, n: int, low: float, high: float) -> np.ndarray:
    """Return the weights of n signs, the most important first, between low and high.

    Args:
        method: "equal" (all in the middle), "linear" (even steps) or "roc" (rank-order centroid, a steep start).
        n: number of signs; a single one weighs high.
        low: weight of the last sign.
        high: weight of the first sign.

    Raises:
        SettingError: the method is unknown.

    Source: METHOD section 13 [S5's scale 1-1.5].
    """
    if method not in get_args(WeightMethod):
        raise SettingError(f"weight method is {method!r}; it must be one of {list(get_args(WeightMethod))}.")
    if n == 1:
        return np.array([float(high)])
    if method == "equal":
        return np.full(n, (low + high) / 2)
    if method == "linear":
        return np.linspace(high, low, n)
    centroid = np.cumsum(1 / np.arange(n, 0, -1))[::-1] / n
    return low + (high - low) * (centroid - centroid[-1]) / (centroid[0] - centroid[-1])


def weight_sensitivity(
    scores: pd.DataFrame,
    criteria: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    low: float,
    high: float,
    weight_low: float,
    weight_high: float,
    known_from: float,
    cut: str | float,
    groups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compare the totals and quadrants with those that other weights of the same signs would give.

    The signs keep their order of importance (equal weights share the mean weight of their places) and the sum of the
    weights, so a cut given as a number keeps its meaning.

    Args:
        scores: as for score_totals.
        criteria: as for score_totals.
        classes: one row per client_id with share_class; clients it lacks are left out.
        low: lowest score of the scale.
        high: highest score of the scale.
        weight_low: lowest weight, > 0.
        weight_high: highest weight.
        known_from: as for score_totals.
        cut: as for score_cut.
        groups: as for score_totals.

    Returns:
        One row per method (equal, linear, roc): method, rank_correlation (Spearman's, with the totals as they are),
        n_moved (clients that change quadrant), n_clients (compared).
    """
    require(classes, "share_classes", ["client_id", "share_class"])
    sets = _weight_sets(criteria)
    ids, matrix = _checked(scores, sets, low, high)
    row = ids.get_indexer(classes["client_id"])
    letters = classes.loc[row >= 0, "share_class"].to_numpy()
    ids, matrix = ids[row[row >= 0]], matrix[row[row >= 0]]

    def placed(sets: pd.DataFrame) -> pd.DataFrame:
        weights, weight_sum = _client_weights(sets, ids, groups), _weight_sum(sets)
        totals = _totals(ids, matrix, weights, weight_sum, low=low, high=high, known_from=known_from)
        return quadrants(totals.assign(share_class=letters), cut=_cut(totals, weight_sum, cut, low, high))

    given, rows = placed(sets), []
    for method in get_args(WeightMethod):
        other = placed(_reweighed(sets, method, weight_low, weight_high))
        both = given["total"].notna() & other["total"].notna()
        correlation = _spearman(given.loc[both, "total"].to_numpy(), other.loc[both, "total"].to_numpy())
        rows.append((method, correlation, int((given["quadrant"] != other["quadrant"]).sum()), len(given)))
    return pd.DataFrame(rows, columns=["method", "rank_correlation", "n_moved", "n_clients"])


def _rule(sign: str, rule: str, table: pd.DataFrame | None, low: float, high: float) -> pd.DataFrame:
    """Return the scores of one sign for the clients whose value is known."""
    column, places = RULES[rule]
    if table is None or column not in table:
        return pd.DataFrame()
    known = table.loc[table[column].notna(), ["client_id", column]]
    if unknown := sorted(set(known[column].unique()) - set(places), key=str):
        raise DataError(f"column '{column}' has {unknown}; the rule '{rule}' knows {list(places)}. Correct the values.")
    place = known[column].astype(object).map(places).astype(float)
    return pd.DataFrame({"client_id": known["client_id"], "criterion_id": sign, "score": low + place * (high - low)})


def _signs(criteria: pd.DataFrame) -> pd.Index:
    require(criteria, "criteria", ["criterion_id"])
    return pd.Index(criteria["criterion_id"].unique())


def _check_orientation(wide: pd.DataFrame, signs: pd.Index) -> None:
    """Stop unless client_id comes first, every other header is a sign, and no client or header comes twice."""
    first, headers = wide.columns[0], wide.columns[1:]
    if first == "client_id" and headers.isin(signs).all() and wide.columns.is_unique and wide["client_id"].is_unique:
        return
    hint = " The rows hold signs: the table looks transposed." if wide.iloc[:, 0].isin(signs).any() else ""
    raise DataError(
        f"table 'scores' has the header {list(wide.columns)}; needed are 'client_id' first, each client once, then signs "
        f"out of {list(signs)}, each once.{hint} Correct the header, or give the scores in long form."
    )


def _matrix(scores: pd.DataFrame, ids: pd.Index, signs: pd.Index) -> np.ndarray:
    """Lay scores out as clients x signs, missing where there is none; other clients are left out."""
    require(scores, "scores", ["client_id", "criterion_id", "score"])
    rows, columns = ids.get_indexer(scores["client_id"]), signs.get_indexer(scores["criterion_id"])
    if (columns < 0).any():
        unknown = sorted(scores.loc[columns < 0, "criterion_id"].astype(str).unique())
        raise DataError(f"table 'scores' has the signs {unknown}; table 'criteria' has {list(signs)}. Correct one of the two.")
    inside = rows >= 0
    cells = (rows * len(signs) + columns)[inside]
    if (repeated := pd.Series(cells).duplicated()).any():
        pairs = scores.loc[inside, ["client_id", "criterion_id"]][repeated.to_numpy()]
        raise DataError(
            f"table 'scores' scores {len(pairs)} pairs of client and sign twice, for example {pairs.iloc[0].tolist()}."
        )
    matrix = np.full(len(ids) * len(signs), np.nan)
    matrix[cells] = scores["score"].to_numpy(dtype=float, na_value=np.nan)[inside]
    return matrix.reshape(len(ids), len(signs))


def _checked(scores: pd.DataFrame, sets: pd.DataFrame, low: float, high: float) -> tuple[pd.Index, np.ndarray]:
    """Return the clients in order and their scores, all within the scale."""
    require(scores, "scores", ["client_id", "criterion_id", "score"])
    ids = pd.Index(sorted(scores["client_id"].unique()))
    matrix = _matrix(scores, ids, sets.columns)
    if (outside := below(matrix, low) | below(high, matrix)).any():
        row, column = np.argwhere(outside)[0]
        raise DataError(
            f"table 'scores': {outside.sum()} scores lie outside the scale {low} to {high}, for example "
            f"{matrix[row, column]} of {ids[row]}, {sets.columns[column]}. Correct them or the scale."
        )
    return ids, matrix


def _weight_sets(criteria: pd.DataFrame) -> pd.DataFrame:
    """Return weights as sets x signs, 0 for a sign outside the set; set "" serves groups without one of their own."""
    require(criteria, "criteria", ["criterion_id", "weight"])
    if not (criteria["weight"] > 0).all():
        light = criteria.loc[~(criteria["weight"] > 0), "criterion_id"].tolist()
        raise DataError(f"table 'criteria': the weights of {light} are missing or not positive. Drop the sign or weigh it.")
    group = criteria["product_group"].fillna("") if "product_group" in criteria else ""
    flat = criteria[["criterion_id", "weight"]].assign(product_group=group)
    if (repeated := flat.duplicated(["criterion_id", "product_group"])).any():
        raise DataError(f"table 'criteria' has {sorted(set(flat.loc[repeated, 'criterion_id']))} twice in one set of signs.")
    sets = flat.pivot_table(index="product_group", columns="criterion_id", values="weight")[_signs(criteria)]
    return (sets.fillna(sets.loc[""]) if "" in sets.index else sets).fillna(0.0)


def _weight_sum(sets: pd.DataFrame) -> float:
    """Return the weight a total rests on: that of the one set, or the mean of the sets of the groups."""
    named = sets.drop(index="") if len(sets) > 1 and "" in sets.index else sets
    return float(named.sum(axis=1).mean())


def _client_weights(sets: pd.DataFrame, ids: pd.Index, groups: pd.DataFrame | None) -> np.ndarray:
    """Return one row of weights for all clients, or one per client when the sets differ by product group.

    The mean of the groups' totals weighed by revenue is a total with the mean of the groups' weights.
    """
    if len(sets) == 1:
        return sets.to_numpy()
    if groups is None:
        raise DataError(
            f"table 'criteria' has sets of signs by product group {list(sets.index)}; these need the table 'groups'."
        )
    mix = _set_mix(sets.index, ids, groups)
    return mix @ (sets.to_numpy() * (_weight_sum(sets) / sets.sum(axis=1).to_numpy())[:, None])


def _set_mix(names: pd.Index, ids: pd.Index, groups: pd.DataFrame) -> np.ndarray:
    """Return each client's revenue by set of signs, as shares; without purchases the shares of the company."""
    require(groups, "groups", ["client_id", "product_group", "revenue"])
    column = names.get_indexer(groups["product_group"])
    column = np.where(column < 0, names.get_indexer([""])[0], column)
    revenue = groups["revenue"].to_numpy(dtype=float)
    counts = (column >= 0) & (revenue > TOLERANCE)
    company = np.bincount(column[counts], weights=revenue[counts], minlength=len(names))
    if not company.sum() > 0:
        raise DataError(f"table 'groups': nothing was sold of the product groups of table 'criteria', {list(names)}.")
    row = ids.get_indexer(groups["client_id"])
    counts &= row >= 0
    cells = row[counts] * len(names) + column[counts]
    bought = np.bincount(cells, weights=revenue[counts], minlength=len(ids) * len(names)).reshape(len(ids), len(names))
    bought[bought.sum(axis=1) == 0] = company
    return bought / bought.sum(axis=1, keepdims=True)


def _totals(
    ids: pd.Index, matrix: np.ndarray, weights: np.ndarray, weight_sum: float, *, low: float, high: float, known_from: float
) -> pd.DataFrame:
    known = ~np.isnan(matrix)
    known_weight = (known * weights).sum(axis=1)
    known_total = np.where(known, matrix * weights, 0.0).sum(axis=1)
    enough = at_least(known_weight / weight_sum, known_from) & (known_weight > 0)
    total = np.divide(known_total * weight_sum, known_weight, out=np.full(len(ids), np.nan), where=enough)
    return pd.DataFrame(
        {
            "client_id": ids,
            "total": total,
            "total_norm": (total / weight_sum - low) / (high - low),
            "known_share": known_weight / weight_sum,
            "n_missing": (~known & (weights > 0)).sum(axis=1),
            "known_total": known_total,
        }
    )


def _cut(totals: pd.DataFrame, weight_sum: float, cut: str | float, low: float, high: float) -> float:
    if cut == "mid_scale":
        return weight_sum * (low + high) / 2
    if cut == "median":
        return float(totals["total"].median())
    if isinstance(cut, str):
        raise SettingError(f"setting 'cut' is {cut!r}; it must be 'mid_scale', 'median' or a number.")
    return float(cut)


def _reweighed(sets: pd.DataFrame, method: WeightMethod, low: float, high: float) -> pd.DataFrame:
    """Return the sets with the weights of another method, scaled to the old sum of each set."""

    def other(weights: pd.Series) -> pd.Series:
        ranked = weights[weights > 0].round(9).sort_values(ascending=False)
        scale = pd.Series(scale_weights(method, n=len(ranked), low=low, high=high), index=ranked.index)
        shared = scale.groupby(ranked).transform("mean")
        return (shared * weights.sum() / shared.sum()).reindex(weights.index, fill_value=0.0)

    return sets.apply(other, axis=1)


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Return the rank correlation; totals equal within the tolerance share their rank."""
    ranks = [pd.Series(np.round(numbers, 9)).rank() for numbers in (first, second)]
    if len(first) < 3 or any(rank.nunique() < 2 for rank in ranks):
        return np.nan
    return float(np.corrcoef(*ranks)[0, 1])
