"""The client at the table: what it buys, brings and costs, in money a year (M15).

A window of another length is brought to twelve months. What is not known is missing, never nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.errors import NothingToAnalyseError, SettingError
from clientbase.load import DELIVERY
from clientbase.method import bargaining
from clientbase.method.common import by_falling
from clientbase.settings import near

if TYPE_CHECKING:
    from clientbase.load import Load
    from clientbase.steps import Steps

ORDER_WORK = ("order_processing", "invoice", "shipment")  # what handling one order is
PORTAL_WORK = ("order_processing",)


@dataclass
class Counterparty(Derives):
    """What the study knows of one client, computed when first asked for.

    Args:
        steps, load: the study.
        group_money: one row per client_id x product_group with revenue and, where known, margin; or None.
        asked: code or name of the client; empty takes the largest by revenue of the analysed ones.
    """

    steps: Steps
    load: Load
    group_money: pd.DataFrame | None
    asked: str = ""

    @derived
    def facts(self) -> pd.Series:
        """The facts of the client."""
        company = self.steps.company
        if not self.asked:
            bought = self.steps.facts[self.steps.facts["revenue"] > 0]
            if bought.empty:
                raise NothingToAnalyseError("no analysed client has positive revenue, so there is nobody to negotiate with.")
            return by_falling(bought, "revenue").iloc[0]
        found = company[company["client_id"] == self.asked]
        if found.empty and "client_name" in company:
            found = company[company["client_name"].str.casefold() == self.asked.casefold()]
        if found.empty:
            names = [*company["client_id"], *(company["client_name"].dropna() if "client_name" in company else [])]
            raise SettingError(f"no client has the code or name '{self.asked}'{_nearest(self.asked, names)}.")
        if len(found) > 1:
            raise SettingError(
                f"{len(found)} clients are called '{self.asked}': {', '.join(found['client_id'].head(5))}. Give the code."
            )
        return found.iloc[0]

    @property
    def client_id(self) -> str:
        """The code of the client."""
        return str(self.facts["client_id"])

    @property
    def name(self) -> str:
        """The name of the client, or its code."""
        name = self.facts.get("client_name")
        return self.client_id if name is None or pd.isna(name) else str(name)

    @property
    def year(self) -> float:
        """How many windows make a year."""
        return 12 / self.steps.window.months

    @property
    def revenue(self) -> float:
        """Present revenue, money a year."""
        return float(self.facts["revenue"]) * self.year

    @derived
    def margin_rate(self) -> float:
        """The rate of the calculation: as typed, or the client's own; NaN where margins are not known."""
        if self.steps.settings.parity.margin_rate:
            return self.steps.settings.parity.margin_rate
        if not self.steps.has_margin or not self.facts["revenue"] > 0:
            return math.nan
        return float(self.facts["margin"] / self.facts["revenue"])

    @property
    def margin(self) -> float:
        """Present margin by that rate, money a year."""
        return self.revenue * self.margin_rate

    @property
    def credit_days(self) -> float:
        """Credit days now, weighed by revenue; NaN where they are not recorded."""
        return float(self.facts.get("credit_days", math.nan))

    @property
    def n_orders(self) -> float:
        """Orders a year."""
        return float(self.facts["n_orders"]) * self.year

    @derived
    def headroom(self) -> float:
        """The growth there is room for; NaN where its share of the client's purchases is not known."""
        return float(bargaining.headroom(float(self.facts.get("wallet_share", math.nan))))

    @derived
    def _load_row(self) -> pd.Series | None:
        costs = self.load.costs
        found = None if costs is None else costs[costs["client_id"] == self.client_id]
        return None if found is None or found.empty or not found["is_load_known"].iloc[0] else found.iloc[0]

    @property
    def cost_to_serve(self) -> float:
        """What serving the client costs, money a year; NaN where it is not known."""
        return math.nan if self._load_row is None else float(self._load_row["cts"]) * self.year

    @property
    def net(self) -> float:
        """Margin less the cost of service where that is known, money a year."""
        cost = self.cost_to_serve
        return self.margin - (0.0 if math.isnan(cost) else cost)

    def time_cost(self, kinds: tuple[str, ...]) -> float:
        """Return what work of some kinds costs, money a year; NaN where its load is not known."""
        if self._load_row is None:
            return math.nan
        work = self.load.work
        work = work[(work["client_id"] == self.client_id) & work["activity_type"].isin(kinds)]
        return float(self.load.cost_of(work).sum()) * self.year

    @derived
    def cost_per_order(self) -> float:
        """Handling of one order: as typed, or as measured of this client; NaN where neither is known."""
        if self.steps.settings.parity.cost_per_order:
            return self.steps.settings.parity.cost_per_order
        return self.time_cost(ORDER_WORK) / self.n_orders if self.n_orders > 0 else math.nan

    @derived
    def delivery_cost(self) -> float:
        """What the client's deliveries cost, money a year; NaN where it is not recorded."""
        if self.load.direct is None:
            return math.nan
        direct = self.load.direct
        if not direct["cost_type"].eq(DELIVERY).any():
            return math.nan
        is_own = (direct["client_id"] == self.client_id) & direct["cost_type"].eq(DELIVERY)
        return float(direct.loc[is_own, "amount"].sum()) * self.year

    @derived
    def groups(self) -> pd.DataFrame | None:
        """One row per product group bought: product_group, revenue (a year), margin_rate; None without groups or margins."""
        if self.group_money is None or "margin" not in self.group_money:
            return None
        own = self.group_money[(self.group_money["client_id"] == self.client_id) & (self.group_money["revenue"] > 0)]
        if own.empty:
            return None
        found = pd.DataFrame(
            {
                "product_group": own["product_group"],
                "revenue": own["revenue"] * self.year,
                "margin_rate": own["margin"] / own["revenue"],
            }
        )
        return found.reset_index(drop=True)

    @derived
    def group_rates(self) -> tuple[float, float]:
        """Margin rates of the poorest and the richest product group bought; NaN with fewer than two."""
        if self.groups is None or len(self.groups) < 2:
            return math.nan, math.nan
        return float(self.groups["margin_rate"].min()), float(self.groups["margin_rate"].max())


def _nearest(asked: str, names: list[str]) -> str:
    """Return the nearest names of clients, without listing all where none is near."""
    found = near(asked, names)
    return found if found.startswith(" (did") else ""
