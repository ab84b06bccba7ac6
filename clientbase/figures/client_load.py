"""Client load (M14): what clients take from the departments against what they bring."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from clientbase.errors import require
from clientbase.figures.bars import many_bars
from clientbase.figures.beside import at_ends, beside
from clientbase.figures.house import (
    CRITERION_COLOURS,
    INK,
    MUTED,
    NEUTRAL,
    PALE,
    QUIET,
    SHARE_COLOURS,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    shortened,
    wrapped,
)
from clientbase.figures.paired import LEGEND_ROOM, paired_bars, paired_size
from clientbase.method.common import TOLERANCE
from clientbase.words import Words

NAME = 22
HOUR = 60  # minutes
LOSS = "#d55e00"  # what is taken away: the erosion of the sum, work over the capacity
CHARACTER = 5.8  # points that a character of a bar's text takes

# The map of load and return
MARKERS = {"A": "o", "B": "s", "C": "^", "D": "D", "L": "v", "0": "X"}  # the class shows without colour too
LOOKS = ((60, 520.0, 26.0, 0.75), (600, 300.0, 13.0, 0.6), (float("inf"), 190.0, 7.0, 0.4))  # up to n clients: areas, opacity
LEAST = 1e-6  # smaller shares are drawn here: no tick could name them
LEAST_SPAN, MOST_SPAN = 30, 300  # of a logarithmic axis: enough ticks to read, none that run into each other
STRIP = 0.15  # width of the strip without return, in parts of the axis
BARE = 0.07  # right of the strip, in parts of the axis: no tick here, the words under the strip need the room
GOLDEN = (5**0.5 - 1) / 2
NAMED, NAME_STEP = 5, 27.0  # clients with names, points from one name to the next
NAMES_FROM = 0.5  # height over which names stand, the legend stands under it
LEAST_AXES = 0.85  # what the layout leaves of the axes' height at least
NOTE_WIDTH = 95  # characters of a line below

# Whale, departments, groups and causes
MARKED_RANKS = 40  # up to so many clients each is a dot
WORK = {"client_minutes": (NEUTRAL, ""), "internal_minutes": ("#9cc9e6", "...")}  # colour, hatch
REST = {"facecolor": "#edf1f5", "edgecolor": MUTED, "hatch": "///", "linewidth": 0.6}
OVER = {"facecolor": LOSS, "edgecolor": "white", "hatch": "xxx", "linewidth": 0.6}
ROW = {"departments": 440.0, "causes": 300.0}  # points: width of the axes beside names and legend
GROUP_COLOURS = {  # of the share class that the group comes from; the names stand at the bars
    "right": SHARE_COLOURS["A"], "heavy large": SHARE_COLOURS["A"], "large at risk": SHARE_COLOURS["A"],
    "growing middle": SHARE_COLOURS["B"], "heavy middle": SHARE_COLOURS["B"], "steady middle": SHARE_COLOURS["B"],
    "light small": SHARE_COLOURS["C"], "price-only small": SHARE_COLOURS["C"], "loss-making": SHARE_COLOURS["L"],
    "load not known": SHARE_COLOURS["0"], "without purchases": SHARE_COLOURS["0"],
}  # fmt: skip
MOST_DEPARTMENTS = 7  # with more, the rest share one colour


def load_against_return(shares: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw each client of load_shares by return_share and load_share (both log), its revenue as the area of a bubble.

    Over the diagonal a client takes more than it brings. Clients without return stand in a strip at the left edge; those
    whose load is nothing or not known are counted below. The largest by load bear their names and ratios.
    """
    columns = ["client_id", "share_class", "load_share", "return_share", "load_ratio", "revenue", "is_load_known"]
    require(shares, "load_shares", columns)
    is_known, has_load = shares["is_load_known"].astype(bool), shares["load_share"] > 0
    is_drawn = is_known & has_load & shares["return_share"].notna()
    drawn = shares[is_drawn].sort_values(["revenue", "client_id"], ascending=[False, True])
    notes = _notes(words, int((~is_known).sum()), int((is_known & ~has_load).sum()), len(shares) - len(drawn))
    with house_style():
        ax = open_axes(ax, size=(9.0, 6.2))
        if drawn.empty:
            empty(ax, words)
            ax.set_xlabel("\n".join(notes))
            return close_axes(ax, title)
        low, high = _ends(drawn)
        places = _places(drawn, low, high)
        areas = _bubbles(ax, drawn, places)
        _log_axes(ax, words, low, high, int((drawn["return_share"] <= 0).sum()))
        _sides(ax, words, low, high)
        _name_largest(ax, words, drawn.assign(place=places, area=areas), low, high)
        _map_legend(ax, words, drawn["share_class"].astype(str).value_counts())
        _map_labels(ax, words, notes, has_strip=bool((drawn["return_share"] <= 0).any()))
        return close_axes(ax, title)


