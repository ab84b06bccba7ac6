"""Loss of clients: the stairs of profit, who replaces the lost, past rates and what is to be expected."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.client_loss import (
    ExpectedLoss,
    Replacement,
    clients_to_loss,
    expected_loss,
    loss_steps,
    past_loss_rates,
    replacement_clients,
)
from clientbase.method.concentration import concentration

NO_MIDDLE = [18.0] * 4 + [0.5] * 56  # V08.3


def facts_of(values, margins=None, **columns) -> pd.DataFrame:
    """Return one client a row with revenue and margin, equal unless margins are given."""
    ids = [f"c{number:04}" for number in range(len(values))]
    facts = pd.DataFrame({"client_id": ids, "n_orders": 1, "revenue": np.asarray(values, dtype=float)})
    return facts.assign(margin=facts["revenue"] if margins is None else np.asarray(margins, dtype=float), **columns)


@pytest.fixture
def no_middle() -> pd.DataFrame:
    """Return V08.3's base at V08.4's margin of 30 %."""
    return facts_of(NO_MIDDLE, [0.3 * value for value in NO_MIDDLE])


def test_v08_4_the_second_key_client_lost_makes_a_loss(no_middle):
    """V08.4: margin 30 %, fixed costs 20 -> profit 10; 4.6; -0.8, k* = 2."""
    steps = loss_steps(no_middle, "revenue", fixed_costs=20, n=2)
    assert steps["n_lost"].tolist() == [0, 1, 2]
    assert steps["profit"].tolist() == pytest.approx([10, 4.6, -0.8])
    assert steps["lost_margin"].tolist() == pytest.approx([0, 5.4, 10.8])
    assert steps["client_id"].isna().tolist() == [True, False, False]
    assert steps["client_id"].tolist()[1:] == ["c0000", "c0001"]
    assert clients_to_loss(no_middle, "revenue", fixed_costs=20) == 2


def test_v08_5_one_key_client_is_worth_36_small_ones(no_middle):
    """V08.5: 36 clients; HHI 0.131."""
    classes = no_middle.assign(share_class=["A"] * 4 + ["B"] * 56)
    found = replacement_clients(classes, "revenue", n_lost=1)
    assert found == Replacement(36, "B", pytest.approx(0.15), pytest.approx(5.4))
    measures = concentration(no_middle, "revenue")
    assert measures.hhi == pytest.approx(0.131)
    assert measures.hhi_band == "moderate"


def test_v08_9_expected_loss_and_the_chance_of_any():
    """V08.9: 5 % of 5.4 and 10 % of 0.15 -> 0.285; chance 1 - 0.95 x 0.90 = 0.145."""
    facts = pd.DataFrame({"margin": [5.4, 0.15], "loss_probability": [0.05, 0.10]})
    assert expected_loss(facts) == ExpectedLoss(pytest.approx(0.285), pytest.approx(0.145), 2, 0)


# -- losses ---------------------------------------------------------------------------------------------------------------
def test_clients_are_lost_by_value_not_by_margin():
    facts = facts_of([100, 80, 60], [5, 40, -10])
    steps = loss_steps(facts, "revenue", fixed_costs=10, n=10)
    assert steps["client_id"].tolist()[1:] == ["c0000", "c0001", "c0002"]
    assert steps["profit"].tolist() == pytest.approx([25, 20, -20, -10])
    assert clients_to_loss(facts, "revenue", fixed_costs=10) == 2
    assert loss_steps(facts, "margin", fixed_costs=10, n=1)["client_id"].tolist()[1:] == ["c0001"]


def test_equal_clients_are_lost_by_code():
    facts = facts_of([5, 5, 5], [1, 2, 3])
    for table in (facts, facts[::-1], facts.iloc[[1, 2, 0]]):
        assert loss_steps(table, "revenue", fixed_costs=0, n=3)["lost_margin"].tolist() == [0, 1, 3, 6]


def test_a_loss_before_anyone_leaves(no_middle):
    """METHOD section 9: total margin < fixed costs already -> k* = 0."""
    assert clients_to_loss(no_middle, "revenue", fixed_costs=30.5) == 0
    assert loss_steps(no_middle, "revenue", fixed_costs=30.5, n=0)["profit"].tolist() == pytest.approx([-0.5])


def test_without_fixed_costs_no_loss_ever_comes():
    """Nothing is left when all have gone, and nothing is not a loss whatever the sums' last digits say."""
    facts = facts_of([0.1 * place * 1e7 for place in range(1, 200)])
    assert clients_to_loss(facts, "revenue", fixed_costs=0) is None
    assert loss_steps(facts, "revenue", fixed_costs=0, n=500)["profit"].iloc[-1] == 0
    assert clients_to_loss(facts_of([5, 3, -1]), "revenue", fixed_costs=0) == 2  # the loss-maker is what stays


def test_a_profit_of_exactly_nothing_is_no_loss(no_middle):
    assert clients_to_loss(no_middle, "revenue", fixed_costs=30 - 5.4 - 5.4) == 3
    assert clients_to_loss(no_middle, "revenue", fixed_costs=30) == 1


def test_k_star_does_not_end_with_the_steps_shown():
    facts = facts_of([1.0] * 300)
    assert clients_to_loss(facts, "revenue", fixed_costs=100) == 201


def test_margins_of_clients_that_are_never_lost_count_in_the_profit():
    facts = facts_of([100, -20, 0], [30, -25, 4]).assign(n_orders=[2, 1, 0])
    steps = loss_steps(facts, "revenue", fixed_costs=0, n=5)
    assert steps["profit"].tolist() == pytest.approx([9, -21])


