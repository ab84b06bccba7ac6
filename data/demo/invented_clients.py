"""Invent the clients of the demo company: how large they are, since when they buy, where, and what is known of them.

Sizes follow METHOD.md V08.7 to the cent; cohorts, regions and delivery follow the figures of source S5.
Months are counted from January 2023 = 0; money is in whole cents until it is written.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

TOTAL = 1_000_000_000  # cents: net revenue of all clients in 2025
MONTHS_BEFORE_2025 = 24
LAST_MONTH = 35
N_OLD_KEY, N_OLD_OTHER = 4, 8  # clients whose first purchase is before the data begin
N_NEW = 150  # clients whose first purchase is in 2025
NEW_SHARE = 0.10  # of the revenue of 2025 they bring
N_CORE, N_CORE_DELIVERED, CORE_DELIVERED_SHARE = 70, 32, 0.54
N_REST_DELIVERED, REST_DELIVERED_SHARE = 195, 0.06


class Tier(NamedTuple):
    """A group of clients of similar size: how many, their joint share and the limits of one client's share."""

    name: str
    count: int
    joint: float
    low: float
    high: float


TIERS = (
    Tier("key", 30, 0.755, 0.0104, 0.074),
    Tier("key", 5, 0.045, 0.0083, 0.0098),
    Tier("middle", 35, 0.10, 0.00145, 0.0058),
    Tier("small", 210, 0.0965, 0.00012, 0.0014),
    Tier("dust", 70, 0.0035, 0.000012, 0.000097),
)
N_PRIVATE = {"small": 130, "dust": 60}
REGIONS = {
    "Northfield": 0.105, "Eastmoor": 0.090, "Lakemere": 0.082, "Pinereach": 0.076, "Ashenfold": 0.071, "Birchmoor": 0.067,
    "Cloverfen": 0.063, "Stonewick": 0.059, "Riverholt": 0.056, "Highbarrow": 0.053, "Ambermead": 0.050, "Foxhollow": 0.045,
    "Greywater": 0.031, "Hazelfen": 0.028, "Larkmoor": 0.025, "Meadowfen": 0.023, "Oakreach": 0.021, "Redbank": 0.019,
    "Silverdown": 0.018, "Thornmere": 0.018,
}  # fmt: skip
LARGE_SHARE = 0.03  # of all revenue: these clients choose their regions first
STURDY_REGIONS = (
    "Northfield", "Eastmoor", "Lakemere", "Pinereach", "Ashenfold", "Cloverfen", "Stonewick", "Riverholt", "Ambermead",
    "Foxhollow",
)  # fmt: skip
DEALER_REGIONS = ("Greywater", "Hazelfen", "Larkmoor", "Meadowfen", "Oakreach", "Redbank", "Silverdown", "Thornmere")

