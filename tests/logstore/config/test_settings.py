"""Tests of logstore.config.settings, and of its page of the documentation."""

import json
import re
from pathlib import Path
from typing import get_args

from logstore.config.decode import DecodeSettings
from logstore.config.load import load_settings, variable
from logstore.config.settings import Settings, leaves
from logstore.model.levels import LevelScale

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "settings.md"


def test_every_scale_of_levels_can_be_chosen():
    """The words of the setting are the scales that there are."""
    words = get_args(DecodeSettings.model_fields["level_scale"].annotation)
    assert words == tuple(scale.value for scale in LevelScale)


def test_the_examples_of_the_documentation_are_configurations(tmp_path):
    """Whoever copies one gets a server."""
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    assert len(examples) > 1
    path = tmp_path / "logstore.toml"
    for example in examples:
        path.write_text(example)
        assert load_settings(path) != Settings()


def told_default(field):
    """A default as the documentation writes it: lists, truth and the empty text as they are written in the file."""
    default = field.get_default()
    return json.dumps(default) if isinstance(default, tuple | bool) or default == "" else default


def test_every_setting_is_documented_word_for_word():
    """docs/settings.md has each setting with its default, its variable and its description, and no other."""
    text = DOCUMENTATION.read_text()
    sections = dict(part.split("\n", 1) for part in text.split("\n### ")[1:])
    assert list(sections) == [f"`{name}`" for name, _ in leaves()]
    for name, field in leaves():
        told = " ".join(sections[f"`{name}`"].split("\n## ")[0].split())
        default = "No default" if field.get_default() is None else f"Default `{told_default(field)}`"
        assert told == " ".join(f"{default}, environment `{variable(name)}`. {field.description}".split())
