"""Reports: notebooks run by papermill, turned into pages that open offline, put into place whole."""

import sys

# Jupyter's packages import jsonschema, which imports rfc3987_syntax, which builds a grammar for 1-2 s at every start.
# jsonschema does without it when it cannot be imported; only the check of IRI formats is lost, and notebooks have none.
sys.modules.setdefault("rfc3987_syntax", None)
