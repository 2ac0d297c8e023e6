"""Fold the sampled stacks of a run into parts: whose code was it that the processor worked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

OTHER, IMPORTS = "other", "imports (start-up)"
_CLIENTS = "openai langchain_openai httpx httpcore h11 anyio aiohttp ssl sniffio certifi"
_STORED = "langgraph/checkpoint aiosqlite sqlite3 psychagent/runs/checkpoints ormsgpack"
_RANKED = "psychagent/skills bm25s faiss numpy scipy sentence_transformers torch"
PARTS: dict[str, tuple[str, ...]] = {
    "HTTP client": tuple(_CLIENTS.split()),
    "checkpoints, SQLite": tuple(_STORED.split()),
    "LangGraph": ("langgraph",),
    "LangChain": ("langchain_core", "langsmith", "langchain"),
    "prompts, Jinja": ("jinja2", "psychagent/llm/prompt", "psychagent/assets/prompts"),
    "pydantic": ("pydantic", "pydantic_core"),
    "JSON": ("json", "orjson"),
    "retrieval": tuple(_RANKED.split()),
    "own wire and replies": ("psychagent/llm", "psychagent/replies"),
    "own nodes, flows": ("psychagent/nodes", "psychagent/flows", "psychagent/domain", "psychagent/scales"),
    "files of a run": ("psychagent/runs", "psychagent/files", "psychagent/records"),
    "command line, progress": ("psychagent/cli", "rich", "typer", "click"),
    "other of our own": ("psychagent",),
    "event loop": ("asyncio", "selectors", "concurrent", "uvloop"),
}
"""Part -> beginnings of the paths of its modules; the first part that fits has the frame."""

WAITS = (
    ("_worker", "concurrent/futures/thread.py"),
    ("_connection_worker_thread", "aiosqlite/core.py"),
    ("select", "selectors.py"),
    ("wait", "threading.py"),
)
"""Innermost frames of threads that wait, by function and file: where the sampler cannot tell (in some
containers), it takes them for work."""

_IMPORT = "<frozen importlib"
_FRAME = re.compile(r"^(?:.*\.)?(?P<function>\S+) \((?P<file>[^()]*?)(?::\d+)?\)$")
_LIBRARY = re.compile(r"^.*(?:site-packages|lib/python3\.\d+)/|^.*/(?=psychagent/)")


def part_of_frame(frame: str) -> str | None:
    """Tell whose code a frame is; None where it is a helper that works for its caller."""
    _, path = _place(frame)
    for part, modules in PARTS.items():
        if any(path == f"{m}.py" or path.startswith((f"{m}/", f"{m}.py")) for m in modules):
            return part
    return None


def _place(frame: str) -> tuple[str, str]:
    """Name a frame's function without its class, and its file from the package on."""
    found = _FRAME.search(frame)
    return (found["function"], _LIBRARY.sub("", found["file"])) if found else ("", "")


def part_of_stack(frames: Sequence[str]) -> str:
    """Give a stack (outermost first) to the innermost frame that belongs to a part.

    Whatever happens below an import is start-up: a module's own body calls whom it likes.
    """
    if any(_IMPORT in frame for frame in frames):
        return IMPORTS
    for frame in reversed(frames):
        part = part_of_frame(frame)
        if part is not None:
            return part
    return OTHER


def fold(lines: Iterable[str]) -> Counter[str]:
    """Count samples by part.

    Args:
        lines: As `py-spy record --format raw` writes them: frames with `;` between, a space, a count.
    """
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rstrip().rpartition(" ")
        frames = stack.split(";")
        if stack and _place(frames[-1]) not in WAITS:
            counts[part_of_stack(frames)] += int(count)
    return counts
