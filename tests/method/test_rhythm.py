"""Rhythm of the base: a client's median gap, the base's median, the period natural for it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.rhythm import GRAIN_MONTHS, base_rhythm, client_rhythms, natural_grain


def facts_of(gaps: list[float], n_deal_days: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"median_gap_days": np.array(gaps, dtype=float), "n_deal_days": n_deal_days})


def test_v01_4_the_rhythm_of_a_client_is_the_median_gap():
    """V01.4: gaps of 10, 20 and 40 days, in any order of rows."""
    dates = pd.to_datetime(["2024-03-11", "2024-01-01", "2024-01-11", "2024-01-31"])
    rhythms = client_rhythms(pd.DataFrame({"client_id": "c1", "date": dates}))
    assert rhythms.to_dict("records") == [{"client_id": "c1", "n_deal_days": 4, "median_gap_days": 20}]


@pytest.mark.parametrize(
    ("gaps", "days", "grain"),
    [([20, 40, 100], 40, "month"), ([40, 60, 100], 60, "quarter"), ([100, 200, 300], 200, "half-year")],
)
def test_v01_5_the_rhythm_of_the_base_chooses_the_grain(gaps, days, grain):
    """V01.5."""
    rhythm = base_rhythm(facts_of(gaps * 4), min_clients=10)
    assert (rhythm.days, rhythm.grain, rhythm.n_clients) == (days, grain, 12)


def test_several_deals_on_one_day_are_one_deal_day():
    dates = pd.to_datetime(["2024-01-01 09:00", "2024-01-01 15:00", "2024-01-31 09:00"])
    rhythms = client_rhythms(pd.DataFrame({"client_id": ["c1", "c1", "c1"], "date": dates}))
    assert rhythms.loc[0, ["n_deal_days", "median_gap_days"]].tolist() == [2, 30]


def test_one_deal_day_has_no_gap_and_clients_do_not_mix():
    dates = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-02-11"])
    rhythms = client_rhythms(pd.DataFrame({"client_id": ["b", "a", "a"], "date": dates}))
    assert rhythms["client_id"].tolist() == ["a", "b"]
    assert rhythms["median_gap_days"].tolist() == pytest.approx([10, np.nan], nan_ok=True)


def test_clients_with_one_gap_do_not_count():
    facts = pd.concat([facts_of([40] * 10), facts_of([300] * 50, n_deal_days=2), facts_of([np.nan] * 50, n_deal_days=1)])
    rhythm = base_rhythm(facts, min_clients=10)
    assert (rhythm.days, rhythm.n_clients) == (40, 10)


def test_with_too_few_clients_the_rhythm_is_unknown_and_the_grain_the_month():
    rhythm = base_rhythm(facts_of([200] * 9), min_clients=10)
    assert np.isnan([rhythm.days, rhythm.low_quartile, rhythm.high_quartile]).all()
    assert (rhythm.n_clients, rhythm.grain) == (9, "month")


def test_a_base_without_clients_has_no_rhythm():
    assert base_rhythm(facts_of([]), min_clients=0).grain == "month"


def test_quartiles_are_interpolated():
    rhythm = base_rhythm(facts_of([10, 20, 30, 40]), min_clients=4)
    assert (rhythm.low_quartile, rhythm.days, rhythm.high_quartile) == (17.5, 25, 32.5)


@pytest.mark.parametrize(
    ("days", "grain"),
    [
        (1, "month"),
        (45, "month"),
        (45 + 1e-10, "month"),
        (45.5, "quarter"),
        (135, "quarter"),
        (136, "half-year"),
        (270, "half-year"),
        (271, "year"),
        (np.nan, "month"),
    ],
)
def test_a_bound_belongs_to_the_shorter_grain(days, grain):
    assert natural_grain(days) == grain


def test_the_grain_is_known_in_months():
    assert GRAIN_MONTHS == {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_deal_days'\]"):
        base_rhythm(pd.DataFrame({"median_gap_days": [1.0]}), min_clients=10)
    with pytest.raises(MissingColumnsError, match=r"'deals' lacks \['date'\]"):
        client_rhythms(pd.DataFrame({"client_id": ["c1"]}))


def test_the_input_stays_as_it_was():
    facts, deals = facts_of([10, 30, 20]), pd.DataFrame({"client_id": ["b", "a"], "date": pd.to_datetime(["2024-02-01"] * 2)})
    copies = facts.copy(deep=True), deals.copy(deep=True)
    base_rhythm(facts, min_clients=1)
    client_rhythms(deals)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(deals, copies[1])


gap_lists = st.lists(st.integers(1, 500), min_size=10, max_size=40)


@given(gap_lists)
def test_quartiles_enclose_the_median_and_order_does_not_matter(gaps):
    rhythm = base_rhythm(facts_of(gaps), min_clients=10)
    assert rhythm.low_quartile <= rhythm.days <= rhythm.high_quartile
    assert base_rhythm(facts_of(gaps[::-1]), min_clients=10) == rhythm


@given(gap_lists)
def test_a_client_without_purchases_changes_nothing(gaps):
    with_stranger = pd.concat([facts_of(gaps), facts_of([np.nan], n_deal_days=0)], ignore_index=True)
    assert base_rhythm(with_stranger, min_clients=10) == base_rhythm(facts_of(gaps), min_clients=10)


@given(st.lists(st.floats(0.5, 2000), min_size=2, max_size=2))
def test_a_slower_base_never_gets_a_shorter_grain(rhythms):
    quick, slow = (GRAIN_MONTHS[natural_grain(days)] for days in sorted(rhythms))
    assert quick <= slow
