"""What of a broker's frames is taken, in which order, and what the client library still reads."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pamqp.frame
import pytest
from pamqp import commands
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from hourmill.adapters.rabbitmq.sieve import SIGNS_APART_S, Confirms, Deliveries, SievedReader, Taker

CHANNEL = 7
PUBLISHED = datetime(2025, 7, 16, 10, 30, tzinfo=UTC)
AS_OURS = commands.Basic.Properties(delivery_mode=2, message_id="0000000000000001", timestamp=PUBLISHED)
DELIVERED_AGAIN = commands.Basic.Properties(headers={"x-delivery-count": 2}, delivery_mode=2, timestamp=PUBLISHED)
HEARTBEAT = pamqp.frame.marshal(Heartbeat(), 0)


def frame(payload: Frame | ContentHeader | ContentBody, channel: int = CHANNEL) -> bytes:
    return pamqp.frame.marshal(payload, channel)


def content(body: bytes, properties: commands.Basic.Properties, parts: int = 1) -> bytes:
    """The frames of a message after its method."""
    size = -(-len(body) // parts) or 1
    bodies = [frame(ContentBody(body[at : at + size])) for at in range(0, len(body), size)]
    return frame(ContentHeader(0, len(body), properties)) + b"".join(bodies)


def delivery(
    tag: int, body: bytes, properties: commands.Basic.Properties = AS_OURS, *, again: bool = False, parts: int = 1
) -> bytes:
    method = commands.Basic.Deliver("ctag7.1", tag, again, "hourmill.views", "3")
    return frame(method) + content(body, properties, parts)


def ack(tag: int, *, multiple: bool = False) -> bytes:
    return frame(commands.Basic.Ack(tag, multiple))


def reader(taker: Taker, clock_s: Callable[[], float] = lambda: 0.0) -> SievedReader:
    return SievedReader({CHANNEL: taker}, clock_s)


async def left(reader: SievedReader) -> bytes:
    """What the library reads of all that came."""
    reader.feed_eof()
    reader.feed_eof()  # once for the end, once for the connection's
    return await reader.read()


def waiting(*tags: int) -> "dict[int, asyncio.Future[None]]":
    return {tag: asyncio.get_running_loop().create_future() for tag in tags}


async def test_however_frames_arrive_each_is_taken_or_left_whole() -> None:
    consumed = frame(commands.Basic.ConsumeOk("ctag7.1"))
    looked = frame(commands.Queue.DeclareOk("hourmill.views.3", 0, 1))
    other = frame(commands.Basic.Deliver("ctag8.1", 1, False, "", "x"), 8) + frame(ContentHeader(0, 0), 8)
    cancelled = frame(commands.Basic.Cancel("ctag7.1"))
    came = (
        consumed + delivery(1, b"one") + other + delivery(2, b"two" * 50, DELIVERED_AGAIN, again=True, parts=4) + looked
        + HEARTBEAT + delivery(3, b"") + delivery(4, b"four", commands.Basic.Properties()) + cancelled
    )  # fmt: skip
    chance = random.Random(1)
    for pieces in [*range(1, 30), len(came)]:
        taken: list[tuple[int, bool, datetime | None, bytes]] = []
        sieved = reader(Deliveries(lambda *one: taken.append(one)))  # noqa: B023 used within the round
        cuts = sorted(chance.sample(range(1, len(came)), pieces - 1))
        for start, end in zip([0, *cuts], [*cuts, len(came)], strict=True):
            sieved.feed_data(came[start:end])
        assert taken == [
            (1, False, PUBLISHED, b"one"),
            (2, True, PUBLISHED, b"two" * 50),
            (3, False, PUBLISHED, b""),
            (4, False, None, b"four"),
        ]
        assert await left(sieved) == consumed + other + looked + HEARTBEAT + cancelled


@pytest.mark.parametrize("properties", [AS_OURS, DELIVERED_AGAIN])
async def test_a_message_whose_timestamp_cannot_be_read_has_none(properties: commands.Basic.Properties) -> None:
    method, header = frame(commands.Basic.Deliver("ctag7.1", 1, False, "", "x")), content(b"", properties)
    far_away = (2**63 - 1).to_bytes(8)
    taken: list[tuple[int, bool, datetime | None, bytes]] = []
    reader(Deliveries(lambda *one: taken.append(one))).feed_data(method + header[:-9] + far_away + header[-1:])
    assert taken == [(1, False, None, b"")]


async def test_confirms_reach_those_who_wait() -> None:
    publishers = waiting(1, 2, 3, 4, 5)
    publishers[2].cancel()
    one, two, three, four, five = publishers.values()
    sieved = reader(Confirms(publishers))
    sieved.feed_data(ack(3))
    assert (three.done(), one.done(), list(publishers)) == (True, False, [1, 2, 4, 5])
    sieved.feed_data(ack(4, multiple=True))
    assert (one.result(), two.cancelled(), four.result(), five.done(), list(publishers)) == (
        None,
        True,
        None,
        False,
        [5],
    )
    assert await left(sieved) == b""


@pytest.mark.parametrize(
    "trouble",
    [
        frame(commands.Basic.Nack(2, False)),
        frame(commands.Basic.Return(312, "NO_ROUTE", "hourmill.views", "3")) + content(b"body", AS_OURS),
        frame(commands.Channel.Close(404, "NOT_FOUND", 60, 40)),
    ],
    ids=["refused", "returned", "closed"],
)
async def test_after_trouble_the_library_reads_all_of_the_channel_in_its_order(trouble: bytes) -> None:
    publishers = waiting(1, 2, 3)
    one, *others = publishers.values()
    sieved = reader(Confirms(publishers))
    sieved.feed_data(ack(1) + trouble + ack(2) + ack(3, multiple=True))
    assert (one.done(), [other.done() for other in others]) == (True, [False, False])
    assert await left(sieved) == trouble + ack(2) + ack(3, multiple=True)


async def test_a_busy_broker_is_alive_to_the_library() -> None:
    now_s = 100.0
    sieved = reader(Deliveries(lambda *_: None), lambda: now_s)
    for tag in range(1, 10):
        sieved.feed_data(delivery(tag, b"body"))
        now_s += SIGNS_APART_S / 4
    assert await left(sieved) == 2 * HEARTBEAT


async def test_nothing_is_put_between_what_the_library_asks_and_is_answered_before_anything_is_taken() -> None:
    now_s = 100.0
    sieved = reader(Deliveries(lambda *_: None), lambda: now_s)
    tune = frame(commands.Connection.Tune(0, 131_072, 10), 0)
    now_s += 60
    sieved.feed_data(tune)
    assert await left(sieved) == tune


@pytest.mark.parametrize("came", [b"AMQP\x00\x00\x09\x01", b"HTTP/1.1 400 Bad Request\r\n\r\n", ack(1)[:-1] + b"\x00"])
async def test_what_is_no_frame_is_the_librarys_to_judge(came: bytes) -> None:
    publishers = waiting(1)
    sieved = reader(Confirms(publishers))
    sieved.feed_data(came)
    assert await left(sieved) == came
    assert not publishers[1].done()
