"""What the models share: the tolerance of comparisons and the order of the classes."""

import numpy as np
import pandas as pd

TOLERANCE = 1e-9  # METHOD section 0: comparisons with thresholds

SIZE_CLASSES = ("SA", "SB", "SC", "0")
SHARE_CLASSES = ("A", "B", "C", "D", "L", "0")
XYZ_CLASSES = ("X", "Y", "Z", "n")
LEVELS = ("L0", "L1", "L2", "S", "L3", "L4", "L5", "L6")  # in the order of the rank of moves
FOCUS_TYPES = ("mono", "core", "broad")


def at_least(values: pd.Series | np.ndarray | float, bound: float) -> pd.Series | np.ndarray | bool:
    """Tell whether values reach bound, within the tolerance."""
    return values >= bound - TOLERANCE


def below(values: pd.Series | np.ndarray | float, bound: float) -> pd.Series | np.ndarray | bool:
    """Tell whether values lie under bound by more than the tolerance."""
    return values < bound - TOLERANCE


def ordered(values: pd.Series | np.ndarray | list, order: tuple[str, ...]) -> pd.Categorical:
    """Return values as an ordered category, best class first."""
    return pd.Categorical(values, categories=list(order), ordered=True)


def share(part: pd.Series | float, whole: float) -> pd.Series | float:
    """Return part / whole, missing where whole is not positive."""
    if not whole > 0:
        return part * np.nan
    return part / whole
