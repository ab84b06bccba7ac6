"""Relationship levels: the ladder, the peak in history, warnings, moves between two periods."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, SettingError
from clientbase.method import relationship
from clientbase.method.common import LEVELS
from clientbase.method.relationship import (
    Moves,
    deal_months,
    level_moves,
    level_summary,
    move_rates,
)

AT = 2024 * 12 + 11  # December 2024
LADDER = {"at": AT, "partner_months": 6, "max_missed": 0, "partner_every_months": 1, "has_crm": True}
NUMBERS = LADDER | {"cooling_factor": 2.0, "cooling_days": 180.0}
LAST_THREE = [0] * 9 + [1, 1, 1]


def relationship_levels(facts, months, **numbers):
    return relationship.relationship_levels(facts, deal_months(facts, months), **numbers)


def level_at(facts, months, **numbers):
    return relationship.level_at(facts, deal_months(facts, months), **numbers)


def partner_count(facts, months, **numbers):
    return relationship.partner_count(facts, deal_months(facts, months), **numbers)


def month_of(number: int) -> pd.Timestamp:
    return pd.Timestamp(date(number // 12, number % 12 + 1, 1))


def base_of(
    rows: list[list[int]],
    exposure: list[int | None] | None = None,
    fact_age: list[int | None] | None = None,
    inquiry_age: list[int | None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return facts and months of one client a row: deals by month, oldest first, the last being AT.

    exposure is in months and by default starts with the first deal; ages are months before AT, None for never.
    """
    months = [
        (f"c{number}", month_of(AT - len(row) + 1 + place), n_deals)
        for number, row in enumerate(rows)
        for place, n_deals in enumerate(row)
        if n_deals
    ]
    by_deals = [next((len(row) - place for place, n_deals in enumerate(row) if n_deals), None) for row in rows]
    nobody = [None] * len(rows)

    def dates(ages: list[int | None]) -> pd.Series:
        return pd.Series([pd.NaT if age is None else month_of(AT - age) for age in ages], dtype="datetime64[s]")

    first = [given_one or found for given_one, found in zip(exposure or nobody, by_deals, strict=True)]
    facts = pd.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(len(rows))],
            "first_purchase_date": dates([None if months_back is None else months_back - 1 for months_back in first]),
            "n_deals_total": [sum(row) for row in rows],
            "median_gap_days": np.nan,
            "days_since_deal": np.nan,
            "first_fact_date": dates(fact_age or nobody),
            "last_inquiry_date": dates(inquiry_age or nobody),
        }
    ).astype({"client_id": "str"})
    table = pd.DataFrame(months, columns=["client_id", "month", "n_deals"])
    return facts, table.astype({"client_id": "str", "month": "datetime64[s]", "n_deals": "int64"})


def levels_of(rows: list[list[int]], numbers: dict | None = None, **ages: list) -> pd.DataFrame:
    return relationship_levels(*base_of(rows, **ages), **NUMBERS | (numbers or {}))


@pytest.mark.parametrize(
    ("row", "exposure", "level"),
    [
        ([0] * 6 + [1, 1, 2, 1, 1, 1], 6, "L6"),
        ([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1], 12, "L5"),
        ([3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0], 12, "L4"),
        ([0, 0, 1] + [0] * 9, 12, "L3"),
        ([7] + [0] * 12, None, "S"),
        ([1] * 7 + [0] + [1] * 4, 12, "L5"),
        (LAST_THREE, 3, "L4"),
    ],
)
def test_v05_1_levels_of_buyers(row, exposure, level):
    """V05.1: deals by month, oldest first."""
    assert levels_of([row], exposure=[exposure])["rel_level"].tolist() == [level]


def test_v05_1_levels_of_those_who_never_bought():
    """V05.1: an inquiry in the year, a contact only, nothing."""
    levels = levels_of([[0] * 12] * 3, fact_age=[5, 30, None], inquiry_age=[3, None, None])
    assert levels["rel_level"].tolist() == ["L2", "L1", "L0"]
    assert levels["is_level_measured"].all()


