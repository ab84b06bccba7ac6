"""Portrait of the target client: who is target, lines of values and numbers, false discoveries, the side good for them."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, SettingError
from clientbase.method.portrait import both_sides, category_lines, number_lines, portrait_lines, q_values, target_clients

NUMBERS = {
    "lift_from": 1.5, "delta_from": 0.33, "q_to": 0.10, "min_target": 3, "min_target_large": 5, "large_target": 30,
    "hints_below": 5, "missing_from": 0.10,
}  # fmt: skip


def base_of(n_clients: int, n_targets: int, **columns) -> tuple[pd.DataFrame, pd.Series]:
    """Return clients of whom the first n_targets are target clients."""
    clients = pd.DataFrame({"client_id": [f"c{number:03}" for number in range(n_clients)], **columns})
    return clients, pd.Series(np.arange(n_clients) < n_targets, name="is_target")


def values_of(*parts: tuple[int, object]) -> list:
    """Return each value as often as said."""
    return [value for n, value in parts for _ in range(n)]


@pytest.fixture
def vector() -> tuple[pd.DataFrame, pd.Series]:
    """Return V12.1: retail is 4 of 5 target clients and 3 of 15 others."""
    return base_of(20, 5, industry=values_of((4, "retail"), (1, "other"), (3, "retail"), (12, "other")))


def lines_of(base, categories=(), numbers=(), **changed) -> pd.DataFrame:
    return portrait_lines(*base, category_attributes=categories, number_attributes=numbers, **NUMBERS | changed)


def test_v12_1_lift_risk_ratio_and_p(vector):
    """V12.1."""
    line = category_lines(*vector, attributes=["industry"], missing_from=0.1, min_base=3).set_index("trait").loc["retail"]
    assert line[["n_target", "target_size", "n_base", "base_size"]].tolist() == [4, 5, 7, 20]
    assert line["target_share"] == pytest.approx(0.8)
    assert line["base_share"] == pytest.approx(0.35)
    assert line["lift"] == pytest.approx(2.2857, abs=5e-5)
    assert line["risk_ratio"] == pytest.approx(4.0)
    assert line["p_value"] == pytest.approx(0.0307, abs=5e-5)


def test_v12_2_q_of_benjamini_and_hochberg():
    """V12.2; a p that is not known takes no part."""
    q = q_values(pd.Series([0.01, np.nan, 0.04, 0.03, 0.5], index=list("abcde")))
    assert q.tolist() == pytest.approx([0.04, np.nan, 0.0533, 0.0533, 0.5], abs=5e-5, nan_ok=True)
    assert q.index.tolist() == list("abcde")
    assert q_values(pd.Series([np.nan])).isna().all()


def test_v12_3_cliffs_delta():
    """V12.3: of 12 pairs 11 greater, 1 smaller."""
    base = base_of(7, 3, wallet_share=[10, 12, 15, 5, 8, 9, 11])
    line = number_lines(*base, attributes=["wallet_share"], min_base=3).loc[0]
    assert line["cliffs_delta"] == pytest.approx(0.8333, abs=5e-5)
    assert (line["trait"], line["median_target"], line["median_rest"]) == ("more", 12, 8.5)
    assert line["p_value"] == pytest.approx(4 / 35)  # exact: 2 of 35 orders on each side


def test_half_a_tie_counts_for_neither_side():
    line = number_lines(*base_of(4, 2, x=[1, 2, 2, 3]), attributes=["x"], min_base=1).loc[0]
    assert line["cliffs_delta"] == pytest.approx(-0.75)  # 0 greater, 3 smaller, 1 tie of 4 pairs
    assert line["trait"] == "less"


def test_equal_numbers_differ_in_nothing_and_are_not_tested():
    line = number_lines(*base_of(12, 5, x=[7.0] * 12), attributes=["x"], min_base=3).loc[0]
    assert (line["cliffs_delta"], line["trait"]) == (0, "equal")
    assert np.isnan(line["p_value"])


def test_clients_without_the_number_are_left_out():
    base = base_of(7, 3, x=pd.array([10, None, 15, 5, None, 9, 11], dtype="Int64"))
    line = number_lines(*base, attributes=["x"], min_base=3).loc[0]
    assert line[["n_target", "target_size", "n_base", "base_size"]].tolist() == [2, 3, 5, 7]
    assert line["cliffs_delta"] == pytest.approx((5 - 1) / 6)


def test_a_number_that_one_side_lacks_has_no_delta():
    line = number_lines(*base_of(4, 2, x=[np.nan, np.nan, 1, 2]), attributes=["x"], min_base=1).loc[0]
    assert line["trait"] == "(unknown)"
    assert line[["median_target", "cliffs_delta", "p_value"]].isna().all()
    assert line["median_rest"] == 1.5


def test_flags_whole_numbers_and_classes_are_values():
    base = base_of(
        4, 2, flag=[True, False, None, True], known=[True, True, False, False], level=[3.0, 1.0, 1.0, np.nan],
        kind=pd.Categorical(["a", "b", "a", "b"], categories=["b", "a", "never"]),
    )  # fmt: skip
    base[0]["nullable"] = pd.array([True, None, False, False], dtype="boolean")
    lines = category_lines(*base, attributes=["flag", "known", "level", "kind", "nullable"], missing_from=1.0, min_base=1)
    assert list(zip(lines["attribute"], lines["trait"], lines["n_base"], lines["base_size"], strict=True)) == [
        ("flag", "no", 1, 3), ("flag", "yes", 2, 3), ("known", "no", 2, 4), ("known", "yes", 2, 4), ("level", "1", 2, 3),
        ("level", "3", 1, 3), ("kind", "a", 2, 4), ("kind", "b", 2, 4), ("nullable", "no", 2, 3), ("nullable", "yes", 1, 3),
    ]  # fmt: skip


def test_missing_is_a_value_only_above_its_bound():
    """Exactly 10 % of missing is left out, more is a value; a name that says unknown is missing too."""
    at_bound = base_of(20, 5, region=[None, "(unknown)", *["north"] * 18])
    lines = category_lines(*at_bound, attributes=["region"], missing_from=0.10, min_base=1)
    assert lines[["trait", "n_target", "target_size", "n_base", "base_size"]].to_numpy().tolist() == [["north", 3, 3, 18, 18]]
    above = base_of(20, 5, region=[None, None, None, *["north"] * 17])
    lines = category_lines(*above, attributes=["region"], missing_from=0.10, min_base=1)
    assert lines["trait"].tolist() == ["(unknown)", "north"]
    assert lines["base_size"].tolist() == [20, 20]


def test_a_value_only_target_clients_have_has_no_risk_ratio():
    line = category_lines(*base_of(20, 5, x=values_of((4, "a"), (16, "b"))), attributes=["x"], missing_from=0.1, min_base=3)
    assert line["lift"].tolist()[0] == pytest.approx(4)
    assert np.isnan(line["risk_ratio"].tolist()[0])
    assert line["p_value"].tolist()[0] == pytest.approx(5 / 4845)  # C(5,4) of C(20,4)


def test_rare_values_and_values_of_everybody_are_not_tested(vector):
    clients, is_target = vector
    clients = clients.assign(same="x", rare=values_of((2, "a"), (3, "b"), (15, "c")))
    lines = category_lines(clients, is_target, attributes=["same", "rare"], missing_from=0.1, min_base=3)
    assert lines.set_index("trait")["p_value"].isna().to_dict() == {"x": True, "a": True, "b": False, "c": False}


def test_untested_values_do_not_weigh_on_the_correction(vector):
    """A column of names adds no test, so q of the others stays."""
    clients, _ = vector
    lines = lines_of(vector, ["industry"])
    more = lines_of((clients.assign(code=clients["client_id"]), vector[1]), ["industry", "code"])
    q = lines.set_index("trait")["q_value"]
    assert more.set_index("trait")["q_value"].dropna().to_dict() == pytest.approx(q.to_dict())
    assert q["retail"] == pytest.approx(0.0307, abs=5e-5)  # two values, one and the same p


def test_a_strong_and_proven_line_enters_the_portrait(vector):
    lines = lines_of(vector, ["industry"])
    assert lines["line_kind"].tolist() == ["portrait", "no difference"]
    assert lines["trait"].tolist() == ["retail", "other"]
    assert lines["line_kind"].cat.categories.tolist() == ["portrait", "hint", "no difference"]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, "portrait"),
        ({"lift_from": 0.8 / 0.35}, "portrait"),  # the bound itself is enough
        ({"lift_from": 2.3}, "no difference"),
        ({"q_to": 0.03}, "hint"),
        ({"min_target": 4}, "portrait"),
        ({"min_target": 5}, "hint"),
        ({"large_target": 5}, "hint"),  # five target clients are many now, and need five
        ({"hints_below": 6}, "hint"),
    ],
)
def test_what_keeps_a_line_out_of_the_portrait(vector, changed, kind):
    assert lines_of(vector, ["industry"], **changed).set_index("trait").loc["retail", "line_kind"] == kind


def test_fewer_than_five_target_clients_give_hints_only():
    base = base_of(40, 4, x=values_of((4, "a"), (36, "b")), y=[*range(100, 104), *range(36)])
    lines = lines_of(base, ["x"], ["y"])
    assert lines["q_value"].min() < 0.001
    assert set(lines["line_kind"]) == {"hint", "no difference"}


def test_numbers_enter_on_either_side():
    base = base_of(
        25,
        10,
        more=[*range(50, 60), *range(15)],
        less=[*range(10), *range(50, 65)],
        same=[*range(10), *range(10), 2, 3, 4, 5, 6],
    )
    lines = lines_of(base, numbers=["less", "more", "same"])
    assert lines["line_kind"].tolist() == ["portrait", "portrait", "no difference"]
    assert lines["attribute"].tolist() == ["less", "more", "same"]  # of equal size: by name
    assert lines["trait"].tolist()[:2] == ["less", "more"]
    assert lines["cliffs_delta"].tolist()[:2] == [-1, 1]


def test_lines_come_by_kind_then_strength():
    clients, is_target = base_of(
        30, 10, x=values_of((8, "a"), (2, "b"), (2, "a"), (18, "b")), y=values_of((9, "a"), (1, "b"), (1, "c"), (19, "b")),
        z=[*range(90, 100), *range(20)],
    )  # fmt: skip
    lines = lines_of((clients, is_target), ["x", "y"], ["z"])
    assert lines[["attribute", "trait"]].to_numpy().tolist()[:3] == [["y", "a"], ["x", "a"], ["z", "more"]]
    assert (lines["line_kind"][:3] == "portrait").all()
    assert lines["line_kind"].is_monotonic_increasing


def test_q_is_taken_over_values_and_numbers_together():
    base = base_of(30, 10, x=values_of((8, "a"), (2, "b"), (2, "a"), (18, "b")), y=[*range(0, 20, 2), *range(1, 41, 2)])
    lines = lines_of(base, ["x"], ["y"])
    assert lines["q_value"].tolist() == pytest.approx(q_values(lines["p_value"]).tolist())
    assert lines["p_value"].notna().sum() == 3


@pytest.mark.parametrize("n_targets", [0, 20])
def test_without_target_or_without_rest_nothing_is_tested(vector, n_targets):
    clients, _ = vector
    lines = lines_of((clients.assign(x=range(20)), pd.Series(np.arange(20) < n_targets)), ["industry"], ["x"])
    assert lines["p_value"].isna().all()
    assert lines["q_value"].isna().all()
    assert (lines["line_kind"] == "no difference").all()


def test_one_client_and_no_client():
    clients, is_target = base_of(1, 1, x=["a"], y=[1.0])
    lines = lines_of((clients, is_target), ["x"], ["y"])
    assert lines["line_kind"].tolist() == ["no difference", "no difference"]
    none = lines_of((clients.iloc[:0], is_target.iloc[:0]), ["x"], ["y"])
    assert none["attribute"].tolist() == ["y"]
    assert (lines.dtypes.drop("line_kind") == none.dtypes.drop("line_kind")).all()
    assert lines_of((clients, is_target)).empty


@pytest.mark.parametrize(
    ("target", "expected"),
    [("A", [1, 1, 0, 0, 0]), ("A+B", [1, 1, 1, 0, 0]), ("top_quarter", [0, 1, 0, 1, 0]), ("A_high", [0, 1, 0, 0, 0])],
)
def test_target_clients(target, expected):
    clients, _ = base_of(
        5, 0, share_class=["A", "A", "B", "C", "L"], total=[5.0, 9.0, 3.0, 9.0, np.nan],
        is_high=pd.array([None, True, True, True, None], dtype="boolean"),
    )  # fmt: skip
    found = target_clients(clients.set_index(pd.Index([7, 3, 5, 1, 9])), target=target)
    assert found.tolist() == [bool(flag) for flag in expected]
    assert (found.name, found.dtype, found.index.tolist()) == ("is_target", bool, [7, 3, 5, 1, 9])


def test_a_target_that_needs_another_column_is_refused():
    clients, _ = base_of(2, 0, share_class=["A", "B"])
    with pytest.raises(SettingError, match=r"'A_high', which needs \['is_high'\].*Set target to one of \['A', 'A\+B'\]"):
        target_clients(clients, target="A_high")
    with pytest.raises(SettingError, match=r"'top_quarter', which needs \['total'\]"):
        target_clients(clients, target="top_quarter")
    with pytest.raises(SettingError, match="'target' is 'best'; it must be one of"):
        target_clients(clients, target="best")


def test_attributes_that_define_the_class_are_refused(vector):
    clients, is_target = vector
    with pytest.raises(SettingError, match=r"attributes \['n_deals', 'revenue'\] define who is a target client"):
        lines_of((clients.assign(revenue=1.0, n_deals=1), is_target), ["industry"], ["revenue", "n_deals"])


def test_what_does_not_fit_is_refused(vector):
    clients, is_target = vector
    with pytest.raises(DataError, match="attribute 'industry' holds no numbers"):
        lines_of(vector, numbers=["industry"])
    with pytest.raises(DataError, match="attribute 'flag' holds no numbers"):
        lines_of((clients.assign(flag=True), is_target), numbers=["flag"])
    with pytest.raises(DataError, match="is_target has 19 rows, table 'clients' 20"):
        lines_of((clients, is_target.iloc[1:]), ["industry"])
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['region'\]"):
        lines_of(vector, ["region"])
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['credit_days'\]"):
        lines_of(vector, numbers=["credit_days"])
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['client_id'\]"):
        both_sides(clients[["industry"]], is_target)


def test_the_side_good_for_them():
    base = base_of(
        5, 2, n_complaints=pd.array([1, 2, 0, 4, None], dtype="Int64"), n_deals=[10, 20, 5, 5, 9],
        credit_days=[30, 60, 0, 10, np.nan], overdue_share=[0.0, 0.2, 0.0, np.nan, np.nan],
    )  # fmt: skip
    sides = both_sides(*base)
    assert sides["measure"].tolist() == ["complaints_per_100_deals", "credit_days", "overdue_share"]
    assert sides["target_value"].tolist() == pytest.approx([10, 45, 0.1])
    assert sides["rest_value"].tolist() == pytest.approx([40, 5, 0])
    assert sides["n_target"].tolist() == [2, 2, 2]
    assert sides["n_rest"].tolist() == [2, 2, 1]


def test_a_side_without_deals_or_numbers_has_no_value():
    sides = both_sides(*base_of(2, 1, n_complaints=[1, 1], n_deals=[0, 4], tenure_months=[np.nan, 7], on_time_share=[1, 0.5]))
    assert sides["target_value"].tolist() == pytest.approx([np.nan, np.nan, 1], nan_ok=True)
    assert sides["rest_value"].tolist() == pytest.approx([25, 7, 0.5])
    assert both_sides(*base_of(2, 1)).empty


def test_the_input_stays_as_it_was(vector):
    clients, is_target = vector
    clients = clients.assign(share_class="A", total=1.0, credit_days=range(20))
    copies = clients.copy(deep=True), is_target.copy(deep=True)
    target_clients(clients, target="top_quarter")
    lines_of((clients, is_target), ["industry"], ["credit_days"])
    both_sides(clients, is_target)
    pd.testing.assert_frame_equal(clients, copies[0])
    pd.testing.assert_series_equal(is_target, copies[1])


def test_the_module_loads_without_scipy():
    code = "import sys, clientbase.method.portrait, clientbase.method.look_alikes; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


steady = settings(max_examples=40)
client = st.tuples(st.booleans(), st.sampled_from(["a", "b", "c", None]), st.integers(0, 9) | st.none())
bases = st.lists(client, min_size=1, max_size=40)


def drawn_base(rows) -> tuple[pd.DataFrame, pd.Series]:
    target, values, numbers = zip(*rows, strict=True)
    clients, _ = base_of(len(rows), 0, x=pd.Series(values, dtype="str"), y=pd.Series(numbers, dtype="Float64"))
    return clients, pd.Series(target, name="is_target", dtype=bool)


@steady
@given(bases, st.randoms(use_true_random=False))
def test_the_order_of_clients_changes_nothing(rows, chance):
    lines = lines_of(drawn_base(rows), ["x"], ["y"])
    chance.shuffle(rows)
    pd.testing.assert_frame_equal(lines, lines_of(drawn_base(rows), ["x"], ["y"]))


@steady
@given(bases)
def test_target_and_rest_exchanged_turn_delta_and_keep_p(rows):
    clients, is_target = drawn_base(rows)
    one, other = (
        lines_of((clients, side), ["x"], ["y"]).sort_values(["attribute", "trait"]) for side in (is_target, ~is_target)
    )
    ours, theirs = (table[table["attribute"] == "y"].iloc[0] for table in (one, other))
    assert ours["cliffs_delta"] == pytest.approx(-theirs["cliffs_delta"], nan_ok=True)
    assert ours["p_value"] == pytest.approx(theirs["p_value"], nan_ok=True)
    values = [table[table["attribute"] == "x"]["p_value"].tolist() for table in (one, other)]
    assert values[0] == pytest.approx(values[1], nan_ok=True)


@steady
@given(bases)
def test_what_every_line_keeps_to(rows):
    lines = lines_of(drawn_base(rows), ["x"], ["y"], hints_below=3, q_to=0.5)
    tested = lines[lines["p_value"].notna()]
    assert (tested["q_value"] >= tested["p_value"] - 1e-12).all()
    assert tested["q_value"].between(0, 1 + 1e-12).all()
    assert (lines["n_target"] <= lines["n_base"]).all()
    assert lines["cliffs_delta"].dropna().between(-1, 1).all()
    shares = lines[lines["attribute_kind"] == "category"].groupby("attribute")[["target_share", "base_share"]].sum()
    assert all(total == pytest.approx(1) or total == 0 for total in shares.to_numpy().ravel())
    portrait = lines[lines["line_kind"] == "portrait"]
    assert ((portrait["lift"] >= 1.5 - 1e-9) | (portrait["cliffs_delta"].abs() >= 0.33 - 1e-9)).all()
    assert (portrait["n_target"] >= 3).all()
    assert (portrait["q_value"] <= 0.5 + 1e-9).all()


@steady
@given(bases)
def test_stricter_bounds_only_take_lines_out(rows):
    base = drawn_base(rows)
    loose, strict = (lines_of(base, ["x"], ["y"], q_to=q, lift_from=lift) for q, lift in ((0.5, 1.2), (0.05, 1.8)))
    kept = [table[table["line_kind"] == "portrait"] for table in (strict, loose)]
    few, many = ({*zip(table["attribute"], table["trait"], strict=True)} for table in kept)
    assert few <= many
