"""What holds for every configuration that we hand out: it is read, it is known, and it loses nothing."""

import yaml

from tests.deploy.fluent.fluentd_format import parse
from tests.deploy.fluent.known import FLUENT_BIT, FLUENTD, FREE, SERVICE


def fluentd(text):
    """A configuration of Fluentd, all of whose parameters are known."""
    whole = parse(text)
    names = {name for name, _ in {*FLUENTD, *FREE}}
    for section in (section for name in names for section in whole.all(name)):
        known = (section.name, section.type)
        if known not in FREE:
            assert section.parameters.keys() <= FLUENTD[known], known
    assert {section.name for section in whole.sections} <= names
    return whole


def fluent_bit(text):
    """A configuration of Fluent Bit, all of whose settings are known."""
    whole = yaml.safe_load(text)
    assert whole.keys() == {"service", "pipeline"}
    assert whole["service"].keys() <= SERVICE
    assert whole["pipeline"].keys() <= {"inputs", "filters", "outputs"}
    for plugins in whole["pipeline"].values():
        for plugin in plugins:
            assert plugin.keys() <= FLUENT_BIT[plugin["name"]], plugin["name"]
    return whole


def fluentd_loses_nothing(whole):
    """Acknowledgements, chunks in files, retries without end, and reading that stops before anything is dropped."""
    for output in (section for section in whole.all("match") if section.type == "forward"):
        assert output.parameters["require_ack_response"] == "true"
        buffer = output.one("buffer")
        assert buffer.type == "file"
        assert buffer.parameters["retry_forever"] == "true"
        assert buffer.parameters["overflow_action"] == "block"
    for source in (section for section in whole.all("source") if section.type == "tail"):
        assert source.parameters["pos_file"]


def fluent_bit_loses_nothing(whole):
    """Likewise, in its words."""
    assert whole["service"]["storage.path"]
    for source in whole["pipeline"]["inputs"]:
        assert source["db"]
        assert source["storage.type"] == "filesystem"
    for output in whole["pipeline"]["outputs"]:
        assert output["require_ack_response"] is True
        assert output["retry_limit"] == "no_limits"
        assert "storage.total_limit_size" not in output
