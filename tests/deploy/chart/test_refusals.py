"""What the chart refuses: values that are wrong by themselves, and values that do not go together."""

import copy
import json
import re

import jsonschema
import pytest
import yaml

from tests.deploy.chart.helm import HelmRenderError, HelmValuesError
from tests.deploy.chart.rendering import CHART, NAMESPACE, render

WRONG = {
    "unknown value": ({"replicaCount": 2}, "replicaCount"),
    "unknown value within": ({"forward": {"tls": {"secret": "x"}}}, "/forward/tls"),
    "unknown setting": ({"config": {"storage": {"seal_age": 5}}}, "seal_age"),
    "setting out of bounds": ({"config": {"storage": {"seal_bytes": 5}}}, "seal_bytes"),
    "setting of another type": ({"config": {"compaction": {"enabled": "no"}}}, "compaction/enabled"),
    "setting that the chart owns": ({"config": {"forward": {"listen": "0.0.0.0:1"}}}, "listen"),
    "secret in a ConfigMap": ({"config": {"forward": {"security": {"shared_key": "x"}}}}, "shared_key"),
    "password in a ConfigMap": (
        {"config": {"forward": {"security": {"users": [{"username": "a", "password": "b"}]}}}},
        "password",
    ),
    "tag latest": ({"image": {"tag": "latest"}}, "image/tag"),
    "short digest": ({"image": {"digest": "sha256:abc"}}, "image/digest"),
    "tag within the name": ({"image": {"repository": "logstore:1"}}, "image/repository"),
    "root": ({"security": {"runAsUser": 0}}, "runAsUser"),
    "user of Istio's proxy": ({"security": {"runAsUser": 1337}}, "runAsUser"),
    "privileged port": ({"forward": {"port": 80}}, "forward/port"),
    "permissive mesh": ({"istio": {"forwardMtls": "PERMISSIVE"}}, "forwardMtls"),
    "unknown flavour": ({"networkPolicy": {"flavor": "calico"}}, "flavor"),
    "volume of several writers": ({"persistence": {"accessModes": ["ReadWriteMany"]}}, "accessModes"),
    "bucket with keys in it": ({"objectStorage": {"url": "s3://key:secret@bucket"}}, "objectStorage/url"),
    "two kinds of peer at once": ({"access": {"forward": {"x": {"cidr": "10.0.0.0/8", "namespace": "y"}}}}, "/access"),
    "service account of no namespace": ({"access": {"http": {"x": {"serviceAccount": "y"}}}}, "namespace"),
    "senders with paths": ({"access": {"forward": {"x": {"paths": ["/a"]}}}}, "paths"),
    "no memory": ({"resources": {"limits": {"memory": None}}}, "memory"),
    "name with a dot": ({"fullnameOverride": "a.b"}, "fullnameOverride"),
    "address that is none": ({"access": {"forward": {"x": {"cidr": "300.0.0.0/8"}}}}, "cidr"),
    "address that is two": ({"tracing": {"egress": {"cidr": "10.0.0.0/8", "namespace": "a"}}}, "tracing/egress"),
    "host that is a name": ({"listenHost": "localhost"}, "listenHost"),
    "label that is none": ({"commonLabels": {"a b": "c"}}, "'a b' does not match"),
    "place for a link": ({"prometheusRule": {"runbookUrl": "docs/operations.md"}}, "runbookUrl"),
    "table that is null": ({"access": None}, "access"),
    "addresses that are null": ({"objectStorage": {"egress": {"cidrs": None}}}, "cidrs"),
    "receiver among the settings": ({"config": {"tracing": {"endpoint": "http://a:1"}}}, "endpoint"),
    "number as text": ({"replicas": "2"}, "replicas"),
}


@pytest.mark.parametrize(("values", "named"), list(WRONG.values()), ids=list(WRONG))
def test_wrong_values_are_refused_by_name(values, named):
    """Before anything is installed, with the place that is wrong."""
    with pytest.raises(HelmValuesError, match=named):
        render(values)


