"""What one manifest says of another one is true: labels, ports, names."""

import re

import pytest

from tests.deploy.chart.models import check
from tests.deploy.chart.rendering import ROOT, cases, chart, render, rendered

FORWARD, HTTP = 24224, 24280
# Of the mesh: the tunnel between nodes, the control plane, and where probes come from.
TUNNEL, CONTROL_PLANE, PROBES = 15008, 15012, "169.254.7.127/32"
MESH = {"istio": "sidecar", "everything": "sidecar", "istio-ambient": "ambient", "mesh-and-cilium": "ambient"}


def labels_of_pods(made):
    """The labels of the server's pods."""
    return made.one("StatefulSet")["spec"]["template"]["metadata"]["labels"]


def ports_of_pods(made):
    """Name and number of the server's ports."""
    (container,) = made.one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    return {port["name"]: port["containerPort"] for port in container["ports"]}


def of_the_server(made, kind):
    """The documents of a kind that are about the server, not about collectors."""
    return [each for each in made.all(kind) if each["metadata"]["labels"]["app.kubernetes.io/component"] == "server"]


def selectors(made):
    """Every selector that is to find the server's pods, by where it stands."""
    yield "StatefulSet", made.one("StatefulSet")["spec"]["selector"]["matchLabels"]
    for service in of_the_server(made, "Service"):
        yield service["metadata"]["name"], service["spec"]["selector"]
    for budget in made.all("PodDisruptionBudget"):
        yield "PodDisruptionBudget", budget["spec"]["selector"]["matchLabels"]
    for policy in of_the_server(made, "NetworkPolicy"):
        yield "NetworkPolicy", policy["spec"]["podSelector"]["matchLabels"]
    for policy in made.all("CiliumNetworkPolicy"):
        yield "CiliumNetworkPolicy", policy["spec"]["endpointSelector"]["matchLabels"]
    for kind in ("PeerAuthentication", "AuthorizationPolicy"):
        for policy in made.all(kind):
            yield kind, policy["spec"]["selector"]["matchLabels"]
    for constraint in made.one("StatefulSet")["spec"]["template"]["spec"]["topologySpreadConstraints"]:
        yield "topology spread", constraint["labelSelector"]["matchLabels"]


@pytest.mark.parametrize("case", cases())
def test_every_selector_finds_the_servers(case):
    """And nobody else: name, release and component stand in each of them."""
    made = rendered(case)
    pods = labels_of_pods(made)
    for where, selector in selectors(made):
        assert selector.items() <= pods.items(), where
        assert selector.keys() == {f"app.kubernetes.io/{part}" for part in ("name", "instance", "component")}, where


@pytest.mark.parametrize("case", cases())
def test_every_service_leads_to_a_port_that_is_there(case):
    """By name, with the number and the protocol that Istio goes by."""
    made = rendered(case)
    ports = ports_of_pods(made)
    for service in of_the_server(made, "Service"):
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]
            assert port["name"] == port["targetPort"]
            assert port["appProtocol"] == {"tcp-forward": "tcp", "http": "http"}[port["name"]]


@pytest.mark.parametrize("case", cases())
def test_the_stateful_set_is_governed_by_a_headless_service(case):
    """It gives members their names; also while they are not ready, for they answer questions all the same."""
    made = rendered(case)
    governing = made.one("Service", made.one("StatefulSet")["spec"]["serviceName"])["spec"]
    assert governing["clusterIP"] == "None"
    assert governing["publishNotReadyAddresses"] is True


