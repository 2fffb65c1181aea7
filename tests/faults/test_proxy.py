"""The proxy does to a link what it says, and nothing when it is told nothing."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

import pytest
from tests.client import HOST
from tests.faults.proxy import CHUNK_BYTES, TRICKLE_BYTES, Proxy, Trouble

SILENCE_S = 0.3  # an echo over the loopback takes less than a thousandth of it


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[Proxy, bytearray]]:
    """A proxy before a server that sends back what it hears, and what it has heard."""
    heard = bytearray()

    async def served(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                heard.extend(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(served, HOST, 0)
    try:
        async with Proxy.open(server.sockets[0].getsockname()[1]) as proxy:
            yield proxy, heard
    finally:
        server.close()


@asynccontextmanager
async def client(proxy: Proxy) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """A connection through it that has been used once."""
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        writer.write(b"first")
        assert await reader.readexactly(5) == b"first"
        yield reader, writer
    finally:
        writer.close()


async def is_silent(answer: Awaitable[bytes]) -> bool:
    """Whether nothing comes."""
    try:
        async with asyncio.timeout(SILENCE_S):
            await answer
    except TimeoutError:
        return True
    return False


async def test_all_goes_through_untroubled() -> None:
    sent = bytes(range(256)) * 4000
    async with echo() as (proxy, heard), client(proxy) as (reader, writer):
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        assert (bytes(heard), proxy.troubled) == (b"first" + sent, 0)
        assert proxy.carried == 2 * len(heard)


async def test_a_stall_delays_and_loses_nothing() -> None:
    async with echo() as (proxy, _), client(proxy) as (reader, writer):
        proxy.trouble(Trouble.STALL)
        writer.write(b"second")
        assert await is_silent(reader.readexactly(1))
        proxy.heal()
        assert await reader.readexactly(6) == b"second"
        assert proxy.troubled > 0


async def test_a_trickle_brings_all_in_pieces() -> None:
    sent = bytes(range(10 * TRICKLE_BYTES))
    async with echo() as (proxy, _), client(proxy) as (reader, writer):
        proxy.trouble(Trouble.TRICKLE)
        writer.write(sent)
        assert len(await reader.read(CHUNK_BYTES)) <= TRICKLE_BYTES
        proxy.heal()
        assert sent.endswith(await reader.readexactly(len(sent) - TRICKLE_BYTES))


@pytest.mark.parametrize(
    ("kind", "hears"), [(Trouble.DEAF, b"first"), (Trouble.MUTE, b"firstsecond"), (Trouble.SILENT, b"first")]
)
async def test_what_vanishes_never_comes_and_the_connection_is_broken_afterwards(kind: Trouble, hears: bytes) -> None:
    async with echo() as (proxy, heard), client(proxy) as (reader, writer):
        proxy.trouble(kind)
        writer.write(b"second")
        assert await is_silent(reader.readexactly(1))
        assert bytes(heard) == hears
        proxy.heal()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        async with client(proxy):  # who connects again is served
            pass


async def test_who_connects_is_refused() -> None:
    async with echo() as (proxy, heard):
        proxy.trouble(Trouble.REFUSING)
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            async with client(proxy):
                pass
        assert not heard
        proxy.heal()
        async with client(proxy):
            pass


async def test_a_reset_breaks_what_is_open() -> None:
    async with echo() as (proxy, _), client(proxy) as (reader, _):
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        assert proxy.troubled == 1


async def test_a_cut_lets_half_of_the_next_data_through() -> None:
    async with echo() as (proxy, heard), client(proxy) as (reader, writer):
        proxy.cut_in_mid_frame()
        writer.write(b"12345678")
        with suppress(ConnectionResetError):
            assert await reader.read() in (b"", b"1234")
        assert bytes(heard) == b"first1234"
