"""The event stream's text, however it is cut, and compressed."""

from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kameleoon._network.decoding import decoder
from kameleoon._source.event_parser import EventParser, EventTooLarge, ServerEvent

COMMENT = ServerEvent("", "")

TABLE = [
    (b"data: a\n\n", [("message", "a")]),
    (b"event: e\ndata: a\n\n", [("e", "a")]),
    (b"event:e\ndata:a\n\n", [("e", "a")]),
    (b"data:  a\n\n", [("message", " a")]),
    (b"data: a\ndata: b\n\n", [("message", "a\nb")]),
    (b"data\n\n", [("message", "")]),
    (b"event: e\n\ndata: a\n\n", [("message", "a")]),
    (b"\xef\xbb\xbfdata: a\n\n", [("message", "a")]),
    (b"data: a\r\rdata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
    (b"id: 5\nretry: 10\nunknown\ndata: a\n\n", [("message", "a")]),
    (b": hello\n:\ndata: a\n\n", [COMMENT, COMMENT, ("message", "a")]),
    ("data: \N{SNOWMAN}\n\n".encode(), [("message", "\N{SNOWMAN}")]),
    (b"data: \xff\n\n", [("message", "\ufffd")]),
    (b"data: not over", []),
    (b"\n\n\n", []),
]


@pytest.mark.parametrize(("text", "events"), TABLE)
def test_events(text: bytes, events: list[tuple[str, str]]) -> None:
    assert list(EventParser(1000).feed(text)) == events
    parser = EventParser(1000)
    assert [event for at in range(len(text)) for event in parser.feed(text[at : at + 1])] == events


@given(st.lists(st.sampled_from([b"data: a", b"\r", b"\n", b"\r\n", b": c", b"event: e", b"\xff", b"d"]), max_size=30))
@example([b"data: a", b"\r", b"\n", b"\n"])
def test_where_a_stream_is_cut_makes_no_difference(pieces: list[bytes]) -> None:
    parser = EventParser(1000)
    cut = [event for piece in pieces for event in parser.feed(piece)]
    assert cut == list(EventParser(1000).feed(b"".join(pieces)))


@pytest.mark.alone
@pytest.mark.parametrize("part", [b"x" * 1000, b"data: x\n" * 100, b"data: ", b"\xef"])
def test_an_endless_event_is_cut_off_in_linear_time(part: bytes) -> None:
    parser, fed = EventParser(1_000_000), 0
    start = time.perf_counter()
    with pytest.raises(EventTooLarge):
        while True:
            fed += len(part)
            list(parser.feed(part))
    assert fed <= 1_000_000 + len(part)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("part", [b": still here\n", b"\n", b"data: a\n\n", b"event: e\n\n"])
def test_an_endless_stream_is_not(part: bytes) -> None:
    parser = EventParser(100)
    for _ in range(1000):
        list(parser.feed(part))


TEXT = b"data: a\n\n" * 50


def packed(encoding: str) -> bytes:
    bits = {"gzip": 31, "x-gzip": 31, "deflate": 15, "raw": -15}[encoding]
    packer = zlib.compressobj(wbits=bits)
    return b"".join(
        [packer.compress(TEXT), packer.flush(zlib.Z_SYNC_FLUSH), packer.compress(TEXT), packer.flush(zlib.Z_SYNC_FLUSH)]
    )


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw"])
def test_what_is_compressed_is_decoded_as_it_comes(encoding: str, size: int) -> None:
    unpack, text = decoder("Deflate" if encoding == "raw" else encoding), packed(encoding)
    assert b"".join(b"".join(unpack.feed(text[at : at + size])) for at in range(0, len(text), size)) == TEXT * 2


def test_members_one_after_another_are_decoded() -> None:
    packer = zlib.compressobj(wbits=31)
    member = packer.compress(TEXT) + packer.flush()
    assert b"".join(decoder("gzip").feed(member + member)) == TEXT * 2


def test_a_bomb_is_decoded_in_small_pieces() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b"data: " + b"x" * 20_000_000) + packer.flush()
    assert max(len(piece) for piece in decoder("gzip").feed(bomb)) <= 64 * 1024
    parser = EventParser(1_000_000)
    with pytest.raises(EventTooLarge):
        for piece in decoder("gzip").feed(bomb):
            list(parser.feed(piece))


def test_what_is_as_it_is_stays_so_and_what_was_not_asked_for_is_refused() -> None:
    for encoding in (None, "", "identity"):
        assert list(decoder(encoding).feed(b"data")) == [b"data"]
    with pytest.raises(ValueError, match="'br'"):
        decoder("br")
    with pytest.raises(zlib.error):
        list(decoder("gzip").feed(b"data: plain"))
