"""Reads a Dockerfile: its stages, and the instructions of each, with the lines of one joined."""

import json
import re
import shlex
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `word` in capitals, and the rest of it as it stands there."""

    word: str
    rest: str

    @property
    def flags(self):
        """Its options (`--from=build`), by name."""
        return dict(re.findall(r"^--([\w-]+)=(\S+)", part)[0] for part in self.rest.split() if part.startswith("--"))

    @property
    def operands(self):
        """Its words that are no options."""
        return [part for part in self.rest.split() if not part.startswith("--")]

    @property
    def array(self):
        """Its exec form; fails where it is a line for a shell."""
        return json.loads(self.rest)

    @property
    def pairs(self):
        """What `KEY=value KEY="value"` says."""
        return dict(part.split("=", 1) for part in shlex.split(self.rest))


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word):
        """Every instruction of that word."""
        return [instruction for instruction in self.instructions if instruction.word == word]

    def one(self, word):
        """The only instruction of that word."""
        (found,) = self.all(word)
        return found

    @property
    def arguments(self):
        """Its build arguments with their defaults."""
        return dict(instruction.rest.split("=", 1) for instruction in self.all("ARG"))


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """Arguments in front of the first stage, and the stages."""

    arguments: dict[str, str]
    stages: list[Stage]


def instructions(text):
    """The instructions of a Dockerfile. Comments between the lines of one are left out, as Docker does."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        word, rest = line.split(maxsplit=1)
        yield Instruction(word.upper(), " ".join(rest.split()) if word.upper() != "RUN" else rest)


def parse(text):
    """A whole Dockerfile."""
    whole = Dockerfile({}, [])
    for instruction in instructions(text):
        if instruction.word == "FROM":
            base, *name = re.split(r"\s+AS\s+", instruction.rest)
            whole.stages.append(Stage(base, "".join(name)))
        elif whole.stages:
            whole.stages[-1].instructions.append(instruction)
        else:
            name, value = instruction.rest.split("=", 1)
            whole.arguments[name] = value
    return whole
