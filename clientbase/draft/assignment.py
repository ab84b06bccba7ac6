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
    n, m = len(costs), len(costs[0])
    row_price, column_price, row_of = [0.0] * (n + 1), [0.0] * (m + 1), [0] * (m + 1)
    for row in range(1, n + 1):
        row_of[0], place, way = row, 0, [0] * (m + 1)
        least, seen = [math.inf] * (m + 1), [False] * (m + 1)
        while row_of[place]:
            seen[place], current, step, following = True, row_of[place], math.inf, 0
            for j in range(1, m + 1):
                if seen[j]:
                    continue
                reduced = costs[current - 1][j - 1] - row_price[current] - column_price[j]
                if reduced < least[j]:
                    least[j], way[j] = reduced, place
                if least[j] < step:
                    step, following = least[j], j
            for j in range(m + 1):
                if seen[j]:
                    row_price[row_of[j]] += step
                    column_price[j] -= step
                else:
                    least[j] -= step
            place = following
        while place:
            row_of[place] = row_of[way[place]]
            place = way[place]
    chosen = [0] * n
    for j in range(1, m + 1):
        if row_of[j]:
            chosen[row_of[j] - 1] = j - 1
    return chosen
