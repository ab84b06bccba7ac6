"""The best one-to-one assignment of columns to roles."""

from __future__ import annotations

import math
from collections.abc import Sequence


def assign(scores: dict[tuple[str, str], float]) -> dict[str, str]:
    """Return role -> column, each at most once, with the largest sum of cubed scores (a sure match is not traded away)."""
    columns = list(dict.fromkeys(column for column, _ in scores))
    roles = list(dict.fromkeys(role for _, role in scores))
    if not scores:
        return {}
    width = max(len(roles), len(columns))
    gains = [[scores.get((column, role), 0.0) ** 3 for role in roles] + [0.0] * (width - len(roles)) for column in columns]
    chosen = _hungarian([[-gain for gain in row] for row in gains])
    pairs = {roles[place]: columns[i] for i, place in enumerate(chosen) if place < len(roles)}
    return {role: column for role, column in pairs.items() if (column, role) in scores}


def _hungarian(costs: Sequence[Sequence[float]]) -> list[int]:
    """Return for each row the column of the cheapest one-to-one assignment; no more rows than columns."""
    n_rows, n_columns = len(costs), len(costs[0])
    prices = [0.0] * (n_rows + 1), [0.0] * (n_columns + 1)
    row_of = [0] * (n_columns + 1)  # row 0 and column 0 stand for "none yet"
    for row in range(1, n_rows + 1):
        row_of[0] = row
        place, way = _cheapest_free_column(costs, prices, row_of)
        while place:
            row_of[place] = row_of[way[place]]
            place = way[place]
    chosen = {row: column - 1 for column, row in enumerate(row_of) if column and row}
    return [chosen[row] for row in range(1, n_rows + 1)]


def _cheapest_free_column(
    costs: Sequence[Sequence[float]], prices: tuple[list[float], list[float]], row_of: list[int]
) -> tuple[int, list[int]]:
    """Return the free column that the row waiting at column 0 reaches at least cost, and the way to it; prices change."""
    row_price, column_price = prices
    columns = range(1, len(row_of))
    way, least, seen, place = [0] * len(row_of), [math.inf] * len(row_of), {0}, 0
    while row_of[place]:
        row = row_of[place]
        for column in columns:
            reduced = costs[row - 1][column - 1] - row_price[row] - column_price[column]
            if column not in seen and reduced < least[column]:
                least[column], way[column] = reduced, place
        following = min((column for column in columns if column not in seen), key=least.__getitem__)
        step = least[following]
        for column in range(len(row_of)):
            if column in seen:
                row_price[row_of[column]] += step
                column_price[column] -= step
            else:
                least[column] -= step
        place = following
        seen.add(place)
    return place, way
