"""Look-alikes of the target clients and the segments the company declares."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.look_alikes import declared_segments, look_alikes
from clientbase.method.portrait import portrait_lines

NUMBERS = {
    "lift_from": 1.5, "delta_from": 0.33, "q_to": 0.10, "min_target": 3, "min_target_large": 5, "large_target": 30,
    "hints_below": 5, "missing_from": 0.10,
}  # fmt: skip
VERDICT = {"confirmed_from": 1.2, "refuted_below": 0.8, "min_target": 3, "missing_from": 0.10}


def lines_from(*rows: tuple) -> pd.DataFrame:
    """Return lines of the portrait: attribute, kind, value, the two medians, line kind."""
    names = ["attribute", "attribute_kind", "trait", "median_target", "median_rest", "line_kind"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture
def portrait() -> pd.DataFrame:
    """Return four lines of a portrait and a hint."""
    return lines_from(
        ("industry", "category", "retail", np.nan, np.nan, "portrait"),
        ("has_retail", "category", "yes", np.nan, np.nan, "portrait"),
        ("tech_level", "category", "3", np.nan, np.nan, "portrait"),
        ("credit_days", "number", "more", 40.0, 20.0, "portrait"),
        ("region", "category", "north", np.nan, np.nan, "hint"),
    )


@pytest.fixture
def prospects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "client_id": ["p1", "p2", "p3", "p4"],
            "client_name": ["One", "Two", "Three", "Four"],
            "industry": ["retail", "retail", "other", None],
            "has_retail": pd.array([True, None, False, True], dtype="boolean"),
            "tech_level": [1.0, 3.0, 3.0, np.nan],
            "credit_days": [30.0, 31.0, 29.9, 60.0],
            "region": ["south", "north", "north", "north"],
        }
    )


@pytest.fixture
def segments() -> tuple[pd.DataFrame, pd.Series]:
    """Return V12.4: of 5 target clients and 20 in all, a 4 and 7, b 0 and 6, c 2 and 8."""
    clients = pd.DataFrame({"client_id": [f"c{number:02}" for number in range(20)]})
    parts = {"a": (4, 7), "b": (0, 6), "c": (2, 8)}
    for name, (ours, n) in parts.items():
        clients[name] = ["in"] * ours + ["out"] * (5 - ours) + ["in"] * (n - ours) + ["out"] * (15 - n + ours)
    return clients, pd.Series(np.arange(20) < 5)


def lines_of(clients, is_target, categories=(), numbers=(), **changed) -> pd.DataFrame:
    return portrait_lines(clients, is_target, category_attributes=categories, number_attributes=numbers, **NUMBERS | changed)


def test_v12_5_three_of_four_lines(portrait, prospects):
    """V12.5: the first has all but the technology; hints do not count."""
    found = look_alikes(prospects, portrait, match_from=0.6)
    assert found.to_dict("records") == [
        {"client_id": "p1", "client_name": "One", "n_matched": 3, "n_portrait_lines": 4, "portrait_match": 0.75},
        {"client_id": "p2", "client_name": "Two", "n_matched": 3, "n_portrait_lines": 4, "portrait_match": 0.75},
    ]


def test_the_bound_of_the_match_is_inclusive_and_the_best_come_first(portrait, prospects):
    found = look_alikes(prospects.assign(tech_level=[3, 3, 3, 1]), portrait, match_from=0.5)
    assert found["client_id"].tolist() == ["p1", "p2", "p4"]
    assert found["portrait_match"].tolist() == [1, 0.75, 0.5]


def test_the_midpoint_between_the_medians_is_on_the_target_side(prospects):
    """The midpoint of 40 and 20 is 30, and belongs to the target in either direction."""
    more = lines_from(("credit_days", "number", "more", 40.0, 20.0, "portrait"))
    less = lines_from(("credit_days", "number", "less", 20.0, 40.0, "portrait"))
    assert look_alikes(prospects, more, match_from=1)["client_id"].tolist() == ["p1", "p2", "p4"]
    assert look_alikes(prospects, less, match_from=1)["client_id"].tolist() == ["p1", "p3"]


def test_a_missing_value_matches_only_the_line_of_missing(prospects):
    unknown = lines_from(("industry", "category", "(unknown)", np.nan, np.nan, "portrait"))
    assert look_alikes(prospects, unknown, match_from=0.6)["client_id"].tolist() == ["p4"]
    assert look_alikes(prospects.drop(columns="industry"), unknown, match_from=0.6).empty


def test_a_list_that_lacks_attributes_is_matched_by_the_others(portrait, prospects):
    found = look_alikes(prospects.drop(columns=["has_retail", "credit_days", "client_name"]), portrait, match_from=0.5)
    assert found.to_dict("records") == [{"client_id": "p2", "n_matched": 2, "n_portrait_lines": 4, "portrait_match": 0.5}]


def test_an_empty_portrait_finds_nobody(portrait, prospects):
    found = look_alikes(prospects, portrait.iloc[4:], match_from=0.6)
    assert found.empty
    assert found.columns.tolist() == ["client_id", "client_name", "n_matched", "n_portrait_lines", "portrait_match"]
    assert look_alikes(prospects.iloc[:0], portrait, match_from=0.6).empty


@pytest.mark.parametrize(
    ("ours", "listed"),
    [
        ([3.0] * 8 + [1.0] * 12, [3, 1]),
        ([3] * 8 + [1] * 12, ["3", "1"]),
        ([True] * 8 + [False] * 12, pd.array([True, None], dtype="boolean")),
        (pd.array([True] * 8 + [False] * 12, dtype="boolean"), pd.Series([True, None], dtype="object")),
        (["a $1$"] * 8 + [None] * 12, pd.Categorical(["a $1$", "b"])),
    ],
)
def test_values_are_recognised_in_lists_of_another_type(ours, listed):
    clients = pd.DataFrame({"client_id": range(20), "x": ours})
    lines = lines_of(clients, pd.Series(np.arange(20) < 8), ["x"])
    assert lines["line_kind"].tolist()[0] == "portrait"
    prospects = pd.DataFrame({"client_id": ["p1", "p2"], "x": listed})
    assert look_alikes(prospects, lines, match_from=1)["client_id"].tolist() == ["p1"]


def test_v12_4_declared_segments(segments):
    """V12.4."""
    lines = lines_of(*segments, ["a", "b", "c"])
    table = declared_segments(*segments, lines, declared={name: ["in"] for name in "abc"}, **VERDICT)
    assert table["attribute"].tolist() == ["a", "c", "b"]
    assert table["segment_verdict"].tolist() == ["confirmed", "neutral", "not confirmed"]
    assert table[["n_target", "target_size", "n_base", "base_size"]].to_numpy().tolist() == [
        [4, 5, 7, 20], [2, 5, 8, 20], [0, 5, 6, 20],
    ]  # fmt: skip
    assert table["lift"].tolist() == pytest.approx([16 / 7, 1, 0])


@pytest.mark.parametrize(
    ("changed", "verdicts"),
    [
        ({"min_target": 5}, ["neutral", "neutral", "not confirmed"]),
        ({"confirmed_from": 16 / 7}, ["confirmed", "neutral", "not confirmed"]),
        ({"refuted_below": 1.0}, ["confirmed", "neutral", "not confirmed"]),
        ({"refuted_below": 1.01}, ["confirmed", "not confirmed", "not confirmed"]),
    ],
)
def test_bounds_of_the_verdicts(segments, changed, verdicts):
    lines = lines_of(*segments, ["b"])
    table = declared_segments(*segments, lines, declared={name: ["in"] for name in "abc"}, **VERDICT | changed)
    assert table["segment_verdict"].tolist() == verdicts


def test_lines_outside_the_list_are_found_not_declared(segments):
    clients, is_target = segments
    clients = clients.assign(x=[*range(50, 55), *range(15)])
    lines = lines_of(clients, is_target, ["a", "b"], ["x"])
    table = declared_segments(clients, is_target, lines, declared={"b": ["in"], "a": ["out"]}, **VERDICT)
    assert table[["attribute", "trait", "segment_verdict"]].to_numpy().tolist() == [
        ["a", "out", "not confirmed"], ["b", "in", "not confirmed"], ["a", "in", "found, not declared"],
    ]  # fmt: skip
    nothing = declared_segments(clients, is_target, lines, declared={}, **VERDICT)
    assert nothing["segment_verdict"].tolist() == ["found, not declared"]
    assert nothing.columns.tolist() == table.columns.tolist()


def test_a_value_nobody_has_and_a_value_named_twice(segments):
    lines = lines_of(*segments, ["b"])
    table = declared_segments(*segments, lines, declared={"a": ["in", "nowhere", "in"]}, **VERDICT)
    assert table["segment_verdict"].tolist() == ["confirmed", "no clients"]
    assert table.loc[1, ["n_target", "target_size", "n_base", "base_size"]].tolist() == [0, 5, 0, 20]
    assert np.isnan(table.loc[1, "lift"])


def test_without_target_clients_every_segment_is_neutral(segments):
    clients, is_target = segments
    table = declared_segments(clients, ~(is_target | True), lines_of(*segments, ["b"]), declared={"a": ["in"]}, **VERDICT)
    assert table["segment_verdict"].tolist() == ["neutral"]
    assert table["lift"].isna().all()


@pytest.mark.parametrize("n_missing", [2, 3])
def test_declared_segments_and_lines_count_alike(segments, n_missing):
    """At 10 % the missing are left out, above they are part of the base, in both tables."""
    clients, is_target = segments
    clients["a"] = clients["a"].astype("str").where(np.arange(20) >= n_missing)
    lines = lines_of(clients, is_target, ["a"]).set_index("trait")
    table = declared_segments(
        clients, is_target, lines.reset_index(), declared={"a": ["in", "out", "(unknown)"]}, **VERDICT
    ).set_index("trait")
    shared = lines.index
    columns = ["n_target", "target_size", "n_base", "base_size", "lift"]
    pd.testing.assert_frame_equal(table.loc[shared, columns], lines[columns])
    assert ("(unknown)" in shared) == (n_missing == 3)


def test_a_declared_attribute_that_is_not_there_is_refused(segments):
    lines = lines_of(*segments, ["b"])
    with pytest.raises(
        DataError, match=r"name \['branch'\], which table 'clients' lacks; its attributes are \['a', 'b', 'c'\]"
    ):
        declared_segments(*segments, lines, declared={"branch": ["x"], "a": ["in"]}, **VERDICT)
    with pytest.raises(DataError, match="is_target has 19 rows that are not those of table 'clients'"):
        declared_segments(segments[0], segments[1].iloc[1:], lines, declared={"a": ["in"]}, **VERDICT)


def test_missing_columns_are_named(portrait, prospects, segments):
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['client_id'\]"):
        look_alikes(prospects.drop(columns="client_id"), portrait, match_from=0.6)
    with pytest.raises(MissingColumnsError, match=r"'portrait_lines' lacks \['line_kind'\]"):
        look_alikes(prospects, portrait.drop(columns="line_kind"), match_from=0.6)
    with pytest.raises(MissingColumnsError, match=r"'portrait_lines' lacks \['base_size', 'lift'"):
        declared_segments(*segments, portrait, declared={}, **VERDICT)


def test_the_input_stays_as_it_was(portrait, prospects, segments):
    lines = lines_of(*segments, ["a", "b"])
    given_tables = portrait, prospects, *segments, lines
    copies = [table.copy(deep=True) for table in given_tables]
    look_alikes(prospects, portrait, match_from=0.6)
    declared_segments(*segments, lines, declared={"a": ["in"]}, **VERDICT)
    assert all(table.equals(copy) for table, copy in zip(given_tables, copies, strict=True))


steady = settings(max_examples=40)
client = st.tuples(st.booleans(), st.sampled_from(["a", "b", "c", None]), st.integers(0, 9) | st.none())


@steady
@given(st.lists(client, min_size=1, max_size=40), st.floats(0.1, 1), st.randoms(use_true_random=False))
def test_matches_lie_between_the_bound_and_one_in_any_order(rows, match_from, chance):
    table = pd.DataFrame(rows, columns=["is_target", "x", "y"]).astype({"x": "str", "y": "Float64"})
    clients = table.assign(client_id=range(len(rows)))
    lines = lines_of(clients, clients["is_target"], ["x"], ["y"], hints_below=2, q_to=0.9, min_target=1)
    found = look_alikes(clients, lines, match_from=match_from)
    assert found["portrait_match"].between(match_from - 1e-9, 1).all()
    assert (found["n_matched"] <= found["n_portrait_lines"]).all()
    assert found["portrait_match"].is_monotonic_decreasing
    order = chance.sample(range(len(rows)), len(rows))
    pd.testing.assert_frame_equal(found, look_alikes(clients.iloc[order], lines, match_from=match_from))
