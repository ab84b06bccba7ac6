"""The five steps on one study: the method's functions called on its facts with its settings, each once.

Notebooks, the summary of a report and later the workbook take their tables from here, so that one number has one origin.
A step that a study cannot have is None, and `reason` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.errors import GateClosedError, NothingToAnalyseError, SettingError
from clientbase.method import (
    assortment,
    flows,
    purchase_size,
    relationship,
    rhythm,
    robustness,
    share_classes,
    weighted_scoring,
)
from clientbase.method.common import by_falling, is_among, with_columns
from clientbase.method.periods import month_number

if TYPE_CHECKING:
    from clientbase.method.periods import Window
    from clientbase.settings import Settings

UNKNOWN_FLOW = "(unknown)"
WHOLE_BASE = "all"
QUANTILE_CLIENTS = 5  # METHOD section 4: with fewer clients thresholds must be given
EVERY_MONTHS = {"month": 1, "quarter": 3, "half-year": 6}
FEW_FOR_QUANTILES = "Fewer than five clients have deals, so thresholds cannot be found. Type large_from and small_below."
NO_MIDDLE = "The thresholds leave no room between large and small: purchases are alike. Type large_from and small_below."
ONE_GROUP = "The company sells one product group only, so there is no focus to see."
NO_GROUP_BOUGHT = "No analysed client has positive revenue in a product group."
NO_MARGIN = "No client brings a positive margin, so classes by margin are left out."
NO_TOTALS = "No client has enough scores for a total."
SETS_OF_SIGNS = "The signs come in sets by product group, so what other weights would do is not told for all at once."


@dataclass
class Steps(Derives):
    """The tables of the five steps, computed when first asked for.

    Args:
        all_facts: one row per client of the company.
        months: one row per client_id x month. groups: one row per client_id x product_group, or None.
        tables: small tables of the study by name.
        settings: the effective settings.
        window, previous: the analysed window and the one before.
        n_active_products: products sold in the window, or None.
        history_months: months from the first order to the window's end.
    """

    all_facts: pd.DataFrame
    months: pd.DataFrame
    groups: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    settings: Settings
    window: Window
    previous: Window
    n_active_products: int | None
    history_months: int

    def reason(self, step: str) -> str:
        """Return why a step has no result although its columns are there; empty when it has one.

        Args:
            step: size, products, margin, criteria or robustness.
        """
        outcomes = {
            "size": "_thresholds", "products": "_spread", "margin": "_margin_classes", "criteria": "_totals",
            "robustness": "_robustness",
        }  # fmt: skip
        outcome = getattr(self, outcomes[step]) if step in outcomes else None
        return outcome if isinstance(outcome, str) else ""

    # Step 1: flows and the scope of the others

    @derived
    def has_flows(self) -> bool:
        """Whether the client list names a flow for any client."""
        column = self.settings.flows.flow_column
        return column in self.all_facts and bool(self.all_facts[column].notna().any())

    @derived
    def company(self) -> pd.DataFrame:
        """Facts of all clients with their flow."""
        column = self.settings.flows.flow_column
        flow = self.all_facts[column].fillna(UNKNOWN_FLOW).astype("str") if self.has_flows else WHOLE_BASE
        return self.all_facts.assign(flow=flow)

    @derived
    def flows(self) -> pd.DataFrame:
        """One row per flow: shares of profit and time, return index; n_buyers counts clients with orders in the window."""
        table = flows.flow_table(self.company, time_shares=self.settings.flows.time_shares or None)
        buyers = self.company[self.company["n_orders"] > 0].groupby("flow").size()
        return table.assign(n_buyers=table["flow"].map(buyers).fillna(0).astype("int64"))

    @property
    def flows_to_compare(self) -> pd.DataFrame | None:
        """The flows, when there are several to set side by side."""
        return self.flows if len(self.flows) > 1 else None

    @derived
    def contrast(self) -> flows.Contrast:
        """The verdict on separating the flows."""
        given = self.settings.flows
        return flows.compare_flows(
            self.flows,
            min_time_share=given.min_time_share,
            separate_from=given.separate_from,
            standards_from=given.standards_from,
        )

    @derived
    def moved_time(self) -> flows.MovedTime | None:
        """What moving a part of the low flow's time would bring; None when the flows cannot be compared."""
        if self.contrast.verdict == "undefined":
            return None
        given = self.settings.flows
        return flows.move_time(
            self.flows,
            high_flow=self.contrast.high_flow,
            low_flow=self.contrast.low_flow,
            moved_share=given.moved_share,
            efficiency=given.efficiency,
            loss=given.loss,
        )

    @derived
    def flow_growth(self) -> pd.DataFrame:
        """One row per flow: clients and revenue per client, previous window against this one."""
        return flows.flow_growth(self.company)

    @derived
    def scope_flow(self) -> str:
        """The flow that steps 2 to 5 analyse: as set, or the one worth separating, or the whole base."""
        asked = self.settings.flows.scope_flow
        if asked not in ("auto", WHOLE_BASE):
            there = sorted(self.company["flow"].unique())
            if asked not in there:
                raise SettingError(
                    f"scope_flow is '{asked}'; the flows are {', '.join(map(repr, there))}. Use one of these, auto or all."
                )
            return asked
        if asked == "auto" and self.has_flows and self.contrast.verdict == "separate":
            return self.contrast.high_flow
        return WHOLE_BASE

    @derived
    def is_in_scope(self) -> np.ndarray:
        """Whether each client of the company, in its order there, is one that steps 2 to 5 analyse."""
        if self.scope_flow == WHOLE_BASE:
            return np.full(len(self.company), fill_value=True)
        return (self.company["flow"] == self.scope_flow).to_numpy()

    @derived
    def facts(self) -> pd.DataFrame:
        """Facts of the clients in scope, with periods of exposure and activity in the grain of their rhythm."""
        scope = self.company[self.is_in_scope]
        length = rhythm.GRAIN_MONTHS[self._grain(scope)]
        return scope.reset_index(drop=True).assign(
            n_active_periods=lambda t: t[f"n_active_periods_{length}"],
            exposure_periods=lambda t: t[f"exposure_periods_{length}"],
        )

    @derived
    def rhythm(self) -> rhythm.Rhythm:
        """The rhythm of the clients in scope."""
        return rhythm.base_rhythm(self.facts, min_clients=self.settings.preparation.rhythm_clients)

    @derived
    def grain(self) -> str:
        """The period regularity is counted in."""
        return self._grain(self.facts)

    def _grain(self, scope: pd.DataFrame) -> str:
        asked = self.settings.preparation.grain
        return (
            rhythm.base_rhythm(scope, min_clients=self.settings.preparation.rhythm_clients).grain if asked == "auto" else asked
        )

    def is_enough(self, clients: pd.DataFrame) -> bool:
        """Tell whether as many clients have positive revenue as advice needs."""
        return int((clients["revenue"] > 0).sum()) >= self.settings.preparation.min_clients

    @derived
    def has_enough(self) -> bool:
        """Whether the clients in scope are enough for advice."""
        return self.is_enough(self.facts)

    # Step 2: purchase-size classes

    @property
    def size_thresholds(self) -> purchase_size.Thresholds | None:
        """The money thresholds of the size classes, typed or by quantile."""
        return _result(self._thresholds)

    @derived
    def _thresholds(self) -> purchase_size.Thresholds | str:
        given = self.settings.purchase_size
        try:
            return purchase_size.size_thresholds(
                self.facts,
                large_from=given.large_from,
                small_below=given.small_below,
                large_quantile=given.large_quantile,
                small_quantile=given.small_quantile,
                min_clients=QUANTILE_CLIENTS,
            )
        except SettingError:
            few = (self.facts["n_deals"] > 0).sum() < QUANTILE_CLIENTS
            return FEW_FOR_QUANTILES if few else NO_MIDDLE

    @derived
    def size_classes(self) -> pd.DataFrame | None:
        """One row per client in scope with regularity and size class."""
        if (bounds := self.size_thresholds) is None:
            return None
        given = self.settings.purchase_size
        return purchase_size.size_classes(
            self.facts,
            large_from=bounds.large_from,
            small_below=bounds.small_below,
            regular_from=given.regular_from,
            min_exposure_months=given.min_exposure_months,
        )

    @derived
    def size_bounds(self) -> dict[str, float]:
        """The thresholds in force: large_from, small_below, regular_from."""
        bounds = self.size_thresholds
        if bounds is None:
            return {}
        given = self.settings.purchase_size
        return {"large_from": bounds.large_from, "small_below": bounds.small_below, "regular_from": given.regular_from}

    @derived
    def size_summary(self) -> pd.DataFrame | None:
        """One row per size class."""
        return None if self.size_classes is None else purchase_size.size_summary(self.size_classes)

    @derived
    def has_solid_middle(self) -> bool:
        """Whether SB is more than half of the clients with deals."""
        return self.size_classes is not None and purchase_size.has_solid_middle(self.size_classes)

    @derived
    def clients_by_size(self) -> pd.DataFrame | None:
        """One row per cut-off of the average purchase: clients at or above it."""
        if self.size_classes is None:
            return None
        purchases = self.size_classes.loc[self.size_classes["avg_purchase"] > 0, "avg_purchase"]
        return purchase_size.clients_by_size(self.size_classes, cutoffs=_round_cutoffs(purchases))

    @derived
    def launch(self) -> purchase_size.Launch | None:
        """Whether the large clients are enough to launch a product; None unless purchase and threshold are set."""
        given = self.settings.purchase_size
        if self.size_thresholds is None or not (given.launch_purchase and given.launch_threshold):
            return None
        n_large = int((self.facts["avg_purchase"] >= self.size_thresholds.large_from).sum())
        return purchase_size.launch_test(
            n_large, penetration=given.launch_penetration, purchase=given.launch_purchase, threshold=given.launch_threshold
        )

    @derived
    def n_fragmented(self) -> int:
        """Clients of class A that buy small and more than once."""
        if self.size_classes is None:
            return 0
        share_class = self.share_classes[["client_id", "share_class"]]
        both = self.size_classes.merge(share_class, on="client_id")
        return int(((both["share_class"] == "A") & (both["size_class"] == "SC") & (both["n_deals"] > 1)).sum())

    @derived
    def size_by_share(self) -> pd.DataFrame | None:
        """One row per pair of size class and share class."""
        if self.size_classes is None:
            return None
        share_class = self.share_classes[["client_id", "share_class"]]
        return purchase_size.size_by_share(self.size_classes.merge(share_class, on="client_id"))

    # Step 3: assortment focus

    @derived
    def focus(self) -> pd.DataFrame | None:
        """One row per client in scope that bought: its lead group, focus and breadth."""
        spread, given = _result(self._spread), self.settings.assortment
        if spread is None:
            return None
        return assortment.assortment_focus(
            spread,
            self._sized_facts,
            mono_from=given.mono_from,
            core_from=given.core_from,
            breadth_bounds=(given.breadth_middle, given.breadth_wide),
            few_lines=given.few_lines,
            n_active_products=self.n_active_products or 0,
        )

    @derived
    def _spread(self) -> pd.DataFrame | str | None:
        if self.groups is None:
            return None
        try:
            return assortment.purchase_spread(self.groups, self.facts)
        except GateClosedError:
            return ONE_GROUP
        except NothingToAnalyseError:
            return NO_GROUP_BOUGHT

    @property
    def _sized_facts(self) -> pd.DataFrame:
        """The facts with size classes; all clients are alike where there are none."""
        return self.size_classes if self.size_classes is not None else self.facts.assign(size_class="SB")

    @derived
    def focus_by_client(self) -> pd.DataFrame | None:
        """The focus with the clients' names."""
        return None if self.focus is None else self.named(self.focus)

    @derived
    def group_profile(self) -> pd.DataFrame | None:
        """One row per lead group and product group: what the clients of a lead group buy."""
        return None if self.focus is None else assortment.group_profile(self.groups, self.focus)

    @derived
    def focus_summary(self) -> pd.DataFrame | None:
        """One row per focus type: clients, revenue and their shares."""
        if self.focus is None:
            return None
        found = self.focus.groupby("focus_type", observed=False).agg(
            n_clients=("client_id", "size"), revenue=("revenue", "sum")
        )
        found = found.reset_index()
        return found.assign(
            client_share=found["n_clients"] / found["n_clients"].sum(), revenue_share=found["revenue"] / found["revenue"].sum()
        )[["focus_type", "n_clients", "client_share", "revenue", "revenue_share"]]

    @derived
    def gaps(self) -> pd.DataFrame | None:
        """One row per client and product group that most of its peers buy and it does not."""
        if _result(self._spread) is None:
            return None
        given, known = self.settings.assortment, ["client_id", "size_class", "wallet_share"]
        clients = self._spread.merge(self._sized_facts.filter(known), on="client_id")
        found = assortment.assortment_gaps(
            self.groups, clients, gap_from=given.gap_from, min_peers=given.min_peers, full_wallet=given.full_wallet
        )
        return self.named(found)

    @derived
    def gap_summary(self) -> pd.DataFrame | None:
        """One row per product group with gaps."""
        return None if self.gaps is None else assortment.gap_summary(self.gaps)

    # Step 4: relationship levels

    @derived
    def has_crm(self) -> bool:
        """Whether facts of the relationship are recorded."""
        return "first_fact_date" in self.all_facts

    @derived
    def _deals(self) -> relationship.DealMonths:
        return relationship.deal_months(self.facts, self.months)

    @derived
    def levels(self) -> pd.DataFrame:
        """One row per client in scope: level, peak level, flags, next step."""
        given = self.settings.relationship
        found = relationship.relationship_levels(
            self.facts,
            self._deals,
            at=month_number(self.window.end),
            partner_months=given.partner_months,
            max_missed=given.max_missed,
            partner_every_months=EVERY_MONTHS[given.partner_every],
            cooling_factor=given.cooling_factor,
            cooling_days=given.cooling_days,
            has_crm=self.has_crm,
        )
        known = ["revenue", "n_deals", "last_deal_date", "days_since_deal", "median_gap_days"]
        levels = self.named(found).assign(**self.facts[known])  # which stand in the same order
        return by_falling(levels, "revenue")

    @derived
    def level_summary(self) -> pd.DataFrame:
        """One row per level."""
        return relationship.level_summary(self.levels, has_crm=self.has_crm)

    @derived
    def previous_levels(self) -> pd.DataFrame | None:
        """One row per client known at the end of the window before: its level then; None without deals until then."""
        given = self.settings.relationship
        at = month_number(self.previous.end)
        seen = self.facts["first_order_date"] <= pd.Timestamp(self.previous.end)
        if self.has_crm:
            seen |= self.facts["first_fact_date"] <= pd.Timestamp(self.previous.end)
        if not (self.facts["first_order_date"] <= pd.Timestamp(self.previous.end)).any():
            return None
        found = relationship.level_at(
            self.facts,
            self._deals,
            at=at,
            partner_months=given.partner_months,
            max_missed=given.max_missed,
            partner_every_months=EVERY_MONTHS[given.partner_every],
            has_crm=self.has_crm,
        )
        return found[seen].reset_index(drop=True)

    @derived
    def level_moves(self) -> pd.DataFrame | None:
        """One row per pair of levels: clients that moved from the one to the other between the two windows' ends."""
        if self.previous_levels is None:
            return None
        return relationship.level_moves(self.previous_levels, self.levels, min_row=self.settings.relationship.min_row_clients)

    @derived
    def move_rates(self) -> relationship.Moves | None:
        """Promotion, demotion and net between the two windows' ends."""
        return None if self.previous_levels is None else relationship.move_rates(self.previous_levels, self.levels)

    @derived
    def partner_choices(self) -> pd.DataFrame:
        """One row per choice of partner_every: partners the rule would leave; missing where history is too short for it."""
        needed = self.settings.relationship.partner_months
        counts = [
            relationship.partner_count(
                self.facts, self._deals, at=month_number(self.window.end), partner_months=needed, every_months=length
            )
            if needed * length <= self.history_months
            else pd.NA
            for length in EVERY_MONTHS.values()
        ]
        return pd.DataFrame({"partner_every": list(EVERY_MONTHS), "n_clients": pd.array(counts, dtype="Int64")})

    # Step 5: share classes against the weighted score

    @derived
    def has_margin(self) -> bool:
        """Whether margins are known."""
        return "margin" in self.all_facts

    @derived
    def basis(self) -> str:
        """The column that is shared out: revenue, or margin when it is asked for and known."""
        return self.settings.share_classes.basis if self.has_margin else "revenue"

    def classed(self, facts: pd.DataFrame, value: str) -> pd.DataFrame:
        """Return facts with share classes by the column value, with the settings in force."""
        given = self.settings.share_classes
        return share_classes.share_classes(
            facts,
            value=value,
            a=given.share_a,
            b=given.share_b,
            c=given.share_c,
            d_rule=given.d_rule,
            own_share=given.d_own_share,
            ties=given.ties,
        )

    @derived
    def _margin_classes(self) -> pd.DataFrame | str | None:
        if not self.has_margin:
            return None
        try:
            return self.classed(self.facts, "margin")
        except NothingToAnalyseError:
            return NO_MARGIN

    @derived
    def share_classes(self) -> pd.DataFrame:
        """One row per client in scope by falling value with its share class; with margins also class by margin, flags."""
        classes, margin = self.classed(self.facts, self.basis), _result(self._margin_classes)
        if margin is None:
            return classes
        by_margin = margin.rename(columns={"share_class": "share_class_margin"})
        return share_classes.profit_flags(with_columns(classes, by_margin, ["share_class_margin"]))

    @derived
    def share_summary(self) -> pd.DataFrame:
        """One row per share class present."""
        return share_classes.class_summary(self.share_classes, self.basis)

    @derived
    def volume_without_profit(self) -> pd.DataFrame | None:
        """The clients large by revenue and small by margin, or with discounts above margin; None without margins."""
        flags = [name for name in ("has_volume_without_profit", "has_discount_above_margin") if name in self.share_classes]
        if not flags:
            return None
        return self.named(self.share_classes[self.share_classes[flags].any(axis="columns")]).reset_index(drop=True)

    @derived
    def tied_share(self) -> float:
        """Share of the value held by the largest group of equal clients."""
        return share_classes.tied_share(self.share_classes, self.basis)

    @derived
    def class_cross(self) -> pd.DataFrame | None:
        """One row per pair of class by revenue and class by margin; None without margins, or when both are one."""
        if "share_class_margin" not in self.share_classes or self.basis == "margin":
            return None
        return share_classes.class_cross(self.share_classes)

    @derived
    def tail(self) -> share_classes.Tail:
        """The smallest clients with a joint share of at most tail_share."""
        return share_classes.small_tail(self.share_classes, self.basis, tail_share=self.settings.share_classes.tail_share)

    @derived
    def frequent_buyers(self) -> pd.DataFrame:
        """The clients that buy most often."""
        return self.named(share_classes.frequent_buyers(self.facts, 20)).merge(
            self.facts[["client_id", "revenue"]], on="client_id"
        )

    @derived
    def criteria(self) -> pd.DataFrame | None:
        """The signs of a priority client with their weights, those of the list or as set, or None."""
        found = self.tables.get("criteria")
        if found is None or found.empty:
            return None
        found = found.assign(**{name: pd.NA for name in ("rule", "product_group") if name not in found})
        given = self.settings.scoring.sign_weights
        if unknown := sorted(set(given) - set(found["criterion_id"])):
            raise SettingError(
                f"sign_weights names {', '.join(map(repr, unknown))}; the signs are "
                f"{', '.join(map(repr, found['criterion_id'].unique()))}. Correct [scoring] sign_weights in study.toml."
            )
        return found.assign(weight=found["criterion_id"].map(given).fillna(found["weight"]))

    @derived
    def scores(self) -> pd.DataFrame | None:
        """One row per client in scope and sign: its score and who gave it."""
        if self.criteria is None:
            return None
        given = self.settings.scoring
        by_rule = weighted_scoring.rule_scores(
            self.facts, self.focus, self.criteria, low=given.score_low, high=given.score_high
        )
        return weighted_scoring.combine_scores(by_rule, self.tables.get("scores"), self.facts, self.criteria)

    @derived
    def quadrants(self) -> pd.DataFrame | None:
        """One row per client in scope: total, share class, quadrant."""
        totals = _result(self._totals)
        if totals is None:
            return None
        classes = self.named(self.share_classes[["client_id", "share_class", "revenue"]])
        scored = classes.merge(totals, on="client_id", validate="1:1")
        found = weighted_scoring.quadrants(scored, cut=self._cut(scored))
        return by_falling(found, "total")

    @derived
    def _totals(self) -> pd.DataFrame | str | None:
        if self.scores is None:
            return None
        given = self.settings.scoring
        totals = weighted_scoring.score_totals(
            self.scores,
            self.criteria,
            low=given.score_low,
            high=given.score_high,
            known_from=given.known_from,
            groups=self._groups_of_sets,
        )
        return NO_TOTALS if totals["total"].isna().all() else totals

    @property
    def _groups_of_sets(self) -> pd.DataFrame | None:
        """Revenue by product group, where the signs come in sets by group."""
        return self.groups if self.criteria is not None and self.criteria["product_group"].notna().any() else None

    def _cut(self, totals: pd.DataFrame) -> float:
        given = self.settings.scoring
        asked = given.cut if given.cut in ("mid_scale", "median") else float(given.cut)
        return weighted_scoring.score_cut(totals, self.criteria, cut=asked, low=given.score_low, high=given.score_high)

    @derived
    def score_cut(self) -> float | None:
        """The total from which a score is high."""
        return None if self.quadrants is None else self._cut(self.quadrants)

    @derived
    def contributions(self) -> pd.DataFrame | None:
        """One row per client with a total and sign, the highest total first: weight x score."""
        if self.quadrants is None:
            return None
        parts = weighted_scoring.contributions(self.scores, self.criteria, groups=self._groups_of_sets)
        scored = self.quadrants.loc[self.quadrants["total"].notna(), ["client_id"]]
        signs = self.criteria[["criterion_id", "label_en", "label_ru"]].drop_duplicates("criterion_id")
        return self.named(scored.merge(parts, on="client_id").merge(signs, on="criterion_id", how="left"))

    @derived
    def quadrant_summary(self) -> pd.DataFrame | None:
        """One row per quadrant present: clients and revenue."""
        if self.quadrants is None:
            return None
        found = (
            self.quadrants.groupby("quadrant").agg(n_clients=("client_id", "size"), revenue=("revenue", "sum")).reset_index()
        )
        found = found.assign(revenue_share=found["revenue"] / found["revenue"].sum())
        return found.sort_values(["revenue", "quadrant"], ascending=[False, True], ignore_index=True)

    @derived
    def class_score_correlation(self) -> float:
        """Spearman's correlation of class and total; NaN without totals."""
        return np.nan if self.quadrants is None else weighted_scoring.class_score_correlation(self.quadrants)

    @derived
    def weight_sensitivity(self) -> pd.DataFrame | None:
        """One row per method of weights: what would change."""
        if self.quadrants is None:
            return None
        given = self.settings.scoring
        return weighted_scoring.weight_sensitivity(
            self.scores,
            self.criteria,
            self.share_classes[["client_id", "share_class"]],
            low=given.score_low,
            high=given.score_high,
            weight_low=given.weight_low,
            weight_high=given.weight_high,
            known_from=given.known_from,
            cut=given.cut if given.cut in ("mid_scale", "median") else float(given.cut),
            groups=self._groups_of_sets,
        )

    @property
    def robustness(self) -> pd.DataFrame | None:
        """One row per client with a total, by falling revenue: what other weights can do; None without totals or for sets.

        Signs that come in sets by product group weigh differently from client to client, so one pair of bounds says nothing.
        """
        return _result(self._robustness)

    @derived
    def _robustness(self) -> pd.DataFrame | str | None:
        if self.quadrants is None:
            return None
        if self._groups_of_sets is not None:
            return SETS_OF_SIGNS
        given, scored = self.settings.scoring, self.quadrants[self.quadrants["total"].notna()]
        found = robustness.score_robustness(
            self.scores[is_among(self.scores["client_id"], scored["client_id"])],
            level=self.score_cut / self.criteria["weight"].sum(),
            weight_low=given.weight_low,
            weight_high=given.weight_high,
        )
        known = ["client_id", "share_class", "quadrant", "total", "revenue"]
        found = self.named(found.merge(scored[known], on="client_id"))
        return by_falling(found, "revenue")

    @derived
    def weight_dependents(self) -> pd.DataFrame | None:
        """The clients whose side of the cut hangs on the weights."""
        if self.robustness is None:
            return None
        return self.robustness[self.robustness["robustness"] == "depends on weights"].reset_index(drop=True)

    @derived
    def robustness_summary(self) -> pd.DataFrame | None:
        """One row per verdict on what other weights can do."""
        return None if self.robustness is None else robustness.robustness_summary(self.robustness)

    # All steps together

    @derived
    def client_card(self) -> pd.DataFrame:
        """One row per client in scope with what every step says of it, by falling revenue."""
        card = self.share_classes
        if self.size_classes is not None:
            card = card.merge(
                self.size_classes[["client_id", "regularity", "size_class", "is_sa_candidate", "size_reason"]], on="client_id"
            )
        if self.focus is not None:
            found = ["client_id", "lead_group", "lead_share", "focus_type", "breadth", "n_eff"]
            card = card.merge(self.focus[found], on="client_id", how="left")
        flags = ["rel_level", "peak_level", "is_falling", "is_cooling", "is_on_track", "next_step"]
        card = card.merge(self.levels[["client_id", *flags]], on="client_id")
        if self.quadrants is not None:
            card = card.merge(self.quadrants[["client_id", "total", "total_norm", "known_share", "quadrant"]], on="client_id")
        return by_falling(card, "revenue")

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return table with client_name after client_id, where names are known."""
        if "client_name" not in self.all_facts or "client_name" in table:
            return table
        names = table["client_id"].map(self.all_facts.set_index("client_id")["client_name"])
        named = table.copy()
        named.insert(named.columns.get_loc("client_id") + 1, "client_name", names)
        return named


def _round_cutoffs(purchases: pd.Series) -> list[float]:
    """Return money amounts people would name, 1, 2 and 5 times powers of ten, that span the purchases."""
    if purchases.empty:
        return []
    powers = 10.0 ** np.arange(np.floor(np.log10(purchases.min())), np.ceil(np.log10(purchases.max())) + 1)
    cutoffs = np.sort(np.outer(powers, (1, 2, 5)).ravel())
    low, high = purchases.quantile(0.05), purchases.max()
    return [float(cut) for cut in cutoffs if low <= cut <= high]


def _result(outcome: Any) -> Any:
    """Return what a step came to: its result, or None where it says in words why it has none."""
    return None if isinstance(outcome, str) else outcome
