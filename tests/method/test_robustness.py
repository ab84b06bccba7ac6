"""Which side of the cut a client is on, whatever the weights: the closed form against every corner of the weights."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.robustness import robustness_summary, score_robustness

BOUNDS = {"level": 2.0, "weight_low": 1.0, "weight_high": 1.5}


def scores(**clients: list[float]) -> pd.DataFrame:
    rows = [(client, f"s{place}", score) for client, given in clients.items() for place, score in enumerate(given)]
    return pd.DataFrame(rows, columns=["client_id", "criterion_id", "score"])


def verdicts(table: pd.DataFrame, **bounds: float) -> dict[str, str]:
    found = score_robustness(table, **{**BOUNDS, **bounds})
    return dict(zip(found["client_id"], found["robustness"].astype(str), strict=True))


def test_the_worked_example_by_hand():
    # a: +1 +1 -1: least 1+1-1.5 = 0.5. b: +1 -1: from -0.5 to 0.5. c: -1 -1 +1: at most 1.5-2 = -0.5. d: all at the level
    found = score_robustness(scores(a=[3, 3, 1], b=[3, 1, 2], c=[1, 1, 3], d=[2, 2, 2]), **BOUNDS).set_index("client_id")
    assert found["robustness"].astype(str).to_dict() == {
        "a": "always high", "b": "depends on weights", "c": "always low", "d": "always high",
    }  # fmt: skip
    assert found["lowest_gap"].tolist() == [0.5, -0.5, -2.0, 0.0]
    assert found["highest_gap"].tolist() == [2.0, 0.5, -0.5, 0.0]
    assert found["safe_ratio"].tolist() == [2.0, 1.0, 2.0, np.inf]


def test_a_sum_of_exactly_zero_is_high_as_a_total_equal_to_the_cut_is():
    assert verdicts(scores(a=[3, 3, 3, 1, 1]), weight_high=1.5) == {"a": "always high"}  # 3 x 1 - 2 x 1.5
    assert verdicts(scores(a=[3, 3, 3, 1, 1]), weight_high=1.51) == {"a": "depends on weights"}


def test_the_printed_five_clients_of_the_source():
    """Table 5 as reconstructed: client 5 stands at the cut, and so does client 1 with other weights."""
    printed = scores(c1=[3, 3, 2, 1, 1], c2=[1, 3, 1, 1, 1], c3=[1, 3, 2, 1, 1], c4=[2, 3, 3, 2, 2], c5=[3, 2, 2, 2, 1])
    assert verdicts(printed) == {
        "c1": "depends on weights",
        "c2": "always low",
        "c3": "always low",
        "c4": "always high",
        "c5": "depends on weights",
    }


def test_a_missing_score_is_outside_the_mean():
    assert verdicts(scores(a=[3, np.nan, np.nan], b=[np.nan, 1, 2])) == {"a": "always high", "b": "always low"}
    assert verdicts(scores(a=[np.nan, np.nan])) == {}


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1)])
def test_bounds_that_are_none(low, high):
    with pytest.raises(SettingError, match="0 < weight_low <= weight_high"):
        score_robustness(scores(a=[1]), level=2, weight_low=low, weight_high=high)


def test_a_missing_column_is_named():
    with pytest.raises(MissingColumnsError, match=r"'scores' lacks \['score'\]"):
        score_robustness(scores(a=[1]).drop(columns="score"), **BOUNDS)


def test_the_summary_counts_every_verdict():
    found = score_robustness(scores(a=[3, 3], b=[3, 1], c=[1, 1]), **BOUNDS).assign(revenue=[60.0, 30.0, 10.0])
    summary = robustness_summary(found)
    assert summary["robustness"].astype(str).tolist() == ["always high", "depends on weights", "always low"]
    assert summary["n_clients"].tolist() == [1, 1, 1]
    assert summary["revenue_share"].tolist() == pytest.approx([0.6, 0.3, 0.1])
    empty = robustness_summary(found.iloc[:0])
    assert empty["n_clients"].tolist() == [0, 0, 0]
    assert empty["revenue_share"].isna().all()


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=5),
    st.floats(1, 3),
    st.floats(0.2, 2),
    st.floats(1, 4),
    st.integers(0, 10_000),
)
def test_the_ends_are_those_of_all_corners_and_no_weights_between_go_beyond(given_scores, level, low, ratio, seed):
    high = low * ratio
    found = score_robustness(scores(a=given_scores), level=level, weight_low=low, weight_high=high).iloc[0]
    distance = np.array(given_scores) - level
    corners = [np.dot(weights, distance) for weights in product((low, high), repeat=len(given_scores))]
    assert found["lowest_gap"] == pytest.approx(min(corners))
    assert found["highest_gap"] == pytest.approx(max(corners))
    between = np.random.default_rng(seed).uniform(low, high, (50, len(given_scores))) @ distance
    if found["robustness"] == "always high":
        assert (between >= -1e-8).all()
    if found["robustness"] == "always low":
        assert (between < 1e-8).all()


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.floats(1.05, 2.95))
def test_the_safe_ratio_is_where_the_verdict_turns(given_scores, level):
    ratio = score_robustness(scores(a=given_scores), level=level, weight_low=1, weight_high=1)["safe_ratio"].iloc[0]
    if np.isfinite(ratio) and ratio > 1.001:
        assert verdicts(scores(a=given_scores), level=level, weight_high=ratio * 0.999)["a"] != "depends on weights"
        assert verdicts(scores(a=given_scores), level=level, weight_high=ratio * 1.001)["a"] == "depends on weights"
    if np.isinf(ratio):
        assert verdicts(scores(a=given_scores), level=level, weight_high=1e6)["a"] != "depends on weights"
