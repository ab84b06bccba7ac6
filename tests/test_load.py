"""The client load of a study: recorded work (the method's vectors, end to end), typed estimates, and orders alone."""

import math

import pandas as pd
import pytest

from clientbase.errors import SettingError
from clientbase.findings import LoadFindings
from clientbase.load import NO_COSTS, NO_MINUTES, NO_TIME
from clientbase.study import open_study

MONEY = {"K1": (5_000_000, 900_000), "K2": (1_000_000, 250_000), "K3": (400_000, 60_000)}  # revenue and margin of vectors V13
MINUTES = {"K1": (3000, 4000), "K2": (2400, 1600), "K3": (4800, 2400)}


def write(folder, tables, settings=""):
    study = f'name = "loaded"\ncurrency = "EUR"\nas_of = 2025-12-31\n[preparation]\nwindow_months = 1\n{settings}\n'
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.csv", index=False)
        study += f'[sources.{name}]\nfile = "{name}.csv"\n'
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return open_study(folder)


def orders(**more):
    rows = [
        {"order_id": client, "date": "2025-12-05", "client_id": client, "revenue": revenue, "cost": revenue - margin}
        for client, (revenue, margin) in MONEY.items()
    ]
    return pd.DataFrame(rows).assign(**more)


def activities():
    rows = [
        {"date": "2025-12-06", "client_id": client, "department": department, "activity_type": kind, "minutes": minutes}
        for client, both in MINUTES.items()
        for department, kind, minutes in zip(("sales", "warehouse"), ("call", "shipment"), both, strict=True)
    ]
    return pd.DataFrame(rows)


