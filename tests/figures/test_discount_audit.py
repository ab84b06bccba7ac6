"""Discounts against the margin they left, the bands of discount, and needed growth against what came."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.discount_audit import (
    LOSS,
    OUTCOME_LOOKS,
    VERDICT_LOOKS,
    band_bars,
    discount_against_margin,
    growth_needed_against_come,
)
from clientbase.figures.house import NEUTRAL

from .helpers import assert_keeps_house, close, faults, texts

TITLE = "At a third of the clients the discount took more than it left, and half of the deeper discounts did not bring volume"


def audit_of(*rows, **columns):
    """Return an audit of (client_id, discount_rate, margin_rate, margin, revenue, audit_verdict)."""
    names = ["client_id", "discount_rate", "margin_rate", "margin", "revenue", "audit_verdict"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


def changes_of(*rows):
    return pd.DataFrame(rows, columns=["needed_growth_share", "actual_growth_share", "outcome"])


@pytest.fixture
def audit():
    return audit_of(
        ("a", 0.10, 0.22, 200.0, 900.0, "leaves more than it takes"),
        ("b", 0.20, 0.12, 100.0, 800.0, "takes more than it leaves"),
        ("c", 0.40, -0.17, -100.0, 600.0, "sold at a loss"),
        ("d", 0.05, -0.06, -60.0, 950.0, "loss at list too"),
        ("e", -0.05, 0.33, 350.0, 1050.0, "no discount"),
        ("f", 0.30, np.nan, np.nan, 700.0, "not known"),
        client_name=["Anna & Co", None, "$ale$ & Söhne", "ООО «Ромашка»", "Emil", "Fritz"],
    )


@pytest.fixture
def bands():
    return pd.DataFrame(
        {
            "discount_band": ["surcharge", "none", "to 20", "to 100"],
            "n_lines": [1, 1591, 1229, 284],
            "revenue_share": [0.01, 0.48, 0.34, 0.17],
            "margin": [np.nan, 104_159.0, 33_080.0, -27_284.0],
            "is_loss": pd.array([None, False, False, True], dtype="boolean"),
        }
    )


@pytest.fixture
def changes():
    return changes_of(
        (0.25, 1.0, "came"),
        (0.25, -0.5, "did not come"),
        (-0.2, 0.0, "price rise held"),
        (-0.2, -0.5, "price rise cost volume"),
        (np.nan, 0.5, "impossible by volume"),
        (np.nan, 0.1, "no margin before"),
        (0.001, 0.1, "no deeper discount"),
    )


def points(ax):
    return {(round(float(x), 6), round(float(y), 6)) for cloud in ax.collections for x, y in cloud.get_offsets()}


def dashed(ax):
    """Return the guide: the first line that is not straight along an axis."""
    return next(line for line in ax.lines if len(set(line.get_xdata())) > 1 and len(set(line.get_ydata())) > 1)


def synthetic_audit(n):
    rng = np.random.default_rng(0)
    given, at_list, listed = rng.normal(0.12, 0.1, n).clip(-0.8, 0.9), rng.normal(0.3, 0.15, n), rng.lognormal(8, 1.4, n)
    kept = at_list - given
    rules = [given <= 0, at_list <= 0, kept <= 0, kept < given]
    names = ["no discount", "loss at list too", "sold at a loss", "takes more than it leaves"]
    ids = [f"Торговый дом {place} с очень длинным названием" for place in range(n)]
    return audit_of().reindex(range(n)).assign(
        client_id=ids, discount_rate=given, margin_rate=kept / (1 - given), margin=kept * listed, revenue=listed * (1 - given),
        audit_verdict=np.select(rules, names, "leaves more than it takes"),
    )  # fmt: skip


def synthetic_changes(n):
    rng = np.random.default_rng(0)
    deeper, rate, actual = rng.normal(0, 0.1, n), rng.uniform(0.02, 0.4, n), rng.lognormal(0, 1.2, n) - 1
    needed = np.where(rate > deeper, deeper / np.where(rate > deeper, rate - deeper, 1), np.nan)
    rules = [np.abs(deeper) < 0.005, np.isnan(needed), (deeper > 0) & (actual >= needed), deeper > 0, actual >= needed]
    names = ["no deeper discount", "impossible by volume", "came", "did not come", "price rise held"]
    outcome = np.select(rules, names, "price rise cost volume")
    return pd.DataFrame({"needed_growth_share": needed, "actual_growth_share": actual, "outcome": outcome})


# -- discount and margin -------------------------------------------------------------------------------------------------
def test_every_client_with_a_margin_is_a_point_at_its_numbers(audit, en):
    ax = discount_against_margin(audit, en)
    assert points(ax) == {(0.1, 0.22), (0.2, 0.12), (0.4, -0.17), (0.05, -0.06), (-0.05, 0.33)}
    assert en.label("discount_rate") in ax.get_xlabel()
    assert ax.get_ylabel() == en.label("margin_rate")


def test_verdicts_have_their_colours_and_counts(audit, en):
    ax = discount_against_margin(audit, en)
    for cloud, (colour, _) in zip(ax.collections, VERDICT_LOOKS.values(), strict=True):
        assert same_color(cloud.get_facecolor()[0][:3], colour)
    assert {f"{en.category('audit_verdict', verdict)}: 1" for verdict in VERDICT_LOOKS} <= set(texts(ax))
    assert len({marker for _, marker in VERDICT_LOOKS.values()}) == 4  # no discount is grey


def test_losers_are_named_and_the_others_are_not(audit, en):
    shown = set(texts(discount_against_margin(audit, en)))
    assert {"$ale$ & Söhne: -100 EUR", "ООО «Ромашка»: -60.00 EUR"} <= shown
    assert not any("Anna" in text or "Emil" in text for text in shown)


def test_without_a_name_the_code_stands_and_of_many_losers_the_largest(en):
    table = audit_of(*((f"c{place}", 0.4, -0.1, -1000.0 * place, 500.0, "sold at a loss") for place in range(1, 9)))
    shown = set(texts(discount_against_margin(table, en)))
    assert {f"c{place}: -{place},000 EUR" for place in range(4, 9)} <= shown
    assert not any(text.startswith("c3") for text in shown)


def test_on_the_line_the_discount_is_as_large_as_the_margin(audit, en):
    line = dashed(discount_against_margin(audit, en))
    discount, rate = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert close(rate * (1 - discount), discount)


def test_clients_beyond_the_picture_stand_on_its_edge_and_are_counted(audit, en):
    table = audit.assign(margin_rate=[0.22, 0.12, -17.0, -0.06, 0.33, np.nan])
    ax = discount_against_margin(table, en)
    assert (0.4, -1.0) in points(ax)
    assert "drawn on the edge, since beyond it: 1 client" in ax.get_xlabel()
    assert "not drawn: 1 client without revenue or a known margin" in ax.get_xlabel()


def test_the_area_is_the_revenue(audit, en):
    ax = discount_against_margin(audit, en)
    sizes = {cloud.get_offsets()[0][0]: cloud.get_sizes()[0] for cloud in ax.collections}
    assert sizes[0.1] / sizes[0.4] == pytest.approx(900 / 600)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 3, 60, 4000])
def test_the_audit_is_readable_with_few_and_with_many(n, language, request):
    ax = discount_against_margin(synthetic_audit(n), request.getfixturevalue(language), title=TITLE)
    assert sum(len(cloud.get_offsets()) for cloud in ax.collections) == n
    assert faults(ax) == []


def test_losers_at_one_place_have_names_that_lie_apart(ru):
    table = audit_of(*((f"c{place}", 0.7, -5.0, -1e6 - place, 500.0, "sold at a loss") for place in range(5)))
    assert faults(discount_against_margin(table, ru, title=TITLE)) == []


# -- bands ---------------------------------------------------------------------------------------------------------------
def test_bars_are_the_margins_and_losses_are_hatched(bands, en):
    ax = band_bars(bands, en)
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    assert close([bar.get_width() for bar in bars], [0, 104_159, 33_080, -27_284])
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, False, True]
    assert same_color(bars[3].get_facecolor(), LOSS)
    assert same_color(bars[1].get_facecolor(), NEUTRAL)


def test_bands_tell_money_lines_and_revenue(bands, en):
    shown = set(texts(band_bars(bands, en)))
    assert {"–", "104,159 EUR", "-27,284 EUR", "1 line, 1% of revenue", "1,591 lines, 48% of revenue"} <= shown
    assert {en.category("discount_band", band) for band in bands["discount_band"]} <= shown


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("rows", [[0], [1], [3], [0, 3], [1, 2], [0, 1, 2, 3]])
def test_bands_do_not_overlap(bands, rows, language, request):
    table = bands.iloc[rows].assign(margin=bands["margin"] * 1e5)
    assert faults(band_bars(table, request.getfixturevalue(language), title=TITLE)) == []


# -- growth --------------------------------------------------------------------------------------------------------------
def test_points_are_the_growth_as_factors_and_the_impossible_is_in_the_strip(changes, en):
    ax = growth_needed_against_come(changes, en)
    (strip,) = ax.patches
    inside = {point for point in points(ax) if strip.get_x() < point[0] < strip.get_x() + strip.get_width()}
    assert points(ax) - inside == {(1.25, 2.0), (1.25, 0.5), (0.8, 1.0), (0.8, 0.5)}
    assert [y for _, y in inside] == [1.5]
    assert strip.get_hatch()
    assert close(strip.get_x() + strip.get_width(), ax.get_xlim()[1])


def test_outcomes_are_counted_and_what_is_not_drawn_too(changes, en):
    ax = growth_needed_against_come(changes, en)
    assert {f"{en.category('outcome', outcome)}: 1" for outcome in OUTCOME_LOOKS} <= set(texts(ax))
    assert "not drawn: 2 clients with the discount as before or no margin before" in ax.get_xlabel()
    assert {"0%", "100%"} <= set(texts(ax))


def test_on_the_line_growth_is_as_much_as_needed(changes, en):
    line = dashed(growth_needed_against_come(changes, en))
    assert close(line.get_xdata(), line.get_ydata())


def test_without_the_impossible_there_is_no_strip(changes, en):
    assert len(growth_needed_against_come(changes.iloc[:4], en).patches) == 0


def test_growth_beyond_the_picture_stands_on_its_edge(en):
    ax = growth_needed_against_come(changes_of((0.25, 780.0, "came"), (232.0, -0.999, "did not come"), (0.1, 0.2, "came")), en)
    assert points(ax) == {(1.25, 20.0), (20.0, 0.05), (1.1, 1.2)}
    assert "drawn on the edge, since beyond it: 2 clients" in ax.get_xlabel()


def test_only_impossible_changes(ru):
    ax = growth_needed_against_come(changes_of((np.nan, 0.5, "impossible by volume")), ru, title=TITLE)
    assert len(ax.patches) == 1
    assert faults(ax) == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 3, 60, 800, 4000])
def test_growth_is_readable_with_few_and_with_many(n, language, request):
    table = synthetic_changes(n)
    ax = growth_needed_against_come(table, request.getfixturevalue(language), title=TITLE)
    assert sum(len(cloud.get_offsets()) for cloud in ax.collections) == (table["outcome"] != "no deeper discount").sum()
    assert faults(ax) == []


# -- house ---------------------------------------------------------------------------------------------------------------
def test_nothing_to_draw(audit, bands, changes, en):
    assert "nothing to draw" in texts(band_bars(bands.iloc[:0], en))
    unknown = discount_against_margin(audit.iloc[5:], en)
    assert {"nothing to draw", "not drawn: 1 client without revenue or a known margin"} <= set(texts(unknown))
    still = growth_needed_against_come(changes.iloc[5:], en)
    assert {"nothing to draw", "not drawn: 2 clients with the discount as before or no margin before"} <= set(texts(still))


def test_a_table_without_margins_is_refused(bands, en):
    with pytest.raises(MissingColumnsError, match=r"'band_table' lacks \['is_loss', 'margin'\]"):
        band_bars(bands.drop(columns=["margin", "is_loss"]), en)


def test_house_rules(audit, bands, changes, en):
    assert_keeps_house(discount_against_margin, audit, en)
    assert_keeps_house(band_bars, bands, en)
    assert_keeps_house(growth_needed_against_come, changes, en)