def test_v05_1_on_track():
    """V05.1 and edge cases 2.1: three months of deals in an exposure of three are on track, not yet partner."""
    levels = levels_of([LAST_THREE, LAST_THREE, [1] * 6, [1] * 3 + [0, 1]], exposure=[3, 12, 6, 5])
    assert levels["is_on_track"].tolist() == [True, False, False, False]
    assert levels["n_missed_periods"].tolist() == [3, 3, 0, 2]


def test_v05_2_moves_of_five_clients():
    """V05.2: 3->4, 4->4, 6->6, 5->S, 0->2 are two ups, one down, net 0.2."""
    before = pd.DataFrame({"client_id": list("abcde"), "rel_level": ["L3", "L4", "L6", "L5", "L0"]})
    after = pd.DataFrame({"client_id": list("edcba"), "rel_level": ["L2", "S", "L6", "L4", "L4"]})
    rates = move_rates(before, after)
    assert rates == Moves(pytest.approx(0.4), pytest.approx(0.2), pytest.approx(0.2), 5)


def test_a_client_that_wakes_rises():
    before = pd.DataFrame({"client_id": ["a", "b"], "rel_level": ["S", "L2"]})
    after = pd.DataFrame({"client_id": ["a", "b"], "rel_level": ["L3", "S"]})
    assert move_rates(before, after) == Moves(1, 0, 1, 2)


def test_the_thirteenth_month_back_is_history():
    oldest_counted, too_old = [1] + [0] * 11, [1] + [0] * 12
    assert levels_of([oldest_counted, too_old])["rel_level"].tolist() == ["L3", "S"]


def test_return_only_orders_are_no_deals():
    """Edge cases of M04: a month row without deals leaves the client unaware."""
    facts, months = base_of([[0] * 12])
    months = pd.DataFrame({"client_id": ["c0"], "month": [month_of(AT)], "n_deals": [0]})
    assert relationship_levels(facts, months, **NUMBERS)["rel_level"].tolist() == ["L0"]


def test_two_deals_in_one_month_are_a_repeat():
    assert levels_of([[2] + [0] * 8])["rel_level"].tolist() == ["L4"]


def test_many_deals_in_many_months_do_not_overflow():
    assert levels_of([[300] * 36])["rel_level"].tolist() == ["L6"]


@pytest.mark.parametrize(
    ("exposure", "row", "level"),
    [
        (5, [1, 0, 0, 0, 1], "L4"),  # one block only
        (6, [1, 0, 0, 0, 0, 1], "L5"),  # two blocks
        (8, [1, 0, 0, 0, 1, 0, 1, 0], "L5"),  # still two
        (9, [1, 0, 1, 0, 0, 0, 0, 0, 1], "L4"),  # three blocks, the middle one empty
        (9, [1, 0, 0, 0, 0, 1, 0, 0, 1], "L5"),
        (40, [1, 0, 0] + [0] * 25 + [1, 0, 0] * 4, "L5"),  # never more than four blocks
    ],
)
def test_a_regular_client_buys_in_each_block_its_exposure_fills(exposure, row, level):
    assert levels_of([row], exposure=[exposure])["rel_level"].tolist() == [level]


def test_a_first_purchase_before_the_data_lengthens_the_exposure():
    """Three active months, but known for years: nothing of a newcomer on track."""
    level = levels_of([LAST_THREE], exposure=[100]).loc[0]
    assert (level["rel_level"], level["is_on_track"]) == ("L4", False)


def test_a_client_known_only_from_before_the_data_sleeps():
    level = levels_of([[0] * 12], exposure=[100]).loc[0]
    assert (level["rel_level"], level["peak_level"], level["is_falling"]) == ("S", "S", False)


def test_a_strict_partner_needs_twelve_months_and_a_lenient_one_may_miss_some():
    rows = [[1] * 12, [0] + [1] * 11, [1] * 7 + [0] + [1] * 4]
    strict = levels_of(rows, {"partner_months": 12}, exposure=[12] * 3)
    lenient = levels_of(rows, {"max_missed": 1}, exposure=[12] * 3)
    assert strict["rel_level"].tolist() == ["L6", "L5", "L5"]
    assert lenient["rel_level"].tolist() == ["L6", "L6", "L6"]


