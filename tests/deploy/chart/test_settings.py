"""The server understands the configuration that the chart writes for it."""

import re
import tomllib

import pytest
import yaml

from logstore.config.load import load_settings
from logstore.config.settings import Settings
from tests.deploy.chart.rendering import CHART, ROOT, cases, render, rendered
from tests.end_to_end.processes import serving


def toml_of(made):
    """The text of the configuration file."""
    return made.one("ConfigMap", made.one("StatefulSet")["metadata"]["name"])["data"]["logstore.toml"]


def container_of(made):
    """The server's container."""
    (container,) = made.one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    return container


def settings_of(made, tmp_path):
    """The settings of a member, as the server reads them."""
    file = tmp_path / "logstore.toml"
    file.write_text(toml_of(made))
    plain = {each["name"]: each["value"] for each in container_of(made)["env"] if "value" in each}
    return load_settings(file, environment=plain)


@pytest.mark.parametrize("case", cases())
def test_the_server_takes_the_settings(case, tmp_path):
    """What is in `config` is in force, and nothing but what the chart owns is added."""
    settings = settings_of(rendered(case), tmp_path).model_dump()
    defaults = Settings().model_dump()

    def compare(given, found, above=""):
        for name, value in given.items():
            if isinstance(value, dict):
                compare(value, found[name], f"{above}{name}.")
            elif not isinstance(value, list) or not isinstance(value[0], dict):
                assert found[name] == (tuple(value) if isinstance(value, list) else value), f"{above}{name}"

    compare(cases()[case].get("config", {}), settings)
    owned = {"data", "forward", "http", "object_storage", "tracing"}
    untouched = settings.keys() - owned - cases()[case].get("config", {}).keys()
    assert untouched
    assert {name: settings[name] for name in untouched} == {name: defaults[name] for name in untouched}


@pytest.mark.parametrize("case", cases())
def test_the_server_listens_where_the_services_lead(case, tmp_path):
    """On the pod's address, at the ports of the container."""
    made = rendered(case)
    settings = settings_of(made, tmp_path)
    ports = {port["name"]: port["containerPort"] for port in container_of(made)["ports"]}
    assert settings.forward.listen == f"0.0.0.0:{ports['tcp-forward']}"
    assert settings.http.listen == f"0.0.0.0:{ports['http']}"


@pytest.mark.parametrize("case", cases())
def test_files_that_settings_name_are_mounted(case, tmp_path):
    """Data on the volume, certificates, keys and passwords from Secrets."""
    made = rendered(case)
    settings = settings_of(made, tmp_path)
    mounts = {mount["mountPath"] for mount in container_of(made)["volumeMounts"]}
    tls, security, storage = settings.forward.tls, settings.forward.security, settings.object_storage
    files = [settings.data, tls.cert_file, tls.key_file, tls.client_ca_file, security.shared_key_file]
    files += [storage.credentials_file, storage.ca_file, *(user.password_file for user in security.users)]
    for file in filter(None, files):
        assert any(str(parent) in mounts for parent in file.parents), file


def test_files_of_secrets_have_the_names_that_settings_expect(tmp_path):
    """Whatever the keys in the Secrets are called."""
    made = rendered("everything")
    settings = settings_of(made, tmp_path)
    volumes = {each["name"]: each for each in made.one("StatefulSet")["spec"]["template"]["spec"]["volumes"]}
    (item,) = volumes["shared-key"]["secret"]["items"]
    assert item == {"key": "key", "path": settings.forward.security.shared_key_file.name}
    projected = [item for each in volumes["object-storage"]["projected"]["sources"] for item in each["secret"]["items"]]
    storage = settings.object_storage
    assert [item["path"] for item in projected] == [storage.credentials_file.name, storage.ca_file.name]


def test_each_member_has_a_prefix_of_its_own_in_the_bucket():
    """Two servers that share one would remove each other's parts."""
    env = {each["name"]: each for each in container_of(rendered("everything"))["env"]}
    assert env["LOGSTORE_OBJECT_STORAGE_URL"]["value"] == "s3://bucket/prefix/$(POD_NAME)"
    names = [each["name"] for each in container_of(rendered("everything"))["env"]]
    assert names.index("POD_NAME") < names.index("LOGSTORE_OBJECT_STORAGE_URL")


