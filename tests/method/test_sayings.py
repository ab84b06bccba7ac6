"""Sayings of the trade against the base's own measures, and contacts with prospects and clients."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.sayings import CLAIMS, VERDICTS, contact_rates, sayings

FIRST, END = 2025 * 12, 2025 * 12 + 11


def measures_of(**own):
    rows = [(saying.replace("_", " "), value, None) for saying, value in own.items()]
    return pd.DataFrame(rows, columns=["saying", "own_value", "reason"])


def verdict(saying, own, tolerance=0.20):
    measures = pd.DataFrame({"saying": [saying], "own_value": [own], "reason": [None]})
    table = sayings(measures, tolerance=tolerance).set_index("saying")
    return table.loc[saying, "saying_verdict"]


@pytest.mark.parametrize(("own", "expected"), [(0.75, "confirmed"), (0.55, "lower"), (0.32, "lower")])
def test_a_saying_is_confirmed_within_a_fifth_of_what_it_says(own, expected):  # V17.8
    assert verdict("few bring most", own) == expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [(0.64, "confirmed"), (0.96, "confirmed"), (0.6399, "lower"), (0.9601, "higher"), (0.64 - 1e-12, "confirmed")],
)
def test_the_bounds_belong_to_what_is_confirmed(own, expected):
    assert verdict("few bring most", own) == expected


@pytest.mark.parametrize(
    ("own", "expected"), [(3.9, "lower"), (4.0, "confirmed"), (7.0, "confirmed"), (12.0, "confirmed"), (12.1, "higher")]
)
def test_a_range_is_confirmed_from_below_its_low_to_above_its_high(own, expected):
    assert verdict("new costs more", own) == expected


def test_what_lacks_data_has_its_reason_and_no_verdict():
    measures = measures_of(few_bring_most=0.5, half_are_lost=np.nan)
    measures.loc[:, "reason"] = ["not to be told", "too short"]
    table = sayings(measures, tolerance=0.2).set_index("saying")
    assert table.loc["half are lost", ["saying_verdict", "saying_reason"]].tolist() == ["no data", "too short"]
    assert pd.isna(table.loc["few bring most", "saying_reason"])
    assert table.loc["repaid in a year", "saying_verdict"] == "no data"  # nobody looked


def test_every_saying_has_a_row_with_its_claim():
    table = sayings(measures_of(), tolerance=0.2)
    assert table["saying"].tolist() == list(CLAIMS)
    assert table.set_index("saying").loc["retention pays", ["claim_low", "claim_high"]].tolist() == [0.25, 0.55]
    assert set(table["saying_unit"]) == {"share", "times", "months", "contacts"}
    assert (table["saying_verdict"] == "no data").all()


def test_an_unknown_saying_is_refused():
    with pytest.raises(DataError, match="there is no saying 'all is well'; there are few bring most, "):
        sayings(measures_of(all_is_well=1.0), tolerance=0.2)


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match=r"'measures' lacks \['reason'\]"):
        sayings(measures_of().drop(columns="reason"), tolerance=0.2)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['first_purchase_date'\]"):
        contact_rates(pd.DataFrame({"client_id": []}), contacts_of(), first=FIRST, end=END)
    with pytest.raises(MissingColumnsError, match=r"'contacts' lacks \['n_contacts'\]"):
        contact_rates(facts_of(), contacts_of().drop(columns="n_contacts"), first=FIRST, end=END)


# -- contacts ------------------------------------------------------------------------------------------------------------
def facts_of(*rows):
    """Return facts of (client, first purchase, first contact)."""
    return pd.DataFrame(rows, columns=["client_id", "first_purchase_date", "first_contact_date"])


def contacts_of(*rows):
    table = pd.DataFrame(rows, columns=["client_id", "month", "n_contacts"])
    return table.assign(month=pd.to_datetime(table["month"]))


def test_contacts_a_year_of_prospects_and_clients():
    """Prospects 6 a year each, clients 160 in 40 years: V16.4's rates, 6 and 4."""
    facts = facts_of(
        ("p1", None, "2020-05-01"), ("p2", None, "2025-07-10"), ("c1", "2021-01-01", None), ("c2", "2025-10-20", None)
    )
    contacts = contacts_of(("p1", "2025-02-01", 6), ("p2", "2025-08-01", 3), ("c1", "2025-03-01", 4), ("c2", "2025-12-01", 1))
    table = contact_rates(facts, contacts, first=FIRST, end=END).set_index("contact_kind")
    assert table.loc["prospects"].tolist() == [2, 9, 18, 6]  # 12 and 6 months
    assert table.loc["clients"].tolist() == [2, 5, 15, 4]  # 12 and 3 months


def test_contacts_before_the_first_purchase_and_outside_the_window_belong_to_neither():
    facts = facts_of(("c1", "2025-07-01", "2025-01-01"), ("p1", None, None), ("p2", None, "2026-03-01"))
    contacts = contacts_of(
        ("c1", "2025-03-01", 9), ("c1", "2025-07-01", 2), ("c1", "2024-07-01", 9), ("c1", "2026-01-01", 9),
        ("p2", "2026-03-01", 9), ("stranger", "2025-03-01", 9),
    )  # fmt: skip
    table = contact_rates(facts, contacts, first=FIRST, end=END).set_index("contact_kind")
    assert table.loc["clients", "contact_rate"] == 4  # 2 in 6 months
    assert table.loc["prospects", ["n_clients", "contact_rate"]].tolist() == [1, 0]


def test_without_prospects_their_rate_is_not_known():
    facts = facts_of(("c1", "2021-01-01", None)).drop(columns="first_contact_date")
    table = contact_rates(facts, contacts_of(), first=FIRST, end=END)
    assert table["contact_rate"].tolist() == pytest.approx([np.nan, 0], nan_ok=True)


def test_the_input_stays_as_it_was():
    facts, contacts = facts_of(("p1", None, "2020-05-01")), contacts_of(("p1", "2025-02-01", 6))
    measures = measures_of(few_bring_most=0.5)
    copies = [table.copy(deep=True) for table in (facts, contacts, measures)]
    contact_rates(facts, contacts, first=FIRST, end=END)
    sayings(measures, tolerance=0.2)
    for table, copy in zip((facts, contacts, measures), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


@given(st.sampled_from(list(CLAIMS)), st.lists(st.floats(0, 30), min_size=2, max_size=2), st.floats(0.01, 0.9))
def test_more_is_never_judged_lower(saying, values, tolerance):
    order = {"lower": 0, "confirmed": 1, "higher": 2}
    low, high = (order[verdict(saying, value, tolerance)] for value in sorted(values))
    assert low <= high


@given(st.sampled_from(list(CLAIMS)), st.floats(0.01, 0.9))
def test_what_is_said_is_confirmed(saying, tolerance):
    claim = CLAIMS[saying]
    assert {verdict(saying, own, tolerance) for own in (claim.low, claim.high, (claim.low + claim.high) / 2)} == {VERDICTS[0]}