def test_partner_by_quarter_counts_quarters():
    """METHOD 2.2: six quarters with a deal each; blocks of three quarters for L5."""
    partner = [1, 0, 0] * 6
    newcomer = [0, 0, 1] * 3
    regular = [1, *[0] * 8, 1, *[0] * 8]
    quarterly = {"partner_every_months": 3}
    levels = levels_of([partner, newcomer, regular], quarterly)
    assert levels["rel_level"].tolist() == ["L6", "L4", "L5"]
    assert levels["is_on_track"].tolist() == [False, True, False]
    assert levels_of([[1, 0, 0] * 5 + [0, 0, 0]], quarterly)["rel_level"].tolist() == ["L5"]  # the last quarter missed


def test_partner_by_half_year_counts_half_years_but_a_silent_year_sleeps():
    half_yearly = {"partner_every_months": 6}
    levels = levels_of([[1, 0, 0, 0, 0, 0] * 6, [1, 0, 0, 0, 0, 0] * 6 + [0] * 12], half_yearly)
    assert levels["rel_level"].tolist() == ["L6", "S"]
    assert levels["peak_level"].tolist() == ["L6", "L6"]


def test_partners_are_counted_for_each_period():
    facts, months = base_of([[1] * 36, [1, 0, 0] * 12, [1, 0, 0, 0, 0, 0] * 6, [0] * 36])
    counts = [partner_count(facts, months, at=AT, partner_months=6, every_months=every) for every in (1, 3, 6)]
    assert counts == [1, 2, 3]
    assert partner_count(facts, months, at=AT, partner_months=3, every_months=12) == 3
    one_missed = base_of([[1, 1, 1, 0, 1, 1]])
    assert partner_count(*one_missed, at=AT, partner_months=6, every_months=1) == 0


def test_the_peak_is_the_highest_level_at_any_month_end():
    rows = [[1] * 6 + [0] * 20, [1] * 6 + [0] * 5 + [1], [1] + [0] * 20, [0] * 8 + [1]]
    levels = levels_of(rows)
    assert levels["rel_level"].tolist() == ["S", "L4", "S", "L3"]
    assert levels["peak_level"].tolist() == ["L6", "L6", "L3", "L3"]
    assert levels["is_falling"].tolist() == [True, True, True, False]


def test_the_peak_of_contacts_needs_no_deals():
    levels = levels_of([[0] * 12, [0] * 12], fact_age=[40, 40], inquiry_age=[30, None])
    assert levels["rel_level"].tolist() == ["L1", "L1"]
    assert levels["peak_level"].tolist() == ["L2", "L1"]
    assert levels["is_falling"].tolist() == [True, False]


def test_an_inquiry_of_twelve_months_ago_is_too_old():
    levels = levels_of([[0] * 12] * 3, fact_age=[11, 12, None], inquiry_age=[11, 12, 11])
    assert levels["rel_level"].tolist() == ["L2", "L1", "L2"]


def test_contacts_of_the_last_month_count():
    levels = levels_of([[0] * 12] * 2, fact_age=[0, None], inquiry_age=[None, 0])
    assert levels["rel_level"].tolist() == ["L1", "L2"]


def test_without_contacts_levels_below_a_deal_are_not_measured():
    """Edge cases of M04: no CRM facts, levels 0-2 are one "no deals"."""
    facts, months = base_of([[0] * 12, [1] * 12])
    facts = facts.drop(columns=["first_fact_date", "last_inquiry_date"])
    levels = relationship_levels(facts, months, **NUMBERS | {"has_crm": False})
    assert levels["rel_level"].tolist() == ["L0", "L6"]
    assert levels["is_level_measured"].tolist() == [False, True]
    assert levels["next_step"].tolist() == ["first deal", "joint planning"]


