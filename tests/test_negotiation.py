"""Profit parity on a study: the client at the table, the ledger of its offers, a plan that is short, the audit of discounts."""

import math

import pandas as pd
import pytest

from clientbase.errors import SettingError
from clientbase.findings import NegotiationFindings, ParityFindings
from clientbase.study import open_study

HEAD = "[parity]\n"


def bought(client, revenue, margin, *, year=2025, month=3, **more):
    order = {"order_id": f"{client}-{year}-{month}", "date": f"{year}-{month:02}-05", "client_id": client}
    return order | {"revenue": revenue, "cost": revenue - margin} | more


def write(folder, lines, settings="", **tables):
    study = f'name = "parity"\ncurrency = "EUR"\nas_of = 2025-12-31\n{settings}\n'
    for name, table in {"orders": lines, **tables}.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.csv", index=False)
        study += f'[sources.{name}]\nfile = "{name}.csv"\n'
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return open_study(folder)


BASE = [
    bought("K1", 1_000_000, 250_000, pay_days=45),
    bought("K2", 400_000, 0),
    bought("K3", 300_000, -30_000),
    bought("K4", 50, 25),
]


def deal(found, client="K1", discount=0.05, **offers):
    return found.parity.bargain_with(client, discount=discount, offers=offers)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write(tmp_path_factory.mktemp("parity"), BASE, HEAD + "capital_rate = 0.18\n")


def test_vectors_14_1_and_14_9_on_a_client(study):
    found = deal(study, volume=0.10, payment=15, service=15_000)
    assert (found.needed_growth, found.need) == (pytest.approx(0.25), pytest.approx(50_000))
    worth = found.ledger.set_index("offer_kind")["realised"]
    assert worth.to_dict() == pytest.approx({"volume": 20_000, "service": 15_000, "payment": 14_461.64}, abs=0.01)
    assert (found.bargain.verdict, found.bargain.gap) == ("short", pytest.approx(-538.36, abs=0.01))
    assert (
        NegotiationFindings(found, study.words)
        .ledger()[0]
        .startswith("538 EUR is lacking".replace(" EUR", "\N{NO-BREAK SPACE}EUR"))
    )


def test_vector_14_3_and_the_table_of_terms(study):
    terms = deal(study).terms.set_index("credit_days")["needed_growth_share"]
    assert terms[15.0] == pytest.approx(0.1805, abs=5e-5)
    assert terms.index.tolist() == [45.0, 30.0, 15.0, 0.0]


def test_vector_14_17_stands_in_the_table(study):
    table = study.parity.table.set_index(["margin_rate", "discount_share"])["needed_growth_share"]
    assert [round(100 * table[0.3, d], 2) for d in (0.03, 0.05, 0.10)] == [11.11, 20.00, 50.00]
    assert [round(100 * table[0.2, d], 2) for d in (0.03, 0.05, 0.10)] == [17.65, 33.33, 100.00]
    assert [round(100 * table[0.4, d], 2) for d in (0.03, 0.05, 0.10)] == [8.11, 14.29, 33.33]
    assert 0.25 in set(study.parity.table["margin_rate"])  # the client's own


@pytest.mark.parametrize(("client", "discount"), [("K2", 0.05), ("K3", 0.05), ("K1", 0.25), ("K1", 0.30)])
def test_no_number_where_there_is_none(study, client, discount):
    found = deal(study, client, discount, volume=0.2)
    assert math.isnan(found.needed_growth)
    assert found.bargain.verdict == ("refused" if client != "K1" else "impossible by volume")
    told = NegotiationFindings(found, study.words)
    assert told.curve_title() == "No volume pays for this discount"
    sentence = f"{client} brings no margin at present prices" if client != "K1" else "Impossible by volume: the discount takes"
    assert any(sentence in said for said in [*told.client(), *told.growth(), *told.ledger()])


def test_a_price_rise_may_lose_volume(study):
    found = deal(study, discount=-0.05)
    assert found.needed_growth == pytest.approx(-1 / 6)
    assert NegotiationFindings(found, study.words).curve_title() == "A price rise of 5.0% may cost 17% of the volume"


def test_a_typed_margin_rate_stands_for_the_clients_own(study):
    found = study.apply(margin_rate=0.30)
    assert deal(found, "K2").needed_growth == pytest.approx(0.2)
    assert found.parity.plan["max_discount_share"].tolist()[:2] == pytest.approx([0.06, 0.078947], abs=1e-6)


def test_no_room_for_more_volume(tmp_path):
    clients = [{"client_id": "K1", "wallet_share": 1.0}]
    found = deal(write(tmp_path, BASE, clients=clients), volume=0.5)
    assert (found.client.headroom, found.growth, found.ledger["realised"].sum()) == (0, 0, 0)
    told = NegotiationFindings(found, open_study(tmp_path).words)
    assert "already buys everything from us" in told.growth()[-1]
    assert any("only 0% is counted" in sentence for sentence in told.ledger())
    assert "volume" not in set(found.levers["offer_kind"])


def test_a_window_that_is_no_year_is_brought_to_one(tmp_path):
    lines = [bought("K1", 100, 25, month=month) for month in range(7, 13)]
    found = deal(write(tmp_path, lines, "[preparation]\nwindow_months = 6\n"))
    assert (found.client.revenue, found.client.n_orders, found.need) == (1200, 12, 60)


