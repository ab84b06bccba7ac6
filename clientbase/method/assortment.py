"""Assortment focus: which part of the assortment each client buys, and what is missing beside similar clients."""

import numpy as np
import pandas as pd

from clientbase.errors import DataError, GateClosedError, NothingToAnalyseError, require
from clientbase.method.common import FOCUS_TYPES, TOLERANCE, at_least, by_falling, ordered, share

PEERS = ("lead group and size", "lead group", "all")  # whom a client is compared with, the nearest first


def purchase_spread(groups: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Measure how each client's purchases spread over the product groups; no threshold has a say in it.

    Args:
        groups: one row per client_id and product_group; net revenue (money). A group with net <= 0 is not bought.
        facts: one row per client_id. Clients that facts lacks (of another flow) count only in the size of a group for the
            company.

    Returns:
        One row per client with a bought group: client_id, revenue (over bought groups), n_groups, hhi, lead_share, lead_group.

    Raises:
        GateClosedError: the company sells one product group only.
        NothingToAnalyseError: no client of facts has a bought group.

    Source: METHOD section 5 [S1, S5].
    """
    require(groups, "groups", ["client_id", "product_group", "revenue"])
    require(facts, "facts", ["client_id"])
    _check_groups(groups)
    bought = _bought(groups, facts[["client_id"]])
    if bought.empty:
        raise NothingToAnalyseError("table 'groups': no client of 'facts' has positive revenue in a product group.")
    return _spread(bought).merge(_lead(bought, groups), on="client_id")


def assortment_focus(
    spread: pd.DataFrame,
    facts: pd.DataFrame,
    *,
    mono_from: float,
    core_from: float,
    breadth_bounds: tuple[int, int],
    few_lines: int,
    n_active_products: int,
) -> pd.DataFrame:
    """Name the focus and the breadth of each client's purchases.

    Args:
        spread: result of purchase_spread.
        facts: one row per client_id with n_products (with net > 0), n_lines, size_class; wallet_share if known.
        mono_from: share of the lead group, 0..1, from which a client is "mono".
        core_from: the same for "core"; "broad" below.
        breadth_bounds: distinct products from which the breadth score is 2 and 3.
        few_lines: order lines under which the type is marked as resting on few lines.
        n_active_products: products sold in the window, the whole of coverage_share.

    Returns:
        One row per client with a bought group, by falling revenue: client_id, lead_group, lead_share, hhi, n_eff
        (effective number of groups), focus_type (ordered), n_groups, breadth (products), coverage_share,
        breadth_score (1..3), has_few_lines, revenue (over bought groups), size_class and wallet_share of facts.

    Source: METHOD section 5 [S1, S5].
    """
    require(spread, "purchase_spread", ["client_id", "lead_group", "lead_share", "hhi", "n_groups", "revenue"])
    require(facts, "facts", ["client_id", "n_products", "n_lines", "size_class"])
    known = [name for name in ("client_id", "n_products", "n_lines", "size_class", "wallet_share") if name in facts]
    focus = spread.merge(facts[known], on="client_id", validate="1:1")
    is_type = [at_least(focus["lead_share"], mono_from), at_least(focus["lead_share"], core_from)]
    focus = focus.rename(columns={"n_products": "breadth"}).assign(
        n_eff=1 / focus["hhi"],
        focus_type=ordered(np.select(is_type, FOCUS_TYPES[:2], FOCUS_TYPES[2]), FOCUS_TYPES),
        coverage_share=share(focus["n_products"], n_active_products),
        breadth_score=np.searchsorted(breadth_bounds, focus["n_products"], side="right") + 1,
        has_few_lines=focus["n_lines"] < few_lines,
    )
    return _arranged(focus)


def group_profile(groups: pd.DataFrame, focus: pd.DataFrame) -> pd.DataFrame:
    """Add up what the clients of each lead group buy in every product group.

    Args:
        groups: as for purchase_spread.
        focus: result of assortment_focus.

    Returns:
        One row per lead_group and product_group bought in it, largest lead group first: lead_group, product_group,
        revenue (money), revenue_share (within the lead group, 0..1), n_clients (buying).
    """
    require(groups, "groups", ["client_id", "product_group", "revenue"])
    require(focus, "assortment_focus", ["client_id", "lead_group"])
    bought = _bought(groups, focus[["client_id", "lead_group"]])
    profile = (
        bought.groupby(["lead_group", "product_group"], observed=True)
        .agg(revenue=("revenue", "sum"), n_clients=("client_id", "size"))
        .reset_index()
    )
    whole = profile.groupby("lead_group", observed=True)["revenue"].transform("sum")
    profile.insert(3, "revenue_share", profile["revenue"] / whole)
    order = ["whole", "lead_group", "revenue", "product_group"]
    ranked = profile.assign(whole=whole).sort_values(order, ascending=[False, True, False, True], ignore_index=True)
    return ranked.drop(columns="whole")


def assortment_gaps(
    groups: pd.DataFrame,
    clients: pd.DataFrame,
    *,
    gap_from: float,
    min_peers: int,
    full_wallet: float,
) -> pd.DataFrame:
    """List the product groups that most of a client's peers buy and the client does not.

    Peers are the other clients of the same lead group and size class; when they are fewer than min_peers, those of
    the lead group; when these are too few as well, all. The potential is an upper guide and not a forecast.

    Args:
        groups: as for purchase_spread.
        clients: its result with size_class of each client, and wallet_share where it is known.
        gap_from: share of peers that buy a group, 0..1, from which its absence is a gap.
        min_peers: peers needed for the narrower comparison.
        full_wallet: wallet_share, 0..1, from which a client has nothing more to give.

    Returns:
        One row per client and missing group, by falling potential: client_id, product_group, penetration_share (of
        peers), n_peers, peers (how they were found), typical_share (median among buying peers), potential (money a
        window; missing when the wallet is full).

    Source: METHOD section 5 [S1, S4; the rule is ours].
    """
    require(groups, "groups", ["client_id", "product_group", "revenue"])
    require(clients, "clients", ["client_id", "lead_group", "size_class", "revenue"])
    known = [name for name in ("client_id", "lead_group", "size_class", "revenue", "wallet_share") if name in clients]
    clients = _peer_choice(clients[known], min_peers)
    bought = _bought(groups, clients.drop(columns=["n_peers", "peers"]))
    bought["part"] = bought["revenue"] / bought["revenue_client"]
    sets = [["lead_group", "size_class"], ["lead_group"], []]
    found = [
        _peer_gaps(clients[clients["peers"] == name], bought, keys, gap_from) for name, keys in zip(PEERS, sets, strict=True)
    ]
    gaps = _not_bought(pd.concat(found, ignore_index=True), bought)
    potential = gaps["typical_share"] * gaps["revenue"]
    if "wallet_share" in gaps:
        wallet = gaps["wallet_share"].to_numpy(dtype=float, na_value=np.nan)
        potential = potential.mask(at_least(wallet, full_wallet))
    columns = ["client_id", "product_group", "penetration_share", "n_peers", "peers", "typical_share", "potential"]
    gaps = gaps.assign(potential=potential, peers=pd.Categorical(gaps["peers"], categories=PEERS))
    order = ["potential", "client_id", "product_group"]
    return gaps.sort_values(order, ascending=[False, True, True], ignore_index=True)[columns]


def gap_summary(gaps: pd.DataFrame) -> pd.DataFrame:
    """Add up the gaps by product group.

    Returns:
        One row per product_group with a gap, by falling potential: product_group, n_clients, penetration_share (mean
        over the gaps), potential (money a window; missing where no client has room).
    """
    require(gaps, "assortment_gaps", ["client_id", "product_group", "penetration_share", "potential"])
    by_group = gaps.groupby("product_group", observed=True)
    summary = by_group.agg(n_clients=("client_id", "size"), penetration_share=("penetration_share", "mean"))
    summary["potential"] = by_group["potential"].sum(min_count=1)
    return summary.reset_index().sort_values(["potential", "product_group"], ascending=[False, True], ignore_index=True)


def _check_groups(groups: pd.DataFrame) -> None:
    if groups["product_group"].isna().any():
        raise DataError(
            f"table 'groups': {groups['product_group'].isna().sum()} rows have no product_group. "
            "Complete the table 'products', or give the missing group a name of its own."
        )
    names = groups["product_group"].unique().tolist()
    if len(names) < 2:
        raise GateClosedError(
            f"table 'groups' has the product groups {names}; a focus needs at least two. "
            "Map a finer column to product_group in [sources.products.columns], or leave this step out."
        )


def _bought(groups: pd.DataFrame, clients: pd.DataFrame) -> pd.DataFrame:
    """Return the groups each of clients buys, with their net revenue and what clients says of the client."""
    bought = groups.loc[groups["revenue"] > TOLERANCE, ["client_id", "product_group", "revenue"]]
    return bought.merge(clients, on="client_id", suffixes=("", "_client"), validate="m:1")


def _spread(bought: pd.DataFrame) -> pd.DataFrame:
    """Return revenue, number of groups, Herfindahl index and share of the largest group per client."""
    clients = bought.groupby("client_id", sort=False)["revenue"]
    part = bought["revenue"] / clients.transform("sum")
    totals = clients.agg(revenue="sum", n_groups="size")
    totals["hhi"] = (part**2).groupby(bought["client_id"], sort=False).sum()
    totals["lead_share"] = part.groupby(bought["client_id"], sort=False).max()
    return totals.reset_index()


def _lead(bought: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the lead group of each client: the largest; of equals the one larger for the company, then by name."""
    company = groups.groupby("product_group", observed=True)["revenue"].sum().round(9).rename("company").reset_index()
    company = company.sort_values(["company", "product_group"], ascending=[False, True], ignore_index=True)
    place = pd.Series(company.index, index=company["product_group"].to_numpy())
    top = bought.groupby("client_id", sort=False)["revenue"].transform("max")
    leads = bought[at_least(bought["revenue"] / top, 1.0)]
    leads = leads.assign(place=leads["product_group"].map(place).astype(int)).sort_values("place", kind="stable")
    return leads.drop_duplicates("client_id").rename(columns={"product_group": "lead_group"})[["client_id", "lead_group"]]


def _arranged(focus: pd.DataFrame) -> pd.DataFrame:
    """Put columns and rows of the focus in their order."""
    columns = [
        "client_id", "lead_group", "lead_share", "hhi", "n_eff", "focus_type", "n_groups", "breadth", "coverage_share",
        "breadth_score", "has_few_lines", "revenue", "size_class", "wallet_share",
    ]  # fmt: skip
    ranked = by_falling(focus, "revenue")
    return ranked[[name for name in columns if name in ranked]]


def _peer_choice(clients: pd.DataFrame, min_peers: int) -> pd.DataFrame:
    """Add n_peers and peers: the nearest set with enough other clients, or all of them."""
    near = clients.groupby(["lead_group", "size_class"], observed=True)["client_id"].transform("size") - 1
    lead = clients.groupby("lead_group", observed=True)["client_id"].transform("size") - 1
    is_enough = [near >= min_peers, lead >= min_peers]
    return clients.assign(
        n_peers=np.select(is_enough, [near, lead], len(clients) - 1).astype(int),
        peers=np.select(is_enough, PEERS[:2], PEERS[2]),
    )


def _peer_gaps(clients: pd.DataFrame, bought: pd.DataFrame, keys: list[str], gap_from: float) -> pd.DataFrame:
    """Pair clients with the groups that enough of their peer set buys, bought by the client itself or not.

    A client with a gap is no buyer, so the buyers of its whole set are the buyers among its peers, and its peers are
    one fewer than the set: one small table per set serves all its clients.
    """
    habits = bought.groupby([*keys, "product_group"], observed=True)["part"].agg(n_buyers="size", typical_share="median")
    peers = clients[[*keys, "n_peers"]].drop_duplicates()
    habits = _paired(peers, habits.reset_index(), keys)
    habits["penetration_share"] = habits["n_buyers"] / habits["n_peers"]
    return _paired(clients, habits[at_least(habits["penetration_share"], gap_from)].drop(columns="n_peers"), keys)


def _paired(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Pair the rows that agree in keys; without keys, all with all."""
    return left.merge(right, on=keys) if keys else left.merge(right, how="cross")


def _not_bought(pairs: pd.DataFrame, bought: pd.DataFrame) -> pd.DataFrame:
    """Leave out the pairs of client and group that are bought."""
    keys = ["client_id", "product_group"]
    return pairs.merge(bought[keys], on=keys, how="left_anti")
