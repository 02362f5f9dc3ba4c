"""Whether a custom resource is one, by schemas of ours: they know what we use of each kind, and allow nothing else.

Public models of these kinds are of no use here: they let unknown keys pass, so a misspelt one would not be found.
"""

import json
from functools import cache

import jsonschema

from tests.deploy.chart.rendering import HERE

SCHEMAS = {
    ("argoproj.io/v1alpha1", "Application"): "application.json",
    ("cilium.io/v2", "CiliumNetworkPolicy"): "ciliumnetworkpolicy.json",
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"): "helmrelease.json",
    ("monitoring.coreos.com/v1", "PrometheusRule"): "prometheusrule.json",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): "servicemonitor.json",
    ("security.istio.io/v1", "AuthorizationPolicy"): "authorizationpolicy.json",
    ("security.istio.io/v1", "PeerAuthentication"): "peerauthentication.json",
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"): "ocirepository.json",
}


def is_custom(document):
    """Whether Kubernetes itself does not know the kind."""
    group = document["apiVersion"].rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")


def check(document):
    """Raises when a custom resource is not what its kind allows, and when the kind is not known here."""
    schema = _schema(SCHEMAS[document["apiVersion"], document["kind"]])
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)


@cache
def _schema(name):
    return json.loads((HERE / "schemas" / name).read_text())