def test_class_c_stands_in_where_b_gives_no_margin():
    facts = facts_of([50, 20, 10, 9, 8, 7], [50, -1, -2, 4, 2, 3], share_class=["A", "B", "B", "C", "C", "D"])
    assert replacement_clients(facts, "revenue", n_lost=2) == Replacement(17, "C", 3, 49)  # 49 / 3 = 16.3
    assert replacement_clients(facts[facts["share_class"] != "C"], "revenue", n_lost=2) is None


def test_a_client_replaced_exactly_needs_no_further_one():
    facts = facts_of([9, 1], [0.3, 0.1], share_class=pd.Categorical(["A", "B"]))
    assert replacement_clients(facts, "revenue", n_lost=1) == Replacement(3, "B", 0.1, 0.3)


def test_a_lost_loss_maker_needs_no_replacement():
    facts = facts_of([9, 1], [-5, 1], share_class=["A", "B"])
    assert replacement_clients(facts, "revenue", n_lost=1) == Replacement(0, "B", 1, -5)


def test_past_losses_by_class():
    before = pd.DataFrame(
        {
            "share_class": ["D", "A", "A", "B", "A", "A", "D", "0", "L"],
            "is_lost": [True, False, True, False, False, False, True, True, False],
        }
    )
    rates = past_loss_rates(before)
    assert rates.columns.tolist() == ["share_class", "n_clients", "n_lost", "loss_rate"]
    assert rates["share_class"].tolist() == ["A", "B", "D", "L"]
    assert rates["n_clients"].tolist() == [4, 1, 2, 1]
    assert rates["n_lost"].tolist() == [1, 0, 2, 0]
    assert rates["loss_rate"].tolist() == [0.25, 0, 1, 0]
    assert past_loss_rates(before[:0]).empty


def test_a_client_without_margin_cannot_be_a_loss():
    facts = pd.DataFrame({"margin": [10, -50, 0, np.nan], "loss_probability": [0.5, 1, 1, 1]})
    assert expected_loss(facts) == ExpectedLoss(5, 0.5, 1, 0)
    assert expected_loss(facts[1:]) == ExpectedLoss(0, 0, 0, 0)


def test_unknown_probabilities_are_counted_not_guessed():
    facts = pd.DataFrame({"margin": [10, 20, -5], "loss_probability": [0.1, np.nan, np.nan]})
    assert expected_loss(facts) == ExpectedLoss(pytest.approx(1), pytest.approx(0.1), 1, 1)
    unknown = expected_loss(facts[1:])
    assert np.isnan([unknown.expected, unknown.chance_of_any]).all()
    assert (unknown.n_clients, unknown.n_unknown) == (0, 1)


@pytest.mark.parametrize("wrong", [5.0, -0.1])
def test_probabilities_are_shares(wrong):
    with pytest.raises(DataError, match=f"1 loss probabilities lie outside 0..1, the first is {wrong:g}"):
        expected_loss(pd.DataFrame({"margin": [1, 1], "loss_probability": [0.5, wrong]}))


def test_an_unknown_margin_is_not_nothing():
    facts = facts_of([1, 1, 1], [5, np.nan, 3])
    with pytest.raises(DataError, match=r"1 clients with orders have no margin, for example \['c0001'\]"):
        clients_to_loss(facts, "revenue", fixed_costs=0)


def test_missing_columns_are_named(no_middle):
    for step, numbers in ((loss_steps, {"n": 1}), (clients_to_loss, {})):
        with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['margin'\]"):
            step(no_middle.drop(columns="margin"), "revenue", fixed_costs=1, **numbers)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['share_class'\]"):
        replacement_clients(no_middle, "revenue", n_lost=1)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['margin'\]"):
        replacement_clients(no_middle.drop(columns="margin").assign(share_class="B"), "revenue", n_lost=1)
    with pytest.raises(MissingColumnsError, match=r"lacks \['is_lost'\]"):
        past_loss_rates(pd.DataFrame({"share_class": ["A"]}))
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['loss_probability'\]"):
        expected_loss(no_middle)


def test_the_input_stays_as_it_was(no_middle):
    facts = no_middle.assign(share_class="B", loss_probability=0.1, is_lost=False)
    before = facts.copy(deep=True)
    loss_steps(facts, "margin", fixed_costs=1, n=3)
    clients_to_loss(facts, "margin", fixed_costs=1)
    replacement_clients(facts, "margin", n_lost=2)
    past_loss_rates(facts)
    expected_loss(facts)
    pd.testing.assert_frame_equal(facts, before)


@given(st.lists(st.tuples(st.integers(-50, 500), st.integers(-50, 100)), min_size=1, max_size=40), st.integers(0, 2000))
def test_k_star_is_where_the_steps_first_fall_below_zero(rows, fixed_costs):
    facts = facts_of(*zip(*rows, strict=True))
    steps = loss_steps(facts, "revenue", fixed_costs=fixed_costs, n=len(rows))
    losses = steps.loc[steps["profit"] < 0, "n_lost"]
    assert clients_to_loss(facts, "revenue", fixed_costs=fixed_costs) == (losses.iloc[0] if len(losses) else None)
    assert set(steps["profit"] + steps["lost_margin"]) == {facts["margin"].sum() - fixed_costs}
    assert len(steps) == 1 + sum(value > 0 for value, _ in rows)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), min_size=1, max_size=30))
def test_expected_loss_lies_between_nothing_and_all(rows):
    facts = pd.DataFrame(rows, columns=["margin", "percent"]).assign(loss_probability=lambda t: t["percent"] / 100)
    found = expected_loss(facts)
    assert 0 <= found.expected <= facts["margin"].sum() + 1e-9
    assert facts["loss_probability"].max() - 1e-9 <= found.chance_of_any <= min(1, facts["loss_probability"].sum()) + 1e-9