def test_the_next_step_follows_the_level():
    rows = [[0] * 12, [0] * 12, [0] * 12, [1] + [0] * 12, [1], [2], [1, 0, 0, 0, 0, 1], [1] * 6]
    levels = levels_of(rows, fact_age=[None, 1, 1, *[None] * 5], inquiry_age=[None, None, 1, *[None] * 5])
    assert levels["rel_level"].tolist() == list(LEVELS)
    assert levels["next_step"].tolist() == [
        "make known", "find the need", "first deal", "reactivate", "second deal", "steady rhythm", "monthly rhythm",
        "joint planning",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n_deals", "gap", "silent", "is_cooling"),
    [
        (3, 30, 60, False),  # exactly twice the gap
        (3, 30, 61, True),
        (2, 30, 61, False),  # too few deals for a gap of one's own
        (2, 30, 180, False),
        (2, 30, 181, True),
        (9, 120, 181, True),  # the fixed bound holds for slow clients too
        (0, np.nan, np.nan, False),
    ],
)
def test_cooling_goes_by_the_own_gap_or_by_days(n_deals, gap, silent, is_cooling):
    facts, months = base_of([[1] * 6])
    facts = facts.assign(n_deals_total=n_deals, median_gap_days=float(gap), days_since_deal=float(silent))
    assert relationship_levels(facts, months, **NUMBERS)["is_cooling"].tolist() == [is_cooling]


def test_levels_at_an_earlier_month_know_nothing_of_later_deals():
    facts, months = base_of([[1] * 6, [1] * 18, [0] * 12], fact_age=[None, None, 3], inquiry_age=[None, None, 2])
    before = level_at(facts, months, **LADDER | {"at": AT - 12})
    assert before["rel_level"].tolist() == ["L0", "L6", "L0"]
    assert before["client_id"].tolist() == ["c0", "c1", "c2"]
    now, full = level_at(facts, months, **LADDER), relationship_levels(facts, months, **NUMBERS)
    pd.testing.assert_frame_equal(now, full[["client_id", "rel_level", "is_level_measured"]])


def test_a_client_of_its_first_month_is_measured_and_on_track():
    facts, months = base_of([[1], [0]])
    levels = relationship_levels(facts, months, **NUMBERS | {"has_crm": False})
    assert levels["is_level_measured"].tolist() == [True, False]
    assert levels["is_on_track"].tolist() == [True, False]
    eve = relationship_levels(facts, months, **NUMBERS | {"has_crm": False, "at": AT - 1})
    assert not eve[["is_level_measured", "is_on_track"]].any(axis=None)


def test_the_month_before_the_first_purchase_is_not_sleep():
    facts, months = base_of([[1] * 6, [1] * 7])
    before = level_at(facts, months, **LADDER | {"at": AT - 6, "has_crm": False})
    assert before["rel_level"].tolist() == ["L0", "L3"]
    assert before["is_level_measured"].tolist() == [False, True]


def test_levels_before_the_data_begin_are_empty():
    facts, months = base_of([[1] * 6])
    before = level_at(facts, months, **LADDER | {"at": AT - 120, "has_crm": False})
    assert before.to_dict("records") == [{"client_id": "c0", "rel_level": "L0", "is_level_measured": False}]


def test_months_of_other_clients_and_later_months_are_left_aside():
    facts, months = base_of([[1] * 6])
    stranger = months.assign(client_id="elsewhere")
    later = months.iloc[[-1]].assign(month=month_of(AT + 1))
    more = pd.concat([stranger, months, later], ignore_index=True)
    pd.testing.assert_frame_equal(relationship_levels(facts, more, **NUMBERS), relationship_levels(facts, months, **NUMBERS))


def test_a_base_without_any_deal_has_levels():
    levels = levels_of([[0], [0]], fact_age=[3, None])
    assert levels["rel_level"].tolist() == ["L1", "L0"]
    assert levels_of([]).empty


def test_levels_are_ordered_with_sleeping_between_interested_and_tried():
    levels = levels_of([[1] * 6])
    assert levels["rel_level"].cat.categories.tolist() == ["L0", "L1", "L2", "S", "L3", "L4", "L5", "L6"]
    assert levels["rel_level"].cat.ordered


@pytest.fixture
def levels() -> pd.DataFrame:
    rows = [[1] * 6, [1] + [0] * 12, [1], [0] * 12]
    return levels_of(rows, fact_age=[None, None, None, 2]).assign(revenue=[700.0, 0.0, 300.0, 0.0])


