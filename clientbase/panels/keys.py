"""Arrow keys for the controls of a panel, which JupyterLab would otherwise take for itself."""

from anywidget import AnyWidget


class OwnKeys(AnyWidget):
    """An unseen part of a box that leaves the arrow keys to its controls, where JupyterLab would go to the next cell."""

    _esm = """
    function own({ target }) { target.setAttribute("data-lm-suppress-shortcuts", "true"); }
    function render({ el }) {
      el.style.display = "none";
      requestAnimationFrame(() => el.closest(".widget-vbox")?.addEventListener("focusin", own));
    }
    export default { render };
    """