def whale(curve: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the sum of net over the clients of whale_curve, its peak, and what the clients behind the peak take away again.

    Where no client has a positive net the peak is the beginning. Without a positive total the peak has no share of it.
    """
    require(curve, "whale_curve", ["rank", "net", "cum_net", "cum_share"])
    known = curve[curve["cum_net"].notna()]
    with house_style():
        ax = open_axes(ax)
        if known.empty:
            empty(ax, words)
            return close_axes(ax, title)
        ranks, sums = np.append(0, known["rank"]), np.append(0.0, known["cum_net"])  # the curve begins with no client
        peak = int((known["net"] > TOLERANCE).sum())
        _sums(ax, ranks, sums, peak)
        _whale_frame(ax, words, ranks, sums)
        _peak(ax, words, known, ranks, sums, peak)
        _erosion(ax, words, sums, peak, int((known["net"] < -TOLERANCE).sum()))
        return close_axes(ax, title)


def department_use(rates: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the hours of department_rates: work for clients, internal work and the rest of the capacity, which is a line.

    Work over the capacity is hatched and named. The use stands at the end of a bar, a dash where no capacity is known.
    """
    columns = ["department", "capacity_minutes", "client_minutes", "internal_minutes", "used_minutes", "use_share"]
    require(rates, "department_rates", [*columns, "is_overloaded", "rate_basis"])
    has_capacity = rates["rate_basis"].astype(str) != "no cost"
    rates = rates.assign(
        capacity_minutes=rates["capacity_minutes"].where(has_capacity),
        use_share=rates["use_share"].where(has_capacity),
        is_overloaded=rates["is_overloaded"].astype(bool) & has_capacity,
    )
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.2, 1.9 + 0.46 * len(rates))))
        if rates.empty:
            empty(ax, words)
            return close_axes(ax, title)
        hours = rates[columns[1:5]] / HOUR
        _work(ax, hours, rates["is_overloaded"].to_numpy())
        _capacity(ax, hours["capacity_minutes"])
        texts = _use_texts(words, rates)
        names = [shortened(words.category("department", name), NAME) for name in rates["department"]]
        _bar_frame(ax, words, names, hours.max(axis=1).fillna(0), texts, ROW["departments"])
        ax.set_xlabel(words.text("Hours"))
        _work_legend(ax, words, rates)
        return close_axes(ax, title, room=38)


def group_bars(summary: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw load_share against return_share for each row of group_summary; net, where the table has it, stands at the name.

    The colour is that of the share class a group comes from. A load that is not known has a dash, not a nought.
    """
    require(summary, "group_summary", ["load_group", "n_clients", "load_share", "return_share"])
    groups = summary["load_group"].astype(str)
    names = [words.category("load_group", group) for group in groups]
    if "net" in summary:
        nets = [words.text("net {x}", x=words.money(net)) for net in summary["net"]]
        names = [f"{name}\n{net}" for name, net in zip(names, nets, strict=True)]
    loads = summary["load_share"].mask((groups == "load not known") & ~(summary["load_share"] > 0))
    with house_style():
        ax = open_axes(ax, size=paired_size(len(summary)))
        paired_bars(
            ax,
            words,
            names=names,
            colours=[GROUP_COLOURS[group] for group in groups],
            clients=loads,
            values=summary["return_share"],
            counts=summary["n_clients"],
            value_label=words.label("return_share"),
        )
        if legend := ax.get_legend():  # the hatched bars are the load here, their numbers in brackets still the clients
            legend.get_texts()[0].set_text(f"{words.label('load_share')} ({words.label('n_clients').lower()})")
        return close_axes(ax, title, room=LEGEND_ROOM)


def over_use_bars(causes: pd.DataFrame, words: Words, *, n: int = 12, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the hours above the earned ones of the n clients with the largest over-use, stacked by department.

    Args:
        causes: one row per client_id and department; over_minutes (parts of zero or less are not drawn), perhaps client_name
            and over_use (money, the same in all rows of a client). Without over_use the longest bars are drawn.
        words: language.
        n: most clients drawn.
        title: the finding.
        ax: axes to draw on.
    """
    require(causes, "load_causes", ["client_id", "department", "over_minutes"])
    parts = causes[causes["over_minutes"] > 0]
    with house_style():
        clients = _worst(parts)
        ax = open_axes(ax, size=(9.0, max(3.2, 1.8 + 0.36 * min(len(clients), n))))
        if parts.empty:
            empty(ax, words)
            return close_axes(ax, title)
        hours = _hours_over(parts, clients[:n], words)
        _stack(ax, hours)
        lengths, own = hours.sum(axis=1), parts.drop_duplicates("client_id").set_index("client_id").loc[clients[:n]]
        texts = [words.text("{x} h", x=words.number(length)) for length in lengths]
        if "over_use" in own:
            texts = [f"{text} · {words.money(amount)}" for text, amount in zip(texts, own["over_use"], strict=True)]
        _bar_frame(ax, words, _client_names(own.reset_index()), lengths, texts, ROW["causes"])
        cut = words.text("first {shown} of {total}", shown=len(hours), total=len(clients))
        label = words.text("Hours above the earned ones")
        ax.set_xlabel(f"{label} ({cut})" if len(clients) > len(hours) else label)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title=words.label("department"), alignment="left")
        return close_axes(ax, title)


