"""The structure of the base on whole studies: what opens and closes its parts, and how the settings reach them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_study import write_study

from clientbase.errors import SettingError
from clientbase.findings import StructureFindings
from clientbase.study import open_study

DEMO = Path(__file__).parents[1] / "data" / "demo"


@pytest.fixture(scope="module")
def demo():
    return open_study(DEMO)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return open_study(write_study(tmp_path_factory.mktemp("small")))


# -- stability ----------------------------------------------------------------------------------------------------------------
def test_stability_looks_at_the_flow_and_its_cells_hold_every_client_once(demo):
    structure = demo.structure
    buyers = structure.steps.facts[structure.steps.facts["n_orders"] > 0]
    assert sorted(structure.xyz["client_id"]) == sorted(buyers["client_id"])
    assert structure.abc_xyz["n_clients"].sum() == structure.xyz_summary["n_clients"].sum() == len(buyers)
    assert structure.abc_xyz["revenue"].sum() == pytest.approx(buyers["revenue"].sum())


def test_even_buyers_are_steady_and_a_late_comer_has_its_own_months_only(small):
    found = small.structure.xyz.set_index("client_id")
    assert (found["xyz"] == "X").all()
    assert found["cv"].max() == pytest.approx(0.0, abs=1e-9)
    assert found.loc["K7", "n_series"] == 6  # known for six months of the twelve, just enough for a class


def test_bounds_and_preset_reach_the_classes(demo):
    goods = demo.apply(xyz_preset="goods").structure
    presets = demo.structure.xyz_presets.set_index("xyz_preset")
    assert goods.xyz_bounds == (0.10, 0.25)
    assert int((goods.xyz["xyz"] == "X").sum()) == presets.loc["goods", "n_x"] < presets.loc["clients", "n_x"]
    tight = demo.apply(x_to=0.11, y_to=0.2).structure
    assert tight.xyz_presets.loc[0, ["x_to", "y_to"]].tolist() == [0.11, 0.2]
    with pytest.raises(SettingError, match="x_to must be less than y_to"):
        demo.apply(x_to=1.5)


def test_cut_ends_the_series_with_the_last_purchase(demo):
    whole, cut = demo.structure.xyz.set_index("client_id"), demo.apply(trailing="cut").structure.xyz.set_index("client_id")
    silent = whole.index[whole["is_silent"]]
    assert len(silent)
    assert (cut.loc[silent, "n_series"] < whole.loc[silent, "n_series"]).all()
    quick = whole.index[whole["last_deal_date"] >= "2025-12-01"]
    assert cut.loc[quick, "cv"].equals(whole.loc[quick, "cv"])


def test_the_season_is_taken_out_where_two_years_are_known(demo, tmp_path):
    assert demo.apply(is_seasonal=True).structure.is_season_removed
    calm, raw = demo.apply(is_seasonal=True).structure.series, demo.structure.series
    assert not np.allclose(calm["cv"], raw["cv"], equal_nan=True)
    text = StructureFindings(demo.apply(is_seasonal=True).structure, demo.words).stability()[-1]
    assert text == "Revenue was first divided by the seasonal index of the company."
    write_study(tmp_path)
    orders = pd.read_csv(tmp_path / "orders.csv")
    orders[orders["date"] >= "2025-01-01"].to_csv(tmp_path / "orders.csv", index=False)
    short = open_study(tmp_path).apply(is_seasonal=True)
    assert not short.structure.is_season_removed
    assert "two whole years" in StructureFindings(short.structure, short.words).stability()[-1]


# -- concentration and losses -------------------------------------------------------------------------------------------------
def test_concentration_is_told_of_the_flow_and_of_the_company(demo, small):
    table = demo.structure.concentration_table
    assert table["flow"].tolist() == ["corporate", "all"]
    assert table.loc[1, ["n_clients", "value"]].tolist() == [350, pytest.approx(10_000_000)]
    assert small.structure.concentration_table["flow"].tolist() == ["all"]


def test_fixed_costs_of_the_demo_bring_the_loss_with_the_third_key_client(demo):
    steps = demo.structure.loss_steps.set_index("n_lost")["profit"]
    k = demo.structure.break_even_loss
    assert steps[k] < 0 <= steps[k - 1]
    assert steps[0] == pytest.approx(demo.facts["margin"].sum() - 2_250_000)
    assert (
        StructureFindings(demo.structure, demo.words).losses()[0] == f"After losing the {k} largest the company makes a loss."
    )


def test_without_fixed_costs_margin_is_shown_and_no_break_even(small):
    assert small.structure.break_even_loss is None
    assert small.structure.loss_label == "margin"
    assert "Fixed costs are not given" in StructureFindings(small.structure, small.words).losses()[0]
    ruined = small.apply(fixed_costs=1e9)
    assert ruined.structure.break_even_loss == 0
    assert "does not cover the fixed costs" in StructureFindings(ruined.structure, ruined.words).losses()[0]


def test_chances_of_loss_are_typed_or_as_they_were(demo):
    past = demo.structure.loss_rates.set_index("share_class")["loss_rate"]
    assert demo.structure.loss_chances == {name: past[name] for name in "ABCD"}
    typed = demo.apply(loss_probabilities={"A": 0.02}).structure
    assert typed.loss_chances["A"] == 0.02
    assert typed.loss_chances["C"] == past["C"]
    assert typed.expected_loss.expected > demo.structure.expected_loss.expected
    with pytest.raises(SettingError, match="A, B, C or D; found E"):
        demo.apply(loss_probabilities={"E": 0.5})
    with pytest.raises(SettingError, match="chances between 0 and 1"):
        demo.apply(loss_probabilities={"A": 5.0})


# -- cohorts and moves --------------------------------------------------------------------------------------------------------
def test_cohorts_and_moves_add_up_to_the_company(demo):
    structure = demo.structure
    assert structure.cohort_summary["revenue"].sum() == pytest.approx(demo.facts["revenue"].sum())
    assert structure.cohort_summary["n_clients"].sum() == (demo.facts["n_deals"] > 0).sum()
    change = demo.facts["revenue"].sum() - demo.facts["previous_revenue"].sum()
    assert structure.move_summary["change"].sum() == pytest.approx(change)
    assert (
        structure.retention.groupby("cohort", observed=True)["n_active"].max().le(structure.cohort_summary["n_won"].max()).all()
    )


def test_a_short_history_has_no_moves(tmp_path):
    write_study(tmp_path)
    orders = pd.read_csv(tmp_path / "orders.csv")
    orders[orders["date"] >= "2024-06-01"].to_csv(tmp_path / "orders.csv", index=False)
    found = open_study(tmp_path)
    assert found.structure.moves is found.structure.loss_rates is None
    telling = StructureFindings(found.structure, found.words)
    assert telling.moves() == ["The history is too short to compare two windows: it needs 24 months."]
    assert telling.moves_title() == ""


# -- regions and delivery -----------------------------------------------------------------------------------------------------
def test_a_base_without_regions_or_delivery_says_what_would_open_them(small):
    structure = small.structure
    assert structure.regions is structure.season_months is structure.delivery_cross is structure.delivery_verdicts is None
    assert (small.gates["regions"].is_open, small.gates["delivery"].is_open) == (False, False)
    telling = StructureFindings(structure, small.words)
    assert telling.regions() == telling.delivery() == []
    assert telling.regions_title() == telling.delivery_title() == ""
    assert np.isnan(structure.free_delivery_order)


def test_regions_of_the_demo_hold_the_season_and_the_unsteady_one(demo):
    found = demo.structure.regions.set_index("region")
    assert found.loc["Birchmoor", "verdict"] == "seasonal"
    assert found.loc["Highbarrow", "verdict"] == "unsteady"
    assert int(found["is_carrying"].sum()) == 12
    assert found["revenue"].sum() == pytest.approx(demo.facts["revenue"].sum())
    assert demo.structure.season_regions[:2] == ["Birchmoor", "Highbarrow"]


def test_the_free_delivery_order_is_cost_over_the_margin_it_may_take(demo):
    structure = demo.structure
    expected = structure.cost_per_delivery / (structure.margin_rate * 0.30)
    assert structure.free_delivery_order == pytest.approx(expected)
    assert demo.apply(allowed_share=0.6).structure.free_delivery_order == pytest.approx(expected / 2)
    verdicts = structure.delivery_verdicts
    assert len(verdicts) == 227
    assert verdicts["after_delivery"].is_monotonic_increasing


# -- few clients --------------------------------------------------------------------------------------------------------------
def test_two_clients_get_figures_without_advice(tmp_path):
    write_study(tmp_path)
    orders = pd.read_csv(tmp_path / "orders.csv")
    orders[orders["client_id"].isin(["K1", "K2"])].to_csv(tmp_path / "orders.csv", index=False)
    found = open_study(tmp_path)
    telling = StructureFindings(found.structure, found.words)
    withheld = ["Fewer than 3 clients have positive revenue: the figures stand without advice."]
    assert telling.stability() == telling.concentration() == telling.cohorts() == withheld
    assert telling.losses() == telling.middle() == []
    assert len(found.structure.ranked) == 2
    assert telling.stability_title() == "Share class against stability"