# how a client buys: chances by size and kind of client
PATTERNS = {
    ("key", "corporate"): {"partner": 0.84, "regular": 0.10, "fading": 0.06},
    ("middle", "corporate"): {"partner": 0.34, "regular": 0.40, "repeat": 0.20, "fading": 0.06},
    ("small", "corporate"): {"partner": 0.12, "regular": 0.36, "repeat": 0.40, "once": 0.07, "fading": 0.05},
    ("dust", "corporate"): {"repeat": 0.5, "once": 0.5},
    ("small", "private"): {"partner": 0.03, "regular": 0.20, "repeat": 0.50, "once": 0.22, "fading": 0.05},
    ("dust", "private"): {"regular": 0.03, "repeat": 0.35, "once": 0.62},
}
BUSINESS_SIZES = {"key": (0.78, 0.20, 0.02), "middle": (0.42, 0.38, 0.20), "small": (0.16, 0.36, 0.48), "dust": (0.2, 0.3, 0.5)}
HAS_RETAIL = {"key": 0.55, "middle": 0.45, "small": 0.35, "dust": 0.4}
TECH_LEVELS = {"key": (0.10, 0.35, 0.55), "middle": (0.25, 0.40, 0.35), "small": (0.40, 0.40, 0.20), "dust": (0.4, 0.4, 0.2)}
MANAGERS = {  # the weights by which M1..M5 get clients: the strong ones gather at M1, the juniors M4 and M5 get the rest
    "key": (0.60, 0.20, 0.20, 0, 0), "middle": (0.35, 0.25, 0.25, 0.10, 0.05), "small": (0.18, 0.20, 0.20, 0.22, 0.20),
    "dust": (0.16, 0.18, 0.18, 0.24, 0.24),
}  # fmt: skip
INDUSTRIES = {  # word in the name, line of activity, kind of trade, product group bought first
    "Bakery": ("bakery", "producer", "Flavours"), "Confectionery": ("confectionery", "producer", "Colours"),
    "Dairy": ("dairy", "producer", "Thickeners"), "Meat works": ("meat", "producer", "Preservatives"),
    "Drinks works": ("drinks", "producer", "Sweeteners"), "Canteen": ("catering", "catering", "Premixes"),
    "Food shop": ("food retail", "retail", "Flavours"), "Wholesale house": ("food wholesale", "wholesale", "Premixes"),
}  # fmt: skip
INDUSTRY_CHANCES = {
    "key": (0.17, 0.2, 0.2, 0.21, 0.14, 0.02, 0.02, 0.04), "middle": (0.18, 0.15, 0.1, 0.12, 0.1, 0.12, 0.11, 0.12),
    "small": (0.15, 0.07, 0.05, 0.05, 0.06, 0.22, 0.26, 0.14), "dust": (0.1, 0.05, 0.05, 0.05, 0.05, 0.3, 0.3, 0.1),
}  # fmt: skip
GROUPS = ("Colours", "Flavours", "Preservatives", "Sweeteners", "Thickeners", "Premixes")
SOURCES = {"referral": 350, "exhibition": 900, "cold call": 600, "internet": 120, "mailing": 250}  # usual cost, EUR
GAPS = {  # column: how many cells are left empty, as in a list that people keep
    "business_size": 14, "has_retail": 12, "tech_level": 16, "delivery_mode": 6, "wallet_share": 50, "overdue_share": 20,
    "acquisition_cost": 60, "source": 10, "manager_id": 5, "industry": 8, "brand_exclusive": 15, "client_consent": 30,
}  # fmt: skip


