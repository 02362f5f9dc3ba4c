"""The collectors: their configurations, what they may do in the cluster and on the node, and whom they send to."""

import shutil
import subprocess

import pytest

from logstore.config.settings import Settings
from tests.deploy.chart.helm import HelmError
from tests.deploy.chart.rendering import cases, render, rendered
from tests.deploy.fluent import checks

FLUENT_BIT = [case for case in cases() if cases()[case].get("collectors", {}).get("fluentBit", {}).get("enabled")]
FLUENTD = [case for case in cases() if cases()[case].get("collectors", {}).get("fluentd", {}).get("enabled")]
COLLECTING = FLUENT_BIT + FLUENTD


def configuration(made):
    """The text of the collector's configuration."""
    name = made.one("DaemonSet")["metadata"]["name"]
    (text,) = made.one("ConfigMap", name)["data"].values()
    return text


def pod(made):
    """The collector's pod."""
    return made.one("DaemonSet")["spec"]["template"]["spec"]


@pytest.mark.parametrize("case", FLUENT_BIT)
def test_fluent_bit_knows_its_settings_and_loses_nothing(case):
    """And it stops reading rather than drop when the server is away."""
    whole = checks.fluent_bit(configuration(rendered(case)))
    checks.fluent_bit_loses_nothing(whole)
    (source,) = whole["pipeline"]["inputs"]
    assert source["storage.pause_on_chunks_overlimit"] is True
    assert source["multiline.parser"] == "cri"


