"""The economics of clients on whole studies: what is told, what is withheld, and what would open the rest."""

import inspect
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_study import CLIENTS, write_study
from test_small_bases import BASES, write

from clientbase.economics import HALF_OPEN, NO_ACQUISITION, NO_CONTACTS, NO_LOAD, NO_MARGINS, NO_PREVIOUS, Economics
from clientbase.errors import NothingToAnalyseError, SettingError
from clientbase.findings.economics import EconomicsFindings
from clientbase.study import open_study
from clientbase.words import Words

DEMO = Path(__file__).parents[1] / "data" / "demo"
NO_RESULTS = SimpleNamespace(shares=None, client_months=None, contact_cost=float("nan"), n_kept=0, is_indicative=True)
WITHHELD = ["Fewer than 3 clients have positive revenue: the figures stand without advice."]
SERVED = 30.0  # the cost to serve each client in each month of its life, and so K5 to K7 cost more than they bring


def economics_of(engagement, load=NO_RESULTS):
    return Economics(engagement.steps, load, engagement.ledger.contacts)


def told(economics, language="en"):
    return EconomicsFindings(economics, Words(language, "EUR"))


def served(engagement):
    """Return the load of a company that spends SERVED a month on each client that bought in it."""
    months = engagement.steps.months[["client_id", "month"]].assign(cts=SERVED)
    inside = months[months["month"] >= pd.Timestamp(engagement.window.start)]
    cts = engagement.steps.facts["client_id"].map(inside.groupby("client_id")["cts"].sum())
    shares = engagement.steps.facts[["client_id", "margin"]].assign(cts=cts.fillna(0.0), is_load_known=cts.notna())
    return SimpleNamespace(
        shares=shares.assign(net=shares["margin"] - shares["cts"]), client_months=months, contact_cost=600.0, n_kept=6,
        is_indicative=False,
    )  # fmt: skip


