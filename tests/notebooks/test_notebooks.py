"""Every notebook runs from top to bottom, offline, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

_read: Any = nbformat.read  # the library has no types
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs_and_with_short_cells(path: Path) -> None:
    notebook = _read(path, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert cell.cell_type == "markdown" or len(cell.source.splitlines()) <= 20


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_offline(path: Path, tmp_path: Path) -> None:
    notebook = _read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=110, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    printed = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert printed, "a notebook that shows nothing tells no story"
    assert not [out for out in printed if out.output_type == "error"]
