"""Stability of purchases: METHOD section 8, vectors V07.1 to V07.8 with their numbers typed by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.periods import month_number
from clientbase.method.share_classes import share_classes
from clientbase.method.stability import ACTIONS, abc_xyz, seasonal_index, stability, xyz_classes, xyz_summary

END = pd.Timestamp("2025-12-01")
LAST = month_number(END.date())
BOUNDS = {"x_to": 0.5, "y_to": 1.0, "min_periods": 6, "end": LAST, "silent_months": 3}


def month(back: int) -> pd.Timestamp:
    return END - pd.DateOffset(months=back)


def base(**clients: list[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return facts and months of clients given by their revenue a month, the last month last; leading zeros are no months."""
    facts, months = [], []
    for client, series in clients.items():
        rows = [(client, month(len(series) - 1 - place), float(amount)) for place, amount in enumerate(series) if amount]
        months += rows
        deals = [day for _, day, amount in rows if amount > 0]
        facts.append((client, min(deals, default=pd.NaT), max(deals, default=pd.NaT), len(rows), sum(series[-12:])))
    names = ["client_id", "first_purchase_date", "last_deal_date", "n_orders", "revenue"]
    return pd.DataFrame(facts, columns=names), pd.DataFrame(months, columns=["client_id", "month", "revenue"])


def measured(length: int = 1, trailing: str = "zeros", index: np.ndarray | None = None, **clients: list[float]) -> pd.DataFrame:
    facts, months = base(**clients)
    longest = max(len(series) for series in clients.values())
    n_periods = max(1, min(12, longest // length))
    found = stability(facts, months, end=LAST, length=length, n_periods=n_periods, trailing=trailing, index=index)
    return xyz_classes(found, **BOUNDS).set_index("client_id")


def test_even_purchases_and_swings():  # V07.1
    found = measured(even=[100] * 12, half=[50, 150] * 6, all_or_none=[0, 200] * 6)
    assert found["cv"].tolist()[:2] == pytest.approx([0.0, 0.5])
    assert found["xyz"].tolist()[:2] == ["X", "X"]
    # all or nothing begins with its first purchase: a client known since before has its twelve months
    facts, months = base(all_or_none=[0, 200] * 6)
    facts["first_purchase_date"] = month(11)
    one = stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None)
    assert one["cv"].tolist() == pytest.approx([1.0])
    assert xyz_classes(one, **BOUNDS)["xyz"].tolist() == ["Y"]


def test_one_purchase_a_year():  # V07.2
    found = measured(once=[1200, *[0] * 11])
    assert found["cv"].tolist() == pytest.approx([3.3166], abs=5e-5)
    assert found["xyz"].tolist() == ["Z"]
    assert found["xyz_reason"].tolist() == ["unsteady"]


def test_months_before_the_first_purchase_are_no_zeros():  # V07.3
    found = measured(new=[0, 0, 0, 0, 100, 110, 90, 100, 100, 100, 100, 100])
    assert found["n_series"].tolist() == [8]
    assert found["cv"].tolist() == pytest.approx([0.05])
    facts, months = base(new=[0, 0, 0, 0, 100, 110, 90, 100, 100, 100, 100, 100])
    facts["first_purchase_date"] = month(11)  # with four false zeros
    wrong = stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None)
    assert wrong["cv"].tolist() == pytest.approx([0.7098], abs=5e-5)


def test_a_short_history_has_no_class():  # V07.4
    found = measured(new=[100, 100, 100, 100])
    assert found["xyz"].tolist() == ["n"]
    assert found["xyz_reason"].tolist() == ["short history"]


def test_silence_counts_unless_it_is_cut():  # V07.5
    gone = [100] * 6 + [0] * 6
    found, cut = measured(gone=gone), measured(trailing="cut", gone=gone)
    assert found["cv"].tolist() == pytest.approx([1.0])
    assert found["xyz"].tolist() == ["Y"]
    assert found["is_silent"].tolist() == [True]
    assert cut["cv"].tolist() == pytest.approx([0.0])
    assert cut["n_series"].tolist() == [6]
    assert cut["xyz"].tolist() == ["X"]


def test_nothing_left_after_returns():  # V07.6
    found = measured(back=[100, -100] * 6)
    assert found["series_mean"].tolist() == [0.0]
    assert found["xyz"].tolist() == ["Z"]
    assert found["xyz_reason"].tolist() == ["no net revenue"]


def test_chance_deals_alone_make_swings():  # V07.7
    rng = np.random.default_rng(7)
    for deals_a_month, expected in ((1, 1.0), (4, 0.5)):
        series = {f"c{n}": (100.0 * rng.poisson(deals_a_month, 13)).tolist() for n in range(2000)}
        facts, months = base(**series)
        facts["first_purchase_date"] = month(12)
        found = stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None)
        assert found["cv"].median() == pytest.approx(expected, abs=0.07)