def departments(period="2025-12-01"):
    return pd.DataFrame(
        {
            "department": ["sales", "warehouse"], "period": period, "cost": [480_000, 240_000], "headcount": [4, 5],
            "hours_per_head": 160,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("load")
    return write(folder, {"orders": orders(), "activities": activities(), "departments": departments()})


def by_client(table, *columns):
    return table.set_index("client_id").loc[["K1", "K2", "K3"], list(columns)]


def test_vector_13_end_to_end(recorded):
    load = recorded.load
    rates = load.rates.set_index("department")
    assert rates["capacity_minutes"].to_dict() == pytest.approx({"sales": 30_720, "warehouse": 38_400})
    assert rates["minute_rate"].to_dict() == pytest.approx({"sales": 15.625, "warehouse": 6.25})
    assert rates["use_share"].to_dict() == pytest.approx({"sales": 0.332, "warehouse": 0.208}, abs=5e-4)
    found = by_client(load.shares, "cts", "load_share", "load_ratio", "net", "over_use", "cts_to_revenue")
    assert found["cts"].tolist() == pytest.approx([71_875, 47_500, 90_000])
    assert found["load_share"].tolist() == pytest.approx([0.3433, 0.2269, 0.4299], abs=5e-5)
    assert found["load_ratio"].tolist() == pytest.approx([0.4615, 1.0980, 8.6687], abs=5e-5)
    assert found["net"].tolist() == pytest.approx([828_125, 202_500, -30_000])
    assert found["over_use"].tolist() == pytest.approx([-83_858, 4_241, 79_618], abs=0.5)
    assert found["cts_to_revenue"].tolist() == pytest.approx([0.014375, 0.0475, 0.225])
    assert load.earned_rate == pytest.approx(0.17304, abs=5e-6)
    assert (load.whale.peak, load.whale.total, load.whale.peak_share) == pytest.approx((1_030_625, 1_000_625, 1.03), rel=2e-4)
    causes = load.causes[load.causes["client_id"] == "K3"].set_index("department")["over_minutes"]
    assert causes.to_dict() == pytest.approx({"sales": 4294.2, "warehouse": 2003.3}, abs=0.05)


def test_the_cost_of_the_departments_is_divided_to_the_last(recorded):
    parts = recorded.load.rates[["client_cost", "internal_cost", "unused_cost"]].sum(axis="columns")
    assert parts.tolist() == pytest.approx(recorded.load.rates["cost"].tolist())
    assert recorded.load.rates["client_cost"].sum() == pytest.approx(recorded.load.shares["cts"].sum())


def test_the_heaviest_say_what_they_take_most(recorded):
    heavy = recorded.load.heaviest
    assert heavy["client_id"].tolist() == ["K3", "K1", "K2"]
    first = heavy.iloc[0]
    assert (first["department"], first["cost_item"]) == ("sales", "call")
    assert first["over_cost"] == pytest.approx(4294.2149 * 15.625, rel=1e-6)


def test_a_service_rate_of_the_company_replaces_the_actual_one(recorded):
    asked = recorded.apply(earned_rate=0.10).load
    assert asked.earned_rate == 0.10
    assert by_client(asked.shares, "entitled")["entitled"].tolist() == pytest.approx([90_000, 25_000, 6_000])


def test_direct_costs_count_once(tmp_path):
    direct = pd.DataFrame(
        {"client_id": ["K1", "K1", "K2", "K3"], "date": ["2025-12-09", "2025-11-09", "2025-12-10", "2025-12-10"],
         "cost_type": ["delivery", "delivery", "storage", "claims"], "amount": [100, 999, 20, 3]}
    )  # fmt: skip
    tables = {"orders": orders(delivery_cost=50), "activities": activities(), "departments": departments()}
    load = write(tmp_path, {**tables, "direct_costs": direct}).load
    assert by_client(load.shares, "direct_cost")["direct_cost"].tolist() == [
        100,
        20,
        3,
    ]  # deliveries of the table, of the window
    assert load.direct_summary["amount"].tolist() == [100, 20, 3]


def test_deliveries_of_the_orders_count_where_no_table_has_any(tmp_path):
    tables = {"orders": orders(delivery_cost=50), "activities": activities(), "departments": departments()}
    direct = pd.DataFrame({"client_id": ["K2"], "date": ["2025-12-10"], "cost_type": ["storage"], "amount": [20]})
    load = write(tmp_path, {**tables, "direct_costs": direct}).load
    assert by_client(load.shares, "direct_cost")["direct_cost"].tolist() == [50, 70, 50]
    months = load.client_months.groupby("client_id")["cts"].sum()
    assert months.to_dict() == pytest.approx(load.shares.set_index("client_id")["cts"].to_dict())


def test_internal_work_and_work_for_strangers_reach_no_client(tmp_path):
    more = pd.DataFrame(
        [
            {"date": "2025-12-07", "client_id": None, "department": "sales", "activity_type": "meeting", "minutes": 5000},
            {"date": "2025-12-07", "client_id": "X9", "department": "sales", "activity_type": "call", "minutes": 7000},
        ]
    )
    found = write(
        tmp_path,
        {"orders": orders(), "activities": pd.concat([activities(), more]), "departments": departments()},
    )
    rates = found.load.rates.set_index("department")
    assert rates.loc["sales", ["client_minutes", "internal_minutes"]].tolist() == [10_200, 5000]
    assert rates.loc["sales", "internal_cost"] == pytest.approx(5000 * 15.625)
    assert by_client(found.load.shares, "cts")["cts"].tolist() == pytest.approx([71_875, 47_500, 90_000])


def test_a_month_of_costs_outside_the_window_is_taken_and_said(tmp_path):
    tables = {"orders": orders(), "activities": activities(), "departments": departments("2024-03-01")}
    found = write(tmp_path, tables)
    assert found.load.is_indicative
    assert by_client(found.load.shares, "cts")["cts"].tolist() == pytest.approx([71_875, 47_500, 90_000])
    assert any("Indicative: sales, warehouse" in sentence for sentence in LoadFindings(found.load, found.words).basis())


def test_work_without_costs_is_a_reason_of_its_own(tmp_path):
    found = write(tmp_path, {"orders": orders(), "activities": activities()})
    assert not found.gates["load"].is_open
    assert found.load.reason() == NO_COSTS
    assert found.load.shares is None
    assert math.isnan(found.load.earned_rate)


def test_costs_without_minutes_are_a_reason_of_their_own(tmp_path):
    found = write(tmp_path, {"orders": orders(), "departments": departments()})
    assert found.load.reason() == NO_MINUTES


# -- typed estimates ----------------------------------------------------------------------------------------------------------
TYPED = """
[load]
typed_departments = { sales = { cost = 12000, heads = 1, hours = 1500 } }
typed_minutes = { sales = { order = 30, line = 10, contact = 5 } }
"""


def test_typed_estimates_count_the_orders_and_say_indicative(tmp_path):
    """A year of 1500 hours is 125 a month, 6000 minutes fit for work; 1000 a month over 6000 minutes."""
    lines = pd.concat([orders(), orders().head(1)], ignore_index=True)  # K1 has one order of two lines
    found = write(tmp_path, {"orders": lines}, TYPED)
    load = found.load
    assert (load.is_estimated, load.is_indicative, found.gates["load"].is_open) == (True, True, True)
    assert load.rates["minute_rate"].tolist() == pytest.approx([1000 / 6000])
    assert by_client(load.shares, "minutes")["minutes"].tolist() == [50, 40, 40]
    assert by_client(load.shares, "cts")["cts"].tolist() == pytest.approx([50 / 6, 40 / 6, 40 / 6])
    assert load.uncounted["driver"].tolist() == ["contact"]
    form = load.form.set_index("driver")
    assert form.loc[["order", "line"], "quantity"].tolist() == [3, 4]
    told = LoadFindings(load, found.words)
    assert told.basis()[0].startswith("Indicative: no work is recorded.")
    assert told.estimates() == ["Standards that the orders cannot be counted by are left out: sales."]


def test_tables_of_standards_do_the_same_as_typed_minutes(tmp_path):
    standards = pd.DataFrame(
        {"department": ["sales", "warehouse"], "activity_type": ["order_processing", "other"], "driver": [None, "line"],
         "standard_minutes": [30, 10]}
    )  # fmt: skip
    found = write(tmp_path, {"orders": orders(), "departments": departments(), "activity_standards": standards})
    assert by_client(found.load.shares, "minutes")["minutes"].tolist() == [40, 40, 40]
    assert found.load.is_estimated


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("typed_departments = { sales = { cost = 1, head = 2, hours = 3 } }", "typed_departments"),
        ("typed_departments = { sales = { cost = -1, heads = 2, hours = 3 } }", "typed_departments"),
        ("typed_departments = { sales = { cost = 1, heads = 0, hours = 3 } }", "heads and hours must be above 0"),
        ("typed_minutes = { sales = { truck = 3 } }", "truck"),
        ("service_rules = { rigth = { contacts_year = 2 } }", "rigth"),
        ('service_rules = { right = { channel = "pigeon" } }', "pigeon"),
    ],
)
def test_what_cannot_be_typed_is_named(tmp_path, settings, message):
    found = write(tmp_path, {"orders": orders(), "departments": departments()}, f"[load]\n{settings}\n")
    with pytest.raises(SettingError, match=message):
        _ = (found.load.departments, found.load.standards, found.load.service_rules)


