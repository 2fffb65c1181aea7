"""Class D: trouble on the way between two parts, by a proxy on each link."""

import random
from functools import partial

from tests.cluster import eventually
from tests.faults.distributed import Distributed
from tests.faults.fault import Fault, wait
from tests.faults.proxy import Proxy, Trouble

LINKS = ["client to API", "API to broker", "worker to broker", "worker to PostgreSQL"]
RESETS = 3
CUTS = 3


async def reset(link: str, system: Distributed, dice: random.Random) -> None:
    """Break all connections, several times."""
    for _ in range(RESETS):
        for proxy in system.links[link]:
            proxy.reset()
        await wait(dice, 0.05, 0.5)


async def cut(link: str, system: Distributed, dice: random.Random) -> None:
    """Break a connection when one half of something has gone through it, several times."""
    for _ in range(CUTS):
        proxy = dice.choice(system.links[link])
        before = proxy.troubled
        proxy.cut_in_mid_frame()
        await eventually(partial(has_cut, proxy, before))
        await wait(dice, 0.05, 0.3)


async def has_cut(proxy: Proxy, troubled_before: int) -> bool:
    """Whether the cut was made."""
    return proxy.troubled > troubled_before


async def trouble(link: str, kind: Trouble, system: Distributed, dice: random.Random) -> None:
    """Trouble a link for one to a few seconds: longer than a confirm may take, or past the heartbeat."""
    for proxy in system.links[link]:
        proxy.trouble(kind)
        if kind is Trouble.REFUSING:
            proxy.reset()
    await wait(dice, 1.2, 6.0)
    for proxy in system.links[link]:
        proxy.heal()


FAULTS = [
    Fault(f"{link}: {name}", strike)
    for link in LINKS
    for name, strike in [
        ("reset", partial(reset, link)),
        ("cut in mid-frame", partial(cut, link)),
        *((kind.value, partial(trouble, link, kind)) for kind in Trouble if kind is not Trouble.NONE),
    ]
]