def test_quarters_see_what_months_do_not():  # V07.8
    quarters = [100, 0, 0, 100, 0, 0, 0, 0, 0, 100, 0, 0, 100, 0, 0, 100, 0, 0]
    by_quarter, by_month = measured(length=3, slow=quarters), measured(slow=quarters[-12:])
    assert by_quarter["series_mean"].tolist() == pytest.approx([83.3333], abs=5e-5)
    assert by_quarter["cv"].tolist() == pytest.approx([0.4472], abs=5e-5)
    assert by_quarter["xyz"].tolist() == ["X"]
    assert by_month["xyz"].tolist() == ["Z"]
    facts, months = base(slow=quarters)
    eighteen = stability(facts, months, end=LAST, length=1, n_periods=18, trailing="zeros", index=None)
    assert eighteen["cv"].tolist() == pytest.approx([1.6125], abs=5e-5)


# -- edges --------------------------------------------------------------------------------------------------------------------
def test_bounds_are_inclusive_and_must_rise():
    facts = measured(half=[50, 150] * 6).reset_index()
    assert xyz_classes(facts, **{**BOUNDS, "x_to": 0.5})["xyz"].tolist() == ["X"]
    assert xyz_classes(facts, **{**BOUNDS, "x_to": 0.1, "y_to": 0.5})["xyz"].tolist() == ["Y"]
    assert xyz_classes(facts, **{**BOUNDS, "x_to": 0.1, "y_to": 0.25})["xyz"].tolist() == ["Z"]
    with pytest.raises(SettingError, match="bounds must rise"):
        xyz_classes(facts, **{**BOUNDS, "x_to": 1.0})


def test_who_did_not_buy_in_the_window_has_no_class():
    facts, months = base(asleep=[100] * 6 + [0] * 12, never=[0] * 18, buys=[100] * 18)
    facts["n_orders"] = [0, 0, 12]
    found = xyz_classes(
        stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None), **BOUNDS
    ).set_index("client_id")
    assert found["xyz"].isna().tolist() == [True, True, False]
    assert found["xyz_reason"].isna().tolist() == [True, True, False]
    assert found["is_silent"].tolist() == [False, False, False]
    assert found["n_series"].tolist() == [12, 0, 12]
    assert np.isnan(found.loc["never", "cv"])


def test_returns_without_any_purchase_are_no_short_history():
    facts, months = base(back=[0] * 11 + [-5], buys=[100] * 12)
    found = xyz_classes(stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None), **BOUNDS)
    assert found["xyz"].tolist() == ["n", "X"]
    assert found["xyz_reason"].tolist() == ["returns only", "steady"]


def test_what_lies_outside_the_rhythm_window_or_is_of_others_does_not_count():
    facts, months = base(a=[9999, *[100] * 12])
    strangers = pd.DataFrame({"client_id": "(unassigned)", "month": [month(3), month(-1)], "revenue": [5.0, 7.0]})
    late = pd.DataFrame({"client_id": "a", "month": [month(-1)], "revenue": [500.0]})
    all_months = pd.concat([strangers, months, late], ignore_index=True)
    found = stability(facts, all_months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None)
    assert found[["n_series", "n_nonzero", "series_mean", "cv"]].iloc[0].tolist() == [12, 12, 100.0, 0.0]


def test_rows_may_come_in_any_order_and_split():
    facts, months = base(a=[10, 20, 30] * 4, b=[5, 0, 40] * 4)
    split = pd.concat([months.assign(revenue=months["revenue"] / 2)] * 2).sample(frac=1, random_state=3)
    options = {"end": LAST, "length": 3, "n_periods": 4, "trailing": "zeros", "index": None}
    assert_frame_equal(stability(facts, months, **options), stability(facts, split, **options))


def test_a_return_after_the_last_purchase_counts_unless_it_is_cut():
    returned = [100] * 11 + [-50]
    assert measured(a=returned)["series_mean"].tolist() == pytest.approx([1050 / 12])
    assert measured(trailing="cut", a=returned)["series_mean"].tolist() == pytest.approx([100.0])


def test_the_input_stays_as_it_was_and_columns_are_asked_for():
    facts, months = base(a=[1, 2, 3])
    before = facts.copy(), months.copy()
    options = {"end": LAST, "length": 1, "n_periods": 3, "trailing": "zeros", "index": None}
    stability(facts, months, **options)
    assert_frame_equal(facts, before[0])
    assert_frame_equal(months, before[1])
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['revenue'\]"):
        stability(facts, months.drop(columns="revenue"), **options)
    with pytest.raises(SettingError, match="must be 'zeros' or 'cut'"):
        stability(facts, months, **{**options, "trailing": "none"})


def test_no_months_at_all():
    facts, months = base(a=[0, 0, 0])
    found = stability(
        facts, months.astype({"month": "datetime64[us]"}), end=LAST, length=1, n_periods=3, trailing="cut", index=None
    )
    assert found["n_series"].tolist() == [0]
    assert found["cv"].isna().tolist() == [True]


