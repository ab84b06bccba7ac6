"""What a spreadsheet takes for the beginning of a formula: texts of the data that begin so are marked when written."""

import re

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
ANY_SIGN = f"[{re.escape(''.join(FORMULA_SIGNS))}]"
