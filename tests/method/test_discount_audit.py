"""What discounts took and left, whether the needed volume came, and what is sold at each depth of discount."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.discount_audit import (
    AUDIT_VERDICTS,
    BAND_ORDER,
    OUTCOMES,
    audit_totals,
    band_table,
    change_summary,
    discount_audit,
    discount_change,
    n_not_compared,
)

KEY = ["client_id"]


def sums_of(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Return sums of (client_id, list_revenue, discount, margin)."""
    table = pd.DataFrame(rows, columns=["client_id", "list_revenue", "discount", "margin"])
    return table.assign(revenue=table["list_revenue"] - table["discount"])


def windows_of(*rows: tuple) -> pd.DataFrame:
    """Return sums of (client_id, then list_revenue, discount, margin before, and the same now)."""
    names = ["list_revenue", "discount", "margin"]
    table = pd.DataFrame(rows, columns=["client_id", *(f"previous_{name}" for name in names), *names])
    return table.assign(
        previous_revenue=table["previous_list_revenue"] - table["previous_discount"],
        revenue=table["list_revenue"] - table["discount"],
    )


def change_of(*row: float, min_change: float = 0.005) -> pd.Series:
    return discount_change(windows_of(("c", *row)), key=KEY, min_change=min_change).iloc[0]


