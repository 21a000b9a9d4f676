"""The drawings of ``docs/concepts.md``."""

from __future__ import annotations

from hashlib import sha256

from docs.builder.canvas import Canvas


def call() -> str:
    """The life of a call."""
    canvas = Canvas("The life of a call")
    caller = canvas.box(160, 8, 320, 'client.get_variation("alice", "checkout")', "python")
    canvas.group(24, 84, 592, 408, "Rust: one call, about 300 ns, no waiting", "rust")
    shard = canvas.box(160, 120, 320, "Find the visitor\none short lock, of one of 1,024 shards", "rust")
    flag = canvas.box(160, 208, 320, "Find the flag\nin the compiled data file", "rust")
    rules = canvas.box(160, 296, 320, "Ask its rules in turn\nwhom they target, which bucket it is", "rust")
    note = canvas.box(
        160, 384, 320, "Note the variation with the visitor\nand queue the visitor, if track is on", "rust"
    )
    canvas.arrow(caller.bottom, shard.top)
    canvas.arrow(shard.bottom, flag.top)
    canvas.arrow(flag.bottom, rules.top)
    canvas.arrow(rules.bottom, note.top)
    canvas.arrow(note.left, (84, note.left[1]), (84, caller.left[1]), caller.left, text="Variation", at=(92, 70))
    canvas.text(320, 474, "The answer was made when the data file came: it is handed out.", size=13, opacity=0.85)
    lane = canvas.box(160, 540, 320, "Each second: what the queue holds\nis sent in the background", "python")
    canvas.arrow(
        note.right, (556, note.right[1]), (556, lane.right[1]), lane.right, text="later", at=(548, 520), anchor="end"
    )
    return canvas.svg()


def data_file() -> str:
    """The life of a data file."""
    canvas = Canvas("The life of a data file")
    service = canvas.box(24, 8, 280, "The service\nor a file, or a function of yours", "outside")
    fetch = canvas.box(24, 104, 280, "Fetch\nat the start, each hour, when announced", "python")
    failed = canvas.box(376, 104, 240, "Cannot be had, or read\nthe last one stays; tried again", "bad")
    compiled = canvas.box(24, 200, 280, "Compile, without the GIL\nparse, check, leave out what is broken", "rust")
    given = canvas.box(376, 200, 240, "default_data_file\nready before the first fetch", "outside")
    swap = canvas.box(24, 296, 280, "Swap\none pointer; calls under way keep the old", "rust")
    use = canvas.box(24, 392, 280, "Evaluations\nuse it, and never wait for it", "rust")
    told = canvas.box(376, 392, 240, "Handlers\nlearn of DATAFILE_UPDATE", "python")
    canvas.arrow(service.bottom, fetch.top, text="bytes, or 304: nothing new")
    canvas.arrow(fetch.right, failed.left)
    canvas.arrow(fetch.bottom, compiled.top)
    canvas.arrow(given.left, compiled.right)
    canvas.arrow(compiled.bottom, swap.top, text="unless it is older than the one in use")
    canvas.arrow(swap.bottom, use.top)
    canvas.arrow(swap.right, (told.top[0], swap.right[1]), told.top)
    return canvas.svg()


def event() -> str:
    """The life of an event."""
    canvas = Canvas("The life of an event")
    made = canvas.box(160, 8, 320, "A variation, a datum, a conversion", "python")
    unsent = canvas.box(160, 88, 320, "Unsent\nwith its visitor, who waits in the queue", "rust")
    flight = canvas.box(160, 200, 320, "In flight\na line with a nonce, in a request with others", "rust")
    sent = canvas.box(160, 312, 320, "Sent\nkept as long as the visitor, for targeting", "good")
    canvas.arrow(made.bottom, unsent.top)
    canvas.arrow(unsent.bottom, flight.top, text="each tracking interval")
    canvas.arrow(flight.bottom, sent.top, text="status 2xx")
    canvas.box(12, 200, 112, "Again\nsame nonce", "python")
    canvas.arrow((160, 214), (124, 214))
    canvas.arrow((124, 242), (160, 242))
    canvas.text(78, 276, "a time-out, a 503:", size=13, opacity=0.85)
    canvas.text(78, 294, "doubles are dropped", size=13, opacity=0.85)
    lost = canvas.box(516, 200, 112, "Lost\nand counted", "bad")
    canvas.arrow(flight.right, lost.left)
    canvas.text(566, 276, "refused alone (400),", size=13, opacity=0.85)
    canvas.text(566, 294, "or the queue is full", size=13, opacity=0.85)
    return canvas.svg()


def bucket() -> str:
    """How a bucket is computed, of a real visitor."""
    code, container = "alice", 11
    digest = sha256(f"{code}{container}".encode()).digest()
    number = int.from_bytes(digest, "big") / 2**256
    canvas = Canvas("How a bucket is computed")
    left = canvas.box(64, 8, 240, f'"{code}"\nthe visitor code', "python")
    right = canvas.box(336, 8, 240, f'"{container}"\nthe id of the rule or experiment', "python")
    text = canvas.box(160, 104, 320, f'"{code}{container}"', "rust")
    canvas.arrow(left.bottom, (184, 84), (250, 84), (250, text.y))
    canvas.arrow(right.bottom, (456, 84), (390, 84), (390, text.y))
    hashed = canvas.box(160, 184, 320, f"SHA-256: {digest.hex()[:16]}…", "rust")
    canvas.arrow(text.bottom, hashed.top)
    fraction = canvas.box(160, 264, 320, f"{number:.4f}\nthe hash as a number, divided by 2²⁵⁶", "rust")
    canvas.arrow(hashed.bottom, fraction.top)
    start, width = 64, 512
    shares = [("off", 0.5, "outside"), ("on", 0.3, "good"), ("compact", 0.2, "python")]
    x = float(start)
    total = 0.0
    for name, share, kind in shares:
        canvas.box(x, 372, width * share, f"{name}\n{share:.0%}", kind)
        canvas.text(x, 444, f"{total:g}", size=13, opacity=0.85)
        x += width * share
        total += share
    canvas.text(start + width, 444, "1", size=13, opacity=0.85)
    canvas.arrow(fraction.bottom, (320, 344), (start + width * number, 344), (start + width * number, 371))
    return canvas.svg()


DRAWINGS = {"call": call, "data-file": data_file, "event": event, "bucket": bucket}
