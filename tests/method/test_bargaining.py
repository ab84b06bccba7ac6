"""The ledger of a bargain: what each offer is worth, what they come to, and how far to give way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.bargaining import (
    CASH_SHARES,
    VERDICTS,
    asked_offers,
    bargain,
    contract_offer,
    credible_growth,
    discount_need,
    forecast_offer,
    headroom,
    mix_offer,
    offers,
    order_offer,
    payment_offer,
    portal_offer,
    referral_offer,
    volume_offer,
    walk_away_discount,
)
from clientbase.method.parity import growth_with_terms, mix_shift

DEAL = {"revenue": 1_000_000, "discount": 0.05}
TERMS = {"capital_rate": 0.18, "days_before": 45, "days_after": 15}
JUDGE = {"margin_rate": 0.25, "discount": 0.05}


def ledger_of(amounts: dict[str, float], *, need: float = 50_000, realisation: float = 0.5) -> pd.DataFrame:
    return offers(asked_offers(amounts, order_cash_share=0.4), need=need, realisation=realisation)


def verdict_of(amounts: dict[str, float], *, need: float = 50_000, **judge: float) -> str:
    return bargain(ledger_of(amounts, need=need), need=need, **{**JUDGE, **judge}).verdict


def deal_of(growth: float) -> dict[str, float]:
    return {
        "volume": volume_offer(growth, margin_rate=0.25, **DEAL),
        "payment": payment_offer(growth, **DEAL, **TERMS),
        "service": 15_000,
    }


# -- the ledger ----------------------------------------------------------------------------------------------------------
def test_v14_9_the_offers_are_short_by_538():
    """V14.9: need 50 000; volume 20 000, payment 14 461.64, service 15 000: 49 461.64, 98.9 %, short by 538.36."""
    need = discount_need(0.05, revenue=1_000_000)
    assert need == 50_000
    ledger = ledger_of(deal_of(0.10), need=need)
    assert ledger["offer_kind"].tolist() == ["volume", "service", "payment"]
    assert ledger["realised"].tolist() == pytest.approx([20_000, 15_000, 14_461.6438])
    assert ledger["cumulative"].tolist() == pytest.approx([20_000, 35_000, 49_461.6438])
    assert ledger["reached_share"].tolist() == pytest.approx([0.4, 0.7, 0.9892329])
    assert ledger["ledger_gap"].tolist() == pytest.approx([-30_000, -15_000, -538.3562])
    assert ledger["need"].tolist() == [50_000] * 3
    found = bargain(ledger, need=need, **JUDGE)
    assert (found.verdict, found.n_unknown) == ("short", 0)
    assert (found.need, found.offered, found.gap) == pytest.approx((50_000, 49_461.6438, -538.3562))
    assert found.reached_share == pytest.approx(0.9892329)
    assert found.open_offers == ("mix", "orders", "pickup", "portal", "forecast", "contract", "referral")


def test_v14_21_the_closed_formula_and_the_ledger_agree():
    """V14.21: without a fixed x the formula asks for 10.279 %, and with that the ledger comes to exactly 50 000."""
    growth = growth_with_terms(0.05, 0.25, **TERMS, fixed_cost_share=0, saving_share=0.015)
    assert growth == pytest.approx(0.1027898, abs=1e-7)
    found = bargain(ledger_of(deal_of(growth)), need=50_000, **JUDGE)
    assert found.offered == pytest.approx(50_000)
    assert found.verdict == "deserved"
    assert found.gap == pytest.approx(0, abs=1e-6)


def test_v14_19_what_other_offers_are_worth():
    """V14.19: 24 x 3000; 33 x 1000 x .25; .3 x 60 000; (.15 - .05) x 200 000."""
    assert order_offer(48, 24, cost_per_order=3000) == 72_000
    assert forecast_offer(165 - 132, unit_cost=1000, holding_rate=0.25) == 8250
    assert referral_offer(0.3, expected_net=60_000) == pytest.approx(18_000)
    assert contract_offer(0.15, 0.05, margin=200_000) == pytest.approx(20_000)


def test_minutes_and_mix():
    assert portal_offer(600, minute_rate=15) == 9000
    shift = mix_shift(0.05, high_rate=0.30, low_rate=0.15)
    assert mix_offer(shift, revenue=1_000_000, high_rate=0.30, low_rate=0.15) == pytest.approx(50_000)


def test_saved_time_counts_only_in_part_and_saved_money_whole():
    ledger = ledger_of({"orders": 10_000, "portal": 4000, "pickup": 1000}).set_index("offer_kind")
    assert ledger["realised"].to_dict() == {"orders": 7000, "portal": 2000, "pickup": 1000}  # 4000 + 6000 x .5
    unknown = ledger_of({"portal": 4000, "pickup": 1000}, realisation=np.nan).set_index("offer_kind")
    assert unknown["realised"].to_dict() == pytest.approx({"pickup": 1000, "portal": np.nan}, nan_ok=True)


def test_more_work_for_our_people_counts_in_full():
    assert ledger_of({"portal": -4000})["realised"].tolist() == [-4000]


def test_longer_credit_is_an_offer_that_costs():
    cost = payment_offer(0.0, **DEAL, capital_rate=0.365, days_before=0, days_after=10)
    assert cost == pytest.approx(-9500)  # .95 x .365 x 10 / 365 x 1 000 000
    ledger = ledger_of({"payment": cost, "volume": 20_000})
    assert ledger["cumulative"].tolist() == pytest.approx([20_000, 10_500])


def test_what_is_not_known_comes_last_and_adds_nothing():
    ledger = ledger_of({"volume": np.nan, "pickup": -5.0, "referral": 100.0})
    assert ledger["offer_kind"].tolist() == ["referral", "pickup", "volume"]
    assert ledger["cumulative"].tolist() == pytest.approx([100, 95, np.nan], nan_ok=True)
    found = bargain(ledger, need=95, **JUDGE)
    assert (found.verdict, found.n_unknown, found.offered) == ("deserved", 1, 95)


def test_equal_offers_stand_by_name():
    assert ledger_of({"volume": 5.0, "contract": 5.0})["offer_kind"].tolist() == ["contract", "volume"]


def test_nobody_offers_anything():
    ledger = ledger_of({})
    assert ledger.empty
    found = bargain(ledger, need=50_000, **JUDGE)
    assert (found.verdict, found.offered, found.gap, found.reached_share) == ("short", 0, -50_000, 0)
    assert found.open_offers == tuple(CASH_SHARES)


# -- the verdict ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("offered", "judge", "verdict"),
    [
        (50_000, {}, "deserved"),
        (50_000 - 1e-10, {}, "deserved"),
        (49_999.99, {}, "short"),
        (0, {"discount": 0.25}, "impossible by volume"),
        (0, {"discount": 0.30}, "impossible by volume"),
        (60_000, {"discount": 0.30}, "deserved"),
        (60_000, {"margin_rate": 0.0}, "refused"),
        (60_000, {"margin_rate": -0.1}, "refused"),
        (60_000, {"margin_rate": np.nan}, "not known"),
    ],
)
def test_verdicts(offered, judge, verdict):
    assert verdict_of({"service": offered}, **judge) == verdict
    assert verdict in VERDICTS


def test_a_need_that_is_not_known_is_not_judged():
    found = bargain(ledger_of({"service": 1.0}, need=np.nan), need=np.nan, **JUDGE)
    assert found.verdict == "not known"
    assert np.isnan(found.gap)
    assert np.isnan(found.reached_share)


def test_no_discount_needs_nothing():
    found = bargain(ledger_of({}, need=0), need=0, margin_rate=0.25, discount=0.0)
    assert (found.verdict, found.gap) == ("deserved", 0)
    assert np.isnan(found.reached_share)


def test_large_sums_that_differ_by_rounding_are_equal():
    third = 1e12 / 3
    found = bargain(ledger_of({"volume": third, "mix": third, "pickup": third - 1e-3}), need=1e12, **JUDGE)
    assert (found.verdict, found.gap) == ("deserved", 0)


def test_volume_sold_below_cost_costs():
    assert volume_offer(0.10, revenue=1_000_000, margin_rate=0.25, discount=0.30) == pytest.approx(-5000)


# -- room and refusal ----------------------------------------------------------------------------------------------------
def test_v14_22_headroom_by_share_of_wallet():
    """V14.22: wallet 1, .8, .5 -> 0, .25, 1."""
    assert headroom(np.array([1.0, 0.8, 0.5])).tolist() == pytest.approx([0, 0.25, 1])
    assert headroom(np.array([0.0, -0.1, 1.1, np.nan])).tolist() == pytest.approx([np.nan] * 4, nan_ok=True)
    assert headroom(1 + 1e-12) == 0


def test_growth_offered_beyond_the_room_is_not_believed():
    assert credible_growth(0.30, 0.25) == 0.25
    assert credible_growth(0.10, 0.25) == 0.10
    assert credible_growth(0.30, np.nan) == 0.30
    assert np.isnan(credible_growth(np.nan, 0.25))
    assert credible_growth(np.array([0.1, 0.3]), 0.25).tolist() == [0.1, 0.25]


def test_a_client_that_buys_everything_must_offer_other_things():
    growth = credible_growth(0.25, headroom(1.0))
    assert volume_offer(growth, margin_rate=0.25, **DEAL) == 0
    assert verdict_of({"volume": 0.0, "payment": 20_000, "pickup": 30_000}) == "deserved"


def test_v14_20_walk_away_discount():
    """V14.20: .3 x 200 000 / 1 000 000 = 6 %."""
    assert walk_away_discount(loss_probability=0.3, net=200_000, revenue=1_000_000) == pytest.approx(0.06)


def test_nothing_is_worth_giving_for_a_client_that_brings_nothing():
    assert walk_away_discount(loss_probability=0.3, net=-5, revenue=100) == 0
    missing = walk_away_discount(
        loss_probability=np.array([0.3, 1.1, -0.1, np.nan]), net=5.0, revenue=np.array([0.0, 10.0, 10.0, 10.0])
    )
    assert np.isnan(missing).all()


# -- border and invariants -----------------------------------------------------------------------------------------------
def test_another_kind_of_offer_is_refused():
    with pytest.raises(SettingError, match=r"offers \['barter'\] are not known; known are \['volume'"):
        asked_offers({"barter": 1.0}, order_cash_share=0.4)


def test_missing_columns_are_named():
    asked = asked_offers({"volume": 1.0}, order_cash_share=0.4)
    with pytest.raises(MissingColumnsError, match=r"'asked_offers' lacks \['cash_share'\]"):
        offers(asked.drop(columns="cash_share"), need=1, realisation=0.5)
    with pytest.raises(MissingColumnsError, match=r"'offers' lacks \['realised'\]"):
        bargain(asked, need=1, **JUDGE)


def test_the_input_stays_as_it_was():
    amounts = {"volume": 1.0, "orders": 2.0}
    asked = asked_offers(amounts, order_cash_share=0.4)
    assert amounts == {"volume": 1.0, "orders": 2.0}
    ledger = offers(asked, need=1, realisation=0.5)
    copies = asked.copy(deep=True), ledger.copy(deep=True)
    offers(asked, need=1, realisation=0.5)
    bargain(ledger, need=1, **JUDGE)
    pd.testing.assert_frame_equal(asked, copies[0])
    pd.testing.assert_frame_equal(ledger, copies[1])


amounts = st.dictionaries(st.sampled_from(list(CASH_SHARES)), st.one_of(st.integers(-9999, 9999), st.just(np.nan)))


@given(
    st.floats(0.1, 0.9), st.floats(0, 0.6), st.floats(0, 0.3), st.integers(0, 90), st.integers(-30, 90), st.floats(0, 0.05),
    st.integers(1, 10**9),
)  # fmt: skip
def test_the_ledger_of_the_formula_pays_the_need(rate, part, capital, before, after, saving, revenue):
    """V14.21 for any deal: with the growth that the closed formula asks for, the offers come to the need."""
    discount = rate * part
    terms = {"capital_rate": capital, "days_before": before, "days_after": after}
    growth = growth_with_terms(discount, rate, **terms, fixed_cost_share=0, saving_share=saving)
    if np.isnan(growth) or growth <= -1:
        return
    need = discount_need(discount, revenue=revenue)
    ledger = ledger_of(
        {
            "volume": volume_offer(growth, revenue=revenue, margin_rate=rate, discount=discount),
            "payment": payment_offer(growth, revenue=revenue, discount=discount, **terms),
            "service": saving * revenue,
        },
        need=need,
    )
    found = bargain(ledger, need=need, margin_rate=rate, discount=discount)
    assert found.offered == pytest.approx(need, abs=1e-9 * revenue)


@given(amounts, st.integers(0, 20_000), st.floats(0, 1))
def test_the_ledger_ends_with_what_the_bargain_says(given_amounts, need, realisation):
    ledger = ledger_of(given_amounts, need=need, realisation=realisation)
    found = bargain(ledger, need=need, **JUDGE)
    known = ledger[ledger["cumulative"].notna()]
    assert len(ledger) == len(given_amounts)
    assert found.n_unknown == len(ledger) - len(known)
    assert found.offered == pytest.approx(known["cumulative"].iloc[-1] if len(known) else 0, abs=1e-6)
    assert found.gap == pytest.approx(found.offered - need, abs=1e-6)
    assert (found.verdict == "deserved") == (found.offered >= need - 1e-6)
    assert known["realised"].is_monotonic_decreasing


@given(amounts)
def test_the_order_in_which_offers_are_named_changes_nothing(given_amounts):
    turned = dict(reversed(given_amounts.items()))
    pd.testing.assert_frame_equal(ledger_of(given_amounts), ledger_of(turned))


@given(st.floats(0.01, 1))
def test_room_and_share_of_wallet_are_two_sides_of_one_number(wallet):
    assert 1 / (1 + headroom(wallet)) == pytest.approx(wallet)
