"""The Compose file: everybody in it speaks to somebody who is there, and nothing is open that need not be."""

import json
import re
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from logstore.config.load import load_settings, misspelt_variables
from tests.deploy.docker.context import DOCKER, ROOT
from tests.deploy.docker.dockerfile import parse
from tests.deploy.fluent import checks

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "compose.json").read_text())
COMPOSE = yaml.safe_load((DOCKER / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
GRAFANA = ROOT / "deploy" / "grafana"
PLUGIN = json.loads((GRAFANA / "datasource" / "src" / "plugin.json").read_text())
LAST = parse((DOCKER / "Dockerfile").read_text()).stages[-1]
FLUENT_BIT = (DOCKER / "fluent-bit.yaml").read_text()
# What the images of others listen on and keep things in, by their documentation.
LISTENS = {"grafana": {3000}, "prometheus": {9090}, "demo": set()}
KEEPS = {"grafana": "/var/lib/grafana", "prometheus": "/prometheus", "fluent-bit": "/var/lib/fluent-bit"}


def mounts(service):
    """Source and target of each volume of a service, in either form."""
    for volume in SERVICES[service].get("volumes", []):
        if isinstance(volume, str):
            source, target = volume.removesuffix(":ro").split(":")
            yield source, target
        else:
            yield volume["source"], volume["target"]


def listens(service):
    """The ports of a service."""
    if service == "logstore":
        return {int(port) for port in LAST.one("EXPOSE").operands}
    if service == "fluent-bit":
        return {plugin["port"] for plugin in yaml.safe_load(FLUENT_BIT)["pipeline"]["inputs"]}
    return LISTENS[service]


def together(one, other):
    """Whether two services share a network."""
    return bool(set(SERVICES[one]["networks"]) & set(SERVICES[other]["networks"]))


def test_it_is_a_compose_file():
    """By the schema beside these tests, which knows what we use."""
    jsonschema.validate(COMPOSE, SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"read_onyl": True},
        {"ports": ["24280:24280"]},
        {"stop_grace_period": "60"},
        {"image": "logstore"},
        {"volumes": ["events"]},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_wrong(wrong):
    """A misspelt key, a port that is open to everybody, a time without its unit, an image without a tag."""
    services = SERVICES | {"logstore": SERVICES["logstore"] | wrong}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(COMPOSE | {"services": services}, SCHEMA)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name):
    """Networks, volumes, other services, and files, of which only the plugin is made by a build."""
    service = SERVICES[name]
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    assert set(service.get("depends_on", [])) <= SERVICES.keys()
    for source, _ in mounts(name):
        if not source.startswith("."):
            assert source in COMPOSE["volumes"]
        elif not source.endswith("/dist"):
            assert (DOCKER / source).exists(), source


def test_every_network_and_volume_is_used():
    """Nothing is left over."""
    assert {network for service in SERVICES.values() for network in service["networks"]} == COMPOSE["networks"].keys()
    assert {source for name in SERVICES for source, _ in mounts(name) if source[0] != "."} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_published_ports_are_listened_on(name):
    """On the loopback address, under their own numbers."""
    for port in SERVICES[name].get("ports", []):
        _, outside, inside = port.split(":")
        assert outside == inside
        assert int(inside) in listens(name)


def test_no_two_services_publish_one_port():
    """The second one would not start."""
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(set(published)) == len(published)


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_powers(name):
    """No capabilities, none to be had, and but for Grafana's a root file system that cannot be written to."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) is (name != "grafana")


def test_the_server_is_the_image_that_is_built_here():
    """Named as the chart names it, of the Dockerfile, with its data in the image's volume."""
    service = SERVICES["logstore"]
    assert service["image"] == f"logstore:{LAST.arguments['VERSION']}"
    build = service["build"]
    assert (DOCKER / build["context"]).resolve() == ROOT
    assert ROOT / build["dockerfile"] == DOCKER / "Dockerfile"
    assert list(mounts("logstore")) == [("events", LAST.one("VOLUME").rest)]


def test_variables_of_the_server_are_settings():
    """With values that it takes, over those of the image."""
    variables = {name: str(value) for name, value in SERVICES["logstore"]["environment"].items()}
    assert misspelt_variables(variables) == {}
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert all(f"environment `{name}`" in documented for name in variables)
    settings = load_settings(DOCKER / "logstore.toml", {}, variables)
    assert settings.retention.max_age == timedelta(days=30).total_seconds()


def test_docker_waits_until_the_server_has_sealed():
    """Longer than its listeners may take to drain, by far."""
    minutes = re.fullmatch(r"(\d+)m", SERVICES["logstore"]["stop_grace_period"])[1]
    assert int(minutes) * 60 >= load_settings(None, {}, {}).forward.drain_timeout_s + 45


def test_fluent_bit_loses_nothing():
    """Its settings are known, what it takes is kept in files of a volume, and sent until it is acknowledged."""
    whole = checks.fluent_bit(FLUENT_BIT)
    assert whole["service"]["storage.path"] == KEEPS["fluent-bit"]
    assert all(source["storage.type"] == "filesystem" for source in whole["pipeline"]["inputs"])
    (output,) = whole["pipeline"]["outputs"]
    assert output["require_ack_response"] is True
    assert output["retry_limit"] == "no_limits"
    assert (output["match"], output["host"]) == ("*", "logstore")
    assert output["port"] in listens("logstore")
    assert together("fluent-bit", "logstore")
    assert int(SERVICES["fluent-bit"]["stop_grace_period"].removesuffix("s")) > whole["service"]["grace"]


def test_fluent_bit_is_the_one_of_the_chart():
    """One version to know, also for the lines that are made up."""
    values = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "logstore" / "values.yaml").read_text())
    image = values["collectors"]["fluentBit"]["image"]
    assert {SERVICES[name]["image"] for name in ("fluent-bit", "demo")} == {f"{image['repository']}:{image['tag']}"}