def test_offers_that_need_what_is_not_known_count_as_nothing_and_are_told(study):
    found = deal(study, orders=1, pickup=0.5, portal=1, mix=0.1)
    assert found.ledger["realised"].isna().all()
    assert found.bargain.n_unknown == 4
    assert any("The worth of 4 offers cannot be told" in said for said in NegotiationFindings(found, study.words).ledger())


def test_handling_of_an_order_is_measured_from_the_work(tmp_path):
    work = [
        {"date": "2025-03-06", "client_id": "K1", "department": "sales", "activity_type": kind, "minutes": minutes}
        for kind, minutes in (("order_processing", 60), ("invoice", 20), ("call", 500))
    ]
    departments = [
        {"department": "sales", "period": f"2025-{m:02}-01", "cost": 480, "headcount": 1, "hours_per_head": 10}
        for m in range(1, 13)
    ]
    found = deal(write(tmp_path, BASE, activities=work, departments=departments), orders=0, portal=0.5)
    assert found.client.cost_per_order == pytest.approx(80 * 1.0)  # 12 x 480 over 12 x 10 x 60 x 0.8 minutes
    assert found.ledger.set_index("offer_kind")["amount"].to_dict() == pytest.approx({"orders": 80, "portal": 30})
    assert found.ledger.set_index("offer_kind")["realised"].to_dict() == pytest.approx(
        {"orders": 40, "portal": 15}
    )  # time counts half


def test_a_refusal_is_worth_no_more_than_its_risk(study):
    assert deal(study.apply(refusal_risk=0.3)).refusals["walk_away_share"].tolist() == pytest.approx([0.075])
    assert deal(study).refusals["refusal_risk"].tolist() == [0.1, 0.3, 0.5]


@pytest.mark.parametrize(
    ("client", "offers", "message"),
    [
        ("K9", {}, "no client has the code or name 'K9'"),
        ("K1", {"volum": 0.1}, "there is no offer 'volum' .did you mean 'volume'"),
        ("K1", {"pickup": 10}, "pickup = 10, the share of deliveries.* at least 0 and at most 1"),
        ("K1", {"orders": -1}, "orders = -1, the number of orders a year, needs to be at least 0"),
    ],
)
def test_what_cannot_be_is_named(study, client, offers, message):
    with pytest.raises(SettingError, match=message):
        _ = deal(study, client, **offers).client.facts


def test_a_client_is_found_by_name_too(tmp_path):
    clients = [
        {"client_id": "K1", "client_name": "North Mill"},
        {"client_id": "K2", "client_name": "Twin"},
        {"client_id": "K3", "client_name": "Twin"},
    ]
    found = write(tmp_path, BASE, clients=clients)
    assert deal(found, "north mill").client.client_id == "K1"
    with pytest.raises(SettingError, match=r"2 clients are called 'Twin': K2, K3\. Give the code\."):
        _ = deal(found, "Twin").client.facts


# -- the discounts given ------------------------------------------------------------------------------------------------------
GIVEN = [
    bought("K1", 100, 30, year=2024, list_revenue=100), bought("K1", 180, 50, list_revenue=200),  # 10 % deeper; needs 0.1 / 0.2
    bought("K2", 100, 30, year=2024, list_revenue=100), bought("K2", 99, 20, list_revenue=110),  # as deep; came 10 %
    bought("K3", 50, -10, list_revenue=100), bought("K4", 80, 20, list_revenue=80),
]  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return write(tmp_path_factory.mktemp("given"), GIVEN)


def test_discounts_against_margins(given):
    audit = given.parity.audit.set_index("client_id")
    assert audit["discount"].to_dict() == {"K3": 50, "K1": 20, "K2": 11, "K4": 0}
    assert audit["audit_verdict"].astype("str").to_dict() == {
        "K3": "sold at a loss", "K1": "leaves more than it takes", "K2": "leaves more than it takes", "K4": "no discount",
    }  # fmt: skip
    assert audit.loc["K1", "owed_share"] == pytest.approx(20 / 70)
    told = ParityFindings(given.parity, given.words)
    assert "1 client is sold to at a loss because of the discount" in told.audit()[0].replace("\N{NO-BREAK SPACE}", " ")


def test_the_volume_that_a_deeper_discount_needed_and_what_came(given):
    changes = given.parity.changes.set_index("client_id")
    assert changes["outcome"].astype("str").to_dict() == {"K1": "came", "K2": "did not come"}
    assert changes["needed_growth_share"].to_dict() == pytest.approx({"K1": 0.5, "K2": 0.5})
    assert changes["actual_growth_share"].to_dict() == pytest.approx({"K1": 1.0, "K2": 0.1})
    assert given.parity.n_not_compared == 2


def test_lines_by_the_band_of_their_discount(given):
    bands = given.parity.bands.set_index(given.parity.bands["discount_band"].astype("str"))
    assert bands["n_lines"].to_dict() == {"none": 1, "to 10": 2, "to 50": 1}
    assert bands.loc["to 50", "margin"] == -10


def test_without_prices_or_margins_the_audit_says_less(tmp_path):
    found = write(tmp_path, [{key: value for key, value in line.items() if key != "cost"} for line in GIVEN])
    assert found.parity.audit["discount"].sum() == 81
    assert (found.parity.margin_audit, found.parity.margin_bands, found.parity.changes) == (None, None, None)
    assert found.parity.plan["plan_reason"].eq("not known").all()
    assert "Type margin_rate" in NegotiationFindings(found.parity.negotiation, found.words).client()[1]
    assert ParityFindings(found.parity, found.words).audit_title() == "Discounts take 17% of the list price"