CLASHING = {
    "one port for both": ({"forward": {"port": 24280}}, "forward.port and http.port"),
    "port of Istio's": ({"istio": {"enabled": True}, "http": {"port": 15020}}, "http.port is 15020"),
    "certificates without TLS": ({"forward": {"tls": {"clientCertificates": True}}}, "forward.tls.secretName"),
    "ranges without a load balancer": (
        {"forward": {"service": {"loadBalancerSourceRanges": ["192.0.2.0/24"]}}},
        "loadBalancerSourceRanges is for the type LoadBalancer",
    ),
    "traffic policy within the cluster": (
        {"forward": {"service": {"externalTrafficPolicy": "Local"}}},
        "forward.service.type is ClusterIP",
    ),
    "label of the chart": (
        {"podLabels": {"app.kubernetes.io/name": "x"}},
        "podLabels: the label app.kubernetes.io/name",
    ),
    "label that finds Services": (
        {"commonLabels": {"logstore/service": "x"}},
        "commonLabels: the label logstore/service",
    ),
    "setting in a variable": (
        {"env": [{"name": "LOGSTORE_HTTP_LISTEN", "value": "x"}]},
        "LOGSTORE_HTTP_LISTEN is a setting",
    ),
    "variable twice": ({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "env: A is there twice"),
    "variable of the chart": ({"env": [{"name": "POD_NAME", "value": "x"}]}, "env: POD_NAME is there twice"),
    "collectors beside the server": (
        {"collectors": {"namespace": NAMESPACE, "fluentBit": {"enabled": True}}},
        f"collectors.namespace is {NAMESPACE}",
    ),
    "key that the server does not ask for": (
        {"collectors": {"sharedKeySecret": "x", "fluentd": {"enabled": True}}},
        "forward.sharedKey.secretName",
    ),
}


@pytest.mark.parametrize(("values", "said"), list(CLASHING.values()), ids=list(CLASHING))
def test_values_that_do_not_go_together_are_refused(values, said):
    """In words, with the values to change: Kubernetes, or a sender, would find out only later."""
    with pytest.raises(HelmRenderError, match=re.escape(said)):
        render(values)


def test_a_release_whose_name_no_service_can_have_is_refused():
    """Helm lets releases begin with a digit; dots it lets in too, and they become dashes."""
    with pytest.raises(HelmRenderError, match="set fullnameOverride"):
        render(name="1st")
    assert render({"fullnameOverride": "first"}, name="1st").one("StatefulSet")["metadata"]["name"] == "first"
    assert render(name="a.b").one("StatefulSet")["metadata"]["name"] == "a-b-logstore"


def paths(values, above=()):
    """Every value, and every table of values."""
    for name, value in values.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from paths(value, (*above, name))


def without(values, path):
    """Values in which one is null, as Helm hands them on: it is not there."""
    left = copy.deepcopy(values)
    table = left
    for name in path[:-1]:
        table = table[name]
    del table[path[-1]]
    return left


def nulls(document, above=""):
    """Where there is a null in a manifest."""
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, part in parts:
        yield from [f"{above}/{name}"] if part is None else nulls(part, f"{above}/{name}")


def test_a_value_that_is_null_is_refused_or_leaves_nothing_behind():
    """`to: null` in a policy would open what an address was to close. Those that are allowed are tried all at once."""
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = jsonschema.Draft202012Validator(json.loads((CHART / "values.schema.json").read_text()))
    allowed = [path for path in paths(defaults) if schema.is_valid(without(defaults, path))]
    assert ("image", "tag") in allowed
    assert ("forward", "port") not in allowed
    values = {"objectStorage": {"url": "s3://bucket"}, "tracing": {"endpoint": "http://a:4318"}}
    for path in (path for path in allowed if path not in {("objectStorage", "url"), ("tracing", "endpoint")}):
        table = values
        for name in path[:-1]:
            table = table.setdefault(name, {})
            if table is None:
                break
        else:
            table[path[-1]] = None
    made = render(values)
    assert [null for document in made.documents for null in nulls(document, document["kind"])] == []
    assert "<nil>" not in made.text