def test_made_up_lines_go_to_fluent_bit():
    """Only when they are asked for."""
    demo = SERVICES["demo"]
    assert demo["profiles"] == ["demo"]
    said = dict(word.removeprefix("--prop=").split("=", 1) for word in demo["command"] if word.startswith("--prop="))
    assert said["host"] == "fluent-bit"
    assert int(said["port"]) in listens("fluent-bit")
    assert together("demo", "fluent-bit")
    made_up = [word.removeprefix("--prop=dummy=") for word in demo["command"] if word.startswith("--prop=dummy=")]
    assert [json.loads(line)["level"] for line in made_up] == ["info", "error"]


def test_prometheus_reads_the_server():
    """Its HTTP API, where /metrics is."""
    (job,) = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["scrape_configs"]
    (static,) = job["static_configs"]
    (target,) = static["targets"]
    host, port = target.split(":")
    assert int(port) in listens(host)
    assert together("prometheus", host)


def test_prometheus_has_the_alert_rules():
    """Where its configuration looks for them, beside itself."""
    places = {target: (DOCKER / source).resolve() for source, target in mounts("prometheus")}
    (rules,) = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["rule_files"]
    assert places[f"/etc/prometheus/{rules}"] == ROOT / "deploy" / "prometheus" / "alerts.yaml"


def test_the_server_has_the_memory_that_it_has_elsewhere():
    """Its settings are the same in the chart and under systemd, so what they add up to is."""
    chart = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "logstore" / "values.yaml").read_text())
    limit = SERVICES["logstore"]["mem_limit"]
    assert chart["resources"]["limits"]["memory"] == f"{limit[:-1]}Gi"
    unit = (ROOT / "deploy" / "systemd" / "logstore.service").read_text()
    assert f"\nMemoryMax={limit.upper()}\n" in unit
    assert f"--memory {limit} " in (DOCKER / "README.md").read_text()


def test_grafana_is_provisioned():
    """With the plugin, which it may load, data sources that are there, and dashboards where it looks for them."""
    found = {target: (DOCKER / source).resolve() for source, target in mounts("grafana") if source.startswith(".")}
    assert found == {
        f"/var/lib/grafana/plugins/{PLUGIN['id']}": GRAFANA / "datasource" / "dist",
        "/etc/grafana/provisioning": GRAFANA / "provisioning",
        "/etc/grafana/dashboards": GRAFANA / "dashboards",
    }
    assert SERVICES["grafana"]["environment"]["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"] == PLUGIN["id"]
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "logstore.yaml").read_text())["datasources"]
    for source in sources:
        host, port = re.fullmatch(r"http://([\w-]+):(\d+)", source["url"]).groups()
        assert int(port) in listens(host)
        assert together("grafana", host)
    (provider,) = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "logstore.yaml").read_text())["providers"]
    assert provider["options"]["path"] in found


@pytest.mark.parametrize(("name", "place"), KEEPS.items())
def test_what_others_keep_is_in_a_volume(name, place):
    """Buffers, metrics and dashboards of one's own outlive their containers."""
    assert place in {target for source, target in mounts(name) if source in COMPOSE["volumes"]}


def test_only_the_server_is_in_two_networks():
    """Senders do not see those who read, nor they the senders."""
    assert [name for name in SERVICES if len(SERVICES[name]["networks"]) > 1] == ["logstore"]
    assert not together("fluent-bit", "grafana")