@pytest.mark.parametrize("case", cases())
def test_senders_are_sent_only_to_members_that_take_events_in(case):
    """The address for senders, and the list of members for senders that choose themselves."""
    made = rendered(case)
    name = made.one("StatefulSet")["metadata"]["name"]
    for service in (made.one("Service", name), made.one("Service", f"{name}-forward")):
        assert "publishNotReadyAddresses" not in service["spec"]
        assert [port["name"] for port in service["spec"]["ports"]] == ["tcp-forward"]
    assert made.one("Service", f"{name}-forward")["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize("case", cases())
def test_probes_ask_the_port_that_is_open(case):
    """At the routes that the server has."""
    (container,) = rendered(case).one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"] == {"path": path, "port": "http"}


@pytest.mark.parametrize("case", cases())
def test_every_volume_is_mounted_and_every_mount_has_a_volume(case):
    """Claims count as volumes; so do files within them."""
    spec = rendered(case).one("StatefulSet")["spec"]
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
    (container,) = spec["template"]["spec"]["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


@pytest.mark.parametrize("case", cases())
def test_the_configuration_that_is_mounted_is_there(case):
    """And pods are made anew when it changes."""
    made = rendered(case)
    template = made.one("StatefulSet")["spec"]["template"]
    (name,) = [volume["configMap"]["name"] for volume in template["spec"]["volumes"] if "configMap" in volume]
    assert "logstore.toml" in made.one("ConfigMap", name)["data"]
    (container,) = template["spec"]["containers"]
    assert container["command"][-1] in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_another_configuration_makes_other_pods():
    """What a ConfigMap says reaches only those that start after it changed."""
    first, second = (
        render({"config": {"storage": {"seal_age_s": seconds}}}).one("StatefulSet")["spec"]["template"]["metadata"]
        for seconds in (1, 2)
    )
    assert first["annotations"] != second["annotations"]


@pytest.mark.parametrize("case", [case for case in cases() if "cilium" not in case])
def test_the_network_policy_closes_all_but_what_is_named(case):
    """Both directions, by ports that the pod has; out goes only who has something to ask there."""
    made = rendered(case)
    (policy,) = of_the_server(made, "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    mode = MESH.get(case)
    known = {*ports_of_pods(made).values(), *([TUNNEL] if mode == "ambient" else [])}
    for rule in policy["spec"]["ingress"]:
        assert rule["from"]
        assert {port["port"] for port in rule["ports"]} <= known
    asks = "LOGSTORE_OBJECT_STORAGE_URL" in str(made.one("StatefulSet")) or mode == "sidecar"
    assert bool(policy["spec"]["egress"]) == asks


def test_the_cilium_policy_closes_all_but_what_is_named():
    """An empty rule stands in each direction; Prometheus reads metrics, and nobody may delete."""
    spec = rendered("cilium").one("CiliumNetworkPolicy")["spec"]
    assert spec["ingress"][0] == spec["egress"][0] == {}
    ports = {port["port"] for rule in spec["ingress"][1:] for each in rule["toPorts"] for port in each["ports"]}
    assert ports == {str(FORWARD), str(HTTP)}
    asked = [
        rule
        for peer in spec["ingress"][1:]
        for each in peer["toPorts"]
        for rule in each.get("rules", {}).get("http", [])
    ]

    def may(method, path):
        return any(rule["method"] == method and re.fullmatch(rule["path"], path) for rule in asked)

    assert may("GET", "/metrics")
    assert may("GET", "/api/v1/query?query=error&since=1h")
    assert may("POST", "/api/v1/query")
    assert not may("POST", "/api/v1/ingest")
    assert not may("POST", "/api/v1/deletions")
    assert not may("DELETE", "/api/v1/quarantine")
    assert not may("GET", "/metricsx")


def test_grafana_may_ask_for_what_its_plugin_asks_for():
    """The routes stand in the plugin's sources, as such or in the list of those that are passed on."""
    plugin = ROOT / "deploy" / "grafana" / "datasource" / "pkg"
    sources = [path.read_text() for path in plugin.rglob("*.go") if not path.name.endswith("_test.go")]
    asked = {path for text in sources for path in re.findall(r'"(/api/v1/\w+|/metrics)"', text)}
    (passed,) = [found[1] for text in sources if (found := re.search(r"var passed = \[\]string\{(.+?)\}", text))]
    asked |= {f"/api/v1/{name}" for name in re.findall(r'"(\w+)"', passed)}
    assert len(asked) > 5
    assert asked == set(chart().values["access"]["http"]["grafana"]["paths"])


def test_a_peer_of_no_namespace_is_one_of_all_namespaces():
    """Not one of ours, which is what Cilium would take it for."""
    values = {"access": {"forward": {"collectors": {"namespace": None, "podLabels": {"a": "b"}}}}}
    (_, rule, *_) = render({**values, "networkPolicy": {"flavor": "cilium"}}).one("CiliumNetworkPolicy")["spec"][
        "ingress"
    ]
    (endpoint,) = rule["fromEndpoints"]
    assert endpoint["matchLabels"] == {"k8s:a": "b"}
    assert endpoint["matchExpressions"][0]["operator"] == "Exists"
    (policy,) = of_the_server(render(values), "NetworkPolicy")
    assert {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}} in policy["spec"]["ingress"][0]["from"]


def test_a_peer_without_any_mark_is_every_pod():
    """An empty entry opens the port within the cluster, in each kind of policy."""
    values = {"access": {"forward": {"collectors": None, "anybody": {}}}}
    (policy,) = of_the_server(render(values), "NetworkPolicy")
    assert policy["spec"]["ingress"][0]["from"] == [{"namespaceSelector": {}}]
    cilium = render({**values, "networkPolicy": {"flavor": "cilium"}}).one("CiliumNetworkPolicy")["spec"]["ingress"][1]
    (endpoint,) = cilium["fromEndpoints"]
    assert endpoint == {"matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}]}
    mesh = render({**values, "istio": {"enabled": True}}).one("AuthorizationPolicy")["spec"]["rules"][0]
    assert mesh["from"] == [{"source": {"principals": ["*"]}}]


def test_a_peer_that_is_null_is_gone():
    """So that values of one's own can take away what is there by default."""
    values = {"access": {"http": {"grafana": None, "prometheus": None}}}
    (policy,) = of_the_server(render(values), "NetworkPolicy")
    assert [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [FORWARD]


@pytest.mark.parametrize("case", MESH)
def test_the_mesh_is_told_of_the_port_where_the_server_speaks_first(case):
    """Never PERMISSIVE where a proxy would wait for the sender to begin; never DISABLE where there is none."""
    made = rendered(case)
    spec = made.one("PeerAuthentication")["spec"]
    assert spec["mtls"] == {"mode": "STRICT"}
    assert spec["portLevelMtls"].keys() == {str(ports_of_pods(made)["tcp-forward"])}
    other = "DISABLE" if MESH[case] == "sidecar" else "PERMISSIVE"
    assert {mode["mode"] for mode in spec["portLevelMtls"].values()} <= {"STRICT", other}


@pytest.mark.parametrize("case", ["istio", "istio-ambient", "everything"])
def test_the_mesh_lets_in_by_ports_that_are_there(case):
    """Every rule names one; where nothing sees HTTP no rule speaks of it, and without mutual TLS none of identities."""
    made = rendered(case)
    rules = made.one("AuthorizationPolicy")["spec"]["rules"]
    operations = [each["operation"] for rule in rules for each in rule["to"]]
    assert {port for each in operations for port in each["ports"]} == set(map(str, ports_of_pods(made).values()))
    if case == "istio-ambient":
        assert not [each for each in operations if each.keys() != {"ports"}]
        assert [rule for rule in rules if "from" not in rule]


@pytest.mark.parametrize("case", ["istio", "everything"])
def test_policies_let_sidecars_reach_their_control_plane(case):
    """Else they have no certificate, and nobody can speak to the server."""
    (policy,) = of_the_server(rendered(case), "NetworkPolicy")
    ports = {port["port"]: rule for rule in policy["spec"]["egress"] for port in rule["ports"]}
    (peer,) = ports[CONTROL_PLANE]["to"]
    assert peer["podSelector"] == {"matchLabels": {"app": "istiod"}}
    assert 53 in ports
    cilium = render({"istio": {"enabled": True}, "networkPolicy": {"flavor": "cilium"}}).one("CiliumNetworkPolicy")[
        "spec"
    ]
    assert str(CONTROL_PLANE) in str(cilium["egress"])
    assert "'http'" not in str(cilium["ingress"]), "what is encrypted cannot be looked into"


def test_policies_let_the_tunnel_and_its_probes_in():
    """Without sidecars all ports come through one, and probes from an address of the mesh."""
    (policy,) = of_the_server(rendered("istio-ambient"), "NetworkPolicy")
    by_port = {rule["ports"][0]["port"]: rule["from"] for rule in policy["spec"]["ingress"]}
    assert len(by_port[TUNNEL]) == 3
    rules = policy["spec"]["ingress"]
    assert {"from": [{"ipBlock": {"cidr": PROBES}}], "ports": [{"port": HTTP, "protocol": "TCP"}]} in rules
    made = rendered("mesh-and-cilium")
    cilium = made.one("CiliumNetworkPolicy")["spec"]["ingress"]
    tunnelled = [rule for rule in cilium[1:] if rule["toPorts"][0]["ports"][0]["port"] == str(TUNNEL)]
    assert len(tunnelled) == 4
    assert [rule for rule in cilium if rule.get("fromCIDR") == [PROBES]]
    collector = made.one("NetworkPolicy")["spec"]
    assert {"port": TUNNEL, "protocol": "TCP"} in collector["egress"][1]["ports"]


def test_roles_of_nodes_are_had_only_when_they_are_wanted():
    """The address that tells them gives whoever asks all that the node may do."""
    storage = {"url": "s3://bucket", "egress": {"instanceMetadata": True}}
    for flavor, kind in (("kubernetes", "NetworkPolicy"), ("cilium", "CiliumNetworkPolicy")):
        values = {"networkPolicy": {"flavor": flavor}}
        wanted = render({**values, "objectStorage": storage}).one(kind)["spec"]["egress"]
        other = render({**values, "objectStorage": {"url": "s3://bucket"}}).one(kind)["spec"]["egress"]
        (rule, *_) = [rule for rule in wanted if "169.254.169.254/32" in str(rule)]
        assert "80" in str(rule.get("ports", rule.get("toPorts")))
        assert "169.254" not in str(other)
    check(render({**values, "objectStorage": storage}).one("CiliumNetworkPolicy"))


def test_policies_let_traces_out_to_their_receiver():
    """And nobody else at that port; what values add themselves is let out as they say."""
    made = rendered("everything")
    (policy,) = of_the_server(made, "NetworkPolicy")
    (rule,) = [rule for rule in policy["spec"]["egress"] if {"port": 4318, "protocol": "TCP"} in rule["ports"]]
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert peer["podSelector"]["matchLabels"] == {"app": "collector"}
    assert cases()["everything"]["networkPolicy"]["egress"][0] in policy["spec"]["egress"]
    egress = rendered("mesh-and-cilium").one("CiliumNetworkPolicy")["spec"]["egress"]
    (rule,) = [rule for rule in egress if "toCIDR" in rule]
    assert rule["toCIDR"] == ["192.0.2.10/32"]
    assert [port["port"] for port in rule["toPorts"][0]["ports"]] == ["4318", str(TUNNEL)]
    assert cases()["mesh-and-cilium"]["networkPolicy"]["egress"][0] in egress
    assert not of_the_server(rendered("default"), "NetworkPolicy")[0]["spec"]["egress"]


def test_the_mesh_keeps_its_proxy_for_as_long_as_the_server_drains():
    """Else what is acknowledged last does not reach its sender."""
    template = rendered("istio").one("StatefulSet")["spec"]["template"]
    seconds = template["spec"]["terminationGracePeriodSeconds"]
    assert f'"{seconds}s"' in template["metadata"]["annotations"]["proxy.istio.io/config"]
    assert template["metadata"]["labels"]["sidecar.istio.io/inject"] == "true"
    ambient = rendered("istio-ambient").one("StatefulSet")["spec"]["template"]["metadata"]
    assert ambient["labels"]["istio.io/dataplane-mode"] == "ambient"


@pytest.mark.parametrize("case", ["monitoring", "everything"])
def test_prometheus_scrapes_each_server_once(case):
    """One Service of several that have the same pods, at a port that it has."""
    made = rendered(case)
    spec = made.one("ServiceMonitor")["spec"]
    wanted = spec["selector"]["matchLabels"].items()
    (service,) = [each for each in made.all("Service") if wanted <= each["metadata"]["labels"].items()]
    assert service["metadata"]["namespace"] in spec["namespaceSelector"]["matchNames"]
    (endpoint,) = spec["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_nothing_that_needs_an_operator_is_rendered_unasked():
    """A plain cluster takes the defaults."""
    kinds = {document["kind"] for document in rendered("default").documents}
    assert kinds == {"ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount", "StatefulSet"}


def test_the_notes_name_services_that_are_there():
    """And say when nothing protects the HTTP API, or events go with the pod."""
    made = rendered("several-members")
    names = {service["metadata"]["name"] for service in made.all("Service")}
    for line in made.notes.splitlines():
        if "http://logstore" in line:
            host = line.partition("http://")[2].partition(".observability")[0]
            assert host.removeprefix("logstore-0.").removeprefix("logstore-1.").removeprefix("logstore-2.") in names
    bare = render({"networkPolicy": {"enabled": False}, "persistence": {"enabled": False}}).notes
    assert "nothing else protects it" in bare
    assert "events are lost with the pod" in bare
    exposed = render({"forward": {"service": {"type": "LoadBalancer"}}}).notes
    assert "asks for no shared key" in exposed