def bands_of(*rows: tuple[str, str, int, float, float, float]) -> pd.DataFrame:
    """Return bands of (client_id, discount_band, n_lines, list_revenue, discount, margin)."""
    names = ["client_id", "discount_band", "n_lines", "list_revenue", "discount", "margin"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(revenue=table["list_revenue"] - table["discount"])


@pytest.fixture
def sums():
    return sums_of(
        ("leaves", 1000, 100, 200), ("takes", 1000, 200, 100), ("loses", 1000, 400, -100), ("hopeless", 1000, 50, -60),
        ("list", 1000, 0, 300), ("dearer", 1000, -50, 350),
    )  # fmt: skip


# -- what was given and kept ---------------------------------------------------------------------------------------------
def test_the_audit_by_hand(sums):
    """100 of 1000 off: 900 paid, 200 kept, at list 300 would be; half as much more must have come, a third of today's."""
    audit = discount_audit(sums, key=KEY).set_index("client_id")
    row = audit.loc["leaves"]
    assert row[["revenue", "list_revenue", "discount", "margin"]].tolist() == [900, 1000, 100, 200]
    assert row["discount_rate"] == pytest.approx(0.1)
    assert row["margin_rate"] == pytest.approx(0.2222222)
    assert row["list_margin_rate"] == pytest.approx(0.3)
    assert row["discount_to_margin"] == pytest.approx(0.5)
    assert row["owed_volume_share"] == pytest.approx(0.5)  # .1 / (.3 - .1)
    assert row["owed_share"] == pytest.approx(0.3333333)
    assert audit.loc["takes", ["owed_volume_share", "owed_share"]].tolist() == pytest.approx([2, 0.6666667])


def test_verdicts_and_order(sums):
    audit = discount_audit(sums, key=KEY)
    assert audit["client_id"].tolist() == ["loses", "takes", "leaves", "hopeless", "list", "dearer"]
    assert audit["audit_verdict"].tolist() == [
        "sold at a loss", "takes more than it leaves", "leaves more than it takes", "loss at list too", "no discount",
        "no discount",
    ]  # fmt: skip
    assert audit["has_discount_above_margin"].tolist() == [True, True, False, True, False, False]
    assert tuple(audit["audit_verdict"].cat.categories) == AUDIT_VERDICTS


def test_where_no_volume_pays_there_is_no_number(sums):
    audit = discount_audit(sums, key=KEY).set_index("client_id")
    columns = ["discount_to_margin", "owed_volume_share", "owed_share"]
    assert audit.loc[["loses", "hopeless"], columns].isna().all(axis=None)
    assert audit.loc["list", columns].tolist() == [0, 0, 0]


def test_a_surcharge_stays_negative(sums):
    """50 more than the list of 1000: 350 kept, 300 at list; a seventh of the volume may have been lost for it."""
    row = discount_audit(sums, key=KEY).set_index("client_id").loc["dearer"]
    assert (row["discount"], row["discount_rate"]) == (-50, -0.05)
    assert row["owed_volume_share"] == pytest.approx(-0.1428571)
    assert row["owed_share"] == pytest.approx(-0.1666667)


def test_a_discount_as_large_as_the_margin_takes_no_more_than_it_leaves():
    audit = discount_audit(sums_of(("a", 1000, 150, 150), ("b", 1000, 150, 150 - 1e-8), ("c", 1000, 150, 149)), key=KEY)
    assert audit["audit_verdict"].tolist() == [*["leaves more than it takes"] * 2, "takes more than it leaves"]
    assert audit["owed_volume_share"].iloc[0] == pytest.approx(1)
    assert audit["client_id"].tolist() == ["a", "b", "c"]


def test_noise_of_long_sums_is_neither_discount_nor_margin():
    audit = discount_audit(sums_of(("a", 1e9, 1e-4, 3e8), ("b", 1e9, 1e8, 1e-4)), key=KEY).set_index("client_id")
    assert audit["audit_verdict"].to_dict() == {"a": "no discount", "b": "sold at a loss"}
    assert np.isnan(audit.loc["b", "discount_to_margin"])


def test_goods_given_away_have_no_margin_rate():
    row = discount_audit(sums_of(("a", 1000, 1000, -600)), key=KEY).iloc[0]
    assert row["discount_rate"] == 1
    assert np.isnan(row["margin_rate"])
    assert row["audit_verdict"] == "sold at a loss"


def test_an_unknown_margin_has_no_verdict_where_there_is_a_discount():
    audit = discount_audit(sums_of(("a", 1000, 100, np.nan), ("b", 1000, 0, np.nan)), key=KEY)
    assert audit["audit_verdict"].tolist() == ["not known", "no discount"]
    assert audit["has_discount_above_margin"].isna().all()


def test_without_margins_the_audit_tells_what_was_given(sums):
    audit = discount_audit(sums.drop(columns="margin"), key=KEY)
    assert list(audit) == ["client_id", "revenue", "list_revenue", "discount", "discount_rate"]
    assert audit["discount"].tolist() == [400, 200, 100, 50, 0, -50]


def test_keys_of_two_columns_and_keys_without_list_revenue(sums):
    table = pd.concat([sums, sums_of(("back", -100, -10, 5), ("none", 0, 0, 0))]).assign(product_group="g")
    audit = discount_audit(table, key=["client_id", "product_group"])
    assert list(audit)[:2] == ["client_id", "product_group"]
    assert len(audit) == 6


def test_nobody():
    audit = discount_audit(sums_of(), key=KEY)
    assert audit.empty
    assert audit_totals(sums_of()).n_keys == 0
    assert np.isnan(audit_totals(sums_of()).discount_rate)


def test_totals(sums):
    totals = audit_totals(pd.concat([sums, sums_of(("back", -100, -10, 5), ("none", 0, 0, 0))]))
    assert (totals.discount, totals.list_revenue, totals.margin, totals.surcharge) == (700, 6000, 790, -50)
    assert totals.discount_rate == pytest.approx(0.1166667)
    assert (totals.n_keys, totals.n_surcharge, totals.n_loss, totals.n_unknown, totals.n_left_out) == (6, 1, 1, 0, 1)
    assert totals.loss_money == -100


def test_totals_without_margins(sums):
    totals = audit_totals(sums.drop(columns="margin"))
    assert (totals.discount, totals.n_loss, totals.n_unknown) == (
        700,
        None,
        4,
    )  # of six, one has a surcharge and one no discount
    assert np.isnan([totals.margin, totals.loss_money]).all()


def test_one_unknown_margin_makes_their_sum_unknown(sums):
    totals = audit_totals(pd.concat([sums, sums_of(("x", 1000, 100, np.nan))]))
    assert np.isnan(totals.margin)
    assert (totals.n_loss, totals.n_unknown) == (1, 1)


# -- before and after ----------------------------------------------------------------------------------------------------
def test_v14_18_five_to_ten_percent_of_the_list_is_more_of_the_former_price():
    """V14.18: (.10 - .05) / .95 = .05263; with m0 = 190 / 950 = .20 the need is .05263 / .14737 = .35714."""
    row = change_of(1000, 50, 190, 2000, 200, 280)
    assert row["deeper_share"] == pytest.approx(0.0526316)
    assert (row["discount_rate_before"], row["discount_rate"]) == (0.05, 0.1)
    assert row["margin_rate_before"] == pytest.approx(0.2)
    assert row["needed_growth_share"] == pytest.approx(0.3571429)
    assert (row["actual_growth_share"], row["discount_change"], row["margin_change"]) == (1, 150, 90)
    assert row["outcome"] == "came"


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ((1250, 62.5, 250), "came"),  # V14.1: 5 % off a margin of .25 needs a quarter more, exactly
        ((1249, 62.45, 249), "did not come"),
        ((1250, 62.5, np.nan), "came"),
        ((9000, 2250, 0), "impossible by volume"),  # V14.16: the discount is the margin rate
        ((9000, 3000, -1000), "impossible by volume"),
        ((1000, 0, 250), "no deeper discount"),
        ((1000, 4.9, 245), "no deeper discount"),
        ((1000, 5, 245), "did not come"),  # the least change counts
        ((840, -42, 252), "price rise held"),  # V14.10: 5 % dearer, 16.67 % of the volume may go
        ((830, -41.5, 249), "price rise cost volume"),
    ],
)
def test_outcomes_from_list_prices_and_a_quarter_of_margin(now, outcome):
    assert change_of(1000, 0, 250, *now)["outcome"] == outcome


