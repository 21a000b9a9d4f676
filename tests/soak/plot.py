"""What was recorded, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["draw"]

_COLOURS = ["#0b6e4f", "#d1495b", "#edae49", "#30638e"]


def draw(record: dict[str, Any], folder: Path) -> None:
    """``soak.svg`` and ``soak.png`` of a record."""
    import matplotlib as mpl  # only who draws needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "soak"})
    figure, axes = plt.subplots(3, 2, figsize=(10, 8), sharex=True, layout="constrained")
    samples = record["samples"]
    start = min(taken[0]["at"] for taken in samples.values())

    def lines(axis: Any, title: str, field: str, scale: float = 1.0) -> None:
        for colour, (name, taken) in zip(_COLOURS, samples.items()):
            axis.plot(
                [(s["at"] - start) / 60 for s in taken],
                [s[field] * scale for s in taken],
                color=colour,
                lw=0.9,
                label=name,
            )
        axis.set_title(title, loc="left", fontweight="bold", fontsize=9)
        axis.set_ylim(bottom=0)

    lines(axes[0, 0], "resident memory, MiB", "rss", 2**-20)
    lines(axes[0, 1], "threads (of which 8 serve) and open descriptors", "threads")
    for colour, taken in zip(_COLOURS, samples.values()):
        axes[0, 1].plot(
            [(s["at"] - start) / 60 for s in taken], [s["descriptors"] for s in taken], ":", color=colour, lw=0.8
        )
    lines(axes[1, 0], "data files (one a second) behind the one that is served", "behind")
    for field, style in (("p50", "-"), ("p999", "--"), ("worst", ":")):
        for colour, taken in zip(_COLOURS, samples.values()):
            axes[1, 1].plot(
                [(s["at"] - start) / 60 for s in taken], [s[field] * 1e6 for s in taken], style, color=colour, lw=0.8
            )
    axes[1, 1].set_yscale("log")
    axes[1, 1].set_title("a call, µs: median (—), 99.9 % (- -), worst (···)", loc="left", fontweight="bold", fontsize=9)
    moments = record["arrivals"]
    minutes = [(moment["at"] - start) / 60 for moment in moments]
    axes[2, 0].plot(minutes, [moment["arrived"] for moment in moments], color=_COLOURS[0], lw=1.2)
    axes[2, 0].set_title("events that have arrived", loc="left", fontweight="bold", fontsize=9)
    axes[2, 0].set_ylim(bottom=0)
    for colour, taken in zip(_COLOURS, samples.values()):
        axes[2, 1].plot(
            [(s["at"] - start) / 60 for s in taken], [s["queued"] + s["spooled"] for s in taken], color=colour, lw=0.9
        )
    axes[2, 1].set_title("visitors that wait, and events in the spool", loc="left", fontweight="bold", fontsize=9)
    for axis in axes[2]:
        axis.set_xlabel("minutes")
    axes[0, 0].legend(frameon=False, ncols=4, fontsize=8)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "soak.svg", metadata={"Date": None})
    figure.savefig(folder / "soak.png", dpi=110)
    plt.close(figure)
