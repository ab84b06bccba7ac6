"""The client load on one study: what serving each client costs, what it returns, and which service it has earned (M14).

Costs come from recorded work where there is any. Without it, typed costs and standard minutes can stand for it: work is then
counted from the orders, and everything is indicative. Without either only the orders can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.derived import Derives, derived
from clientbase.method import client_load, habits, load_causes, load_estimates, load_groups, service_rules
from clientbase.method.common import by_falling, is_among, places, with_columns
from clientbase.method.department_rates import department_rates, department_totals

if TYPE_CHECKING:
    from clientbase.ledger.reading import LedgerResult
    from clientbase.steps import Steps

DELIVERY = "delivery"
CONTACT_WORK = ("call", "meeting")
HEAVIEST = 20  # METHOD section 16: the list of the heaviest clients
NAMED_GROUPS = 3  # product groups named beside a heavy client
UNPRICED_FROM = 0.05  # METHOD section 16: above this share of rows without any time the load is doubtful
NO_COSTS = "Work is recorded, but no department has costs. This needs departments (cost, headcount, hours_per_head)."
NO_MINUTES = "Costs of departments are known, but no work: neither recorded nor counted from orders by typed minutes."
NO_TIME = "No piece of work has minutes or a standard, so nothing can be costed."
NO_COST_OF_CLIENTS = "No client has any cost of service in the window."


class Load(Derives):
    """The tables of the client load, computed when first asked for."""

    def __init__(self, steps: Steps, ledger: LedgerResult) -> None:
        self.steps = steps
        self._ledger = ledger
        self._given = steps.settings.load

    # What is known of work and its cost

    @property
    def is_estimated(self) -> bool:
        """Whether work is not recorded, so that it is counted from the orders by standards."""
        return self._ledger.work is None

    @derived
    def standards(self) -> pd.DataFrame | None:
        """One row per department and driver: the standard minutes that work is counted by; None without any."""
        typed = load_estimates.typed_standards(self._given.typed_minutes)
        if len(typed):
            return typed
        table = self._ledger.tables.get("activity_standards")
        if table is None or table.empty:
            return None
        driver = table["activity_type"].map(load_estimates.default_driver)
        return table.assign(driver=table["driver"].fillna(driver) if "driver" in table else driver)

    @derived
    def counts(self) -> pd.DataFrame:
        """One row per client of the company and driver that the orders show: how often in the window."""
        contacts = self._ledger.contacts
        if contacts is not None:
            inside = contacts["month"].between(pd.Timestamp(self.steps.window.start), pd.Timestamp(self.steps.window.end))
            contacts = contacts[inside].groupby("client_id", as_index=False)["n_contacts"].sum()
        return load_estimates.driver_counts(self.steps.company, contacts)

    @derived
    def uncounted(self) -> pd.DataFrame | None:
        """One row per standard that the orders cannot be counted by, with the reason; None where work is recorded."""
        if not self.is_estimated or self.standards is None:
            return None
        return load_estimates.uncounted(self.standards, self.counts)

    @derived
    def work(self) -> pd.DataFrame | None:
        """One row per client x department x activity: minutes of the window, recorded or counted from the orders."""
        standards = self.standards  # typed ones are checked even where work is recorded
        if not self.is_estimated:
            work = self._ledger.work
            return work[work["client_id"].isna() | is_among(work["client_id"], self.steps.company["client_id"])]
        return None if standards is None else load_estimates.estimated_work(self.counts, standards)

    @derived
    def departments(self) -> pd.DataFrame | None:
        """One row per department and month: cost, heads, hours; those typed, where no table has any."""
        table, typed, window = self._ledger.tables.get("departments"), self._given.typed_departments, self.steps.window
        estimate = load_estimates.typed_departments(typed, start=pd.Timestamp(window.start), months=window.months)
        if table is not None and len(table):
            return table
        return estimate if typed else None

    @derived
    def form(self) -> pd.DataFrame | None:
        """One row per department and driver as it is typed: standard minutes, how often; None unless typed."""
        if not self.is_estimated or self.standards is None or self.rates is None:
            return None
        return load_estimates.load_form(self.rates, self.standards, self.counts)

    @property
    def is_open(self) -> bool:
        """Whether costs of service can be told at all."""
        return self.work is not None and self.departments is not None

    def reason(self) -> str:
        """Return why nothing can be told although a part of what is needed is there; empty otherwise."""
        if self.is_open:
            return "" if self.shares is not None else NO_TIME if self.rates is None else NO_COST_OF_CLIENTS
        if self.work is not None:
            return NO_COSTS
        return NO_MINUTES if self.departments is not None else ""

    # Rates of the departments

    @derived
    def rates(self) -> pd.DataFrame | None:
        """One row per department: capacity, use, rate of a minute, whom its cost belongs to; None where no work has time."""
        if not self.is_open or not self.work["minutes"].sum() > 0:
            return None
        return department_rates(self._department_totals, practical_share=self._given.practical_share)

    @derived
    def _department_totals(self) -> pd.DataFrame:
        """One row per department: cost, paid and worked minutes of the window, before a part is fit for work."""
        window = self.steps.window
        start, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
        return department_totals(self.departments, self.work, start=start, end=end)

    @derived
    def is_capacity_stated(self) -> bool:
        """Whether every department's own table says what part of its paid hours is fit for work."""
        return self.rates is not None and not self._department_totals["paid_minutes"].any()

    @derived
    def unpriced_share(self) -> float:
        """Share of the recorded pieces of work with neither minutes nor a standard."""
        if self.is_estimated or self.work is None:
            return 0.0
        return float(self.work["n_unpriced"].sum() / self.work["n_rows"].sum()) if self.work["n_rows"].sum() else 0.0

    @derived
    def is_indicative(self) -> bool:
        """Whether costs of service rest on estimates: on typed numbers, on months not recorded, or on much unpriced work."""
        if self.rates is None:
            return True
        return bool(self.is_estimated or self.rates["rate_basis"].ne("recorded").any() or self.unpriced_share > UNPRICED_FROM)

    @derived
    def direct(self) -> pd.DataFrame | None:
        """One row per client and kind of direct cost of the window; None where none are recorded.

        Deliveries may stand in the orders as well: they count once, from the table of direct costs if it has any.
        """
        parts, table = [], self._direct_in_window
        if table is not None and len(table):
            parts.append(table.groupby(["client_id", "cost_type"], as_index=False)["amount"].sum())
        if self._takes_delivery_of_orders:
            facts = self.steps.company
            found = facts.loc[facts["delivery_cost"] != 0, ["client_id", "delivery_cost"]]
            parts.append(found.rename(columns={"delivery_cost": "amount"}).assign(cost_type=DELIVERY))
        if not parts:
            return None
        found = pd.concat(parts, ignore_index=True)[["client_id", "cost_type", "amount"]]
        return found[is_among(found["client_id"], self.steps.company["client_id"])].reset_index(drop=True)

    @derived
    def _direct_in_window(self) -> pd.DataFrame | None:
        table, window = self._ledger.tables.get("direct_costs"), self.steps.window
        if table is None:
            return None
        return table[table["date"].between(pd.Timestamp(window.start), pd.Timestamp(window.end))]

    @property
    def _takes_delivery_of_orders(self) -> bool:
        table = self._ledger.tables.get("direct_costs")
        has_own = table is not None and table["cost_type"].eq(DELIVERY).any()
        return "delivery_cost" in self.steps.company and not has_own

    @derived
    def direct_summary(self) -> pd.DataFrame | None:
        """One row per kind of direct cost, largest first: amount, clients."""
        if self.direct is None:
            return None
        found = self.direct.groupby("cost_type").agg(amount=("amount", "sum"), n_clients=("client_id", "nunique")).reset_index()
        return found.sort_values(["amount", "cost_type"], ascending=[False, True], ignore_index=True)

    def cost_of(self, work: pd.DataFrame) -> pd.Series:
        """Return what each row of work costs at the rate of its department, missing where that has none."""
        rates = self.rates.set_index("department")["minute_rate"]
        return work["minutes"].astype(float) * work["department"].map(rates).astype(float)

    # Cost and return of the clients

    @derived
    def costs(self) -> pd.DataFrame | None:
        """One row per client of the company: minutes, cost of time, direct costs, cost to serve."""
        if self.rates is None:
            return None
        times = client_load.time_costs(self.work, self.rates, self.steps.company["client_id"], at=self._work_at)
        return client_load.client_costs(self.steps.company, times, self._direct_cost)

    @derived
    def _work_at(self) -> np.ndarray:
        """The place of each row of work among the clients of the company: looked up once, not at each move of a panel."""
        return places(self.work["client_id"], self.steps.company["client_id"])

    @derived
    def _direct_cost(self) -> pd.Series | None:
        return None if self.direct is None else client_load.direct_costs(self.direct, self.steps.company["client_id"])

    @derived
    def flow_load(self) -> pd.DataFrame | None:
        """One row per flow of the company: load against return; None with one flow."""
        if self.costs is None or self.costs["flow"].nunique() < 2:
            return None
        return client_load.flow_load(self.costs, basis=client_load.return_basis(self.costs))

    @derived
    def basis(self) -> str:
        """What return is measured by: margin, or revenue where margins are unknown or do not sum to anything."""
        return client_load.return_basis(self.steps.facts)

    @derived
    def shares(self) -> pd.DataFrame | None:
        """One row per client in scope by falling cost to serve: load against return; None where no cost is known."""
        if self.costs is None:
            return None
        costs = self.costs[client_load.COST_COLUMNS][self.steps.is_in_scope]
        scope = self._scope.assign(**costs)
        if not scope["cts"].sum() > 0 or not scope[self.basis].sum() > 0:
            return None
        asked = self._given.earned_rate or np.nan
        return client_load.load_shares(scope, basis=self.basis, target_rate=asked)

    @derived
    def _scope(self) -> pd.DataFrame:
        """The clients in scope with names, share classes and what is known of their loyalty: what no cost of work changes."""
        scope, loyalty = self.steps.company[self.steps.is_in_scope], self.loyalty
        classes = [name for name in ("share_class", "share_class_margin") if name in self.steps.share_classes]
        known = ["regularity", *load_groups.LOYALTY_PARTS, "n_loyalty_parts", "loyalty_score"]
        scope = with_columns(scope, self.steps.share_classes, classes)
        scope = self.steps.named(with_columns(scope, loyalty, [name for name in known if name in loyalty]))
        return scope.copy()  # lays columns of a kind side by side: sorting the clients then takes half the time

    @property
    def earned_rate(self) -> float:
        """Cost of service that a unit of return earns: as set, or the actual one; NaN where no cost is known."""
        if self.shares is None:
            return float("nan")
        return self._given.earned_rate or client_load.earned_rate(self.shares, basis=self.basis)

    @derived
    def causes(self) -> pd.DataFrame | None:
        """One row per client in scope, department and activity: minutes used beyond those earned."""
        if self.shares is None:
            return None
        return self.steps.named(load_causes.load_causes(self.work, self.shares))

    @derived
    def cost_causes(self) -> pd.DataFrame | None:
        """One row per client in scope, department and item of cost beyond what was earned, direct costs among them."""
        if self.shares is None:
            return None
        work = self.work[self.work["client_id"].notna()]
        costs = [work.assign(cost_item=work["activity_type"], amount=self.cost_of(work).fillna(0.0))]
        if self.direct is not None:
            costs.append(self.direct.assign(department=load_causes.DIRECT_COSTS).rename(columns={"cost_type": "cost_item"}))
        table = pd.concat([part[["client_id", "department", "cost_item", "amount"]] for part in costs], ignore_index=True)
        return load_causes.cost_causes(table, self.shares)

    @derived
    def heavy_causes(self) -> pd.DataFrame | None:
        """The causes of the clients in scope that use most beyond what they earned: minutes above those earned, and money."""
        if self.causes is None:
            return None
        over = self.shares[(self.shares["over_use"] > 0) & (self.shares["n_orders"] > 0)]
        over = by_falling(over, "over_use", n=HEAVIEST)[["client_id", "over_use"]]
        causes = self.causes[self.causes["over_minutes"] > 0].merge(over, on="client_id")
        order = ["over_use", "client_id", "over_minutes"]
        return causes.sort_values(order, ascending=[False, True, False], ignore_index=True)

    @derived
    def whale_curve(self) -> pd.DataFrame | None:
        """One row per client in scope by falling net: what all up to it bring together; None without margins."""
        if self.shares is None or "net" not in self.shares:
            return None
        bought = self.shares[self.shares["n_orders"] > 0]
        return load_causes.whale_curve(bought) if len(bought) else None

    @property
    def n_outside_whale(self) -> int:
        """How many clients with cost to serve stand outside the curve, since they bought nothing."""
        return 0 if self.shares is None else int(((self.shares["n_orders"] == 0) & (self.shares["cts"] > 0)).sum())

    @derived
    def whale(self) -> load_causes.Whale | None:
        """Peak and erosion of the whale curve."""
        return None if self.whale_curve is None else load_causes.whale(self.whale_curve)

    # Groups and the service each gets

    @derived
    def groups(self) -> pd.DataFrame | None:
        """One row per client in scope: loyalty, growth, load group and the rule that held."""
        if self.shares is None:
            return None
        clients, given = load_groups.growth(self.shares), self._given
        return load_groups.load_groups(clients, loyal_from=given.loyal_from, growth_from=given.growth_from)

    @derived
    def loyalty(self) -> pd.DataFrame:
        """One row per client in scope: what is known of its loyalty; rests on no cost of work."""
        clients, given = self.steps.facts, self._given
        if self.steps.size_classes is not None:
            clients = with_columns(clients, self.steps.size_classes, ["regularity"])
        end = pd.Timestamp(self.steps.window.end)
        return load_groups.loyalty(clients, full_years=given.loyal_years, full_discount=given.full_discount, end=end)

    @derived
    def group_summary(self) -> pd.DataFrame | None:
        """One row per load group present."""
        return None if self.groups is None else load_groups.group_summary(self.groups)

    @derived
    def service_rules(self) -> pd.DataFrame | None:
        """One row per load group: the service it gets; None without groups. Raises SettingError for a rule that cannot be."""
        rules = service_rules.service_rules(self._given.service_rules)
        return None if self.groups is None else rules

    @derived
    def over_service(self) -> pd.DataFrame | None:
        """One row per client that uses more than its group has free; None without load groups or recorded work."""
        if self.groups is None or self.habits is None:
            return None
        used = self.habits.merge(self.groups[["client_id", "load_group", "n_orders"]], on="client_id")
        found = service_rules.over_service(used, self.service_rules)
        return self.steps.named(found[found["n_over"] > 0]).reset_index(drop=True)

    # Habits

    @derived
    def habits(self) -> pd.DataFrame | None:
        """One row per client in scope with orders: habits that cost time, against the average; None without recorded work."""
        if self.is_estimated:
            return None
        found = habits.habits(self.steps.facts, self.work, months=self.steps.window.months, flag_from=self._given.high_from)
        return self.steps.named(found)

    @derived
    def order_habits(self) -> pd.DataFrame:
        """One row per client in scope with orders: what its orders alone say of the load."""
        return self.steps.named(habits.order_habits(self.steps.facts, flag_from=self._given.high_from))

    # The heaviest clients, and what others need of the load

    @derived
    def heaviest(self) -> pd.DataFrame | None:
        """The twenty clients that cost most to serve: load, return, what they buy, and what takes the time."""
        if self.groups is None:
            return None
        heavy = by_falling(self.groups[self.groups["cts"] > 0], "cts", n=HEAVIEST)
        first = self.cost_causes.drop_duplicates("client_id")
        heavy = heavy.merge(first.drop(columns="amount"), on="client_id", how="left")
        if self._ledger.groups is not None:
            heavy = heavy.merge(self._bought(heavy["client_id"]), on="client_id", how="left")
        return heavy.reset_index(drop=True)

    def _bought(self, clients: pd.Series) -> pd.DataFrame:
        """Name the product groups of each client, largest first."""
        groups = self._ledger.groups
        groups = groups[groups["client_id"].isin(clients) & (groups["revenue"] > 0)]
        groups = groups.sort_values(["client_id", "revenue", "product_group"], ascending=[True, False, True])
        groups = groups.groupby("client_id").head(NAMED_GROUPS)
        return groups.groupby("client_id")["product_group"].agg("; ".join).rename("groups_bought").reset_index()

    @derived
    def client_months(self) -> pd.DataFrame | None:
        """One row per client and month with cost: cost to serve at the window's rates; None unless work is recorded."""
        if self.is_estimated or self.shares is None:
            return None
        work = self._ledger.work_months
        parts = [work.assign(cts=self.cost_of(work).fillna(0.0))[["client_id", "month", "cts"]]]
        direct = self._ledger.tables.get("direct_costs")
        if direct is not None:
            month = direct["date"].dt.to_period("M").dt.start_time.astype(work["month"].dtype)
            parts.append(pd.DataFrame({"client_id": direct["client_id"], "month": month, "cts": direct["amount"]}))
        if self._takes_delivery_of_orders:
            months = self.steps.months.rename(columns={"delivery_cost": "cts"})
            parts.append(months.loc[months["cts"] != 0, ["client_id", "month", "cts"]])
        return pd.concat(parts).groupby(["client_id", "month"], as_index=False)["cts"].sum()

    @derived
    def kept(self) -> pd.Series:
        """The clients in scope with deals in the window and in the one before."""
        facts = self.steps.facts
        return facts.loc[(facts["n_deals"] > 0) & (facts["previous_n_deals"] > 0), "client_id"]

    @property
    def n_kept(self) -> int:
        """How many clients were kept."""
        return len(self.kept)

    @derived
    def contact_cost(self) -> float:
        """What calls and meetings with the kept clients cost in the window; NaN unless work and costs are known."""
        if self.is_estimated or self.rates is None:
            return float("nan")
        work = self.work[self.work["activity_type"].isin(CONTACT_WORK) & is_among(self.work["client_id"], self.kept)]
        return float(self.cost_of(work).sum())
