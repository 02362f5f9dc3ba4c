"""What the settings of retention mean: patterns of tags become searches, which alone the store and its engine know."""

from __future__ import annotations

import re

from logstore.config.retention import RetentionSettings, RuleSettings
from logstore.errors import QueryError, SettingsError
from logstore.model.schema import TAG
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.upkeep.retention_plan import Rule, Terms
from query.lang import nodes as n
from query.lang.lasting import lasting
from query.lang.unparse import unparse_search

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$-]")
_WILD = re.compile(r"\*|\{[^{}]*\}")


def retention_terms(settings: RetentionSettings) -> Terms:
    """What is kept for how long.

    Raises:
        SettingsError: a rule that is none, or one that is there twice.
    """
    rules = tuple(_rule(at, rule) for at, rule in enumerate(settings.rules))
    for at, rule in enumerate(rules):
        if any(rule.search == other.search for other in rules[:at]):
            raise SettingsError(f"setting retention.rules.{at}: there is a rule for {rule.name} already")
    max_age_ns = None if settings.max_age is None else _nanoseconds(settings.max_age)
    return Terms(max_age_ns, settings.max_bytes, rules)


def _rule(at: int, settings: RuleSettings) -> Rule:
    if (settings.tag is None) == (settings.search is None):
        raise SettingsError(f"setting retention.rules.{at}: it has either a tag or a search", "write one of the two")
    if settings.tag is not None:
        if not _is_understood(settings.tag):
            raise SettingsError(
                f"setting retention.rules.{at}.tag: {settings.tag}: of braces only {{a,b}} within a step is understood",
                "write a rule for each of the tags",
            )
        return Rule(f"tag {settings.tag}", search_of_tag(settings.tag), _nanoseconds(settings.max_age))
    text = settings.search or ""
    if not text.strip():
        raise SettingsError(
            f"setting retention.rules.{at}.search: it is empty", "max_age of [retention] is for all events"
        )
    try:
        search = lasting(text, 0)
        is_relative = lasting(text, NS_PER_SECOND) != search
    except QueryError as error:
        raise SettingsError(f"setting retention.rules.{at}.search: {error.message}", error.hint) from error
    if is_relative:
        raise SettingsError(
            f"setting retention.rules.{at}.search: it has a time that is relative to now", "max_age says how old"
        )
    return Rule(search, search, _nanoseconds(settings.max_age))


def _is_understood(pattern: str) -> bool:
    """Whether its braces are choices of plain texts within a step: others would silently match nothing."""
    choices = [match[0] for step in pattern.split(".") for match in _WILD.finditer(step) if match[0] != "*"]
    is_plain = not any("*" in choice for choice in choices)
    return is_plain and sum(map(pattern.count, "{}")) == 2 * len(choices)


def search_of_tag(pattern: str) -> str:
    """The search for events whose tag matches a pattern as Fluentd has them.

    `*` is any characters within one step of the tag, `**` any steps or none, `{a,b}` one of these.
    """
    if not _WILD.search(pattern):
        return unparse_search(n.FieldEquals(n.Field(TAG), n.Value(pattern, quoted=True)))
    return unparse_search(n.FieldRegex(n.Field(TAG), n.Regex(f"^{_steps(pattern)}$")))


def _steps(pattern: str) -> str:
    steps = pattern.split(".")
    regex = ""
    for at, step in enumerate(steps):
        is_last = at == len(steps) - 1
        if step == "**":
            # The dot that stands beside it goes with what it stands for.
            regex += ".*" if len(steps) == 1 else r"(\..*)?" if is_last else r"(.*\.)?" if not regex else r"(\..*)?"
        else:
            needs_dot = bool(regex) and not (at == 1 and steps[0] == "**")
            regex += (r"\." if needs_dot else "") + _step(step)
    return regex


def _step(step: str) -> str:
    regex, end = "", 0
    for match in _WILD.finditer(step):
        regex += _literal(step[end : match.start()])
        choices = match[0][1:-1].split(",")
        regex += "[^.]*" if match[0] == "*" else f"({'|'.join(map(_literal, choices))})"
        end = match.end()
    return regex + _literal(step[end:])


def _literal(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NS_PER_SECOND)
