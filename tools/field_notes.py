"""Find the note under each field of a settings model.

pydantic can do this when the class is made, but it then parses every source file again at each start.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

from pydantic import BaseModel


@cache
def field_notes(model: type[BaseModel]) -> dict[str, str]:
    """Map each field that has a note to its text; inherited fields have theirs from where they stand."""
    notes: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            notes |= _own_notes(kind)
    return {name: note for name, note in notes.items() if name in model.model_fields}


def _own_notes(model: type[BaseModel]) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: " ".join(note.value.value.split())
        for field, note in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
        and isinstance(note.value.value, str)
    }
