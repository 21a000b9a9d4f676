"""Random patterns by Python's grammar, and texts that may match them."""

from __future__ import annotations

import random
from collections.abc import Callable

LETTERS = [
    *"aaaabbbcAB019_ -./é", "ß", "ſ", "s", "S", "k", "K", "\u212a", "i", "I", "İ", "ı", "σ", "ς", "Σ", "\u0345", "ι", "\u1fbe",
    "µ", "μ", "ǅ", "ǆ", "\u0301", "\u0661", "²", "½", "日", "\U00010400", "\U00010428", "\U0001d7d8", "\n", "\u2028", "\x1c", "ŉ", "ﬅ", "ﬆ", "ẞ"
]  # fmt: skip
PLAIN = list("aaabbbccAB01_ -\n")
ESCAPES = [r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", r"\.", r"\-", r"\n", r"\t", r"\x61", r"\u0062", r"\U00000063", r"\0", r"\07", r"\141", r"\\",
           r"\]", r"\é", r"\_", r"\ "]  # fmt: skip
BAD_ESCAPES = [r"\q", r"\x6", r"\u12", r"\U00110000", r"\400", r"\8", r"\9", r"\p{L}", r"\z", r"\N"]
QUANTIFIERS = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{2,}", "{0,3}", "{1}", "{0}", "{,}", "{2,1}"]
MUTATIONS = list("()[]{}|?*+^$.\\-:=!<>P#,ab1i")


class Grammar:
    """Draws patterns; remembers what the groups are called."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.groups = 0
        self.names: list[str] = []
        self.letters = PLAIN

    def pattern(self) -> str:
        """A pattern, sometimes spoiled."""
        rng = self.rng
        self.groups, self.names = 0, []
        self.letters = PLAIN if rng.random() < 0.6 else LETTERS
        text = self.alternatives(rng.choice([1, 2, 2, 3, 3, 4]))
        if rng.random() < 0.3:
            text = "(?" + "".join(rng.sample("aimsux", rng.choice([1, 1, 1, 2]))) + ")" + text
        if rng.random() < 0.12:
            for _ in range(rng.choice([1, 1, 2])):
                place = rng.randrange(len(text) + 1)
                text = text[:place] + rng.choice([rng.choice(MUTATIONS), ""]) + text[place + rng.choice([0, 1]) :]
        return text

    def alternatives(self, depth: int) -> str:
        count = self.rng.choice([1, 1, 1, 2, 2, 3])
        return "|".join(self.sequence(depth) for _ in range(count))

    def sequence(self, depth: int) -> str:
        return "".join(self.quantified(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))

    def quantified(self, depth: int) -> str:
        atom = self.atom(depth)
        if self.rng.random() < 0.4:
            atom += self.rng.choice(QUANTIFIERS if self.rng.random() < 0.4 else QUANTIFIERS[:8])
            draw = self.rng.random()
            atom += "?" if draw < 0.2 else "+" if draw < 0.3 else ""
        return atom

    def atom(self, depth: int) -> str:
        rng = self.rng
        draw = rng.random()
        if depth <= 0 or draw < 0.4:
            return self.single()
        if draw < 0.47:
            return rng.choice(["^", "$", r"\A", r"\Z", r"\b", r"\B"])
        if draw < 0.57 and self.groups:
            return self.reference()
        return self.group(depth - 1)

    def single(self) -> str:
        rng = self.rng
        draw = rng.random()
        if draw < 0.5:
            letter = rng.choice(self.letters)
            return "\\" + letter if letter in ".-" else letter
        if draw < 0.6:
            return "."
        if draw < 0.75:
            return rng.choice(ESCAPES)
        if draw < 0.76:
            return rng.choice(BAD_ESCAPES)
        return self.set()

    def set(self) -> str:
        rng = self.rng
        members = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            draw = rng.random()
            if draw < 0.5:
                members.append(rng.choice(self.letters))
            elif draw < 0.75:
                low, high = rng.choice(self.letters), rng.choice(self.letters)
                if low > high and rng.random() < 0.95:
                    low, high = high, low
                members.append(f"{low}-{high}")
            else:
                members.append(rng.choice([*ESCAPES, r"\b", "-", "]", "^"]))
        return "[" + rng.choice(["", "", "^"]) + "".join(members) + "]"

    def reference(self) -> str:
        rng = self.rng
        group = rng.randint(1, self.groups + (rng.random() < 0.05))
        if self.names and rng.random() < 0.3:
            return f"(?P={rng.choice(self.names)})"
        return f"\\{group}" if rng.random() < 0.9 else f"(?:\\{group})"

    def group(self, depth: int) -> str:
        rng = self.rng
        draw = rng.random()
        if draw < 0.3:
            self.groups += 1
            return f"({self.alternatives(depth)})"
        if draw < 0.36:
            self.groups += 1
            name = f"n{self.groups}"
            self.names.append(name)
            return f"(?P<{name}>{self.alternatives(depth)})"
        if draw < 0.58:
            return f"(?:{self.alternatives(depth)})"
        if draw < 0.66:
            flags = rng.choice(["i", "a", "s", "m", "-i", "i-s", "u", "x", "ia", "s-m", "-x"])
            return f"(?{flags}:{self.alternatives(depth)})"
        if draw < 0.76:
            return rng.choice(["(?=", "(?!"]) + self.alternatives(depth) + ")"
        if draw < 0.85:
            body = self.alternatives(depth) if rng.random() < 0.3 else self.single() * rng.choice([1, 1, 2])
            return rng.choice(["(?<=", "(?<!"]) + body + ")"
        if draw < 0.92:
            return f"(?>{self.alternatives(depth)})"
        if draw < 0.98 and self.groups:
            who = rng.choice(self.names) if self.names and rng.random() < 0.3 else str(rng.randint(1, self.groups))
            return (
                f"(?({who}){self.sequence(depth)}|{self.sequence(depth)})"
                if rng.random() < 0.7
                else f"(?({who}){self.sequence(depth)})"
            )
        return "(?#x)"


def texts(
    rng: random.Random, pattern: str, parsed: object, sample: Callable[[random.Random, object], str], count: int
) -> list[str]:
    """Texts drawn from the parsed pattern, spoiled ones, and others."""
    found = []
    for _ in range(count):
        draw = rng.random()
        if parsed is not None and draw < 0.65:
            text = sample(rng, parsed)[:60]
            if rng.random() < 0.35 and text:
                place = rng.randrange(len(text) + 1)
                text = (
                    text[:place]
                    + rng.choice(["", rng.choice(LETTERS), rng.choice(PLAIN)])
                    + text[place + rng.choice([0, 1]) :]
                )
            if rng.random() < 0.15:
                text = text.swapcase()
        elif draw < 0.85:
            text = "".join(rng.choice(PLAIN) for _ in range(rng.choice([0, 1, 2, 3, 4, 6, 9])))
        else:
            text = "".join(rng.choice(LETTERS) for _ in range(rng.choice([1, 2, 3, 5])))
        found.append(text.encode("utf-8", "ignore").decode())
    return found