@pytest.mark.parametrize(("margin", "outcome"), [(0, "no margin before"), (-5, "no margin before"), (np.nan, "not known")])
def test_without_margin_before_there_is_nothing_to_keep(margin, outcome):
    row = change_of(1000, 0, margin, 3000, 300, 200)
    assert row["outcome"] == outcome
    assert np.isnan(row["needed_growth_share"])


def test_v14_16_the_impossible_has_no_number():
    assert np.isnan(change_of(1000, 0, 250, 5000, 1250, 0)["needed_growth_share"])
    assert change_of(1000, 0, 100, 5000, 250, 1)["needed_growth_share"] == pytest.approx(1.0)


def test_no_change_at_all_is_none_even_without_a_least_change():
    assert change_of(1000, 100, 50, 3000, 300, 200, min_change=0.0)["outcome"] == "no deeper discount"


def test_the_largest_loss_of_margin_comes_first_and_keys_without_both_windows_are_counted():
    sums = windows_of(
        ("up", 100, 0, 20, 200, 0, 40), ("down", 100, 0, 20, 50, 0, 10), ("even b", 100, 0, 20, 100, 0, 20),
        ("even a", 100, 0, 20, 100, 0, 20), ("new", 0, 0, 0, 100, 0, 20), ("lost", 100, 0, 20, 0, 0, 0),
        ("nobody", 0, 0, 0, 0, 0, 0), ("given", 100, 0, 20, 100, 100, -80), ("large", 900, 0, 20, 900, 0, 20),
    )  # fmt: skip
    changes = discount_change(sums, key=KEY, min_change=0.005)
    assert changes["client_id"].tolist() == ["down", "large", "even a", "even b", "up"]
    assert n_not_compared(sums) == 3


def test_changes_without_margins():
    sums = windows_of(("a", 1000, 0, 1, 2000, 200, 1), ("b", 1000, 0, 1, 900, 0, 1))
    changes = discount_change(sums.drop(columns=["margin", "previous_margin"]), key=KEY, min_change=0.005)
    assert changes["outcome"].tolist() == ["not known", "no deeper discount"]
    assert changes["deeper_share"].tolist() == [0.1, 0]
    assert changes[["needed_growth_share", "margin_change"]].isna().all(axis=None)