def test_the_summary_has_a_row_for_each_level(levels):
    summary = level_summary(levels, has_crm=True).set_index("rel_level")
    assert summary.index.tolist() == list(LEVELS)
    assert summary["n_clients"].tolist() == [0, 1, 0, 1, 1, 0, 0, 1]
    assert summary["client_share"].sum() == pytest.approx(1)
    assert summary.loc["L6", ["n_clients", "client_share", "revenue", "revenue_share"]].tolist() == [1, 0.25, 700, 0.7]


def test_an_empty_l0_is_not_measured(levels):
    """Edge cases of M04: a list of known organisations only says nothing of those who do not know us."""
    assert level_summary(levels, has_crm=True)["is_measured"].tolist() == [False, True, True, True, True, True, True, True]
    unaware = levels.assign(rel_level=["L6", "S", "L3", "L0"])
    assert level_summary(unaware, has_crm=True)["is_measured"].all()
    no_crm = unaware.assign(is_level_measured=[True, True, True, False])
    assert level_summary(no_crm, has_crm=False)["is_measured"].tolist() == [False, False, False, True, True, True, True, True]


def test_moves_count_the_new_and_the_removed():
    before = pd.DataFrame({"client_id": list("abcdef"), "rel_level": ["L3", "L3", "L3", "L4", "L4", "S"]})
    after = pd.DataFrame({"client_id": list("abcdgh"), "rel_level": ["L4", "L4", "S", "L4", "L3", "L3"]})
    moves = level_moves(before, after, min_row=3)
    assert moves[["level_before", "level_after", "n_clients"]].to_dict("split")["data"] == [
        ["S", "removed", 1],
        ["L3", "S", 1],
        ["L3", "L4", 2],
        ["L4", "L4", 1],
        ["L4", "removed", 1],
        ["new", "L3", 2],
    ]
    expected = [np.nan, 1 / 3, 2 / 3, np.nan, np.nan, np.nan]  # edge cases 2.1: too few cases, percentages withheld
    assert moves["row_share"].tolist() == pytest.approx(expected, nan_ok=True)


def test_rates_of_two_bases_without_common_clients_are_unknown():
    one, other = (pd.DataFrame({"client_id": [name], "rel_level": ["L3"]}) for name in "ab")
    rates = move_rates(one, other)
    assert rates.n_clients == 0
    assert np.isnan([rates.promoted_share, rates.demoted_share, rates.net]).all()


@pytest.mark.parametrize(("held", "named"), [("L9", "L9"), (None, "nan")])
def test_a_level_the_method_does_not_know_is_refused(held, named):
    good = pd.DataFrame({"client_id": ["a"], "rel_level": ["L3"]})
    bad = pd.DataFrame({"client_id": ["a"], "rel_level": pd.Series([held], dtype="str")})
    with pytest.raises(DataError, match=rf"column 'rel_level' holds \['{named}'\]"):
        level_moves(good, bad, min_row=1)


@pytest.mark.parametrize("numbers", [{"partner_every_months": 2}, {"partner_every_months": 0}])
def test_a_strange_period_is_refused(numbers):
    with pytest.raises(SettingError, match=r"partner_every_months is \d, need one of \[1, 3, 6, 12\]"):
        levels_of([[1]], numbers)


def test_a_partner_of_no_months_is_refused():
    with pytest.raises(SettingError, match="partner_months is 0, need at least 1"):
        levels_of([[1]], {"partner_months": 0})


def test_missing_columns_are_named(levels):
    facts, months = base_of([[1]])
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['median_gap_days'\]"):
        relationship_levels(facts.drop(columns="median_gap_days"), months, **NUMBERS)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['n_deals'\]"):
        level_at(facts, months.drop(columns="n_deals"), **LADDER)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['last_inquiry_date'\]"):
        level_at(facts.drop(columns="last_inquiry_date"), months, **LADDER)
    with pytest.raises(MissingColumnsError, match=r"'relationship_levels' lacks \['revenue'\]"):
        level_summary(levels.drop(columns="revenue"), has_crm=True)
    with pytest.raises(MissingColumnsError, match=r"'levels after' lacks \['rel_level'\]"):
        move_rates(levels, levels[["client_id"]])


