"""No test asserts how long something took: on a busy machine it would fail, and nothing would be wrong.

Count what was made, held or refused instead. Wait for what must come with `eventually`, or for PATIENCE_S. Speed is for
`make bench`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client import PATIENCE_S
from tests.documents import ROOT

CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time", "time_ns"}
WAITS = {"timeout", "wait_for", "eventually", "settimeout"}
Function = ast.FunctionDef | ast.AsyncFunctionDef

MEASURED = [
    "def test_a():\n    began_s = monotonic()\n    work()\n    assert monotonic() - began_s < 5",
    "def test_a():\n    began = time.time()\n    work()\n    took = time.time() - began\n    assert took < 5",
    "async def test_a():\n    now_s = asyncio.get_running_loop().time\n    at = now_s()\n    assert now_s() > at + 1",
    "def test_a():\n    began = perf_counter()\n    if perf_counter() - began > 3:\n        pytest.fail('slow')",
    "async def test_a():\n    assert await eventually(over) <= 10",
]
HASTY = [
    "async def test_a():\n    async with asyncio.timeout(3):\n        await work()",
    "async def test_a():\n    await asyncio.wait_for(work(), 10)",
    "def test_a():\n    subprocess.run(['make'], timeout=30)",
]
PATIENT = [
    "def until(holds):\n    while not holds():\n        if monotonic() > until_s:\n            raise TimeoutError",
    "async def test_a():\n    await eventually(over)\n    assert answers == 3",
    "async def test_a():\n    assert not (await asyncio.wait([publishing], timeout=HUNG_S))[0]",
    "def test_a(clock):\n    clock.now_s += 10\n    assert clock.now_s <= 10",
]


def modules() -> list[Path]:
    return [path for path in sorted((ROOT / "tests").rglob("*.py")) if path != Path(__file__)]


def is_clock(node: ast.AST) -> bool:
    """Whether it is a clock that runs by itself; datetime's time() is none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in CLOCKS:
            return True
        case ast.Attribute(attr="time", value=ast.Name(id="time" | "loop")):
            return True
        case ast.Attribute(attr="time", value=ast.Call(func=ast.Attribute(attr="get_running_loop" | "get_event_loop"))):
            return True
        case ast.Name(id="eventually"):
            return True
        case _:
            return False


def tells_time(node: ast.AST, names: set[str]) -> bool:
    """Whether a clock, or a name that was given a time, is in an expression."""
    return any(is_clock(part) or (isinstance(part, ast.Name) and part.id in names) for part in ast.walk(node))


def times_in(function: Function) -> set[str]:
    """The names in a function that hold times, or differences of them."""
    names: set[str] = set()
    assignments = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    for node in sorted(assignments, key=lambda node: node.lineno):
        if tells_time(node.value, names):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def measured(tree: ast.AST) -> Iterator[int]:
    """The lines where an assertion, or a branch of a test itself, depends on how long something took."""
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        judges = (ast.Assert, ast.If) if function.name.startswith("test_") else (ast.Assert,)
        names = times_in(function)
        for node in ast.walk(function):
            if isinstance(node, judges) and any(
                tells_time(part, names) for part in ast.walk(node.test) if isinstance(part, ast.Compare)
            ):
                yield node.lineno


def hasty(tree: ast.AST) -> Iterator[int]:
    """The lines where a wait has an end of its own, sooner than that of all others."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        bounds = [word.value for word in call.keywords if word.arg in {"timeout", "within_s"}]
        bounds += call.args[-1:] if name in WAITS else []
        for bound in bounds:
            if isinstance(bound, ast.Constant) and isinstance(bound.value, int | float) and bound.value < PATIENCE_S:
                yield call.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_asserts_how_long_something_took_and_none_is_hasty(path: Path) -> None:
    tree = ast.parse(path.read_text())
    lines = {"measured": sorted(set(measured(tree))), "hasty": sorted(set(hasty(tree)))}
    assert lines == {"measured": [], "hasty": []}, f"{path.relative_to(ROOT)}: {__doc__}"


@pytest.mark.parametrize("source", MEASURED)
def test_what_measures_is_found(source: str) -> None:
    assert list(measured(ast.parse(source)))


@pytest.mark.parametrize("source", HASTY)
def test_what_is_hasty_is_found(source: str) -> None:
    assert list(hasty(ast.parse(source)))


@pytest.mark.parametrize("source", PATIENT)
def test_what_waits_is_let_through(source: str) -> None:
    tree = ast.parse(source)
    assert [*measured(tree), *hasty(tree)] == []