def test_the_summary_by_outcome():
    sums = windows_of(
        ("a", 1000, 0, 250, 2000, 100, 400), ("b", 1000, 0, 250, 1500, 75, 300), ("c", 1000, 0, 250, 900, 45, 180),
        ("d", 1000, 0, np.nan, 900, 45, 180),
    )  # fmt: skip
    summary = change_summary(discount_change(sums, key=KEY, min_change=0.005))
    assert list(summary) == [
        "outcome", "n_clients", "previous_list_revenue", "list_revenue", "discount_change", "margin_change",
    ]  # fmt: skip
    assert summary["outcome"].tolist() == ["came", "did not come", "not known"]
    assert summary["n_clients"].tolist() == [2, 1, 1]
    assert summary["list_revenue"].tolist() == [3500, 900, 900]
    assert summary["discount_change"].tolist() == [175, 45, 45]
    assert summary["margin_change"].tolist() == pytest.approx([200, -70, np.nan], nan_ok=True)
    assert change_summary(discount_change(windows_of(), key=KEY, min_change=0.005)).empty


# -- bands ---------------------------------------------------------------------------------------------------------------
def test_bands_by_hand():
    bands = bands_of(
        ("a", "to 20", 2, 1000, 200, -100), ("b", "none", 5, 3000, 0, 900), ("a", "none", 1, 1000, 0, 300),
        ("b", "surcharge", 1, 100, -100, 60),
    )  # fmt: skip
    table = band_table(bands)
    assert table["discount_band"].tolist() == ["surcharge", "none", "to 20"]
    assert list(table) == [
        "discount_band", "n_clients", "n_lines", "revenue", "revenue_share", "list_revenue", "discount", "discount_rate",
        "margin", "margin_rate", "is_loss",
    ]  # fmt: skip
    assert table["n_clients"].tolist() == [1, 2, 1]
    assert table["n_lines"].tolist() == [1, 6, 2]
    assert table["revenue_share"].tolist() == pytest.approx([0.04, 0.8, 0.16])
    assert table["discount_rate"].tolist() == pytest.approx([-1, 0, 0.2])
    assert table["margin_rate"].tolist() == pytest.approx([0.3, 0.3, -0.125])
    assert table["is_loss"].tolist() == [False, False, True]
    assert tuple(table["discount_band"].cat.categories) == BAND_ORDER


def test_bands_with_an_unknown_margin_and_with_returns_only():
    table = band_table(bands_of(("a", "to 5", 1, 100, 5, np.nan), ("b", "to 5", 1, 100, 5, 9), ("a", "to 10", 1, -10, -1, -2)))
    assert np.isnan(table["margin"].iloc[0])
    assert table["is_loss"].isna().tolist() == [True, False]
    assert np.isnan(table[["discount_rate", "margin_rate"]].iloc[1]).all()
    assert table["is_loss"].iloc[1]


def test_bands_without_margins_and_without_lines():
    bands = bands_of(("a", "to 5", 1, 100, 5, 9))
    assert list(band_table(bands.drop(columns="margin")))[-1] == "discount_rate"
    assert band_table(bands.iloc[:0]).empty


def test_a_band_that_is_not_known_is_refused():
    with pytest.raises(DataError, match=r"discount bands \['to 7'\] are not known"):
        band_table(bands_of(("a", "to 7", 1, 100, 5, 9)))


# -- border and invariants -----------------------------------------------------------------------------------------------
def test_missing_columns_are_named(sums):
    with pytest.raises(MissingColumnsError, match=r"'sums' lacks \['discount'\]"):
        discount_audit(sums.drop(columns="discount"), key=KEY)
    with pytest.raises(MissingColumnsError, match=r"'sums' lacks \['previous_discount', 'previous_list_revenue'"):
        discount_change(sums, key=KEY, min_change=0.005)
    with pytest.raises(MissingColumnsError, match=r"'sums' lacks \['previous_discount'"):
        n_not_compared(sums)
    with pytest.raises(MissingColumnsError, match=r"'discount_change' lacks \['outcome'\]"):
        change_summary(discount_change(windows_of(), key=KEY, min_change=0.005).drop(columns="outcome"))
    with pytest.raises(MissingColumnsError, match=r"'bands' lacks \['n_lines'\]"):
        band_table(bands_of().drop(columns="n_lines"))