def test_the_input_stays_as_it_was(levels):
    facts, months = base_of([[1] * 6, [0] * 12], inquiry_age=[None, 3])
    copies = facts.copy(deep=True), months.copy(deep=True), levels.copy(deep=True)
    relationship_levels(facts, months, **NUMBERS)
    level_at(facts, months, **LADDER | {"at": AT - 3})
    partner_count(facts, months, at=AT, partner_months=6, every_months=3)
    level_summary(levels, has_crm=True)
    level_moves(levels, levels, min_row=1)
    move_rates(levels, levels)
    for table, copy in zip((facts, months, levels), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def plain_level(row: list[int], exposure: int, rule: tuple[int, int, int]) -> str:
    """Judge one client by the text of the method, month by month; row ends with the month judged."""
    partner_months, max_missed, every = rule
    padded = [0] * 400 + row
    periods = [sum(padded[len(padded) - (place + 1) * every : len(padded) - place * every]) for place in range(24)]
    n_periods = -(-exposure // every) if exposure > 0 else 0
    n_deals = sum(padded[-12:])
    if exposure <= 0:
        return "L0"
    if n_deals == 0:
        return "S"
    if n_periods >= partner_months and sum(n == 0 for n in periods[:partner_months]) <= max_missed:
        return "L6"
    n_blocks = min(4, n_periods // 3)
    if n_blocks >= 2 and all(sum(periods[3 * block : 3 * block + 3]) for block in range(n_blocks)):
        return "L5"
    return "L4" if n_deals >= 2 else "L3"


histories = st.lists(st.sampled_from([0, 0, 1, 1, 3]), min_size=1, max_size=48)
bases = st.lists(histories, min_size=1, max_size=6)
partner_rules = st.tuples(st.integers(1, 12), st.integers(0, 2), st.sampled_from([1, 3, 6]))


def named(rule: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("partner_months", "max_missed", "partner_every_months"), rule, strict=True))


@settings(max_examples=200)
@given(bases, partner_rules)
def test_levels_and_peaks_agree_with_judging_clients_one_by_one(rows, rule):
    levels = levels_of(rows, named(rule))
    for row, level, peak in zip(rows, levels["rel_level"], levels["peak_level"], strict=True):
        bought = next((place for place, n_deals in enumerate(row) if n_deals), len(row))
        history = [plain_level(row[: end + 1], end + 1 - bought, rule) for end in range(len(row))]
        assert level == history[-1]
        assert peak == max(history, key=LEVELS.index)


@given(bases)
def test_equal_clients_get_equal_levels(rows):
    levels = levels_of(rows * 2).drop(columns="client_id")
    pd.testing.assert_frame_equal(levels.iloc[: len(rows)], levels.iloc[len(rows) :].reset_index(drop=True))


@given(bases)
def test_a_client_with_nothing_changes_nothing_for_the_others(rows):
    pd.testing.assert_frame_equal(levels_of(rows), levels_of([*rows, [0]]).iloc[:-1])


@given(histories, st.data())
def test_another_deal_within_the_exposure_never_lowers_the_level(row, data):
    more = list(row)
    more[data.draw(st.integers(0, len(row) - 1))] += 1
    levels = levels_of([row, more], exposure=[len(row)] * 2)
    assert levels.loc[0, "rel_level"] in LEVELS[: LEVELS.index(levels.loc[1, "rel_level"]) + 1]


@given(bases, bases)
def test_shares_of_summary_and_moves_sum_to_one(rows, others):
    before, after = levels_of(rows), levels_of(others)
    summary = level_summary(before.assign(revenue=1.0), has_crm=True)
    assert summary[["client_share", "revenue_share"]].sum().tolist() == pytest.approx([1, 1])
    moves = level_moves(before, after, min_row=1)
    assert moves.groupby("level_before", observed=True)["row_share"].sum().tolist() == pytest.approx(
        [1] * moves["level_before"].nunique()
    )
    rates = move_rates(before, after)
    assert rates.n_clients == min(len(rows), len(others))
    assert rates.net == pytest.approx(-move_rates(after, before).net)
