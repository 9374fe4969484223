"""A YAML file that declares something, with the lines of what stands in it: what is wrong is said with its line and a suggestion."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gcrm.errors import GcrmError


class Declared(BaseModel):
    """What a file, or a part of it, declares; a name that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredFile:
    """The text of a YAML file as what it declares.

    Attributes:
        name: of the file, for errors.
    """

    def __init__(self, name: str, text: str, error: type[GcrmError]) -> None:
        """Reads the text.

        Args:
            name: of the file, for errors.
            text: what stands in it.
            error: what is raised, here and later.

        Raises:
            GcrmError: of the type given: it is not YAML, or a key stands twice.
        """
        self.name, self._error_type = name, error
        try:
            loader = yaml.SafeLoader(text)
            self._node = loader.get_single_node()
            self._data = loader.construct_document(self._node) if self._node is not None else None
        except yaml.MarkedYAMLError as wrong:
            line = wrong.problem_mark.line + 1 if wrong.problem_mark is not None else 1
            raise error(f"{name}, line {line}: this is not YAML ({wrong.problem}); look at colons, brackets and indents.") from wrong
        except yaml.YAMLError as wrong:
            raise error(f"{name}: this is not YAML ({str(wrong).splitlines()[0]}); write it as plain text.") from wrong
        doubled = next(_doubled(self._node), None)
        if doubled is not None:
            raise error(f"{name}, line {doubled.start_mark.line + 1}: {doubled.value} stands twice; take one away.")

    def as_model[M: Declared](self, model: type[M], parts: Mapping[str, type[Declared]]) -> M:
        """What the file declares.

        Args:
            model: of the whole.
            parts: of its keys that hold things by name: the model of such a thing, whose fields are suggested.

        Raises:
            GcrmError: of the type given: it does not fit; the line, what is wrong, what may be meant.
        """
        try:
            return model.model_validate({} if self._data is None else self._data)
        except ValidationError as error:
            # A misspelt key is the cause, and the missing one that was meant follows from it.
            first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
            place = first["loc"]
            if first["type"] == "extra_forbidden":
                known = parts.get(str(place[0]), model) if place else model
                raise self.error(f"{place[-1]!r} is not known here{meant(str(place[-1]), known.model_fields)}", *place) from error
            raise self.error(f"{' '.join(map(str, place)) or 'the file'}: {first['msg'].removeprefix('Value error, ')}", *place) from error

    def check(self, name: str, known: Iterable[str], what: str, *place: str | int) -> None:
        """Refuses a name that is not among those known.

        Args:
            name: what stands in the file.
            known: what may stand there.
            what: it is the name of.
            place: where it stands: keys, and numbers of entries from 0.
        """
        every = list(known)
        if name not in every:
            raise self.error(f"there is no {what} {name!r}{meant(name, every)}", *place)

    def error(self, said: str, *place: str | int) -> GcrmError:
        """An error at a place of the file."""
        return self._error_type(f"{self.name}, line {self._line(place)}: {said}.")

    def _line(self, place: tuple[str | int, ...]) -> int:
        """The line of a place, or of the nearest thing around it."""
        node, line = self._node, 1
        for step in place:
            below = _below(node, step)
            if below is None:
                break
            node, line = below
        return line


def meant(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known: which one may be meant, else which there are.

    Args:
        name: what was written.
        known: what could have been.
    """
    every = sorted(known)
    near = get_close_matches(name, every, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(every)}"


def _below(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, int] | None:
    """What is under a key or at a number, and its line."""
    if isinstance(node, yaml.MappingNode):
        return next(((value, key.start_mark.line + 1) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None


def _doubled(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Keys that stand twice in the same mapping, of which YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(key.value)
            yield from _doubled(value)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _doubled(each)