def spread(tier: Tier, rng: np.random.Generator) -> np.ndarray:
    """Return tier.count whole numbers of cents within the tier's limits whose sum is its share of TOTAL to the cent."""
    total, low, high = (part * TOTAL for part in (tier.joint, tier.low, tier.high))
    places = (np.arange(tier.count)[::-1] + rng.random(tier.count)) / tier.count  # one in each step, largest first
    bend = [0.0, 50.0]  # the larger, the nearer the parts are to low: halved until the sum is right
    for _ in range(40):  # not to the last bit: there a step of the sum hangs on the processor's rounding
        middle = sum(bend) / 2
        cents = np.floor(low * (high / low) ** (places**middle)).astype(np.int64)
        bend = [middle, bend[1]] if cents.sum() > total else [bend[0], middle]
    cents[tier.count // 2] += round(total) - cents.sum()
    return np.sort(cents)[::-1]


def choose(values: np.ndarray, count: int, target: float, rng: np.random.Generator) -> np.ndarray:
    """Mark count of the values so that they sum to nearly target: start by chance, then swap while it helps."""
    chosen = np.zeros(len(values), dtype=bool)
    chosen[rng.permutation(len(values))[:count]] = True
    while True:
        gap = target - values[chosen].sum()
        inside, outside = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        left = np.abs(gap - (values[outside][None, :] - values[inside][:, None]))
        out, into = np.unravel_index(left.argmin(), left.shape)
        if left[out, into] >= abs(gap):
            return chosen
        chosen[[inside[out], outside[into]]] = False, True


def draw(options: Sequence[str], chances: Sequence[float], rng: np.random.Generator) -> str:
    """Draw one of the options by their chances, which need not sum to 1."""
    reached = np.cumsum(chances) / np.sum(chances)
    return options[int(np.searchsorted(reached, rng.random(), side="right").clip(max=len(options) - 1))]


def buyers(rng: np.random.Generator) -> pd.DataFrame:
    """Return the 350 clients who buy in 2025, largest first: tier, cents of 2025, client_type."""
    names = np.repeat([tier.name for tier in TIERS], [tier.count for tier in TIERS])
    clients = pd.DataFrame({"tier": names, "cents": np.concatenate([spread(tier, rng) for tier in TIERS])})
    clients["client_type"] = "corporate"
    for tier, count in N_PRIVATE.items():
        rows = np.flatnonzero(clients["tier"] == tier)
        clients.loc[rng.permutation(rows)[:count], "client_type"] = "private"
    return clients


def new_clients(cents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mark the N_NEW clients won in 2025; they bring NEW_SHARE of the revenue and few of them are large."""
    is_new = np.zeros(len(cents), dtype=bool)
    is_new[280 + rng.permutation(70)[:45]] = True
    is_new[70:280] = choose(cents[70:280], 95, 0.046 * TOTAL, rng)
    is_new[18:35] = choose(cents[18:35], 2, 0.026 * TOTAL, rng)
    is_new[35:70] = choose(cents[35:70], N_NEW - is_new.sum(), NEW_SHARE * TOTAL - cents[is_new].sum(), rng)
    return is_new


def add_start(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add cohort ("old", "2023", "2024", "2025"), the first month and the pattern of buying."""
    is_new = new_clients(clients["cents"].to_numpy(), rng)
    older = rng.permutation(np.flatnonzero(~is_new))
    older = older[np.argsort(older >= 35, kind="stable")]  # the key clients first, else by chance
    cohort = np.full(len(clients), "2025", dtype=object)
    cohort[older] = "2024"
    cohort[older[::2]] = "2023"  # every other one, large and small alike
    cohort[older[:N_OLD_KEY]] = cohort[older[-N_OLD_OTHER:]] = "old"
    clients = clients.assign(cohort=cohort)
    pairs = zip(clients["tier"], clients["client_type"], strict=True)
    clients["pattern"] = [draw(list(PATTERNS[pair]), list(PATTERNS[pair].values()), rng) for pair in pairs]
    clients.loc[is_new & (clients["pattern"] == "fading"), "pattern"] = "repeat"
    clients["first_month"] = [first_month(*row, rng) for row in zip(cohort, clients["tier"], strict=True)]
    away = (clients["cohort"] == "2023") & clients["pattern"].isin(["repeat", "once"]) & (clients["first_month"] < 9)
    clients["is_away_2024"] = False
    clients.loc[rng.permutation(np.flatnonzero(away))[:8], "is_away_2024"] = True
    return clients.assign(last_month=LAST_MONTH, place="")


def first_month(cohort: str, tier: str, rng: np.random.Generator) -> int:
    """Return the month of the first order in the data; the key clients of a year come early in it."""
    if cohort == "old":
        return 0
    months = 2 if tier == "key" else 12
    return 12 * (int(cohort) - 2023) + int(rng.integers(months))


def add_regions(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give each client to the region that lacks most of its share; a few clients stay without one.

    After the largest come the other larger clients who do not buy every month; they go to STURDY_REGIONS, since one of
    them would shake a small region.
    """
    names, lacking = np.array(list(REGIONS)), np.array(list(REGIONS.values())) * TOTAL
    is_shaky = clients["tier"].isin(["key", "middle"]) & ((clients["pattern"] != "partner") | (clients["first_month"] > 13))
    is_sturdy = np.isin(names, STURDY_REGIONS)
    turn = np.select([clients["cents"] > LARGE_SHARE * TOTAL, is_shaky], [0, 1], 2)
    for row in np.argsort(turn, kind="stable"):
        place = np.where(is_sturdy | ~is_shaky[row], lacking, -np.inf).argmax()
        lacking[place] -= clients.loc[row, "cents"]
        clients.loc[row, "place"] = names[place]
    clients["region"] = clients["place"]
    clients.loc[rng.permutation(np.arange(100, 350))[:3], "region"] = None
    return clients


def add_delivery(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Mark the delivered clients: few of the core but with most of its revenue, most of the rest."""
    cents = clients["cents"].to_numpy()
    is_delivered = np.zeros(len(clients), dtype=bool)
    is_delivered[:N_CORE] = choose(cents[:N_CORE], N_CORE_DELIVERED, CORE_DELIVERED_SHARE * TOTAL, rng)
    is_delivered[N_CORE:] = choose(cents[N_CORE:], N_REST_DELIVERED, REST_DELIVERED_SHARE * TOTAL, rng)
    other = np.where(rng.random(len(clients)) < 0.35, "shared", "pickup")
    return clients.assign(is_delivered=is_delivered, delivery_mode=np.where(is_delivered, "company", other))


def add_prices(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add the usual discount; some clients get more discount than they bring, some even lose money."""
    low, high = (clients["tier"].map(bounds) for bounds in ({"key": 0.07, "middle": 0.04}, {"key": 0.14, "middle": 0.11}))
    discount = rng.uniform(low.fillna(0.0), high.fillna(0.07))
    is_private = (clients["client_type"] == "private").to_numpy()
    discount[is_private] = np.where(rng.random(is_private.sum()) < 0.15, 0.04, 0.0)
    clients = clients.assign(discount=discount, margin_rate=np.nan)
    few = clients.index[~is_private]
    dear = rng.permutation(few[few < 35])[:2].tolist() + rng.permutation(few[few >= 35])[:7].tolist()
    lossy = [24, 47, *rng.permutation(few[(few >= 70) & ~few.isin(dear)])[:4]]
    clients.loc[dear, ["discount", "margin_rate"]] = 0.17, 0.08  # special packing eats what the discount left
    clients.loc[lossy, ["discount", "margin_rate"]] = 0.185, -0.06
    return clients


def sleepers(rng: np.random.Generator) -> pd.DataFrame:
    """Return 45 clients who bought in 2023 or 2024 only."""
    last = np.concatenate([rng.integers(3, 12, 15), rng.integers(13, 24, 30)])
    is_private = rng.permutation(np.arange(45) < 27)
    cents = np.where(is_private, rng.lognormal(11.6, 0.7, 45), rng.lognormal(13.6, 0.9, 45)).astype(np.int64)
    return pd.DataFrame(
        {
            "tier": np.where(~is_private & (cents > 1_600_000), "middle", "small"),
            "cents": cents,
            "client_type": np.where(is_private, "private", "corporate"),
            "cohort": "sleeping",
            "pattern": rng.permutation(np.repeat(["regular", "repeat"], [17, 28])),
            "first_month": rng.integers(0, np.minimum(last, 14)),
            "last_month": last,
            "is_away_2024": False,
            "place": (places := rng.permutation(np.resize(list(REGIONS), 45))),
            "region": places,
            "is_delivered": (is_delivered := rng.random(45) < 0.6),
            "delivery_mode": np.where(is_delivered, "company", "pickup"),
            "discount": np.where(is_private, 0.0, rng.uniform(0.0, 0.10, 45)),
            "margin_rate": np.nan,
        }
    )


def prospects(rng: np.random.Generator) -> pd.DataFrame:
    """Return 75 organisations that never bought: 25 interested, 35 aware, 15 unaware of the company."""
    places = rng.permutation(np.resize(list(REGIONS), 75))
    return pd.DataFrame(
        {
            "tier": rng.permutation(np.repeat(["key", "middle", "small"], [8, 22, 45])),
            "client_type": "corporate",
            "cohort": np.repeat(["interested", "aware", "unaware"], [25, 35, 15]),
            "pattern": "none",
            "place": places,
            "region": places,
            "delivery_mode": np.where(rng.random(75) < 0.5, "pickup", None),
        }
    )


def add_character(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add what kind of business each client is; the larger the client, the more often a large producer."""
    rows = list(zip(clients["tier"], clients["client_type"] == "private", strict=True))
    words = ["Private buyer" if private else draw(list(INDUSTRIES), INDUSTRY_CHANCES[tier], rng) for tier, private in rows]
    kinds = [INDUSTRIES.get(word) or ("private use", "end user", draw(GROUPS, [1] * 6, rng)) for word in words]
    clients = clients.assign(word=words)
    clients[["industry", "trade_kind", "lead_group"]] = kinds
    sizes = ("large", "medium", "small")
    clients["business_size"] = ["small" if private else draw(sizes, BUSINESS_SIZES[tier], rng) for tier, private in rows]
    clients["has_retail"] = [not private and rng.random() < HAS_RETAIL[tier] for tier, private in rows]
    clients["tech_level"] = [int(draw("123", (3, 1, 0) if private else TECH_LEVELS[tier], rng)) for tier, private in rows]
    clients["serves_target_consumer"] = [not private and rng.random() < 0.5 + 0.3 * (tier == "key") for tier, private in rows]
    return clients


def add_history(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add how the client was won, what it costs, how faithful and how punctual it is, and who looks after it."""
    n, is_buyer = len(clients), clients["cents"].notna().to_numpy()
    is_private = (clients["client_type"] == "private").to_numpy()
    clients = clients.assign(source=[draw(list(SOURCES), (3, 2, 2, 2, 1), rng) for _ in range(n)])
    cost = clients["source"].map(SOURCES) * rng.lognormal(0, 0.4, n) * np.where(is_private, 0.15, 1.0)
    clients["acquisition_cost"] = cost.round(2).where(is_buyer)
    wallet = rng.beta(2.5, 2.0, n).round(2)
    wallet[rng.random(n) < 0.06] = 1.0
    clients["wallet_share"] = pd.Series(wallet).where(is_buyer)
    clients["brand_exclusive"] = pd.Series(rng.random(n) < 0.12 + 0.2 * (wallet > 0.75), dtype="boolean").where(is_buyer)
    late = np.where(rng.random(n) < 0.45, 0.0, rng.beta(1.2, 8.0, n)).round(2)
    clients["overdue_share"] = pd.Series(np.where(is_private, 0.0, late)).where(is_buyer)
    clients["strategic"] = rng.random(n) < np.where(is_private, 0.0, 0.05)
    clients["dealer_available"] = clients["place"].isin(DEALER_REGIONS) & ~is_private
    promising = clients["tier"].mask(clients["business_size"] == "large", "key")
    clients["manager_id"] = [draw(("M1", "M2", "M3", "M4", "M5"), MANAGERS[tier], rng) for tier in promising]
    clients["client_consent"] = pd.Series(rng.random(n) < 0.7, dtype="boolean").where(is_buyer)
    moved = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 620, n), unit="D")
    clients["last_transfer_date"] = pd.Series(moved).where(is_buyer & (rng.random(n) < 0.10) & (clients["first_month"] < 14))
    return clients


def leave_gaps(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Empty some cells of companies outside the key tier; half of the gaps in business size lack the retail too."""
    clients = clients.astype({"tech_level": "Int64", "has_retail": "boolean"})
    rows = rng.permutation(np.flatnonzero((clients["tier"] != "key") & (clients["client_type"] == "corporate")))
    for step, (column, count) in enumerate(GAPS.items()):
        start = 0 if step == 0 else 7 if step == 1 else int(rng.integers(30, len(rows) - count))
        clients.loc[rows[start : start + count], column] = None
    return clients


def invent(rng: np.random.Generator) -> pd.DataFrame:
    """Return every client of the demo with all that the other tables need: one row per client_id."""
    bought = add_prices(add_delivery(add_regions(add_start(buyers(rng), rng), rng), rng), rng)
    clients = pd.concat([bought, sleepers(rng), prospects(rng)], ignore_index=True)
    clients = leave_gaps(add_history(add_character(clients, rng), rng), rng)
    number = rng.permutation(len(clients)) + 1
    clients["client_id"] = [f"C{n:03d}" for n in number]
    is_private = clients["client_type"] == "private"
    names = [f"{word} {n:03d} {place}" for word, n, place in zip(clients["word"], number, clients["place"], strict=True)]
    clients["client_name"] = np.where(is_private, [f"Private buyer {n:04d}" for n in number], names)
    affiliates = clients.index[~is_private & (clients["tier"] == "small")]
    clients.loc[affiliates[:3], "parent_id"] = clients.loc[2, "client_id"]  # two groups of legal entities
    clients.loc[affiliates[5:7], "parent_id"] = clients.loc[11, "client_id"]
    return clients.sort_values("client_id", ignore_index=True)
