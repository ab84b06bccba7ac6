"""Groups of clients by load (M14): whom to keep as they are, and with whom to agree on other ways of work."""

from datetime import date

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import SHARE_CLASSES, TOLERANCE, at_least, ordered, share, written

LOAD_GROUPS = (
    "right", "heavy large", "large at risk", "growing middle", "heavy middle", "steady middle", "light small",
    "price-only small", "loss-making", "load not known", "without purchases",
)  # fmt: skip
GROUP_BY_RULE = {  # in the order of the rules: the first that holds decides
    "no purchases": "without purchases",
    "L by margin": "loss-making",
    "L by revenue": "loss-making",
    "no work known": "load not known",
    "A, loyal, ratio <= 1": "right",
    "A, ratio > 1": "heavy large",
    "A, not loyal, ratio <= 1": "large at risk",
    "A, loyalty not known, ratio <= 1": "large at risk",
    "B, growing": "growing middle",
    "B, ratio > 1": "heavy middle",
    "B, not growing, ratio <= 1": "steady middle",
    "B, growth not known, ratio <= 1": "steady middle",
    "C or D, ratio > 1": "price-only small",
    "C or D, ratio <= 1": "light small",
}
LOYALTY_PARTS = ("loyalty_regularity", "loyalty_wallet", "loyalty_exclusive", "loyalty_tenure", "loyalty_price")
RIGHT, PRICE_ONLY = "right", "price-only small"  # the groups that are told of by name
MIN_PARTS = 2  # METHOD section 16: fewer than two tell nothing
YEAR_DAYS = 365.25


def loyalty(clients: pd.DataFrame, *, full_years: float, full_discount: float, end: date) -> pd.DataFrame:
    """Average what is known of a client's loyalty.

    Args:
        clients: one row per client_id; any of regularity (0..1), wallet_share (0..1), brand_exclusive (yes, no, missing),
            first_purchase_date, discount with list_revenue (money). A column that is absent is not known of anyone.
        full_years: years since the first purchase that count in full.
        full_discount: discount rate, 0..1, from which nothing is left of independence from price.
        end: last day of the window.

    Returns:
        clients plus loyalty_regularity, loyalty_wallet, loyalty_exclusive, loyalty_tenure, loyalty_price (1 buys without a
        discount), each 0..1 or missing, n_loyalty_parts (known ones), loyalty_score (their mean, 0..1; missing for fewer
        than 2).

    Source: METHOD section 16, loyalty index.
    """
    require(clients, "clients", ["client_id"])
    names = ["regularity", "wallet_share", "brand_exclusive", "first_purchase_date", "discount", "list_revenue"]
    known = clients.reindex(columns=names)
    years = (pd.Timestamp(end) - pd.to_datetime(known["first_purchase_date"])).dt.days / YEAR_DAYS
    listed = known["list_revenue"].astype(float)
    discount_rate = known["discount"].astype(float) / listed.where(listed > TOLERANCE)
    exclusive = known["brand_exclusive"].astype("boolean").astype("Float64")
    values = (known["regularity"], known["wallet_share"], exclusive, years / full_years, 1 - discount_rate / full_discount)
    parts = pd.DataFrame({name: value.astype(float).clip(0, 1) for name, value in zip(LOYALTY_PARTS, values, strict=True)})
    n_parts = parts.notna().sum(axis="columns")
    score = parts.mean(axis="columns").where(n_parts >= MIN_PARTS)
    return clients.assign(**parts, n_loyalty_parts=n_parts, loyalty_score=score)


def growth(clients: pd.DataFrame) -> pd.DataFrame:
    """Add growth_share: revenue over that of the window before, less 1; missing where there was none before.

    Args:
        clients: one row per client_id; revenue and previous_revenue (money).

    Source: METHOD section 16.
    """
    require(clients, "clients", ["revenue", "previous_revenue"])
    before = clients["previous_revenue"].astype(float)
    return clients.assign(growth_share=clients["revenue"] / before.where(before > TOLERANCE) - 1)


