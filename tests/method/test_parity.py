"""What must come back for a discount: the formulas, their tables, mixed assortments and plans that are short."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.parity import (
    credit_days_for_discount,
    cross_sale,
    discount_from_list,
    discount_limit,
    growth_with_terms,
    line_parity,
    mix_shift,
    mixed_growth,
    parity_curve,
    parity_table,
    plan_discounts,
    plan_profit_growth,
    rate_compensation,
    volume_growth,
)

ALONE = {"fixed_cost_share": 0.0, "saving_share": 0.0}
TERMS = {"capital_rate": 0.18, "days_before": 45, "days_after": 15}
PLAN = {"margin_rate": 0.30, "shortfall": 0.20, "discounted_share": 0.5, "commission_rate": 0.02}


def lines_of(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["product_group", "revenue", "margin_rate", "discount_share"])


def plan_of(**numbers: float) -> pd.DataFrame:
    return plan_discounts(**{**PLAN, **numbers}).set_index("plan_variant")


# -- parity in money -----------------------------------------------------------------------------------------------------
def test_v14_1_five_percent_off_a_quarter_of_margin_need_a_quarter_more():
    """V14.1: .05 / (.25 - .05) = .25; revenue 1.25 x .95 = 1.1875; margin 1 000 000 x 1.25 x .20 = 250 000."""
    row = parity_table([0.25], [0.05], headroom=0.25).iloc[0]
    assert row["needed_growth_share"] == pytest.approx(0.25)
    assert row["revenue_change_share"] == pytest.approx(0.1875)
    assert 1_000_000 * (1 + row["needed_growth_share"]) * (0.25 - 0.05) == pytest.approx(250_000)
    assert row["volume_verdict"] == "reachable"


def test_v14_2_fixed_cost_adds_to_the_growth_and_saving_lessens_it():
    """V14.2: (.05 + .01) / .20 = .30; (.05 - .015) / .20 = .175."""
    assert volume_growth(0.05, 0.25, fixed_cost_share=0.01, saving_share=0) == pytest.approx(0.30)
    assert volume_growth(0.05, 0.25, fixed_cost_share=0, saving_share=0.015) == pytest.approx(0.175)


def test_v14_10_a_price_rise_may_lose_volume():
    """V14.10: -.05 / (.25 + .05) = -.1667."""
    assert volume_growth(-0.05, 0.25, **ALONE) == pytest.approx(-0.1666667)


def test_v14_16_the_impossible_has_no_number():
    found = volume_growth(np.array([0.25, 0.30, 0.05, 0.01]), np.array([0.25, 0.25, 0.10, 0.0]), **ALONE)
    assert found.tolist() == pytest.approx([np.nan, np.nan, 1.0, np.nan], nan_ok=True)


@pytest.mark.parametrize("discount", [-0.2, 0.0, 0.05])
def test_a_client_without_margin_has_no_profit_to_keep(discount):
    assert np.isnan(volume_growth(discount, -0.1, **ALONE))
    assert np.isnan(volume_growth(discount, 0.0, **ALONE))
    assert np.isnan(rate_compensation(discount, 0.0))


def test_a_discount_a_rounding_error_under_the_margin_is_all_of_it():
    assert np.isnan(volume_growth(0.25 - 1e-10, 0.25, **ALONE))
    assert volume_growth(0.25 - 1e-6, 0.25, **ALONE) > 1e5


def test_a_saving_above_the_margin_lets_all_the_volume_go_and_no_more():
    assert volume_growth(0.05, 0.25, fixed_cost_share=0, saving_share=0.4) == -1


def test_numbers_give_a_number_and_columns_a_column():
    assert isinstance(volume_growth(0.05, 0.25, **ALONE), float)
    assert isinstance(rate_compensation(0.05, 0.25), float)
    table = pd.DataFrame({"discount": [0.05, 0.3], "rate": [0.25, 0.25]}, index=[7, 8])
    found = volume_growth(table["discount"], table["rate"], **ALONE)
    pd.testing.assert_series_equal(found, pd.Series([0.25, np.nan], index=[7, 8]))


# -- parity in per cent and list prices ----------------------------------------------------------------------------------
def test_v14_4_compensation_that_keeps_the_margin_rate():
    """V14.4: .05 x .75 = .0375; (.25 - .05 + .0375) / .95 = .25 again."""
    given_back = rate_compensation(0.05, 0.25)
    assert given_back == pytest.approx(0.0375)
    assert (0.25 - 0.05 + given_back) / 0.95 == pytest.approx(0.25)
    assert np.isnan(rate_compensation(1.0, 0.25))


def test_v14_18_five_to_ten_percent_of_the_list_is_more_of_the_present_price():
    """V14.18: (.10 - .05) / .95 = .05263."""
    assert discount_from_list(0.05, 0.10) == pytest.approx(0.0526316)
    assert discount_from_list(0.10, 0.05) < 0
    assert np.isnan(discount_from_list(1.0, 0.5))


# -- payment terms -------------------------------------------------------------------------------------------------------
def test_v14_3_earlier_payment_lessens_the_growth():
    """V14.3: 18 % a year, 45 to 15 days: 18.05 % instead of 25 %."""
    assert growth_with_terms(0.05, 0.25, **TERMS, **ALONE) == pytest.approx(0.180521, abs=1e-6)


def test_v14_5_credit_days_that_pay_for_two_percent():
    """V14.5: (60 - 365 x .02 / .20) / .98 = 23.98 days."""
    assert credit_days_for_discount(0.02, capital_rate=0.20, days_before=60) == pytest.approx(23.9795918)


def test_short_credit_pays_only_as_prepayment():
    assert credit_days_for_discount(0.02, capital_rate=0.20, days_before=30) == pytest.approx(-6.6326531)  # (30 - 36.5)/.98


def test_capital_without_cost_pays_for_nothing():
    assert np.isnan(credit_days_for_discount(0.02, capital_rate=0.0, days_before=60))
    assert np.isnan(credit_days_for_discount(1.0, capital_rate=0.2, days_before=60))


def test_credit_that_eats_the_margin_leaves_no_profit_to_keep():
    dear = {"capital_rate": 0.365, "days_before": 250, "days_after": 0}  # costs .25
    assert np.isnan(growth_with_terms(0.05, 0.25, **dear, **ALONE))
    assert np.isnan(growth_with_terms(0.05, 0.25, **{**dear, "days_before": 0, "days_after": 250}, **ALONE))


def test_the_limit_is_the_margin_rate_less_what_credit_costs():
    assert discount_limit(0.25, capital_rate=0.18, days_after=0) == 0.25
    assert discount_limit(0.25, capital_rate=0.365, days_after=100) == pytest.approx(0.15 / 0.9)
    assert discount_limit(0.05, capital_rate=0.365, days_after=100) == pytest.approx(-0.05 / 0.9)
    assert np.isnan(discount_limit(0.0, capital_rate=0.18, days_after=0))


# -- tables --------------------------------------------------------------------------------------------------------------
def test_v14_17_the_table_for_negotiations():
    table = parity_table([0.4, 0.2, 0.3], [0.05, 0.03, 0.10], headroom=np.nan)
    assert table["margin_rate"].tolist() == [0.2] * 3 + [0.3] * 3 + [0.4] * 3
    assert table["discount_share"].tolist() == [0.03, 0.05, 0.10] * 3
    assert table["needed_growth_share"].round(4).tolist() == [
        0.1765, 0.3333, 1.0, 0.1111, 0.2, 0.5, 0.0811, 0.1429, 0.3333,
    ]  # fmt: skip
    assert set(table["volume_verdict"]) == {"headroom not known"}


def test_the_table_says_why_there_is_no_number_and_what_is_out_of_reach():
    table = parity_table([0.25, 0.0, np.nan], [0.0, 0.05, 0.10, 0.25], headroom=0.25).set_index(
        ["margin_rate", "discount_share"]
    )
    known = table["volume_verdict"].astype(str)
    assert known.loc[0.25].tolist() == ["reachable", "reachable", "not reachable by volume", "impossible by volume"]
    assert set(known.loc[0.0]) == {"discount refused"}
    assert known[np.isnan(table.index.get_level_values(0))].tolist() == ["not known"] * 4
    assert np.isnan(table.loc[(0.25, 0.25), "needed_growth_share"])
    assert table.loc[(0.25, 0.25), "margin_rate_after"] == 0
    assert table.loc[(0.25, 0.10), "margin_rate_after"] == pytest.approx(0.15 / 0.9)
    assert table.loc[(0.25, 0.10), "compensation_share"] == pytest.approx(0.075)


def test_without_headroom_only_what_needs_no_growth_is_reachable():
    table = parity_table([0.25], [-0.05, 0.0, 0.01], headroom=0.0)
    assert table["volume_verdict"].tolist() == ["reachable", "reachable", "not reachable by volume"]


def test_no_discounts_make_an_empty_table():
    assert parity_table([0.2], [], headroom=0.1).empty
    assert parity_curve([], margin_rate=0.25, **TERMS, **ALONE, headroom=0.1).empty


def test_the_curve_follows_the_formula_and_ends_at_the_limit():
    curve = parity_curve([0.30, 0.05, 0.10], margin_rate=0.25, **TERMS, **ALONE, headroom=0.2)
    assert curve["discount_share"].tolist() == [0.05, 0.10, 0.30]
    assert curve["needed_growth_share"][0] == pytest.approx(0.180521, abs=1e-6)
    assert curve["volume_verdict"].tolist() == ["reachable", "not reachable by volume", "impossible by volume"]
    refused = parity_curve([0.05], margin_rate=0.0, **TERMS, **ALONE, headroom=0.2)
    assert refused["volume_verdict"].tolist() == ["discount refused"]
    unknown = parity_curve([0.05], margin_rate=0.25, **{**TERMS, "capital_rate": np.nan}, **ALONE, headroom=0.2)
    assert unknown["volume_verdict"].tolist() == ["not known"]
    unknown = parity_curve([0.05], margin_rate=0.25, **TERMS, fixed_cost_share=np.nan, saving_share=0.0, headroom=0.2)
    assert unknown["volume_verdict"].tolist() == ["not known"]


# -- a mixed assortment --------------------------------------------------------------------------------------------------
def test_v14_6_all_lines_grow_alike():
    """V14.6: 240 / 190 = 1.2632."""
    found = mixed_growth(lines_of(("a", 600, 0.30, 0.05), ("b", 400, 0.15, 0.05)))
    assert found.growth == pytest.approx(0.2631579)
    assert found.need == pytest.approx(50)
    assert found.sold_at_loss == ()


def test_v14_7_discount_on_the_first_line_only():
    """V14.7: 240 / (600 x .25 + 60) = 1.1429; only that line grows: (240 - 60) / 150 = 1.20."""
    lines = lines_of(("a", 600, 0.30, 0.05), ("b", 400, 0.15, 0.0))
    assert mixed_growth(lines).growth == pytest.approx(0.1428571)
    assert line_parity(lines)["growth_alone_share"].tolist() == pytest.approx([0.20, 0.50])


def test_v14_8_a_richer_mix_or_more_of_another_line():
    """V14.8: .05 / (.30 - .15) = .3333; .05 x 1 000 000 / .20 = 250 000."""
    assert mix_shift(0.05, high_rate=0.30, low_rate=0.15) == pytest.approx(0.3333333)
    assert cross_sale(0.05, revenue=1_000_000, margin_rate=0.20) == pytest.approx(250_000)
    lines = lines_of(("a", 1_000_000, 0.25, 0.05), ("new", 0, 0.20, 0.0))
    assert line_parity(lines)["cross_sale"].tolist() == pytest.approx([200_000, 250_000])


def test_more_than_all_the_revenue_cannot_move():
    assert mix_shift(0.15, high_rate=0.30, low_rate=0.15) == pytest.approx(1.0)
    assert np.isnan(mix_shift(0.16, high_rate=0.30, low_rate=0.15))
    assert np.isnan(mix_shift(0.05, high_rate=0.15, low_rate=0.15))
    assert np.isnan(cross_sale(0.05, revenue=100, margin_rate=0.0))


def test_lines_sold_at_a_loss_are_named_and_pay_for_nothing_alone():
    lines = lines_of(("cheap", 100, 0.05, 0.05), ("dear", 100, 0.10, 0.20), ("good", 900, 0.40, 0.05))
    table = line_parity(lines)
    assert table["product_group"].tolist() == ["good", "cheap", "dear"]
    assert table["is_sold_at_loss"].tolist() == [False, True, True]
    assert table["growth_alone_share"].isna().tolist() == [False, True, True]
    assert mixed_growth(lines).sold_at_loss == ("cheap", "dear")


def test_discounts_that_take_the_whole_margin_have_no_growth():
    found = mixed_growth(lines_of(("a", 100, 0.10, 0.10), ("b", 100, 0.20, 0.20)))
    assert np.isnan(found.growth)
    assert found.need == pytest.approx(30)
    no_margin = lines_of(("a", 100, -0.30, 0.0), ("b", 100, 0.20, 0.05))
    assert np.isnan(mixed_growth(no_margin).growth)
    assert line_parity(no_margin)[["growth_alone_share", "cross_sale"]].isna().all(axis=None)


def test_a_missing_number_makes_the_answer_missing():
    lines = lines_of(("a", 600, 0.30, 0.05), ("b", 400, np.nan, 0.05))
    assert np.isnan(mixed_growth(lines).growth)
    assert line_parity(lines)["is_sold_at_loss"].tolist() == [False, pd.NA]
    assert line_parity(lines)["growth_alone_share"].isna().all()
    nothing = mixed_growth(lines_of())
    assert (nothing.need, nothing.sold_at_loss) == (0.0, ())
    assert np.isnan(nothing.growth)


# -- a plan that is short ------------------------------------------------------------------------------------------------
def test_v14_11_the_plan_in_volume_and_in_money():
    """V14.11: x .25; (a) .30 x .20 = 6 %; (b) .06 / .76 = 7.8947 %, and the new margin is .30 of the fact again."""
    plan = plan_of()
    assert plan.loc["volume", ["max_discount_share", "needed_growth_share"]].tolist() == pytest.approx([0.06, 0.25])
    discount, growth = plan.loc["revenue", ["max_discount_share", "needed_growth_share"]]
    assert discount == pytest.approx(0.0789474)
    assert growth == pytest.approx(0.3571429)  # 1 / (.8 x .921053) - 1
    assert (1 + growth) * (0.30 - discount) == pytest.approx(0.30)
    assert (1 + growth) * (1 - discount) == pytest.approx(1.25)


def test_v14_12_the_fewer_existing_sales_get_it_the_deeper_it_may_be():
    """V14.12: q 1, .5, 0 -> 6 %, 10 %, 30 %."""
    parts = {part: plan_of(discounted_share=part).loc["part of sales"] for part in (1.0, 0.5, 0.0)}
    assert [row["max_discount_share"] for row in parts.values()] == pytest.approx([0.06, 0.10, 0.30])
    assert [row["plan_reason"] for row in parts.values()] == ["", "", "no gain on new sales"]


def test_v14_13_the_profit_of_the_plan_asks_for_more_than_the_plan():
    """V14.13: .30 / (.8 x .24) = 1.5625 of the fact; without discount 1 / .8."""
    assert 1 + plan_profit_growth(0.06, margin_rate=0.30, shortfall=0.20) == pytest.approx(1.5625)
    assert plan_profit_growth(0.0, margin_rate=0.30, shortfall=0.20) == pytest.approx(0.25)
    assert np.isnan(plan_profit_growth(0.30, margin_rate=0.30, shortfall=0.20))
    assert np.isnan(plan_profit_growth(0.06, margin_rate=0.30, shortfall=1.0))
    row = plan_of().loc["plan profit"]
    assert (row["max_discount_share"], row["plan_reason"]) == (0.0, "goal moves away")
    assert row["needed_growth_share"] == pytest.approx(0.25)


def test_v14_14_commission_lessens_the_discount():
    """V14.14: .28 / .98 x .20 = 5.714 %."""
    assert plan_of().loc["commission", "max_discount_share"] == pytest.approx(0.0571429)
    taken = plan_of(commission_rate=0.30).loc["commission"]
    assert taken[["max_discount_share", "needed_growth_share"]].isna().all()
    assert taken["plan_reason"] == "commission takes margin"


def test_v14_15_response_of_volume_to_price():
    """V14.15: .25 / .06 = 4.17."""
    assert plan_of().loc["volume", "price_response"] == pytest.approx(4.1666667)


def test_the_margin_rate_stays_only_without_discount():
    row = plan_of().loc["margin rate"]
    assert (row["max_discount_share"], row["kept"], row["plan_reason"]) == (0.0, "margin rate", "only with compensation")
    assert np.isnan(row["price_response"])


@pytest.mark.parametrize("shortfall", [0.0, -0.1])
def test_a_plan_that_is_met_allows_no_discount(shortfall):
    plan = plan_of(shortfall=shortfall)
    assert plan["max_discount_share"].tolist() == [0] * 6
    assert plan["needed_growth_share"].tolist() == [0] * 6
    assert set(plan["plan_reason"]) == {"plan met"}


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [({"margin_rate": 0.0}, "no margin"), ({"margin_rate": -0.1, "shortfall": 0.0}, "no margin"),
     ({"shortfall": 1.0}, "no sales"), ({"shortfall": np.nan}, "not known"), ({"margin_rate": 1.2}, "not known")],
)  # fmt: skip
def test_what_stands_in_the_way_of_all_variants_is_said(numbers, reason):
    plan = plan_of(**numbers)
    assert plan[["max_discount_share", "needed_growth_share", "price_response"]].isna().all(axis=None)
    assert set(plan["plan_reason"]) == {reason}


def test_what_is_not_known_closes_only_its_own_variant():
    plan = plan_of(discounted_share=np.nan, commission_rate=np.nan)
    assert plan["max_discount_share"].isna().tolist() == [False, False, False, False, True, True]
    assert plan["plan_reason"].tolist()[4:] == ["not known", "not known"]


def test_where_all_revenue_is_margin_the_plan_in_money_sets_no_limit():
    row = plan_of(margin_rate=1.0).loc["revenue"]
    assert row[["max_discount_share", "needed_growth_share"]].isna().all()
    assert row["plan_reason"] == "no limit"


# -- border and invariants -----------------------------------------------------------------------------------------------
def test_missing_columns_are_named():
    for step in (line_parity, mixed_growth):
        with pytest.raises(MissingColumnsError, match=r"'lines' lacks \['discount_share'\]"):
            step(lines_of().drop(columns="discount_share"))


def test_the_input_stays_as_it_was():
    lines = lines_of(("b", 400, 0.15, 0.05), ("a", 600, 0.30, 0.05))
    rates, discounts = np.array([0.2, 0.0]), np.array([0.05, 0.01])
    copies = lines.copy(deep=True), rates.copy(), discounts.copy()
    line_parity(lines)
    mixed_growth(lines)
    volume_growth(discounts, rates, **ALONE)
    parity_table(rates, discounts, headroom=0.1)
    pd.testing.assert_frame_equal(lines, copies[0])
    np.testing.assert_array_equal(rates, copies[1])
    np.testing.assert_array_equal(discounts, copies[2])


rates = st.floats(0.02, 0.98)
parts = st.floats(-0.5, 0.95)  # of the margin rate


@given(rates, parts, st.floats(0, 0.1), st.floats(0, 0.01))
def test_the_growth_keeps_the_margin_in_money(rate, part, fixed, saving):
    discount = rate * part
    growth = volume_growth(discount, rate, fixed_cost_share=fixed, saving_share=saving)
    assert (1 + growth) * (rate - discount) - fixed + saving == pytest.approx(rate)


@given(rates, parts, st.floats(0, 0.3), st.integers(-30, 120), st.integers(-30, 120))
def test_the_growth_with_terms_keeps_the_profit_in_money(rate, part, capital, before, after):
    discount = rate * part
    terms = {"capital_rate": capital, "days_before": before, "days_after": after}
    growth = growth_with_terms(discount, rate, **terms, **ALONE)
    f0, f1 = capital * before / 365, capital * after / 365
    kept = rate - discount - (1 - discount) * f1
    if np.isnan(growth):
        assert min(rate - f0, kept) <= 1e-9
    else:
        assert (1 + growth) * kept == pytest.approx(rate - f0)
    limit = discount_limit(rate, capital_rate=capital, days_after=after)
    assert (kept > 1e-9) == (discount < limit - 1e-9 / (1 - f1))


@given(rates, parts, parts)
def test_a_deeper_discount_needs_more_growth(rate, one, other):
    low, high = sorted((rate * one, rate * other))
    assert volume_growth(low, rate, **ALONE) <= volume_growth(high, rate, **ALONE)


@given(rates, st.floats(-0.5, 0.9))
def test_taking_a_discount_back_gives_back_the_volume(rate, part):
    discount = rate * part
    growth = volume_growth(discount, rate, **ALONE)
    back, rate_after = discount_from_list(discount, 0.0), (rate - discount) / (1 - discount)
    assert (1 + growth) * (1 + volume_growth(back, rate_after, **ALONE)) == pytest.approx(1)


@given(st.floats(0, 0.5), st.floats(0.02, 0.5), st.floats(0, 120))
def test_the_days_that_pay_a_discount_leave_no_growth_to_ask_for(discount, capital, before):
    after = credit_days_for_discount(discount, capital_rate=capital, days_before=before)
    growth = growth_with_terms(discount, 0.9, capital_rate=capital, days_before=before, days_after=after, **ALONE)
    assert growth == pytest.approx(0, abs=1e-9)


@given(rates, st.floats(0.01, 0.9), st.floats(0, 0.9))
def test_the_greatest_discounts_keep_what_they_promise(rate, shortfall, part):
    commission = rate * part
    plan = plan_of(margin_rate=rate, shortfall=shortfall, discounted_share=part, commission_rate=commission)
    discount, growth = plan["max_discount_share"], plan["needed_growth_share"]
    margin = (1 + growth) * (rate - discount)
    assert margin[["volume", "revenue"]].tolist() == pytest.approx([rate, rate])
    d, x = discount["part of sales"], growth["part of sales"]
    assert rate - part * d + x * (rate - d) == pytest.approx(rate)
    d, x = discount["commission"], growth["commission"]
    assert (1 + x) * (rate - d - commission * (1 - d)) == pytest.approx(rate - commission)
    everyone = plan_of(margin_rate=rate, shortfall=shortfall, discounted_share=1.0, commission_rate=0.0)
    same = everyone.loc[["volume", "part of sales", "commission"], "max_discount_share"]
    assert same.tolist() == pytest.approx([same.iloc[0]] * 3)


@given(st.lists(st.tuples(st.integers(1, 1000), rates, st.floats(0, 0.9)), min_size=1, max_size=20))
def test_growing_alike_or_alone_keeps_the_margin_of_the_assortment(rows):
    lines = lines_of(*((f"g{place}", revenue, rate, rate * part) for place, (revenue, rate, part) in enumerate(rows)))
    table = line_parity(lines)
    earned = (table["revenue"] * table["margin_rate"]).sum()
    kept = table["revenue"] * (table["margin_rate"] - table["discount_share"])
    assert (1 + mixed_growth(lines).growth) * kept.sum() == pytest.approx(earned)
    assert (kept.sum() + table["growth_alone_share"] * kept).tolist() == pytest.approx([earned] * len(rows))
