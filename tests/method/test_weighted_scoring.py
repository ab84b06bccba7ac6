"""Tests of the weighted scoring. Ids like V11.1 and the word "register" name the vector or edge case of the method."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, SettingError
from clientbase.method.weighted_scoring import (
    class_score_correlation,
    combine_scores,
    contributions,
    quadrants,
    rule_scores,
    scale_weights,
    score_cut,
    score_totals,
    scores_wide_to_long,
    weight_sensitivity,
)

EXAMPLES = Path(__file__).parents[2] / "data" / "worked_examples"
SCALE = {"low": 1, "high": 3}
RULE = SCALE | {"known_from": 0.7}

# Source S5, Tables 1-5, under the printed headings: five clients in rows, five signs in columns.
SIGNS = ["business_size", "own_retail", "breadth", "technology", "delivery"]
WEIGHTS = [1.4, 1.4, 1.3, 1.2, 1.4]
CLIENTS = ["client_1", "client_2", "client_3", "client_4", "client_5"]
CLASSES = ["B", "B", "D", "A", "C"]
AS_PRINTED = [[3, 1, 1, 2, 3], [3, 3, 3, 3, 2], [2, 1, 2, 3, 2], [1, 1, 1, 2, 2], [1, 1, 1, 2, 1]]
RECONSTRUCTED = [[3, 3, 2, 1, 1], [1, 3, 1, 1, 1], [1, 3, 2, 1, 1], [2, 3, 3, 2, 2], [3, 2, 2, 2, 1]]
PRINTED_PRODUCTS = [
    [4.2, 1.4, 1.4, 2.8, 4.2],
    [4.2, 4.2, 4.2, 4.2, 2.8],
    [2.6, 1.3, 2.6, 4.2, 2.6],
    [1.2, 1.2, 1.2, 2.4, 2.4],
    [1.4, 1.4, 1.4, 2.8, 1.4],
]
PRINTED_TOTALS = [13.6, 9.5, 10.8, 15.7, 13.4]


def criteria_of(weights, signs=None, **columns):
    signs = signs or [f"s{number}" for number in range(len(weights))]
    return pd.DataFrame({"criterion_id": signs, "weight": weights}).assign(**columns)


def long(rows, clients=None, signs=None):
    """Scores in long form from rows of clients."""
    clients = clients or [f"c{number}" for number in range(len(rows))]
    signs = signs or [f"s{number}" for number in range(len(rows[0]))]
    cells = [
        (client, sign, cell) for client, row in zip(clients, rows, strict=True) for sign, cell in zip(signs, row, strict=True)
    ]
    return pd.DataFrame(cells, columns=["client_id", "criterion_id", "score"])


S5_CRITERIA = criteria_of(WEIGHTS, SIGNS)
S5_CLASSES = pd.DataFrame({"client_id": CLIENTS, "share_class": CLASSES})


def s5(rows):
    return long(rows, CLIENTS, SIGNS)


def s5_totals(rows):
    return score_totals(s5(rows), S5_CRITERIA, **RULE).set_index("client_id").loc[CLIENTS]


def s5_quadrants(totals):
    scored = S5_CLASSES.assign(total=list(totals))
    return quadrants(scored, cut=score_cut(scored, S5_CRITERIA, cut="mid_scale", **SCALE))


def read(folder, file, value):
    """One worked example as rows of clients."""
    table = pd.read_csv(EXAMPLES / folder / file)
    return table.pivot_table(index="client_id", columns="criterion_id", values=value).loc[CLIENTS, SIGNS].to_numpy().tolist()


@pytest.mark.parametrize(
    ("folder", "rows", "products"),
    [
        ("s5_as_printed", AS_PRINTED, PRINTED_PRODUCTS),
        ("s5_reconstructed", RECONSTRUCTED, np.transpose(PRINTED_PRODUCTS).tolist()),
    ],
)
def test_the_worked_examples_hold_the_numbers_of_the_source(folder, rows, products):
    assert read(folder, "scores.csv", "score") == rows
    assert read(folder, "printed_products.csv", "printed_product") == products
    assert pd.read_csv(EXAMPLES / folder / "printed_totals.csv")["printed_total"].tolist() == PRINTED_TOTALS
    assert pd.read_csv(EXAMPLES / folder / "criteria.csv")[["criterion_id", "weight"]].equals(S5_CRITERIA)
    assert pd.read_csv(EXAMPLES / folder / "classes.csv")[["client_id", "share_class"]].equals(S5_CLASSES)


def test_the_reconstruction_is_the_transposed_body():
    assert np.transpose(AS_PRINTED).tolist() == RECONSTRUCTED


def test_v11_1_right_totals_under_the_printed_headings():  # V11.1
    assert s5_totals(AS_PRINTED)["total"].tolist() == pytest.approx([13.5, 18.7, 13.2, 9.3, 7.9])


def test_v11_2_fourteen_products_are_wrong():  # V11.2
    products = contributions(s5(AS_PRINTED), S5_CRITERIA)["contribution"].to_numpy().reshape(5, 5)
    printed = np.array(PRINTED_PRODUCTS)
    wrong = [(i + 1, j + 1, printed[i, j], round(products[i, j], 9)) for i, j in np.argwhere(np.abs(printed - products) > 1e-9)]
    assert wrong == [
        (1, 3, 1.4, 1.3), (1, 4, 2.8, 2.4), (2, 3, 4.2, 3.9), (2, 4, 4.2, 3.6), (3, 1, 2.6, 2.8), (3, 2, 1.3, 1.4),
        (3, 4, 4.2, 3.6), (3, 5, 2.6, 2.8), (4, 1, 1.2, 1.4), (4, 2, 1.2, 1.4), (4, 3, 1.2, 1.3), (4, 5, 2.4, 2.8),
        (5, 3, 1.4, 1.3), (5, 4, 2.8, 2.4),
    ]  # fmt: skip


def test_v11_3_no_printed_total_is_the_sum_of_its_row():  # V11.3
    rows = pd.read_csv(EXAMPLES / "s5_as_printed" / "printed_products.csv").groupby("client_id")["printed_product"].sum()
    assert rows[CLIENTS].tolist() == pytest.approx([14.0, 19.6, 13.3, 8.4, 8.4])
    assert (np.abs(rows[CLIENTS] - PRINTED_TOTALS) > 0.1).all()


def test_v11_4_four_printed_totals_are_sums_of_columns():  # V11.4
    rows = pd.read_csv(EXAMPLES / "s5_reconstructed" / "printed_products.csv").groupby("client_id")["printed_product"].sum()
    assert rows[CLIENTS].tolist() == pytest.approx([13.6, 9.5, 10.8, 16.4, 13.4])
    assert (np.abs(rows[CLIENTS] - PRINTED_TOTALS) < 1e-9).tolist() == [True, True, True, False, True]


def test_v11_5_the_weight_of_the_row_explains_all_products_but_one():  # V11.5
    products = contributions(s5(RECONSTRUCTED), S5_CRITERIA)["contribution"].to_numpy().reshape(5, 5)
    printed = np.transpose(PRINTED_PRODUCTS)
    assert [tuple(cell) for cell in np.argwhere(np.abs(printed - products) > 1e-9)] == [(3, 2)]  # client_4, breadth
    assert (printed[3, 2], products[3, 2]) == pytest.approx((4.2, 3.9))


def test_v11_6_right_totals_of_the_reconstruction():  # V11.6
    assert s5_totals(RECONSTRUCTED)["total"].tolist() == pytest.approx([13.6, 9.5, 10.8, 16.1, 13.4])


def test_v11_7_scale_and_cut():  # V11.7
    ends = score_totals(long([[1] * 5, [3] * 5], ["low", "high"], SIGNS), S5_CRITERIA, **RULE).set_index("client_id")["total"]
    assert ends.to_dict() == pytest.approx({"low": 6.7, "high": 20.1})
    assert score_cut(ends.reset_index(), S5_CRITERIA, cut="mid_scale", **SCALE) == pytest.approx(13.4)


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        pytest.param(
            [13.6, 9.5, 10.8, 16.1, 13.4],
            ["in place", "excelled", "ballast", "in place", "underserved"],
            id="V11.8 reconstructed",
        ),
        pytest.param(
            [13.5, 18.7, 13.2, 9.3, 7.9], ["in place", "in place", "ballast", "excelled", "economical"], id="V11.9 as printed"
        ),
        pytest.param(
            [13.6, 9.5, 10.8, 15.7, 13.4],
            ["in place", "excelled", "ballast", "in place", "underserved"],
            id="V11.10 printed totals",
        ),
    ],
)
def test_quadrants_of_the_five_clients(totals, expected):
    assert s5_quadrants(totals)["quadrant"].tolist() == expected


def test_v11_8_and_v11_9_from_the_scores_themselves():
    assert s5_quadrants(s5_totals(RECONSTRUCTED)["total"])["is_high"].tolist() == [True, False, False, True, True]
    assert s5_quadrants(s5_totals(AS_PRINTED)["total"])["is_high"].tolist() == [True, True, False, False, False]


def test_v11_11_a_missing_score_is_scaled_up():  # V11.11, register: missing scores, 70 % of weight known
    row = score_totals(long([[3, 1, None, 2, 3]], ["x"], SIGNS), S5_CRITERIA, **RULE).iloc[0]
    assert row["known_total"] == pytest.approx(12.2)
    assert row["known_share"] == pytest.approx(5.4 / 6.7)
    assert row["total"] == pytest.approx(15.137, abs=5e-4)
    assert row["n_missing"] == 1


def test_a_score_without_a_row_is_missing_too():
    rows = long([[3, 1, None, 2, 3]], ["x"], SIGNS)
    pd.testing.assert_frame_equal(
        score_totals(rows.dropna(), S5_CRITERIA, **RULE), score_totals(rows, S5_CRITERIA, **RULE), check_exact=True
    )


@pytest.mark.parametrize(("scores", "is_scored"), [([3, 3, 3, None], True), ([3, 3, None, None], False), ([None] * 4, False)])
def test_register_too_little_known_gives_no_total(scores, is_scored):
    totals = score_totals(long([scores]), criteria_of([1.0, 1.0, 1.0, 1.0]), **SCALE, known_from=0.75)
    assert totals["total"].notna().tolist() == [is_scored]
    placed = quadrants(totals.assign(share_class="A"), cut=4)
    assert placed["quadrant"].tolist() == ["in place" if is_scored else "not scored"]
    assert placed["is_high"].tolist() == [is_scored]


def test_v11_12_normalised_totals():  # V11.12
    assert s5_totals(RECONSTRUCTED)["total_norm"].tolist() == pytest.approx([0.5149, 0.2090, 0.3060, 0.7015, 0.5], abs=5e-5)


def test_v11_13_equal_weights_keep_the_order():  # V11.13
    totals = score_totals(s5(RECONSTRUCTED), criteria_of([1.0] * 5, SIGNS), **RULE)
    assert totals["client_id"].tolist() == ["client_4", "client_1", "client_5", "client_3", "client_2"]
    assert totals["total"].tolist() == pytest.approx([12, 10, 10, 8, 7])


@pytest.mark.parametrize(("rows", "expected"), [(AS_PRINTED, 0.154), (RECONSTRUCTED, 0.564)])
def test_v11_14_class_against_total(rows, expected):  # V11.14
    assert class_score_correlation(s5_quadrants(s5_totals(rows)["total"])) == pytest.approx(expected, abs=5e-4)


def test_v11_15_clients_that_change_side():  # V11.15
    sides = [s5_quadrants(s5_totals(rows)["total"])["is_high"] for rows in (AS_PRINTED, RECONSTRUCTED)]
    assert (sides[0] != sides[1]).sum() == 3


def test_a_published_case_is_reproduced():
    """Kracka, Brauers and Zavadskas 2010: simple additive weighting of six alternatives (of SAW, as published)."""
    matrix = np.array(
        [
            [33.95, 23.78, 11.45, 39.97, 29.44, 167.1, 3.852],
            [38.9, 4.17, 6.32, 0.01, 4.29, 132.52, 25.184],
            [37.59, 9.36, 8.23, 4.35, 10.22, 136.71, 10.845],
            [30.44, 37.59, 13.91, 74.08, 45.1, 198.34, 2.186],
            [36.21, 14.79, 9.17, 17.77, 17.06, 148.3, 6.61],
            [37.8, 8.55, 7.97, 2.35, 9.25, 134.83, 11.935],
        ]
    )
    larger_is_better = np.where([False, False, False, False, True, False, True], matrix, 1 / matrix)
    rows = (larger_is_better / larger_is_better.sum(axis=0)).tolist()
    totals = score_totals(long(rows), criteria_of([20 / 140] * 7), low=0, high=1, known_from=1.0)
    assert totals["client_id"].tolist() == ["c1", "c5", "c2", "c3", "c4", "c0"]
    assert totals.set_index("client_id")["total"].sort_index().tolist() == pytest.approx(
        [0.12040426, 0.3458235, 0.13838192, 0.12841246, 0.12346084, 0.14351701], abs=1e-8
    )


@pytest.mark.parametrize(("total", "is_high"), [(13.399999999999999, True), (13.4, True), (13.3999, False)])
def test_register_a_total_equal_to_the_cut_is_high(total, is_high):
    placed = quadrants(pd.DataFrame({"client_id": ["x"], "total": [total], "share_class": ["A"]}), cut=13.4)
    assert placed["is_high"].tolist() == [is_high]


@pytest.mark.parametrize(
    ("letter", "high", "low"),
    [
        ("A", "in place", "excelled"),
        ("B", "in place", "excelled"),
        ("C", "underserved", "economical"),
        ("D", "underserved", "ballast"),
        ("L", "price review with plan", "price review"),
        ("0", "reactivation", "archive"),
    ],
)
def test_quadrant_of_each_class(letter, high, low):
    scored = pd.DataFrame({"client_id": ["x", "y", "z"], "total": [5.0, 3.0, np.nan], "share_class": [letter] * 3})
    placed = quadrants(scored, cut=4)
    assert placed["quadrant"].tolist() == [high, low, "not scored"]


def test_a_client_without_class_is_named():
    scored = pd.DataFrame({"client_id": ["x", "y"], "total": [5.0, 3.0], "share_class": ["A", None]})
    with pytest.raises(DataError, match=r"1 clients have no share class, for example \['y'\]"):
        quadrants(scored, cut=4)


@pytest.mark.parametrize(("cut", "expected"), [("median", 2.5), (7, 7.0)])
def test_other_cuts(cut, expected):
    totals = pd.DataFrame({"total": [1.0, 2.0, 3.0, 4.0, np.nan]})
    assert score_cut(totals, S5_CRITERIA, cut=cut, **SCALE) == expected


def test_an_unknown_cut_is_refused():
    with pytest.raises(SettingError, match="'cut' is 'mean'; it must be 'mid_scale', 'median' or a number"):
        score_cut(pd.DataFrame({"total": [1.0]}), S5_CRITERIA, cut="mean", **SCALE)


@pytest.mark.parametrize("score", [0.99, 3.01, 4])
def test_a_score_outside_the_scale_is_an_error(score):
    with pytest.raises(DataError, match=rf"1 scores lie outside the scale 1 to 3, for example {float(score)} of c0, s1"):
        score_totals(long([[1, score]]), criteria_of([1, 1]), **RULE)


@pytest.mark.parametrize("weight", [0, -1, None])
def test_a_weight_must_be_positive(weight):
    with pytest.raises(DataError, match=r"the weights of \['s1'\] are missing or not positive"):
        score_totals(long([[1, 2]]), criteria_of([1.0, weight]), **RULE)


def test_a_sign_without_weight_is_an_error():
    with pytest.raises(DataError, match=r"'scores' has the signs \['s2'\]; table 'criteria' has \['s0', 's1'\]"):
        score_totals(long([[1, 2, 3]]), criteria_of([1, 1]), **RULE)


def test_a_pair_scored_twice_is_an_error():
    twice = pd.concat([long([[1, 2]]), long([[3]])])
    with pytest.raises(DataError, match=r"scores 1 pairs of client and sign twice, for example \['c0', 's0'\]"):
        score_totals(twice, criteria_of([1, 1]), **RULE)


def test_a_sign_twice_is_an_error():
    with pytest.raises(DataError, match=r"'criteria' has \['a'\] twice"):
        score_totals(long([[1]], signs=["a"]), criteria_of([1, 2], ["a", "a"]), **RULE)


def test_a_missing_weight_column_is_named():
    with pytest.raises(MissingColumnsError, match=r"'criteria' lacks \['weight'\]"):
        score_totals(long([[1, 2]]), criteria_of([1, 1]).drop(columns="weight"), **RULE)


# ------------------------------------------------------------------ the scores of the rules and of the experts

FACTS = pd.DataFrame(
    {
        "client_id": ["a", "b", "c", "d"],
        "business_size": ["large", "medium", "small", None],
        "delivery_mode": ["pickup", "shared", "company", None],
        "has_retail": pd.array([True, False, None, None], dtype="boolean"),
    }
)
BREADTH = pd.DataFrame({"client_id": ["a", "b", "c"], "breadth_score": [3, 2, 1]})
RULED = criteria_of([1.0] * 5, ["size", "range", "delivery", "retail", "tech"])
RULED["rule"] = ["business_size", "breadth", "delivery", "own_retail", None]


def by_rule(facts=FACTS, focus=BREADTH, criteria=RULED, low=1, high=3):
    scores = rule_scores(facts, focus, criteria, low=low, high=high)
    return {(row.client_id, row.criterion_id): row.score for row in scores.itertuples(index=False)}


def test_objective_signs_are_scored_by_their_rules():
    assert by_rule() == {
        ("a", "size"): 3, ("b", "size"): 2, ("c", "size"): 1,
        ("a", "range"): 3, ("b", "range"): 2, ("c", "range"): 1,
        ("a", "delivery"): 3, ("b", "delivery"): 2, ("c", "delivery"): 1,
        ("a", "retail"): 3, ("b", "retail"): 1,
    }  # fmt: skip


def test_rule_scores_are_ordered_by_client_and_sign():
    scores = rule_scores(FACTS, BREADTH, RULED, **SCALE)
    assert scores["client_id"].tolist() == list("aaaabbbbccc")
    assert scores["criterion_id"].tolist()[:4] == ["size", "range", "delivery", "retail"]
    assert set(scores["source"]) == {"rule"}


def test_rules_follow_the_scale_of_the_study():
    assert by_rule(low=1, high=5)["b", "size"] == 3
    assert by_rule(low=0, high=10)["a", "delivery"] == 10


def test_partly_own_retail_stands_in_the_middle():
    facts = pd.DataFrame({"client_id": ["a", "b", "c"], "has_retail": [True, "partly", False]})
    assert by_rule(facts, None) == {("a", "retail"): 3, ("b", "retail"): 2, ("c", "retail"): 1}


def test_without_columns_the_rules_say_nothing():
    scores = rule_scores(FACTS[["client_id"]], None, RULED, **SCALE)
    assert scores.empty
    assert scores.columns.tolist() == ["client_id", "criterion_id", "score", "source"]


@pytest.mark.parametrize("rule", [None, pd.NA, np.nan])
def test_signs_without_rule_are_left_to_the_experts(rule):
    assert by_rule(criteria=RULED.assign(rule=rule)) == {}


def test_an_unknown_value_is_named():
    with pytest.raises(DataError, match=r"column 'business_size' has \['huge'\]; the rule 'business_size' knows"):
        by_rule(FACTS.assign(business_size="huge"))


def test_an_unknown_rule_is_named():
    with pytest.raises(DataError, match=r"'criteria' has the rules \['weather'\]; the rules known are"):
        by_rule(criteria=RULED.assign(rule="weather"))


def test_the_expert_fills_in_where_the_rule_says_nothing():
    rule = rule_scores(FACTS, BREADTH, RULED, **SCALE)
    expert = long([[1, 2], [2, 3], [3, 3]], ["a", "d", "z"], ["size", "tech"])
    combined = combine_scores(rule, expert, FACTS, RULED)
    assert len(combined) == 4 * 5
    assert combined["criterion_id"].tolist()[:5] == ["size", "range", "delivery", "retail", "tech"]
    table = combined.set_index(["client_id", "criterion_id"])
    assert table.loc[("a", "size"), ["score", "source", "is_conflict"]].tolist() == [3, "rule", True]
    assert table.loc[("a", "tech"), ["score", "source", "is_conflict"]].tolist() == [2, "expert", False]
    assert table.loc[("d", "size"), ["score", "source", "is_conflict"]].tolist() == [2, "expert", False]
    assert table.loc[("d", "retail"), ["score", "source"]].isna().all()
    assert combined["is_conflict"].sum() == 1
    assert "z" not in set(combined["client_id"])


def test_without_experts_the_rules_stand_alone():
    rule = rule_scores(FACTS, BREADTH, RULED, **SCALE)
    combined = combine_scores(rule, None, FACTS, RULED)
    assert combined["score"].notna().sum() == len(rule)
    assert not combined["is_conflict"].any()
    totals = score_totals(combined, RULED, **RULE)
    assert totals.set_index("client_id")["n_missing"].to_dict() == {"a": 1, "b": 1, "c": 2, "d": 5}


def test_wide_scores_become_long():
    wide = pd.DataFrame({"client_id": ["y", "x"], "s1": ["3", None], "s0": [1, 2], "s2": [1, 1]})
    scores = scores_wide_to_long(wide, criteria_of([1, 1, 1]))
    assert scores["client_id"].tolist() == ["y", "y", "y", "x", "x", "x"]
    assert scores["criterion_id"].tolist() == ["s1", "s0", "s2"] * 2
    np.testing.assert_equal(scores["score"].to_numpy(), [3, 1, 1, np.nan, 2, 1])
    assert set(scores["source"]) == {"expert"}


@pytest.mark.parametrize(
    ("wide", "message"),
    [
        (pd.DataFrame({"criterion_id": ["s0", "s1"], "x": [1, 2]}), "The rows hold signs: the table looks transposed"),
        (pd.DataFrame({"client_id": ["s0", "s1"], "x": [1, 2]}), "The rows hold signs: the table looks transposed"),
        (pd.DataFrame({"client_id": ["x"], "s0": [1], "mood": [2]}), r"has the header \['client_id', 's0', 'mood'\]"),
        (pd.DataFrame({"s0": [1], "client_id": ["x"]}), "needed are 'client_id' first"),
        (pd.DataFrame({"client_id": ["x", "x", "y"], "s0": [1, 2, 3]}), "each client once"),
        (pd.DataFrame([["x", 1, 2]], columns=["client_id", "s0", "s0"]), "each once"),
        (pd.DataFrame({"client_id": ["x", "y"], "s0": [1, "many"]}), "'many' of y, s0 is no number"),
    ],
)
def test_wide_scores_of_another_shape_are_refused(wide, message):
    with pytest.raises(DataError, match=message):
        scores_wide_to_long(wide, criteria_of([1, 1]))


def test_a_square_table_is_echoed_for_confirmation():
    wide = pd.DataFrame(AS_PRINTED, columns=SIGNS)
    wide.insert(0, "client_id", CLIENTS)
    with pytest.raises(
        DataError, match=r"5 clients in rows \(client_1, .*client_5\), 5 signs in columns \(business_size, .*delivery\)"
    ):
        scores_wide_to_long(wide, S5_CRITERIA)
    confirmed = scores_wide_to_long(wide, S5_CRITERIA, is_confirmed=True)
    pd.testing.assert_frame_equal(confirmed.drop(columns="source"), s5(AS_PRINTED), check_dtype=False)


# ------------------------------------------------------------------ weights


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("linear", [1.5, 1.375, 1.25, 1.125, 1.0], id="V10.4"),
        pytest.param("roc", [1.5, 1.26, 1.14, 1.06, 1.0], id="V10.5"),
        pytest.param("equal", [1.25] * 5, id="register: all weights equal"),
    ],
)
def test_weights_on_the_scale(method, expected):
    assert scale_weights(method, n=5, low=1, high=1.5).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("method", ["equal", "linear", "roc"])
def test_register_a_single_sign_weighs_the_highest(method):
    assert scale_weights(method, n=1, low=1, high=1.5).tolist() == [1.5]


def test_an_unknown_weight_method_is_refused():
    with pytest.raises(SettingError, match="weight method is 'rank'; it must be one of"):
        scale_weights("rank", n=3, low=1, high=1.5)


SENSITIVITY = RULE | {"weight_low": 1, "weight_high": 1.5}


def test_sensitivity_of_the_five_clients():
    table = weight_sensitivity(s5(RECONSTRUCTED), S5_CRITERIA, S5_CLASSES, **SENSITIVITY, cut="mid_scale")
    assert table["method"].tolist() == ["equal", "linear", "roc"]
    # Equal weights: clients 1 and 5 tie (ranks 3.5, 3.5 for 4 and 3) and nobody crosses the middle of the scale.
    assert table.loc[0, "rank_correlation"] == pytest.approx(0.9746794)
    assert table["n_clients"].tolist() == [5, 5, 5]
    assert table.loc[0, "n_moved"] == 0


def test_weights_of_the_same_method_move_nobody():
    criteria = criteria_of([1.125, 1.5, 1.25, 1.375, 1.0], SIGNS)
    table = weight_sensitivity(s5(AS_PRINTED), criteria, S5_CLASSES, **SENSITIVITY, cut=12.0).set_index("method")
    assert table.loc["linear", ["rank_correlation", "n_moved"]].tolist() == pytest.approx([1, 0])


@pytest.mark.parametrize("cut", ["mid_scale", 8])
def test_a_client_that_other_weights_lift_over_the_cut_is_counted(cut):
    criteria = criteria_of([3.0, 1.0])
    scores = long([[3, 1], [1, 3], [1, 1]])
    classes = pd.DataFrame({"client_id": ["c0", "c1", "c2"], "share_class": ["A", "A", "D"]})
    table = weight_sensitivity(scores, criteria, classes, **SENSITIVITY, cut=cut).set_index("method")
    # As given 10, 6, 4 against 8; equal weights 8, 8, 4: c1 reaches the cut. Linear 1.5 to 1 keeps 8.8 and 7.2.
    assert table.loc["equal", "n_moved"] == 1
    assert table.loc["linear", "n_moved"] == 0
    assert table.loc["equal", "rank_correlation"] == pytest.approx(0.8660254)


def test_signs_of_equal_weight_keep_equal_weights():
    classes = pd.DataFrame({"client_id": ["c0", "c1"], "share_class": ["A", "A"]})
    table = weight_sensitivity(long([[3, 1], [1, 3]]), criteria_of([1.0, 1.0]), classes, **SENSITIVITY, cut="mid_scale")
    assert table["n_moved"].tolist() == [0, 0, 0]


# ------------------------------------------------------------------ sets of signs by product group

BY_GROUP = pd.DataFrame(
    {
        "criterion_id": ["volume", "service", "style", "style"],
        "product_group": [None, "pumps", "tiles", "pumps"],
        "weight": [2.0, 2.0, 2.0, 1.0],
    }
)
BASKETS = pd.DataFrame(
    {
        "client_id": ["x", "x", "y", "z"],
        "product_group": ["pumps", "tiles", "tiles", "tiles"],
        "revenue": [300.0, 100.0, 50.0, -5.0],
    }
)


def test_the_total_is_the_mean_of_the_groups_weighed_by_revenue():
    criteria = BY_GROUP.assign(weight=[2.0, 1.0, 2.0, 1.0])  # both sets weigh 4
    scores = long([[3, 2, 1], [3, 2, 1]], ["x", "y"], ["volume", "service", "style"])
    totals = score_totals(scores, criteria, **RULE, groups=BASKETS).set_index("client_id")
    pumps, tiles = 2 * 3 + 1 * 2 + 1 * 1, 2 * 3 + 2 * 1
    assert totals.loc["x", "total"] == pytest.approx((300 * pumps + 100 * tiles) / 400)
    assert totals.loc["y", "total"] == pytest.approx(tiles)
    assert totals.loc["y", "n_missing"] == 0
    parts = contributions(scores, criteria, groups=BASKETS).groupby("client_id")["contribution"].sum()
    assert parts.to_dict() == pytest.approx(totals["total"].to_dict())


def test_sets_of_unlike_weight_are_brought_to_one_scale():
    scores = long([[3, 3, 3], [1, 1, 1], [3, 3, 3]], ["x", "y", "z"], ["volume", "service", "style"])
    totals = score_totals(scores, BY_GROUP, **RULE, groups=BASKETS).set_index("client_id")
    assert totals["total"].to_dict() == pytest.approx({"x": 3 * 4.5, "y": 4.5, "z": 3 * 4.5})  # sets of 5 and 4
    assert totals["total_norm"].to_dict() == pytest.approx({"x": 1, "y": 0, "z": 1})
    assert score_cut(totals, BY_GROUP, cut="mid_scale", **SCALE) == pytest.approx(9)


def test_a_client_without_purchases_is_weighed_as_the_company():
    scores = long([[3, 2, 1]], ["nobody"], ["volume", "service", "style"])
    criteria = BY_GROUP.assign(weight=[2.0, 1.0, 2.0, 1.0])
    total = score_totals(scores, criteria, **RULE, groups=BASKETS)["total"].iloc[0]
    assert total == pytest.approx((300 * 9 + 150 * 8) / 450)


def test_a_sign_outside_the_sets_of_a_client_is_not_missing():
    scores = long([[3, None, 1], [3, None, 1]], ["x", "y"], ["volume", "service", "style"])
    totals = score_totals(scores, BY_GROUP, **SCALE, known_from=0.5, groups=BASKETS).set_index("client_id")
    assert totals["n_missing"].to_dict() == {"x": 1, "y": 0}
    assert totals["known_share"].to_dict() == pytest.approx({"x": 0.75 * 3 / 5 + 0.25, "y": 1})


def test_a_group_without_a_set_of_its_own_has_the_signs_for_all():
    criteria = pd.DataFrame(
        {"criterion_id": ["volume", "style"], "product_group": ["", "tiles"], "weight": [1.0, 1.0]},
    )
    scores = long([[3, 1], [3, 1]], ["x", "y"], ["volume", "style"])
    totals = score_totals(scores, criteria, **RULE, groups=BASKETS).set_index("client_id")["total_norm"]
    assert totals.to_dict() == pytest.approx({"x": 0.75 * 1 + 0.25 * 0.5, "y": 0.5})


@pytest.mark.parametrize("group", [None, pd.NA, "", "pumps"])
def test_one_set_of_signs_needs_no_groups(group):
    grouped = score_totals(s5(AS_PRINTED), S5_CRITERIA.assign(product_group=group), **RULE)
    pd.testing.assert_frame_equal(grouped, score_totals(s5(AS_PRINTED), S5_CRITERIA, **RULE))


def test_sets_by_group_need_the_groups():
    with pytest.raises(DataError, match=r"sets of signs by product group .*need the table 'groups'"):
        score_totals(long([[1]], signs=["volume"]), BY_GROUP, **RULE)


def test_sets_of_groups_nobody_buys_are_refused():
    criteria = criteria_of([1.0, 1.0], ["a", "b"], product_group=["chalk", "cheese"])
    with pytest.raises(DataError, match="nothing was sold of the product groups of table 'criteria'"):
        score_totals(long([[1, 1]], signs=["a", "b"]), criteria, **RULE, groups=BASKETS)


def test_sensitivity_works_with_sets_by_group():
    scores = long([[3, 1, 2], [1, 3, 1], [2, 2, 3]], ["x", "y", "z"], ["volume", "service", "style"])
    classes = pd.DataFrame({"client_id": ["x", "y", "z"], "share_class": ["A", "B", "C"]})
    table = weight_sensitivity(scores, BY_GROUP, classes, **SENSITIVITY, cut="median", groups=BASKETS)
    assert table["rank_correlation"].between(-1, 1).all()
    assert table["n_clients"].tolist() == [3, 3, 3]


# ------------------------------------------------------------------ the whole


@pytest.mark.parametrize(
    ("letters", "totals"),
    [
        (["A", "D"], [3.0, 1.0]),
        (["A", "A", "A"], [3.0, 2.0, 1.0]),
        (["A", "B", "C"], [2.0, 2.0, 2.0]),
        (["A", "L", "0"], [3, 2, 1.0]),
    ],
)
def test_no_correlation_without_three_ranked_clients_and_a_difference(letters, totals):
    scored = pd.DataFrame({"client_id": list("xyz")[: len(letters)], "total": totals, "share_class": letters})
    assert np.isnan(class_score_correlation(quadrants(scored, cut=2)))


def test_totals_equal_within_the_tolerance_share_their_rank():
    scored = pd.DataFrame({"client_id": list("wxyz"), "total": [0.3, 0.1 + 0.2, 0.1, 0.2], "share_class": list("ABDC")})
    swapped = scored.assign(total=[0.1 + 0.2, 0.3, 0.1, 0.2])
    results = [class_score_correlation(quadrants(table, cut=2)) for table in (scored, swapped)]
    assert results[0] == results[1] == pytest.approx(0.9486833)


def test_inputs_are_left_alone():
    scores, criteria, classes, groups = s5(AS_PRINTED), BY_GROUP.copy(), S5_CLASSES.copy(), BASKETS.copy()
    wide = pd.DataFrame({"client_id": ["x"], "volume": [2], "style": [3]})
    by_group = long([[1, 2, 3]], ["x"], ["volume", "service", "style"])
    tables = [scores, criteria, classes, groups, wide, by_group, FACTS, BREADTH, RULED, S5_CRITERIA]
    before = [table.copy() for table in tables]
    combine_scores(rule_scores(FACTS, BREADTH, RULED, **SCALE), long([[1]], ["a"], ["tech"]), FACTS, RULED)
    scores_wide_to_long(wide, criteria)
    contributions(by_group, criteria, groups=groups)
    totals = score_totals(by_group, criteria, **RULE, groups=groups)
    score_cut(totals, criteria, cut="median", **SCALE)
    scored = score_totals(scores, S5_CRITERIA, **RULE).merge(classes)
    kept = scored.copy()
    class_score_correlation(quadrants(scored, cut=13.4))
    weight_sensitivity(scores, S5_CRITERIA, classes, **SENSITIVITY, cut=13.4)
    pd.testing.assert_frame_equal(scored, kept)
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


@st.composite
def cases(draw, *, may_miss=True):
    """Weights of up to 5 signs and scores 1 to 3 of up to 8 clients."""
    weights = draw(st.lists(st.integers(10, 15).map(lambda tenths: tenths / 10), min_size=1, max_size=5))
    cell = st.sampled_from([1, 2, 3, None] if may_miss else [1, 2, 3])
    rows = draw(st.lists(st.lists(cell, min_size=len(weights), max_size=len(weights)), min_size=1, max_size=8))
    return weights, rows


@given(cases())
def test_totals_stay_on_the_scale(case):
    weights, rows = case
    totals = score_totals(long(rows), criteria_of(weights), **RULE)
    scored = totals.dropna(subset="total")
    assert scored["total"].between(sum(weights) - 1e-9, 3 * sum(weights) + 1e-9).all()
    assert scored["total_norm"].between(-1e-9, 1 + 1e-9).all()
    assert (totals["total"].notna() == (totals["known_share"] >= 0.7 - 1e-9)).all()
    assert scored["total"].is_monotonic_decreasing


@given(cases())
def test_contributions_add_up_to_the_known_total(case):
    weights, rows = case
    totals = score_totals(long(rows), criteria_of(weights), **RULE).set_index("client_id")
    sums = contributions(long(rows), criteria_of(weights)).groupby("client_id")["contribution"].sum()
    np.testing.assert_allclose(sums, totals["known_total"].sort_index())
    whole = totals[totals["n_missing"] == 0]
    np.testing.assert_allclose(whole["total"], whole["known_total"])


@given(cases(), st.integers(-4, 8))
def test_scaling_the_weights_scales_totals_and_cut_and_moves_nobody(case, power):
    weights, rows = case
    results = []
    for criteria in (criteria_of(weights), criteria_of([weight * 2.0**power for weight in weights])):
        totals = score_totals(long(rows), criteria, **RULE)
        cut = score_cut(totals, criteria, cut="mid_scale", **SCALE)
        results.append(quadrants(totals.assign(share_class="B"), cut=cut))
    one, scaled = results
    np.testing.assert_allclose(scaled["total"], one["total"] * 2.0**power)
    np.testing.assert_allclose(scaled["total_norm"], one["total_norm"], atol=1e-12)
    assert scaled["quadrant"].tolist() == one["quadrant"].tolist()


@given(cases())
def test_a_client_that_nobody_scored_changes_nothing_for_the_others(case):
    weights, rows = case
    alone = score_totals(long(rows), criteria_of(weights), **RULE)
    joined = score_totals(long([*rows, [None] * len(weights)]), criteria_of(weights), **RULE)
    assert joined["total"].isna().sum() == alone["total"].isna().sum() + 1
    others = joined[joined["client_id"] != f"c{len(rows)}"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, alone)


@given(cases(may_miss=False), st.integers(0, 4))
def test_a_better_score_never_lowers_the_total(case, number):
    weights, rows = case
    better = [list(row) for row in rows]
    column = number % len(weights)
    better[0][column] = min(3, better[0][column] + 1)
    before, after = (
        score_totals(long(r), criteria_of(weights), **RULE).set_index("client_id")["total"] for r in (rows, better)
    )
    assert after["c0"] >= before["c0"]
    pd.testing.assert_series_equal(after.drop("c0").sort_index(), before.drop("c0").sort_index())
