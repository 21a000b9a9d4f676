"""Plots of measured figures (``docs/figures``), as PNG and SVG.

usage: python -m benches.plot     (again from the figures that are there)
"""

from __future__ import annotations

import statistics
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the backend is chosen

from benches import figures, players

OWN, OTHER, REFERENCE = "#0b6e4f", "#9aa5b1", "#d1495b"
NAMES = {
    "candidate": "kameleoon-rs", "reference": "kameleoon 3.22.2", "statsig": "Statsig (Rust core)",
    "eppo": "Eppo (Rust core, no visitors kept)", "growthbook": "GrowthBook", "unleash": "Unleash (Rust core)",
    "optimizely": "Optimizely", "launchdarkly": "LaunchDarkly",
}  # fmt: skip
plt.rcParams.update({
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "white",
    "svg.hashsalt": "kameleoon-rs", "axes.titlesize": 10, "axes.titleweight": "bold",
})  # fmt: skip


def _save(figure: Any, name: str) -> None:
    figures.FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(figures.FOLDER / f"{name}.png", dpi=150)
    figure.savefig(figures.FOLDER / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def _duration(nanoseconds: float) -> str:
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:,.3g} {unit}"
    return f"{nanoseconds:,.0f} ns"


def compare(result: dict[str, Any]) -> None:
    """Each client's time for the same work, on a logarithmic scale."""
    cases = [players.EVALUATION, players.TARGETED, players.REQUEST, players.ALL_FLAGS]
    figure, axes = plt.subplots(2, 2, figsize=(10, 6.4), layout="constrained")
    for axis, case in zip(axes.flat, cases):
        times = {name: statistics.median(values) for name, values in result["times"][case].items()}
        names = sorted(times, key=times.__getitem__, reverse=True)
        colours = [{"candidate": OWN, "reference": REFERENCE}.get(name, OTHER) for name in names]
        axis.barh([NAMES[name] for name in names], [times[name] for name in names], color=colours)
        axis.set_xscale("log")
        axis.set_xlim(min(times.values()) / 3, max(times.values()) * 12)
        axis.set_title(case, loc="left")
        for place, name in enumerate(names):
            ratio = times[name] / times["candidate"]
            shown = f"  ({ratio:,.0f}×)" if ratio >= 10 else f"  ({ratio:.1f}×)"
            axis.text(
                times[name] * 1.1, place, _duration(times[name]) + (shown if name != "candidate" else ""), va="center"
            )
        axis.tick_params(axis="x", which="both", labelbottom=False, length=0)
        axis.spines["bottom"].set_visible(False)
    machine = result["machine"]
    figure.suptitle("Time per call, shorter is better (logarithmic)", x=0.01, ha="left", weight="bold", size=12)
    note = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, CPython {machine['python']}, "
        f"{machine['date']}; one process each, taking turns; medians of {result['rounds']} rounds"
    )
    figure.supxlabel(note, size=7, x=0.01, ha="left")
    _save(figure, "compare")


def growth(result: dict[str, Any]) -> None:
    """How the cost grows."""
    series = result["growth"]
    titles = {
        "flags": ("flags in the data file", "ns per evaluation"),
        "rules": ("rules before one that targets", "ns per evaluation"),
        "conditions": ("conditions that hold", "ns per evaluation"),
        "visitors": ("visitors in turn", "ns per evaluation"),
        "threads": ("threads", "million evaluations per second"),
    }
    figure, axes = plt.subplots(2, 3, figsize=(10, 5.6), layout="constrained")
    for axis, (name, (label, unit)) in zip(axes.flat, titles.items()):
        points = {int(count): value for count, value in series[name].items()}
        scale = 1e6 if name == "threads" else 1
        axis.plot(list(points), [value / scale for value in points.values()], "o-", color=OWN, label="with the GIL")
        free = result.get("free-threaded threads") if name == "threads" else None
        if free:
            axis.plot([int(count) for count in free], [value / scale for value in free.values()], "s--", color=REFERENCE,
                      label="free-threaded, built without a profile")  # fmt: skip
            axis.legend(frameon=False)
        if name in {"flags", "visitors"}:
            axis.set_xscale("log")
        axis.set_ylim(0, axis.get_ylim()[1] * 1.1)
        axis.set_xlabel(label)
        axis.set_title(unit, loc="left")
    counts = {int(limit): count for limit, count in result["saturated"]["histogram"].items()}
    axis = axes.flat[-1]
    axis.bar(range(len(counts)), list(counts.values()), color=OWN)
    axis.set_yscale("log")
    axis.set_xticks(range(0, len(counts), 4), [_duration(limit) for limit in list(counts)[::4]], rotation=30)
    axis.set_xlabel("a call takes less than")
    axis.set_title("calls of 8 saturated threads", loc="left")
    machine = result["machine"]
    note = f"{machine['processor']}, {machine['cores']} cores, CPython {machine['python']}, {machine['date']}"
    figure.supxlabel(note, size=7, x=0.01, ha="left")
    _save(figure, "growth")


def batch(result: dict[str, Any]) -> None:
    """A table of visitors: ns a row and flag, by rows, flags and threads, and beside others."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 5.6), layout="constrained")
    titles = {"rows": "rows (one flag, one core)", "flags": "flags (one core)", "threads": "threads (one flag)"}
    for axis, (name, label) in zip(axes.flat, titles.items()):
        points = {int(count): value for count, value in result["growth"][name].items()}
        axis.plot(list(points), list(points.values()), "o-", color=OWN)
        if name != "threads":
            axis.set_xscale("log")
        axis.set_ylim(0, axis.get_ylim()[1] * 1.1)
        axis.set_xlabel(label)
        axis.set_title("ns a row and flag", loc="left")
    axis, cases = axes.flat[-1], result["cases"]
    axis.barh(
        list(cases), list(cases.values()), color=[OTHER if "'s" in case or "hash" in case else OWN for case in cases]
    )
    axis.set_xscale("log")
    axis.invert_yaxis()
    axis.tick_params(axis="y", labelsize=7)
    axis.set_title("ns a row", loc="left")
    _save(figure, "batch")


if __name__ == "__main__":
    compare(figures.read("compare"))
    growth(figures.read("own"))
    batch(figures.read("batch"))
