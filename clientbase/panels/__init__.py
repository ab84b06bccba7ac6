"""Panels: controls of a notebook in JupyterLab; a report leaves them out."""