@pytest.mark.parametrize("case", FLUENT_BIT)
def test_fluent_bit_itself_takes_the_configuration(case, tmp_path):
    """The real program reads it."""
    program = shutil.which("fluent-bit")
    if program is None:
        pytest.skip("fluent-bit is not installed: its configuration is only read by a parser of YAML here")
    file = tmp_path / "fluent-bit.yaml"
    file.write_text(configuration(rendered(case)).replace("/buffers", str(tmp_path)))
    done = subprocess.run([program, "--dry-run", "--config", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", FLUENTD)
def test_fluentd_knows_its_parameters_and_loses_nothing(case):
    """Every label that something is sent to is there, and its end is the forward output."""
    whole = checks.fluentd(configuration(rendered(case)))
    checks.fluentd_loses_nothing(whole)
    labels = {section.argument: section for section in whole.all("label")}
    wanted = {section.parameters["@label"] for section in whole.all("match") if section.type == "relabel"}
    wanted |= {section.parameters["timeout_label"] for section in whole.all("filter") if section.type == "concat"}
    assert wanted == labels.keys()
    assert labels["@DESCRIBE"].sections[-1].type == "forward"


@pytest.mark.parametrize("case", FLUENTD)
def test_fluentd_keeps_lines_apart_that_are_not_one(case):
    """Pieces are joined within their stream, lines of a stack trace keep their ends, and only objects become fields."""
    whole = checks.fluentd(configuration(rendered(case)))
    pieces = whole.one("filter", "concat").parameters
    assert pieces["stream_identity_key"] == "stream" != pieces["partial_cri_stream_key"]
    for traces in (section for section in whole.all("match") if section.type == "detect_exceptions"):
        assert traces.parameters["force_line_breaks"] == "true"
        assert traces.parameters["stream"] == "stream"
    objects, fields = [section for section in whole.all("filter") if section.type == "parser"]
    expression = objects.one("parse").parameters["expression"]
    assert expression.startswith("/\\A(?<log>\\s*\\{")
    assert fields.parameters["key_name"] == "log"
    assert "log" in Settings().decode.message_keys


@pytest.mark.parametrize("case", COLLECTING)
def test_collectors_may_look_up_pods_and_namespaces_and_nothing_else(case):
    """The role is theirs, and no other."""
    made = rendered(case)
    (rule,) = made.one("ClusterRole")["rules"]
    assert rule == {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}
    binding = made.one("ClusterRoleBinding")
    assert binding["roleRef"]["name"] == made.one("ClusterRole")["metadata"]["name"]
    (subject,) = binding["subjects"]
    account = made.one("ServiceAccount", subject["name"])
    assert subject["namespace"] == account["metadata"]["namespace"] == made.one("DaemonSet")["metadata"]["namespace"]
    assert pod(made)["serviceAccountName"] == subject["name"]


@pytest.mark.parametrize("case", COLLECTING)
def test_collectors_read_logs_and_write_buffers(case):
    """Of the node they get logs to read and a directory of their own; they are root without any of root's powers."""
    made = rendered(case)
    volumes = {each["name"]: each for each in pod(made)["volumes"]}
    mounts = {each["name"]: each for each in pod(made)["containers"][0]["volumeMounts"]}
    assert volumes.keys() == mounts.keys()
    on_node = {name for name, volume in volumes.items() if "hostPath" in volume}
    assert on_node == {"containers", "pods", "buffers"}
    for name in ("containers", "pods"):
        place = volumes[name]["hostPath"]["path"]
        assert mounts[name] == {"name": name, "mountPath": place, "readOnly": True}
    assert volumes["buffers"]["hostPath"]["type"] == "DirectoryOrCreate"
    assert {name for name, mount in mounts.items() if not mount.get("readOnly")} == {"buffers", "tmp"}
    own = pod(made)["containers"][0]["securityContext"]
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert own["allowPrivilegeEscalation"] is False
    assert own["readOnlyRootFilesystem"] is True
    assert pod(made)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod(made).keys()


@pytest.mark.parametrize("case", COLLECTING)
def test_collectors_live_in_a_namespace_of_their_own(case):
    """Which allows what they need, so that the server's need not."""
    made = rendered(case)
    namespace = made.one("Namespace")["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert namespace["annotations"]["helm.sh/resource-policy"] == "keep"
    assert made.one("DaemonSet")["metadata"]["namespace"] == namespace["name"]
    assert made.one("StatefulSet")["metadata"]["namespace"] != namespace["name"]


@pytest.mark.parametrize("case", COLLECTING)
def test_what_the_collectors_say_is_not_collected(case):
    """The files of their own pods are left out, by the names that these have."""
    made = rendered(case)
    daemon = made.one("DaemonSet")
    container = pod(made)["containers"][0]["name"]
    assert f"/var/log/containers/*_{daemon['metadata']['namespace']}_{container}-*.log" in configuration(made)


@pytest.mark.parametrize("case", COLLECTING)
def test_collectors_send_to_the_service_at_its_port_and_are_let_in(case):
    """The host is a Service of the release, and the server's policy names the collectors' labels."""
    made = rendered(case)
    services = {f"{each['metadata']['name']}.observability.svc": each for each in made.all("Service")}
    text = configuration(made)
    hosts = [host for host in services if host in text]
    assert hosts
    assert all("tcp-forward" in {port["name"] for port in services[host]["spec"]["ports"]} for host in hosts)
    if "cilium" in case:
        peers = str(made.one("CiliumNetworkPolicy")["spec"]["ingress"])
        assert f"'k8s:io.cilium.k8s.policy.serviceaccount': '{pod(made)['serviceAccountName']}'" in peers
        return
    policy = made.one("NetworkPolicy", made.one("StatefulSet")["metadata"]["name"])
    peers = [peer for rule in policy["spec"]["ingress"] for peer in rule["from"]]
    labels = made.one("DaemonSet")["spec"]["template"]["metadata"]["labels"].items()
    namespace = {"kubernetes.io/metadata.name": made.one("DaemonSet")["metadata"]["namespace"]}
    assert [
        peer
        for peer in peers
        if peer.get("namespaceSelector", {}).get("matchLabels") == namespace
        and peer.get("podSelector", {}).get("matchLabels", {"": None}).items() <= labels
    ]


@pytest.mark.parametrize("case", COLLECTING)
def test_the_collectors_policy_leads_to_the_server(case):
    """Nobody comes in; out they go by labels and a port that the server's pods have."""
    made = rendered(case)
    policy = made.one("NetworkPolicy", made.one("DaemonSet")["metadata"]["name"])["spec"]
    assert policy["podSelector"]["matchLabels"] == made.one("DaemonSet")["spec"]["selector"]["matchLabels"]
    assert not [rule for rule in policy["ingress"] if rule["from"] != [{"ipBlock": {"cidr": "169.254.7.127/32"}}]]
    (to,) = policy["egress"][1]["to"]
    (container,) = made.one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert policy["egress"][1]["ports"][0] == {"port": container["ports"][0]["containerPort"], "protocol": "TCP"}
    assert to["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "observability"}
    labels = made.one("StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert to["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("case", COLLECTING)
def test_the_probe_asks_the_port_that_the_configuration_opens(case):
    """And the configuration is mounted where the program looks."""
    made = rendered(case)
    (container,) = pod(made)["containers"]
    (port,) = container["ports"]
    assert container["livenessProbe"]["httpGet"]["port"] == port["name"]
    text = configuration(made)
    assert f"port {port['containerPort']}" in text or f"http_port: {port['containerPort']}" in text
    (file,) = made.one("ConfigMap", made.one("DaemonSet")["metadata"]["name"])["data"]
    place = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "config")
    assert f"{place}/{file}" in {
        "/fluentd/etc/fluent.conf",
        container.get("command", [""])[-1].removeprefix("--config="),
    }


def test_secrets_are_in_variables_and_not_in_configurations():
    """The shared key comes from a Secret of the collectors' namespace."""
    made = rendered("fluentd")
    env = {each["name"]: each for each in pod(made)["containers"][0]["env"]}
    assert env["LOGSTORE_SHARED_KEY"]["valueFrom"]["secretKeyRef"] == {
        "name": "logstore-shared-key",
        "key": "shared-key",
    }
    assert "#{ENV['LOGSTORE_SHARED_KEY']}" in configuration(made)
    assert "${LOGSTORE_SHARED_KEY}" in configuration(rendered("everything"))


def test_tls_is_spoken_where_the_server_speaks_it():
    """With its name checked, and a certificate of one's own where the server wants one."""
    forward = checks.fluentd(configuration(rendered("fluentd"))).one("match", "forward").parameters
    assert (forward["transport"], forward["tls_verify_hostname"]) == ("tls", "true")
    (output,) = checks.fluent_bit(configuration(rendered("everything")))["pipeline"]["outputs"]
    assert output["tls"] is output["tls.verify"] is output["tls.verify_hostname"] is True
    assert output["tls.vhost"] == output["host"]
    assert output["tls.crt_file"] == "/tls/tls.crt"
    assert (
        "transport"
        not in checks.fluentd(configuration(rendered("members-and-fluentd"))).one("match", "forward").parameters
    )


def test_several_members_are_listed_by_name():
    """By the records of the headless Service, whose port is called as the discovery asks."""
    made = rendered("members-and-fluentd")
    discovery = checks.fluentd(configuration(made)).one("service_discovery").parameters
    service = made.one("Service", discovery["hostname"].partition(".")[0])
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["ports"][0]["name"] == discovery["service"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"collectors": {"fluentBit": {"enabled": True}, "fluentd": {"enabled": True}}}, "collectors"),
        (
            {"forward": {"sharedKey": {"secretName": "x"}}, "collectors": {"fluentd": {"enabled": True}}},
            r"collectors\.sharedKeySecret",
        ),
        (
            {"forward": {"tls": {"secretName": "x"}}, "collectors": {"fluentBit": {"enabled": True}}},
            r"collectors\.tlsSecret",
        ),
    ],
    ids=["both at once", "no shared key", "no certificate"],
)
def test_what_could_not_work_is_refused(values, named):
    """With the value that would make it work."""
    with pytest.raises(HelmError, match=named):
        render(values)
