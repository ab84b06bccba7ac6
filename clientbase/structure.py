"""The structure of the base on one study: stability, concentration, cohorts, regions and delivery (M06 to M10).

Stability and the share classes it is crossed with look at the flow that the five steps analyse; concentration at that flow
and at the company; cohorts, regions and delivery at the company.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.errors import NothingToAnalyseError
from clientbase.method import client_loss, cohorts, concentration, delivery, new_lost, regions, stability
from clientbase.method.common import by_falling
from clientbase.method.periods import month_number
from clientbase.method.rhythm import GRAIN_MONTHS, rhythm_periods
from clientbase.steps import WHOLE_BASE

if TYPE_CHECKING:
    import numpy as np

    from clientbase.steps import Steps

GOODS = (0.10, 0.25)  # METHOD section 8: the textbook's bounds for goods in stock
LOST_SHOWN = 10  # steps of the loss scenario, more when the loss comes later
MOST_LOST = 50
SEASON_MONTHS = 24
PANELS = 6  # regions whose two years are drawn


class Structure(Derives):
    """The tables of the structure of the base, computed when first asked for.

    Args:
        steps: the five steps of the study.
        contacts: one row per client_id x month: n_contacts; None where none are recorded.
    """

    def __init__(self, steps: Steps, contacts: pd.DataFrame | None) -> None:
        self.steps = steps
        self.contacts = contacts

    @property
    def end(self) -> int:
        """Return the number of the window's last month."""
        return month_number(self.steps.window.end)

    @property
    def first(self) -> int:
        """Return the number of the first month of the data."""
        return self.end - self.steps.history_months + 1

    @property
    def has_previous(self) -> bool:
        """Whether the data hold the whole window before."""
        return self.steps.history_months >= self.steps.window.months + self.steps.previous.months

    # M06 Stability

    @derived
    def seasonal_index(self) -> np.ndarray | None:
        """The company's seasonal index, January first; None with less than two years."""
        return stability.seasonal_index(self.steps.months, end=self.end)

    @property
    def is_season_removed(self) -> bool:
        """Whether revenue is divided by the seasonal index before its swings are measured."""
        return self.steps.settings.stability.is_seasonal and self.seasonal_index is not None

    @property
    def xyz_bounds(self) -> tuple[float, float]:
        """The bounds of X and Y in force."""
        given = self.steps.settings.stability
        return GOODS if given.xyz_preset == "goods" else (given.x_to, given.y_to)

    @derived
    def series(self) -> pd.DataFrame:
        """One row per client in scope with its share class and the moments of its series."""
        length = GRAIN_MONTHS[self.steps.grain]
        return stability.stability(
            self.steps.share_classes,
            self.steps.months,
            end=self.end,
            length=length,
            n_periods=rhythm_periods(self.steps.history_months, length),
            trailing=self.steps.settings.stability.trailing,
            index=self.seasonal_index if self.is_season_removed else None,
        )

    def _classed(self, bounds: tuple[float, float]) -> pd.DataFrame:
        given = self.steps.settings.stability
        return stability.xyz_classes(
            self.series,
            x_to=bounds[0],
            y_to=bounds[1],
            min_periods=given.min_periods,
            end=self.end,
            silent_months=given.silent_months,
        )

    @derived
    def xyz(self) -> pd.DataFrame:
        """One row per client in scope with orders in the window: share class, stability, by falling revenue."""
        found = self._classed(self.xyz_bounds)
        found = self.steps.named(found[found["xyz"].notna()])
        return by_falling(found, "revenue")

    @derived
    def xyz_summary(self) -> pd.DataFrame:
        """One row per stability class."""
        return stability.xyz_summary(self.xyz)

    @derived
    def abc_xyz(self) -> pd.DataFrame:
        """One row per cell of share class and stability: clients, revenue, what it calls for."""
        return stability.abc_xyz(self.xyz)

    @derived
    def xyz_presets(self) -> pd.DataFrame:
        """One row per pair of bounds: clients in X, Y and Z."""
        given = self.steps.settings.stability
        rows = []
        for name, bounds in (("clients", (given.x_to, given.y_to)), ("goods", GOODS)):
            counts = self._classed(bounds)["xyz"].value_counts()
            found = {f"n_{letter.lower()}": int(counts[letter]) for letter in "XYZ"}
            rows.append({"xyz_preset": name, "x_to": bounds[0], "y_to": bounds[1], **found})
        return pd.DataFrame(rows)

    # M07 Concentration

    @derived
    def concentration(self) -> concentration.Concentration:
        """The measures of the analysed flow."""
        return concentration.concentration(self.steps.facts, self.steps.basis)

    @derived
    def concentration_table(self) -> pd.DataFrame:
        """One row for the analysed flow and, where that is a part of it, one for the company: the measures of concentration."""
        found = {self.steps.scope_flow: self.concentration}
        if self.steps.scope_flow != WHOLE_BASE:
            found[WHOLE_BASE] = concentration.concentration(self.steps.company, self.steps.basis)
        rows = pd.DataFrame([{"flow": name, **asdict(measures)} for name, measures in found.items()])
        return rows.rename(columns={"total": "value"})  # total is the word for a score

    @derived
    def size_bands(self) -> pd.DataFrame:
        """One row per client in scope with its own share and band."""
        given = self.steps.settings.concentration
        return concentration.size_bands(
            self.steps.facts,
            self.steps.basis,
            large_from=given.large_share,
            middle_from=given.middle_share,
            dust_below=given.dust_share,
        )

    @derived
    def band_summary(self) -> pd.DataFrame:
        """One row per band of own share."""
        return concentration.band_summary(self.size_bands, self.steps.basis)

    @derived
    def has_missing_middle(self) -> bool:
        """Whether a few clients hold the base and hardly any stand behind them."""
        given = self.steps.settings.concentration
        return concentration.has_missing_middle(
            self.concentration, self.band_summary, top_from=given.top_five_from, middle_below=given.middle_below
        )

    @derived
    def ranked(self) -> pd.DataFrame:
        """One row per client in scope with positive value, largest first, with the gap marked."""
        return self.steps.named(concentration.rank_sizes(self.steps.facts, self.steps.basis))

    @derived
    def break_even_loss(self) -> int | None:
        """How many of the largest clients the company can lose before it makes a loss; None without margins or fixed costs."""
        fixed = self.steps.settings.concentration.fixed_costs
        if not self.steps.has_margin or not fixed:
            return None
        return client_loss.clients_to_loss(self.steps.company, self.steps.basis, fixed_costs=fixed)

    @derived
    def loss_steps(self) -> pd.DataFrame | None:
        """One row per number of lost clients of the company, largest first: profit left; None without margins."""
        if not self.steps.has_margin:
            return None
        given = self.steps.settings.concentration
        n = max(LOST_SHOWN, given.lost_clients, (self.break_even_loss or 0) + 1)
        found = client_loss.loss_steps(self.steps.company, self.steps.basis, fixed_costs=given.fixed_costs, n=min(n, MOST_LOST))
        return self.steps.named(found)

    @property
    def loss_label(self) -> str:
        """What the loss scenario counts: profit, or margin while fixed costs are not known."""
        return "profit" if self.steps.settings.concentration.fixed_costs else "margin"

    @derived
    def replacement(self) -> client_loss.Replacement | None:
        """How many typical clients would replace the largest; None without margins."""
        if "margin" not in self.steps.share_classes:
            return None
        return client_loss.replacement_clients(
            self.steps.share_classes, self.steps.basis, n_lost=self.steps.settings.concentration.lost_clients
        )

    @derived
    def loss_rates(self) -> pd.DataFrame | None:
        """One row per class of the window before: clients and those without a deal since; None where history is short."""
        if not self.has_previous:
            return None
        before = self.steps.facts.assign(n_orders=self.steps.facts["previous_n_deals"])
        before[self.steps.basis] = before[f"previous_{self.steps.basis}"]
        try:
            classes = self.steps.classed(before, self.steps.basis)
        except NothingToAnalyseError:
            return None
        return client_loss.past_loss_rates(classes.assign(is_lost=classes["n_deals"] == 0))

    @derived
    def loss_chances(self) -> dict[str, float]:
        """The chance by class that a client leaves within a year: typed, else as it was since the window before."""
        given = self.steps.settings.concentration.loss_probabilities
        past = (
            {}
            if self.loss_rates is None
            else dict(zip(self.loss_rates["share_class"], self.loss_rates["loss_rate"], strict=True))
        )
        return {name: given.get(name, past.get(name)) for name in "ABCD" if name in given or name in past}

    @derived
    def expected_loss(self) -> client_loss.ExpectedLoss | None:
        """The margin a year costs by these chances; None without margins or chances."""
        if "margin" not in self.steps.share_classes or not self.loss_chances:
            return None
        chance = self.steps.share_classes["share_class"].astype("str").map(self.loss_chances)
        return client_loss.expected_loss(self.steps.share_classes.assign(loss_probability=chance))

    # M08 Cohorts

    @derived
    def cohorts(self) -> pd.DataFrame:
        """One row per client of the company that ever purchased, with its cohort."""
        return cohorts.cohorts(self.steps.company)

    @derived
    def cohort_summary(self) -> pd.DataFrame:
        """One row per cohort: its share of the clients and of the revenue of the window."""
        window_end = self.steps.window.end
        return cohorts.cohort_summary(
            self.cohorts,
            last_year=window_end.year,
            is_last_year_partial=window_end.month < 12,
            min_clients=self.steps.settings.cohorts.min_cohort,
        )

    @derived
    def same_age(self) -> pd.DataFrame:
        """One row per cohort with clients old enough: what they brought in their first months."""
        age = self.steps.settings.cohorts.age_months
        return cohorts.same_age(self.cohorts, self.steps.months, end=self.end, age_months=age)

    @derived
    def retention(self) -> pd.DataFrame:
        """One row per cohort and year that can be observed."""
        least = self.steps.settings.cohorts.min_cohort
        return cohorts.retention(self.cohorts, self.steps.months, first=self.first, end=self.end, min_clients=least)

    @derived
    def moves(self) -> pd.DataFrame | None:
        """One row per client of the company with a deal or revenue in either window; None where history is short."""
        if not self.has_previous:
            return None
        return self.steps.named(new_lost.client_moves(self.steps.company, previous_start=self.steps.previous.start))

    @derived
    def move_summary(self) -> pd.DataFrame | None:
        """One row per kind of move."""
        return None if self.moves is None else new_lost.move_summary(self.moves)

    @derived
    def retention_rates(self) -> new_lost.RetentionRates | None:
        """How much of the window before was kept."""
        return None if self.moves is None else new_lost.retention_rates(self.moves)

    # M09 Regions

    @property
    def has_regions(self) -> bool:
        """Whether the client list names a region for any client."""
        return "region" in self.steps.company and bool(self.steps.company["region"].notna().any())

    @derived
    def regions(self) -> pd.DataFrame | None:
        """One row per region of the company by falling revenue: what it sells, and how steadily; None without regions."""
        if not self.has_regions:
            return None
        given = self.steps.settings
        sales = regions.region_table(self.steps.company, share_to=given.regions.carrying_share)
        steadiness = regions.region_steadiness(
            self.steps.company,
            self.steps.months,
            self.contacts,
            end=self.end,
            n_months=self.steps.window.months,
            min_periods=given.stability.min_periods,
            season_from=given.regions.season_from,
            amplitude_from=given.regions.amplitude_from,
            unsteady_from=given.regions.unsteady_from,
        )
        return sales.merge(steadiness, on="region", validate="1:1")

    @derived
    def season_months(self) -> pd.DataFrame | None:
        """One row per region and month of two years; None without regions."""
        if not self.has_regions:
            return None
        return regions.region_months(self.steps.company, self.steps.months, end=self.end, n_months=SEASON_MONTHS)

    @property
    def season_regions(self) -> list[str]:
        """The regions whose two years are drawn: seasonal and unsteady ones first, then the largest."""
        if self.regions is None:
            return []
        sold = self.regions[self.regions["n_clients"] > 0]
        told = sold[sold["verdict"].isin(["seasonal", "unsteady"])]
        return list(dict.fromkeys([*told["region"], *sold["region"]]))[:PANELS]

    # M10 Delivery

    @property
    def has_delivery(self) -> bool:
        """Whether it is known of any client how its goods travel."""
        known = {"delivery_mode", "n_delivered"} & set(self.steps.company.columns)
        return any(self.steps.company[name].notna().any() for name in known)

    @derived
    def delivery_use(self) -> pd.DataFrame | None:
        """One row per client of the company with orders: delivered or not, core or not; None where nothing is known."""
        if not self.has_delivery:
            return None
        given = self.steps.settings.delivery
        return delivery.delivery_use(
            self.steps.company, self.steps.basis, core_share=given.core_share, delivered_from=given.delivered_from
        )

    @derived
    def delivery_cross(self) -> pd.DataFrame | None:
        """One row per part of the base and delivery."""
        return None if self.delivery_use is None else delivery.delivery_cross(self.delivery_use)

    @property
    def cost_per_delivery(self) -> float:
        """What one delivered deal costs on average, NaN where costs or deliveries are not recorded."""
        use = self.delivery_use
        if use is None or not {"delivery_cost", "n_delivered"} <= set(use.columns) or not use["n_delivered"].sum():
            return math.nan
        return float(use["delivery_cost"].sum() / use["n_delivered"].sum())

    @property
    def margin_rate(self) -> float:
        """Margin of the company over its revenue, NaN without margins."""
        revenue = self.steps.company["revenue"].sum()
        return float(self.steps.company["margin"].sum() / revenue) if self.steps.has_margin and revenue > 0 else math.nan

    @derived
    def free_delivery_order(self) -> float:
        """The order from which delivery may be free, NaN where its cost or the margin is not known."""
        allowed = self.steps.settings.delivery.allowed_share
        return delivery.free_delivery_order(
            cost_per_delivery=self.cost_per_delivery, margin_rate=self.margin_rate, allowed_share=allowed
        )

    @derived
    def delivery_verdicts(self) -> pd.DataFrame | None:
        """One row per delivered client of the company, those of whom least is left first: whether its delivery is earned."""
        if self.delivery_use is None:
            return None
        found = delivery.delivery_verdicts(self.delivery_use, free_from=self.free_delivery_order)
        served = self.steps.named(found[found["is_delivered"].fillna(value=False)])
        return served.sort_values(["after_delivery", "revenue", "client_id"], ignore_index=True)