# -- load against return -------------------------------------------------------------------------------------------------
def _notes(words: Words, n_unknown: int, n_without: int, n_left_out: int) -> list[str]:
    """Return what is not drawn, by reason."""
    n_no_return = n_left_out - n_unknown - n_without
    notes = (
        (n_unknown, words.text("not drawn: {n} {n:client|clients} whose load is not known", n=n_unknown)),
        (n_without, words.text("not drawn: {n} {n:client|clients} without load", n=n_without)),
        (n_no_return, words.text("not drawn: {n} {n:client|clients} whose return is not known", n=n_no_return)),
    )
    return [wrapped(note, NOTE_WIDTH) for n, note in notes if n]


def _ends(drawn: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of both axes, the same ones, so that the diagonal goes from corner to corner."""
    positive = drawn.loc[drawn["return_share"] > 0, "return_share"]
    amounts = pd.concat([drawn["load_share"], positive]).clip(lower=LEAST)
    high = amounts.max() * 1.8
    return min(amounts.min() / 1.5, high / LEAST_SPAN), high


def _places(drawn: pd.DataFrame, low: float, high: float) -> np.ndarray:
    """Return the place of each client along the axis of return; those without one are spread over the strip."""
    returns = drawn["return_share"].to_numpy(dtype=float)
    is_without = returns <= 0
    n = int(is_without.sum())
    across = 0.5 + (0.7 * ((np.arange(n) * GOLDEN) % 1 - 0.5) if n > 1 else np.zeros(n))
    places = np.maximum(returns, LEAST)
    places[is_without] = low * (low / high) ** (STRIP * across)
    return places


def _bubbles(ax: Axes, drawn: pd.DataFrame, places: np.ndarray) -> np.ndarray:
    """Draw the clients class by class and return their areas; the more clients, the smaller and clearer."""
    _, largest, smallest, opacity = next(look for look in LOOKS if len(drawn) <= look[0])
    revenue = drawn["revenue"].clip(lower=0).fillna(0).to_numpy(dtype=float)
    areas = np.maximum(revenue / (revenue.max() or 1.0) * largest, smallest)
    classes, loads = drawn["share_class"].astype(str).to_numpy(), drawn["load_share"].clip(lower=LEAST).to_numpy()
    for name in sorted(set(classes), key=[*MARKERS].index):
        own = classes == name
        ax.scatter(
            places[own], loads[own], s=areas[own], marker=MARKERS[name], color=SHARE_COLOURS[name], alpha=opacity,
            edgecolors="white", linewidths=0.5, zorder=3,
        )  # fmt: skip
    return areas


def _log_axes(ax: Axes, words: Words, low: float, high: float, n_without: int) -> None:
    """Set the axes and, where clients have no return, part off their strip."""
    ax.set(xscale="log", yscale="log", xlim=(low * (low / high) ** STRIP if n_without else low, high), ylim=(low, high))
    for axis, least in ((ax.xaxis, low * (high / low) ** BARE if n_without else low), (ax.yaxis, low)):
        axis.set_major_locator(LogLocator(subs=(1.0,) if high / low > MOST_SPAN else (1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda x, _, least=least: _share_tick(words, x) if x >= least else ""))
        axis.set_minor_locator(NullLocator())
    ax.grid(color=PALE)
    if n_without:
        ax.axvspan(ax.get_xlim()[0], low, facecolor="#eef0f3", linewidth=0, zorder=0.4)
        ax.axvline(low, color=QUIET, linewidth=0.8)
        text = f"{words.text('no return')}\n{words.text('{n} {n:client|clients}', n=n_without)}"
        beside(ax, text, (STRIP / (1 + STRIP) / 2, 0), (0, -7), within=ax.transAxes, ha="center", va="top", fontsize=9)


def _share_tick(words: Words, x: float) -> str:
    """Write a share with the decimals that its power of ten asks for."""
    return words.percent(x, max(0, -int(np.floor(np.log10(x) + 1e-9)) - 2))


def _sides(ax: Axes, words: Words, low: float, high: float) -> None:
    """Draw the line of equal shares and name both sides of it."""
    ax.plot([low, high], [low, high], color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
    plate = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    look = {"fontsize": 10, "color": QUIET, "bbox": plate, "zorder": 4}
    beside(ax, words.text("takes more than it brings"), (low, high), (8, -8), ha="left", va="top", **look)
    beside(ax, words.text("brings more than it takes"), (high, low), (-8, 8), ha="right", va="bottom", **look)


def _name_largest(ax: Axes, words: Words, drawn: pd.DataFrame, low: float, high: float) -> None:
    """Name the clients with the largest load at the right, at their heights as far as names leave each other room."""
    named = drawn.sort_values(["load_share", "client_id"], ascending=[False, True]).head(NAMED)
    step = NAME_STEP / (ax.bbox.height * 72 / ax.figure.dpi * LEAST_AXES)
    heights = np.log(named["load_share"].clip(lower=LEAST) / low).to_numpy() / np.log(high / low)
    down = step * np.arange(len(named))
    spots = np.minimum.accumulate(np.minimum(heights, 1 - step / 2) + down) - down
    spots = np.maximum(spots, NAMES_FROM + down[::-1])
    for row, name, spot in zip(named.itertuples(), _client_names(named), spots, strict=True):
        line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.7, "shrinkA": 0, "shrinkB": np.sqrt(row.area / np.pi)}
        ax.annotate(
            "", (row.place, max(row.load_share, LEAST)), (1.02, spot), textcoords="axes fraction", arrowprops=line, zorder=2.5
        )
        text = f"{name}\n{words.text('ratio {x}', x=words.number(row.load_ratio))}"
        ax.text(1.03, spot, text, transform=ax.transAxes, va="center", fontsize=9, linespacing=1.1)


def _map_legend(ax: Axes, words: Words, counts: pd.Series) -> None:
    handles = [
        Line2D(
            [], [], linestyle="none", marker=marker, color=SHARE_COLOURS[name], markersize=8,
            label=f"{words.category('share_class', name)}: {words.whole(int(counts[name]))}",
        )
        for name, marker in MARKERS.items() if name in counts.index
    ]  # fmt: skip
    equal = Line2D([], [], color=INK, linewidth=1.2, linestyle=(0, (5, 3)), label=words.text("load equals return"))
    title = words.label("share_class")
    ax.legend(handles=[*handles, equal], loc="lower left", bbox_to_anchor=(1.0, 0), title=title, alignment="left")


def _map_labels(ax: Axes, words: Words, notes: list[str], *, has_strip: bool) -> None:
    bubble = words.text("bubble: {label}", label=f"{words.label('revenue').lower()}, {words.currency}")
    label = f"{words.label('return_share')} ({words.label('log_scale')}; {bubble})"
    ax.set_xlabel("\n".join([label, *notes]), labelpad=16 if has_strip else 6)
    ax.set_ylabel(f"{words.label('load_share')} ({words.label('log_scale')})")


# -- the whale curve -----------------------------------------------------------------------------------------------------
def _sums(ax: Axes, ranks: np.ndarray, sums: np.ndarray, peak: int) -> None:
    """Draw the way up to the peak, and the way down from it broken and hatched."""
    dots = {"marker": "o" if len(sums) - 1 <= MARKED_RANKS else None, "markersize": 5, "markevery": slice(1, None)}
    up, down = slice(0, peak + 1), slice(peak, None)
    ax.fill_between(ranks[up], sums[up], color=NEUTRAL, alpha=0.12, linewidth=0)
    ax.fill_between(ranks[down], sums[down], facecolor="none", edgecolor=LOSS, alpha=0.35, hatch="///", linewidth=0)
    ax.plot(ranks[down], sums[down], color=LOSS, linewidth=2.2, linestyle=(0, (4, 1.5)), zorder=3, **dots)
    ax.plot(ranks[up], sums[up], color=NEUTRAL, linewidth=2.4, zorder=3, **dots)


def _whale_frame(ax: Axes, words: Words, ranks: np.ndarray, sums: np.ndarray) -> None:
    """Leave room for the words over the peak, and mark zero where the sum falls below it."""
    least, most = min(sums.min(), 0.0), max(sums.max(), 0.0)
    span = most - least or 1.0
    ax.set_xlim(0, max(ranks[-1], 1) * 1.02)
    ax.set_ylim(least - 0.06 * span if least < 0 else 0, most + 0.24 * span)
    if least < 0:
        ax.axhline(0, color=INK, linewidth=1.2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9, min_n_ticks=1))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.whole(x)))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=7))
    number_ticks(ax.yaxis, words)
    ax.grid(axis="y", color=PALE)
    ax.set(xlabel=words.text("Clients, largest net first"), ylabel=words.heading("cum_net"))


def _peak(ax: Axes, words: Words, known: pd.DataFrame, ranks: np.ndarray, sums: np.ndarray, peak: int) -> None:
    """Mark the peak and write over it its money, its clients and its share of the total."""
    if not peak:
        text = words.text("no client brings more than it takes")
    else:
        x, n, reached = words.money(sums[peak]), int(ranks[peak]), known["cum_share"].iloc[peak - 1]
        share = words.percent(reached)
        text = words.text("peak: {x} from {n} {n:client|clients}, {share} of the total", x=x, n=n, share=share)
        if pd.isna(reached):
            text = words.text("peak: {x} from {n} {n:client|clients}", x=x, n=n)
        ax.plot(ranks[peak], sums[peak], "D", color=NEUTRAL, markeredgecolor="white", markersize=10, zorder=4, clip_on=False)
    part = ranks[peak] / ax.get_xlim()[1]
    side, away = ("left", 2) if part < 0.36 else ("right", -2) if part > 0.64 else ("center", 0)
    beside(ax, wrapped(text, 36), (ranks[peak], sums[peak]), (away, 9), ha=side, va="bottom", fontsize=9.5)


def _erosion(ax: Axes, words: Words, sums: np.ndarray, peak: int, n_below: int) -> None:
    """Bracket at the right what is lost from the peak to the end, or say that nothing is."""
    if not n_below:
        text = words.text("no erosion: no client takes more than it brings")
        look = {"ha": "right", "va": "bottom", "fontsize": 9.5, "color": QUIET, "zorder": 5}
        beside(ax, wrapped(text, 36), (1, 0), (-8, 8), within=ax.transAxes, **look)
        return
    ax.axhline(sums[peak], color=QUIET, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    right = ax.get_yaxis_transform()
    bracket = {"arrowstyle": "|-|,widthA=0.3,widthB=0.3", "color": LOSS, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    ends = {"xycoords": right, "textcoords": right, "annotation_clip": False}
    ax.annotate("", (1.015, sums[-1]), (1.015, sums[peak]), arrowprops=bracket, **ends)
    lost, total = words.money(sums[peak] - sums[-1]), words.money(sums[-1])
    text = words.text("erosion: {x} by {n} {n:client|clients}; left: {total}", x=lost, n=n_below, total=total)
    middle = (1.015, (sums[peak] + sums[-1]) / 2)
    beside(ax, wrapped(text, 18), middle, (9, 0), within=right, va="center", fontsize=9.5)


# -- bars ----------------------------------------------------------------------------------------------------------------
def _work(ax: Axes, hours: pd.DataFrame, is_overloaded: np.ndarray) -> None:
    """Stack the two kinds of work and the unused rest; hatch what lies over the capacity."""
    places, start = np.arange(len(hours)), np.zeros(len(hours))
    for column, (colour, hatch) in WORK.items():
        width = hours[column].fillna(0).to_numpy()
        ax.barh(places, width, 0.62, left=start, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
        start = start + width
    capacity, used = hours["capacity_minutes"].to_numpy(), hours["used_minutes"].to_numpy()
    has_rest = capacity > used
    ax.barh(places[has_rest], (capacity - used)[has_rest], 0.62, left=used[has_rest], **REST)
    over = (used - capacity)[is_overloaded]
    ax.barh(places[is_overloaded], over, 0.62, left=capacity[is_overloaded], **OVER)


def _capacity(ax: Axes, capacity: pd.Series) -> None:
    known = capacity.notna().to_numpy()
    places = np.arange(len(capacity))[known]
    ax.vlines(capacity[known], places - 0.42, places + 0.42, color=INK, linewidth=2.2, zorder=4)


def _use_texts(words: Words, rates: pd.DataFrame) -> list[str]:
    """Return the use of each department, with the hours over its capacity where it is overloaded."""
    over = (rates["used_minutes"] - rates["capacity_minutes"]) / HOUR
    return [
        words.text("{share}, {x} h over the capacity", share=words.percent(use), x=words.number(hours))
        if is_overloaded
        else words.percent(use)
        for use, hours, is_overloaded in zip(rates["use_share"], over, rates["is_overloaded"], strict=True)
    ]


def _work_legend(ax: Axes, words: Words, rates: pd.DataFrame) -> None:
    names = {"client_minutes": words.text("work for clients"), "internal_minutes": words.text("internal work")}
    handles = [
        Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=names[column]) for column, (colour, hatch) in WORK.items()
    ]
    if rates["capacity_minutes"].notna().any():
        handles.append(Patch(**REST, label=words.text("unused capacity")))
        handles.append(Line2D([], [], color=INK, linewidth=2.2, label=words.text("capacity")))
    if rates["is_overloaded"].any():
        handles.append(Patch(**OVER, label=words.text("over the capacity")))
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.3)


def _bar_frame(ax: Axes, words: Words, names: Sequence[str], ends: pd.Series, texts: list[str], row: float) -> None:
    """Name the bars, write a text at the end of each, and leave the room that it takes of row points."""
    ends = ends.to_numpy(dtype=float)
    parts = [min((CHARACTER * len(text) + 12) / row, 0.55) for text in texts]
    ax.set_xlim(0, max(end / (1 - part) for end, part in zip(ends, parts, strict=True)) * 1.01 or 1.0)
    at_ends(ax, ends, texts, away=6)
    ax.set_yticks(range(len(ends)), list(names))
    ax.set_ylim(max(len(ends), 3) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    number_ticks(ax.xaxis, words)
    ax.grid(axis="x", color=PALE)


def _worst(parts: pd.DataFrame) -> list[str]:
    """Return the clients by falling over_use or, without it, by the length of their bars."""
    own = parts.groupby("client_id", as_index=False)
    size = own["over_use"].first() if "over_use" in parts else own["over_minutes"].sum()
    return size.sort_values([size.columns[1], "client_id"], ascending=[False, True])["client_id"].tolist()


def _hours_over(parts: pd.DataFrame, clients: list[str], words: Words) -> pd.DataFrame:
    """Lay out the hours of clients by the departments with the most hours in the table, the rest of these as one."""
    parts = parts.assign(department=parts["department"].astype(object).fillna("(unknown)"))
    order = parts.groupby("department")["over_minutes"].sum().sort_values(ascending=False, kind="stable").index
    shown = parts[parts["client_id"].isin(clients)]
    hours = shown.pivot_table(index="client_id", columns="department", values="over_minutes", aggfunc="sum") / HOUR
    hours = hours.reindex(index=clients, columns=order).fillna(0.0)
    first, rest = hours.iloc[:, :MOST_DEPARTMENTS], hours.iloc[:, MOST_DEPARTMENTS:]
    first = first.set_axis([shortened(words.category("department", name), NAME) for name in first], axis=1)
    return pd.concat([first, rest.sum(axis=1).rename(words.text("other departments"))], axis=1) if rest.shape[1] else first


def _stack(ax: Axes, hours: pd.DataFrame) -> None:
    start = np.zeros(len(hours))
    for place, (name, part) in enumerate(hours.items()):
        look = {"facecolor": CRITERION_COLOURS[place]} if place < MOST_DEPARTMENTS else {"facecolor": MUTED, "hatch": "///"}
        many_bars(
            ax, np.arange(len(hours)), part.to_numpy(), 0.7, starts=start, is_upright=False, edgecolor="white", linewidth=0.8,
            label=name, **look,
        )  # fmt: skip
        start = start + part.to_numpy()


def _client_names(table: pd.DataFrame) -> list[str]:
    names = table["client_name"].fillna(table["client_id"]) if "client_name" in table else table["client_id"]
    return [shortened(name, NAME) for name in names]
