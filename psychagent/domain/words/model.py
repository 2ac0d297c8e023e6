"""The base of all models that somebody builds by hand, as in a notebook: what is wrong is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ValidationError

from psychagent.domain.words.explain import explain, explain_truth, shown_cause
from psychagent.domain.words.near import nearest


class Told(BaseModel):
    """A model whose constructor tells what is wrong as the loaders of files do.

    `model_validate` and its siblings raise pydantic's own error, from whose list the loaders make theirs.
    """

    refused: ClassVar[type[Exception]] = ValueError
    """What the constructor raises."""

    def __init__(self, /, **data: Any) -> None:
        """Check the fields.

        Raises:
            ValueError: Naming each field, the value seen and the remedy; or another class, see `refused`.
        """
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise self._refusal(explain(error, type(self))) from shown_cause(error)
        self._refuse_truths(data)

    # pydantic then builds a model inside another one without this, so that a fault in it is told with its
    # whole place
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    # a type checker that saw it would take every attribute to be there
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            """Set what may be set; a frozen model says how to come by a changed one."""
            try:
                super().__setattr__(name, value)
            except ValidationError as error:
                raise self._refusal(_why_not_set(name, type(self))) from shown_cause(error)

    @classmethod
    def _checked(cls, data: Mapping[str, Any], *, context: Mapping[str, Any]) -> Self:
        """Build a model by what its fields are to be told, and raise what the constructor raises."""
        try:
            made = cls.model_validate(data, context=context)
        except ValidationError as error:
            raise cls._refusal(explain(error, cls)) from shown_cause(error)
        made._refuse_truths(data)
        return made

    def _refuse_truths(self, given: Mapping[str, Any]) -> None:
        if problem := explain_truth(given, self):
            raise self._refusal(problem)

    @classmethod
    def _refusal(cls, problem: str) -> Exception:
        return cls.refused(f"{cls.__name__}: {problem}")


def _why_not_set(name: str, model: type[BaseModel]) -> str:
    if name not in model.model_fields:
        return f"unknown key {name!r}{nearest(name, model.model_fields)}"
    return f"field {name!r} cannot be set; make a changed copy: model_copy(update={{{name!r}: ...}})"
