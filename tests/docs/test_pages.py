"""The pages of the documentation lead where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_MODULE = re.compile(r"`([a-z_]+/[a-z_/]*(?:[a-z_]+\.py)?)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_to_files(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [DOCS / "architecture.md", *DECISIONS], ids=lambda path: path.name)
def test_modules_that_a_page_names_exist(page: Path) -> None:
    named = _MODULE.findall(page.read_text(encoding="utf-8"))
    places = {name: (ROOT / "psychagent" / name).exists() or (ROOT / name).exists() for name in named}
    assert [name for name, there in places.items() if not there] == []


def test_every_decision_is_in_the_index_with_its_date() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert len(DECISIONS) >= 8
    for path in DECISIONS:
        title, _, date = path.read_text(encoding="utf-8").splitlines()[:3]
        assert f"| {date} | [{title.removeprefix('# ')}]({path.name}) |" in index


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_why_what_else_was_weighed_and_what_would_change_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for part in ("**Context.**", "**Decision.**", "**Alternatives.**", "**What would change it.**"):
        assert part in text
    assert len(text.split()) < 350