def test_the_input_stays_as_it_was(sums):
    windows, bands = windows_of(("a", 1000, 0, 250, 2000, 100, 400)), bands_of(("a", "none", 1, 100, 0, 9))
    copies = [table.copy(deep=True) for table in (sums, windows, bands)]
    discount_audit(sums, key=KEY)
    audit_totals(sums)
    changes = discount_change(windows, key=KEY, min_change=0.005)
    again = changes.copy(deep=True)
    change_summary(changes)
    n_not_compared(windows)
    band_table(bands)
    for table, copy in zip((sums, windows, bands, changes), (*copies, again), strict=True):
        pd.testing.assert_frame_equal(table, copy)


money = st.floats(1, 1e9)


@given(money, st.floats(0.01, 0.9), st.floats(-0.5, 0.95))
def test_selling_less_at_list_prices_leaves_the_same_margin(list_revenue, rate, part):
    """With unit costs as they are, volume / (1 + x) at list prices earns what is earned today, and x = discount / margin."""
    discount = list_revenue * rate * part
    row = discount_audit(sums_of(("a", list_revenue, discount, list_revenue * rate - discount)), key=KEY).iloc[0]
    assert row["margin"] == pytest.approx(list_revenue / (1 + row["owed_volume_share"]) * row["list_margin_rate"])
    assert row["owed_volume_share"] == pytest.approx(row["discount_to_margin"])
    assert row["owed_share"] == pytest.approx(part, abs=1e-9)


@given(money, money, st.floats(0, 0.6), st.floats(0, 0.6), st.floats(0.05, 0.95))
def test_enough_volume_and_a_margin_that_did_not_fall_are_one_thing(before, after, rate_before, rate_after, unit_cost):
    """The goods cost the same part of their list price in both windows."""
    margins = (before * (1 - rate_before - unit_cost), after * (1 - rate_after - unit_cost))
    row = change_of(before, before * rate_before, margins[0], after, after * rate_after, margins[1], min_change=0.001)
    is_clear = abs(margins[1] - margins[0]) > 1e-6 * max(before, after)
    if row["outcome"] in ("came", "price rise held") and is_clear:
        assert row["margin_change"] > 0
    if row["outcome"] in ("did not come", "price rise cost volume") and is_clear:
        assert row["margin_change"] < 0
    if row["outcome"] == "impossible by volume":
        assert margins[1] <= 1e-6 * after


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-20, 50), st.integers(-50, 50)), max_size=12))
def test_totals_are_the_sums_whatever_the_order(rows):
    sums = sums_of(*((f"c{place:02}", *row) for place, row in enumerate(rows)))
    totals, audit = audit_totals(sums), discount_audit(sums, key=KEY)
    assert totals.discount == pytest.approx(audit["discount"].sum())
    assert totals.n_loss == (audit["audit_verdict"] == "sold at a loss").sum()
    pd.testing.assert_frame_equal(audit, discount_audit(sums.iloc[::-1], key=KEY))


@given(st.lists(st.tuples(*(st.integers(0, 30) for _ in range(6))), max_size=12))
def test_every_client_of_either_window_is_compared_or_counted(rows):
    sums = windows_of(*((f"c{place:02}", *row) for place, row in enumerate(rows)))
    changes = discount_change(sums, key=KEY, min_change=0.005)
    there = (sums["list_revenue"] > 0) | (sums["previous_list_revenue"] > 0)
    assert len(changes) + n_not_compared(sums) == there.sum()
    summary = change_summary(changes)
    assert summary["n_clients"].sum() == len(changes)
    assert set(summary["outcome"]) <= set(OUTCOMES)
