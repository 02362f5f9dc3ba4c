"""Fluentd's configuration format, version 1, as far as a reader needs it: sections, their arguments, and parameters."""

import re
from dataclasses import dataclass, field

_OPEN = re.compile(r"<(\w+)(?:\s+(.+?))?>")
_CLOSE = re.compile(r"</(\w+)>")
_PARAMETER = re.compile(r"(@?[\w.]+)(?:\s+(.*?))?")
_COMMENT = re.compile(r"(?:^|\s+)#(?!\{).*$")


@dataclass
class Section:
    """A section: `<name argument>`, with its parameters, and the sections within it in their order."""

    name: str
    argument: str = ""
    parameters: dict = field(default_factory=dict)
    sections: list = field(default_factory=list)

    @property
    def type(self):
        """Which plugin it is."""
        return self.parameters.get("@type", "")

    def all(self, name):
        """The sections of a name, at any depth, in their order."""
        for section in self.sections:
            if section.name == name:
                yield section
            yield from section.all(name)

    def one(self, name, kind=None):
        """The only section of a name, and of a type where it is given."""
        (found,) = [section for section in self.all(name) if kind in {None, section.type}]
        return found


def parse(text):
    """The whole configuration as one section.

    Raises:
        ValueError: a section is not closed, a line is neither section nor parameter, or a parameter is given twice.
    """
    stack = [Section("")]
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).strip()
        here = stack[-1]
        if not line:
            continue
        if closing := _CLOSE.fullmatch(line):
            if closing[1] != here.name:
                raise ValueError(f"line {number}: </{closing[1]}> ends <{here.name}>")
            stack.pop()
        elif opening := _OPEN.fullmatch(line):
            here.sections.append(Section(opening[1], opening[2] or ""))
            stack.append(here.sections[-1])
        elif parameter := _PARAMETER.fullmatch(line):
            if parameter[1] in here.parameters:
                raise ValueError(f"line {number}: {parameter[1]} is given twice")
            here.parameters[parameter[1]] = parameter[2] or ""
        else:
            raise ValueError(f"line {number}: neither a section nor a parameter: {line}")
    if len(stack) > 1:
        raise ValueError(f"<{stack[-1].name}> is not closed")
    return stack[0]