def small(folder, *, costs=None, extra="", **columns):
    """Write the small company with acquisition costs; K7 is won in July 2025."""
    write_study(folder, extra=extra)
    clients = pd.read_csv(folder / "clients.csv").assign(acquisition_cost=costs, **columns)
    clients.to_csv(folder / "clients.csv", index=False)
    return open_study(folder)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Six clients first bought before the data, as far as these show, save those whose first purchase is given."""
    given = ["2024-01-04", "2024-01-05", "2024-01-06", None, "2020-05-05", None, None]
    costs = [3000, 700, 5000, 90, 90, None, 10]
    return small(tmp_path_factory.mktemp("company"), costs=costs, first_purchase_date=given)


@pytest.fixture(scope="module")
def demo():
    return open_study(DEMO)


# -- payback -------------------------------------------------------------------------------------------------------------
def test_payback_is_counted_from_margin_less_service(company):
    """K1 earns 30 % of 1 800 a month, K2 of 400, K3 of 120, each less 30: 510, 90 and 6; K7 3 of 10, less 30."""
    found = economics_of(company, served(company)).payback.set_index("client_id")
    assert found["payback_month"].dropna().to_dict() == {"K1": 6, "K2": 8}
    assert found.loc["K3", ["payback_state", "gain"]].tolist() == ["not yet", pytest.approx(24 * 6 - 5000)]
    assert found.loc["K7", "gain"] == pytest.approx(6 * -27 - 10)
    assert found.loc[["K4", "K5"], "payback_reason"].tolist() == ["history not whole"] * 2  # unknown, and given as earlier
    assert "K6" not in found.index
    assert found.index[0] == "K3"
    by_margin = economics_of(company).payback.set_index("client_id")
    assert by_margin["payback_month"].dropna().to_dict() == {"K1": 6, "K2": 6, "K7": 4}


def test_payback_is_told_with_what_is_left_out(company):
    findings = told(economics_of(company))
    assert findings.payback_title() == "Half of the clients repay what winning them cost within 6 months"
    assert findings.payback() == [
        "Median payback 6 months.",
        "Of 4 clients followed from the first purchase repaid: 3, not yet: 1, gone before: 0.",
        "2 more clients are left out: no purchase yet, or a first one from before the data.",
        "What winning 1 further client cost is not known.",
    ]


def test_half_not_repaid_leaves_the_median_open(company):
    economics = economics_of(company, served(company))
    assert np.isnan(economics.payback_summary.median_month)
    assert told(economics).payback_title() == "Fewer than half of the clients have repaid what winning them cost"
    row = economics.sayings.set_index("saying").loc["repaid in a year"]
    assert (row["saying_verdict"], row["saying_reason"]) == ("no data", HALF_OPEN)


def test_what_a_contribution_is_counted_from_is_said(company):
    assert "margin alone" in told(economics_of(company)).contribution()[0]
    load = served(company)
    assert told(economics_of(company, load)).contribution() == [
        "A client's contribution is its margin less what serving it costs, at the rates of the window."
    ]
    load.client_months = load.client_months[load.client_months["month"] >= "2025-03-01"]
    assert told(economics_of(company, load)).contribution()[1].startswith("Costs of service are known from Mar 2025 on")


def test_a_channel_s_spend_stands_for_a_cost_that_is_not_known(tmp_path):
    spend = "[economics]\nchannel_spend = { fair = 500, letters = 80 }\n"
    sources = ["fair"] * 6 + ["letters"]
    found = economics_of(small(tmp_path / "a", extra=spend, source=sources))
    assert found.channel_costs.set_index("source")["n_new_clients"].to_dict() == {"fair": 0, "letters": 1}
    assert found.payback[["client_id", "acquisition_cost", "cost_origin"]].to_numpy().tolist() == [["K7", 80.0, "channel"]]
    wrong = economics_of(small(tmp_path / "b", extra=spend, source=["fair"] * 7))
    with pytest.raises(SettingError, match="channel_spend names 'letters'; the sources of the client list are 'fair'"):
        _ = wrong.payback


def test_without_costs_of_winning_the_curves_stand_alone(tmp_path):
    found = economics_of(open_study(write_study(tmp_path)))
    assert found.payback is found.payback_summary is None
    assert told(found).payback() == [NO_ACQUISITION]
    assert told(found).payback_title() == "What an average client brings, by age and year of its first purchase"
    assert found.cohort_curves["cohort"].unique().tolist() == ["2025"]  # K7; the others may have bought before


# -- unprofitable clients ------------------------------------------------------------------------------------------------
def test_service_makes_small_clients_unprofitable(company):
    """Of 30 a month K5 brings 9, K6 6 and K7 3; K4 18: four bring less than the service of 30."""
    economics = economics_of(company, served(company))
    assert economics.loss_makers["client_id"].tolist() == ["K6", "K5", "K7", "K4"]
    losses = 12 * 24 + 12 * 21 + 6 * 27 + 12 * 12
    assert told(economics).unprofitable() == [
        "4 of 7 clients cost more than they bring (57%).",
        f"4 of them bring a margin, and service takes more than that: a loss of {losses}\N{NO-BREAK SPACE}EUR.",
    ]


def test_without_the_cost_of_service_only_margins_are_told(company):
    findings = told(economics_of(company))
    assert findings.unprofitable()[0] == "0 of 7 clients bring a negative margin (0%)."
    assert "This needs activities and departments." in findings.unprofitable()[1]
    assert "net" not in economics_of(company).loss_makers


def test_unknown_load_is_no_load(company):
    load = served(company)
    load.shares = load.shares.assign(is_load_known=load.shares["client_id"] != "K6")
    found = economics_of(company, load)
    assert (found.unprofitable.n_clients, found.unprofitable.n_unknown) == (6, 1)
    assert "1 more client with purchases has no recorded work" in told(found).unprofitable()[-1]


# -- retention and its value ---------------------------------------------------------------------------------------------
def test_few_clients_before_give_an_interval_only(company):
    economics = economics_of(company)
    findings = told(economics)
    assert (economics.retention.n_before, economics.retention.n_kept) == (6, 6)
    assert findings.retention()[1].startswith("With so few clients only this can be said: retention a year lies between 61%")
    assert economics.retention_effect is None
    assert np.isnan(economics.lifetime_value)
    assert "without a rate of retention" in findings.value()[0]
    assert economics.sayings.set_index("saying").loc["half are lost", "saying_verdict"] == "no data"


def test_a_rate_told_has_a_value_and_an_effect(demo):
    economics = economics_of(demo)
    facts = demo.steps.facts
    r = ((facts["n_deals"] > 0) & (facts["previous_n_deals"] > 0)).sum() / (facts["previous_n_deals"] > 0).sum()
    margin = facts.loc[facts["n_deals"] > 0, "margin"].mean()
    assert economics.told_retention == pytest.approx(r)
    assert economics.lifetime_value == pytest.approx(margin * 1.1 / (1.1 - r))
    assert economics.retention_years.iloc[-1][["n_before", "n_kept"]].tolist() == [
        economics.retention.n_before, economics.retention.n_kept,
    ]  # fmt: skip
    effect = (1.1 - r) / (1.1 - r - 0.05) - 1
    assert economics.retention_effect["effect_share"].iloc[0] == pytest.approx(effect)
    assert told(economics).value_title() == f"5 points more retention make a client worth {effect:.0%} more"
    assert "interest of 10% (assumed)" in told(economics).value()[0]


def test_interest_and_step_are_settings(demo):
    changed = economics_of(demo.apply(capital_rate=0.2, retention_step=0.2))
    assert changed.interest == 0.2
    assert changed.retention_effect["is_capped"].tolist() == [True, True]
    assert any("Retention is counted up to 99% only" in sentence for sentence in told(changed).value())


def test_a_short_history_cannot_show_who_stays(tmp_path):
    folder = write_study(tmp_path)
    orders = pd.read_csv(folder / "orders.csv")
    orders[orders["date"] >= "2024-06-01"].to_csv(folder / "orders.csv", index=False)
    economics = economics_of(open_study(folder))
    assert economics.retention is economics.retention_years is None
    assert told(economics).retention() == [NO_PREVIOUS]


# -- sayings -------------------------------------------------------------------------------------------------------------
def test_sayings_are_tested_where_the_data_allow(company):
    load = served(company)
    table = economics_of(company, load).sayings.set_index("saying")
    cost = np.mean([3000, 700, 5000, 90, 90, 10])
    assert table.loc["new costs more", "own_value"] == pytest.approx(cost / 100)
    assert table.loc["new costs more", "saying_verdict"] == "higher"
    assert table.loc["half unprofitable", ["own_value", "saying_verdict"]].tolist() == [pytest.approx(4 / 7), "confirmed"]
    assert table.loc["contacts with clients", "saying_reason"] == NO_CONTACTS
    said = told(economics_of(company, load)).sayings()
    assert any(sentence.endswith("ours: 14.8 times — higher.") for sentence in said)
    assert said[-1].startswith("5 sayings cannot be tested on these data")


def test_every_saying_without_data_says_what_would_open_it(tmp_path):
    folder = write_study(tmp_path)
    lines = (folder / "orders.csv").read_text().splitlines()
    (folder / "orders.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines), encoding="utf-8")  # no cost
    economics = economics_of(open_study(folder))
    table = told(economics).sayings_table().set_index("saying")
    assert (table["saying_reason"] != "").all()
    assert table.loc["few bring most", "saying_reason"] == NO_MARGINS
    assert economics.payback is economics.cohort_curves is economics.unprofitable is economics.value_curve is None
    assert told(economics).payback() == told(economics).unprofitable() == told(economics).value() == []
    assert economics.retention.n_before == 6  # needs no margin


def test_unprofitable_by_margin_alone_is_no_test_of_the_saying(company):
    row = economics_of(company).sayings.set_index("saying").loc["half unprofitable"]
    assert (row["saying_verdict"], row["saying_reason"]) == ("no data", NO_LOAD)


def test_contacts_of_prospects_and_clients(demo):
    economics = economics_of(demo)
    rates = economics.contact_rates.set_index("contact_kind")
    facts, contacts = demo.steps.facts, demo.ledger.contacts
    assert rates["n_clients"].sum() == len(facts)
    assert rates.loc["prospects", "n_clients"] == (facts["n_deals_total"] == 0).sum()
    inside = contacts["month"].dt.year.eq(2025) & contacts["client_id"].isin(facts["client_id"])
    assert 0 < rates["n_contacts"].sum() <= contacts.loc[inside, "n_contacts"].sum()


def test_the_tables_of_a_reader_hold_no_bare_numbers(demo):
    table = told(economics_of(demo)).sayings_table()
    assert list(table) == ["saying", "own_measure", "saying_verdict", "saying_reason"]
    assert "month" in table.set_index("saying").loc["repaid in a year", "own_measure"]


def test_the_first_page_has_a_headline_and_at_most_three_sentences(company, demo):
    for engagement, title in ((demo, "stay from year to year"), (company, "repay what winning them cost")):
        findings = told(economics_of(engagement))
        assert title in findings.card_title()
        assert 1 <= len(findings.card()) <= 3


# -- bases too small to say much -----------------------------------------------------------------------------------------
PROPERTIES = [
    name for name, value in vars(Economics).items() if isinstance(value, property | cached_property) and name[0] != "_"
]
SAID = [name for name, _ in inspect.getmembers(EconomicsFindings, inspect.isfunction) if name[0] != "_"]


@pytest.fixture(scope="module", params=[*BASES, "small company"])
def base(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    return open_study(write_study(folder) if request.param == "small company" else write(folder, BASES[request.param]))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_base_has_figures_and_whole_sentences(base, language):
    loads = [NO_RESULTS, served(base)] if base.steps.has_margin else [NO_RESULTS]
    for economics in (economics_of(base, load) for load in loads):
        for name in PROPERTIES:
            getattr(economics, name)
        findings = told(economics, language)
        for name in SAID:
            try:
                found = getattr(findings, name)()
            except NothingToAnalyseError:
                pytest.fail(name)
            for sentence in found.to_numpy().ravel() if isinstance(found, pd.DataFrame) else np.atleast_1d(found):
                assert not {"nan", "None", "inf", "<NA>"} & set(sentence.replace(",", " ").replace(".", " ").split()), name
                assert not set("{}[]") & set(sentence), name


def test_advice_is_withheld_below_three_clients(tmp_path):
    found = economics_of(open_study(write(tmp_path, BASES["two"])))
    findings = told(found)
    assert findings.unprofitable() == findings.sayings() == findings.card() == WITHHELD
    assert findings.value() == []
    assert findings.card_title() == ""


def test_nobody_bought_before(tmp_path):
    months = pd.DataFrame({"order_id": ["x"], "date": ["2024-01-05"], "client_id": ["K9"], "revenue": [-1]})
    orders = pd.concat([BASES["four"]["orders"], months])
    found = economics_of(open_study(write(tmp_path, {"orders": orders})))
    assert told(found).retention() == ["Nobody bought in the window before."]


def test_names_stand_beside_codes(company):
    assert economics_of(company).payback["client_name"].isin([name for name, *_ in CLIENTS.values()]).all()