def load_groups(clients: pd.DataFrame, *, loyal_from: float, growth_from: float) -> pd.DataFrame:
    """Group clients by size, loyalty, growth and load.

    Args:
        clients: one row per client_id; share_class, load_ratio, is_load_known, loyalty_score (0..1 or missing), growth_share
            (share or missing); share_class_margin where margins are known.
        loyal_from: loyalty_score from which a client is loyal, 0..1 (inclusive).
        growth_from: growth_share from which a client of the middle is growing (inclusive).

    Returns:
        clients in their order, plus load_group (ordered LOAD_GROUPS) and group_rule (a key of GROUP_BY_RULE). The names are
        about behaviour: there are no bad clients. Who loses money by margin or by revenue is loss-making whatever its load;
        a client whose load is not known is in no other group.

    Source: METHOD section 16 [S3]. Raises DataError for an unknown share class.
    """
    columns = ["client_id", "share_class", "load_ratio", "is_load_known", "loyalty_score", "growth_share"]
    require(clients, "clients", columns)
    size = pd.Categorical(clients["share_class"])  # compared by its few classes, not by the texts of all clients
    if strange := sorted(set(clients["share_class"].unique()) - set(SHARE_CLASSES), key=str):
        raise DataError(f"column 'share_class' holds {strange}; need {list(SHARE_CLASSES)}. Compute the classes again.")
    by_margin = pd.Categorical(clients.reindex(columns=["share_class_margin"])["share_class_margin"])
    is_a, is_b, loses = _is(size, "A"), _is(size, "B"), _is(size, "L")
    ratio, score, grown = (clients[name].to_numpy(dtype=float, na_value=np.nan) for name in columns[2:3] + columns[4:])
    is_known = clients["is_load_known"].to_numpy(dtype=bool) & ~np.isnan(ratio)
    is_light = at_least(1, ratio)
    rules = [
        _is(size, "0"),
        _is(by_margin, "L"),
        loses,
        ~is_known,
        is_a & at_least(score, loyal_from) & is_light,
        is_a & ~is_light,
        is_a & ~np.isnan(score),
        is_a,
        is_b & at_least(grown, growth_from),
        is_b & ~is_light,
        is_b & ~np.isnan(grown),
        is_b,
        ~is_light,
    ]
    place = np.select(rules, range(len(rules)), len(rules))
    group = np.array([LOAD_GROUPS.index(group) for group in GROUP_BY_RULE.values()])[place]
    groups = pd.Categorical.from_codes(group, list(LOAD_GROUPS), ordered=True)
    return clients.assign(load_group=groups, group_rule=written(list(GROUP_BY_RULE), place))


def _is(classes: pd.Categorical, name: str) -> np.ndarray:
    """Tell whose class this is; a class nobody has is no category."""
    return (
        classes.codes == classes.categories.get_loc(name) if name in classes.categories else np.zeros(len(classes), dtype=bool)
    )


def group_summary(clients: pd.DataFrame) -> pd.DataFrame:
    """Sum up the groups.

    Args:
        clients: result of load_groups with revenue, minutes, cts, load_share and return_share; margin and net where known.

    Returns:
        One row per load_group present, in the order of LOAD_GROUPS: n_clients, client_share (of all clients given), revenue,
        margin (if known), minutes, cts, load_share, return_share, load_ratio (infinite for cost without return; missing where
        no client's load is known), net (if known).

    Source: METHOD section 16.
    """
    sums = ["revenue", "margin", "minutes", "cts", "load_share", "return_share", "net"]
    require(clients, "load_groups", ["load_group", "is_load_known", *(name for name in sums if name not in ("margin", "net"))])
    sums = [name for name in sums if name in clients]
    amounts = clients[sums].assign(n_clients=1, n_known=clients["is_load_known"].astype(bool))
    groups = amounts.groupby(ordered(clients["load_group"], LOAD_GROUPS), observed=True)
    summary = groups.sum(min_count=1).rename_axis("load_group").reset_index()
    returned, cts = summary["return_share"], summary["cts"]
    has_return = returned > TOLERANCE
    rules = [summary["n_known"] == 0, ~has_return & (cts > TOLERANCE), ~has_return & returned.notna()]
    ratio = np.select(rules, [np.nan, np.inf, 0.0], summary["load_share"] / returned.where(has_return))
    summary = summary.assign(client_share=share(summary["n_clients"], len(clients)), load_ratio=ratio)
    order = ["load_group", "n_clients", "client_share", *sums]
    order.insert(order.index("return_share") + 1, "load_ratio")
    return summary[order]
