from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from clientbase.draft.assignment import assign


def test_each_role_takes_its_best_column():
    scores = {("a", "revenue"): 1.0, ("b", "revenue"): 0.9, ("b", "cost"): 0.8}
    assert assign(scores) == {"revenue": "a", "cost": "b"}


def test_a_column_gives_way_when_another_role_can_use_it():
    scores = {("a", "x"): 0.9, ("a", "y"): 0.89, ("b", "x"): 0.88}
    assert assign(scores) == {"x": "b", "y": "a"}


def test_a_sure_match_is_not_traded_for_two_weak_ones():
    scores = {("a", "x"): 1.0, ("a", "y"): 0.7, ("b", "x"): 0.7}
    assert assign(scores)["x"] == "a"


def test_nothing_to_assign():
    assert assign({}) == {}


@given(st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.floats(0.1, 1.0), min_size=1))
def test_no_other_assignment_has_a_larger_sum(scores):
    columns, roles = sorted({c for c, _ in scores}), sorted({r for _, r in scores})
    padded = roles + [None] * len(columns)
    best = max(
        sum(scores.get(pair, 0) ** 3 for pair in zip(columns, order, strict=False))
        for order in permutations(padded, len(columns))
    )
    found = assign(scores)
    assert abs(sum(scores[column, role] ** 3 for role, column in found.items()) - best) < 1e-9
    assert len(set(found.values())) == len(found)