@pytest.mark.parametrize("case", cases())
def test_traces_go_where_the_values_say(case, tmp_path):
    """Nowhere by default."""
    wanted = cases()[case].get("tracing", {}).get("endpoint")
    assert settings_of(rendered(case), tmp_path).tracing.endpoint == wanted


def test_queries_use_as_many_threads_as_there_may_be():
    """The limit of the container, unless the settings say a number: Python sees all cores of the node."""
    (threads,) = [each for each in container_of(rendered("default"))["env"] if each["name"] == "LOGSTORE_QUERY_THREADS"]
    assert threads["valueFrom"] == {"resourceFieldRef": {"resource": "limits.cpu"}}
    assert "LOGSTORE_QUERY_THREADS" not in [each["name"] for each in container_of(rendered("everything"))["env"]]


@pytest.mark.parametrize("case", cases())
def test_pods_are_not_killed_while_they_drain_and_seal(case, tmp_path):
    """The grace period covers the pause, the drain, HTTP's five seconds and the seal."""
    made = rendered(case)
    values = {**yaml.safe_load((CHART / "values.yaml").read_text())["shutdown"], **cases()[case].get("shutdown", {})}
    needed = values["preStopSeconds"] + settings_of(made, tmp_path).forward.drain_timeout_s + 5 + values["sealSeconds"]
    pod = made.one("StatefulSet")["spec"]["template"]["spec"]
    assert needed <= pod["terminationGracePeriodSeconds"] < needed + 1
    assert container_of(made)["lifecycle"]["preStop"] == {"sleep": {"seconds": values["preStopSeconds"]}}


def test_the_memory_suffices_for_what_the_settings_allow(tmp_path):
    """All bounds together fit into the limit."""
    made = rendered("default")
    settings = settings_of(made, tmp_path)
    bounds = 2 * settings.storage.memory_budget_bytes + settings.query.memory_bytes * 3 // 2
    bounds += settings.compaction.memory_bytes
    bounds += settings.forward.max_unfinished_bytes + settings.http.max_unfinished_bytes
    assert container_of(made)["resources"]["limits"]["memory"] == "4Gi"
    assert bounds < 4 * 1024**3


def test_texts_and_numbers_come_through_as_they_are():
    """Quotes, line ends and signs that mean something in TOML; whole numbers stay whole."""
    config = {
        "forward": {"tag": 'a"b\\c\n[d] = #é<&>', "drain_timeout_s": 1.5},
        "storage": {"max_chunk_ids": 12_345_678_901, "min_free_share": 0.000001, "word_index": False},
        "decode": {"message_keys": ["a b", "c,d", "]"]},
    }
    read = tomllib.loads(toml_of(render({"config": config})))
    assert read["forward"].items() >= config["forward"].items()
    assert read["storage"] == config["storage"]
    assert read["decode"] == config["decode"]
    assert isinstance(read["storage"]["max_chunk_ids"], int)


def test_values_in_the_documentation_are_values(tmp_path):
    """Every block of YAML on the page is taken by the chart, and what comes of it by the server."""
    blocks = re.findall(
        r"^```yaml\n(.+?)^```$", (ROOT / "docs" / "kubernetes.md").read_text(), re.MULTILINE | re.DOTALL
    )
    made = [settings_of(render(yaml.safe_load(block)), tmp_path) for block in blocks]
    assert len(made) > 2
    assert made[0].retention.max_age == 30 * 86_400


def test_a_server_starts_with_what_the_chart_writes(tmp_path):
    """With the command of the container and its configuration, but for ports and place, and it is ready."""
    made = render({"config": {"storage": {"seal_age_s": 60}, "forward": {"drain_timeout_s": 5}}})
    assert container_of(made)["command"][:3] == ["logstore", "serve", "--config"]
    with serving(tmp_path / "data", config=toml_of(made)) as server:
        assert b'"ready"' in server.get("/readyz")
        assert server.get("/healthz")