# -- season -------------------------------------------------------------------------------------------------------------------
def test_the_seasonal_index_takes_the_season_out():
    season = [0.5, 1.5] * 6
    facts, months = base(a=[100 * part for part in season * 2], b=[40 * part for part in season * 2])
    index = seasonal_index(months, end=LAST)
    assert index.tolist() == pytest.approx(season)  # January is the first of the twelve, as in these data
    raw = stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=None)
    calm = stability(facts, months, end=LAST, length=1, n_periods=12, trailing="zeros", index=index)
    assert raw["cv"].tolist() == pytest.approx([0.5, 0.5])
    assert calm["cv"].tolist() == pytest.approx([0.0, 0.0])


def test_the_index_belongs_to_the_calendar_month_wherever_the_window_ends():
    peak_in_july = [100.0 + 50 * (number % 12 == 6) for number in range(24)]
    _, months = base(a=peak_in_july)
    shifted = months.assign(month=months["month"] - pd.DateOffset(months=5))  # the peak lies in February, the end in July
    index = seasonal_index(shifted, end=LAST - 5)
    assert int(np.argmax(index)) == 1
    assert index.sum() == pytest.approx(12)


@pytest.mark.parametrize(
    "series", [[100] * 23, [100] * 12 + [0] * 12, [100, 0] * 12], ids=["short", "empty year", "zero month"]
)
def test_no_index_where_nothing_could_be_divided_by_it(series):
    _, months = base(a=series)
    assert seasonal_index(months, end=LAST) is None


# -- the matrix ---------------------------------------------------------------------------------------------------------------
def classed() -> pd.DataFrame:
    found = measured(
        big=[600] * 12, mid=[50, 150] * 6, wild=[400, *[0] * 11], new=[30] * 4, back=[9, *[0] * 10, -9]
    ).reset_index()
    found["revenue"] = [7200.0, 1200.0, 400.0, 120.0, 0.0]
    found["n_orders"] = [12, 12, 1, 4, 2]
    return share_classes(found, value="revenue", a=0.80, b=0.96, c=0.999, d_rule="cum", own_share=0.001, ties="share")


def test_the_matrix_names_what_each_cell_calls_for():
    cells = abc_xyz(classed()).set_index(["share_class", "xyz"])
    assert cells.loc[("A", "X"), ["n_clients", "revenue", "action", "is_planned"]].tolist() == [
        1,
        7200.0,
        "partner terms",
        True,
    ]
    assert cells.loc[("B", "X"), "n_clients"] == 1
    assert cells.loc[("C", "Z"), "action"] == "catalogue only"
    assert cells.loc[("L", "Z"), "n_clients"] == 1  # nothing left of it, and no action named
    assert pd.isna(cells.loc[("L", "Z"), "action"])
    assert len(cells.loc["A":"D"]) == 16
    assert cells["n_clients"].sum() == 5
    assert cells["revenue_share"].sum() == pytest.approx(1.0)
    assert set(ACTIONS) == {(share, xyz) for share in "ABCD" for xyz in "XYZ"}


def test_the_summary_shows_every_class():
    summary = xyz_summary(classed())
    assert summary["xyz"].astype(str).tolist() == ["X", "Y", "Z", "n"]
    assert summary["n_clients"].tolist() == [2, 0, 2, 1]
    assert summary["client_share"].tolist() == pytest.approx([0.4, 0.0, 0.4, 0.2])


amounts = st.lists(st.integers(-50, 200), min_size=24, max_size=24)


@given(st.lists(amounts, min_size=1, max_size=6), st.sampled_from([1, 3, 6]), st.sampled_from(["zeros", "cut"]))
def test_the_sums_say_what_a_full_matrix_would(clients, length, trailing):
    facts, months = base(**{f"c{n}": series for n, series in enumerate(clients)})
    n_periods = 24 // length
    found = stability(facts, months, end=LAST, length=length, n_periods=n_periods, trailing=trailing, index=None)
    for (_, fact), series in zip(found.iterrows(), clients, strict=True):
        by_period = np.array(series, dtype=float).reshape(n_periods, length).sum(axis=1)
        positive = [place for place, amount in enumerate(series) if amount > 0]
        if not positive:
            assert fact["n_series"] == 0
            continue
        last = positive[-1] // length if trailing == "cut" else n_periods - 1
        own = by_period[positive[0] // length : last + 1]
        assert fact["n_series"] == len(own)
        assert fact["series_mean"] == pytest.approx(own.mean())
        assert fact["series_sd"] == pytest.approx(own.std(), abs=1e-9)


def test_two_clients_make_a_matrix_too():
    two = classed().head(2)  # as many clients as keys of the matrix
    assert abc_xyz(two)["n_clients"].sum() == 2