def test_orders_alone_say_who_causes_work(tmp_path):
    found = write(tmp_path, {"orders": orders()})
    assert found.load.order_habits.set_index("client_id")["fragmentation"].to_dict() == pytest.approx(
        {"K1": (1 / 5_000_000) / (3 / 6_400_000), "K2": 6.4 / 3, "K3": (1 / 400_000) / (3 / 6_400_000)}
    )
    told = LoadFindings(found.load, found.words)
    assert told.load_title() == ""
    assert "record for four weeks" in told.measure()[0]


def test_flows_share_the_departments(tmp_path):
    clients = pd.DataFrame({"client_id": ["K1", "K2", "K3"], "client_type": ["corporate", "corporate", "private"]})
    found = write(
        tmp_path,
        {"orders": orders(), "clients": clients, "activities": activities(), "departments": departments()},
        '[flows]\nscope_flow = "corporate"\n',
    )
    flows = found.load.flow_load.set_index("flow")
    assert flows["cts"].to_dict() == pytest.approx({"corporate": 119_375, "private": 90_000})
    assert flows["load_share"].sum() == pytest.approx(1)
    assert set(found.load.shares["client_id"]) == {"K1", "K2"}
    assert found.load.shares["load_share"].sum() == pytest.approx(1)


def test_work_without_any_time_costs_nothing_and_says_so(tmp_path):
    work = activities().drop(columns="minutes")
    found = write(tmp_path, {"orders": orders(), "activities": work, "departments": departments()})
    assert (found.load.rates, found.load.shares, found.load.client_months) == (None, None, None)
    assert found.load.reason() == NO_TIME


def test_typed_numbers_give_way_to_what_is_recorded_and_the_page_says_so(tmp_path):
    found = write(tmp_path, {"orders": orders(), "activities": activities(), "departments": departments()}, TYPED)
    assert by_client(found.load.shares, "cts")["cts"].tolist() == pytest.approx([71_875, 47_500, 90_000])
    assert "What is typed is not used where work and departments are recorded." in LoadFindings(found.load, found.words).basis()


def test_costs_of_strangers_are_no_cost_of_clients(tmp_path):
    direct = pd.DataFrame({"client_id": ["K1", "ZZZ"], "date": "2025-12-10", "cost_type": "claims", "amount": [20, 999]})
    tables = {"orders": orders(), "activities": activities(), "departments": departments(), "direct_costs": direct}
    assert write(tmp_path, tables).load.direct_summary["amount"].tolist() == [20]
