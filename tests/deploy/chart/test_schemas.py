"""Everything that is rendered is what Kubernetes, and those who extend it, take."""

import json
from copy import deepcopy
from functools import cache

import jsonschema
import kubernetes_validate
import pytest
from kubernetes_validate import utils

from tests.deploy.chart.models import check, is_custom
from tests.deploy.chart.rendering import cases, chart, rendered

VERSIONS = ("1.30", "1.34", "1.37")
"""The oldest that the chart allows, one in between, and the newest that there are schemas of."""

EVERY_KIND = {document["kind"]: document for case in cases() for document in rendered(case).documents}


@pytest.fixture(autouse=True, scope="module")
def _read_once():
    """The schemas, which the package reads anew for each document otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
        yield


def different(documents):
    """Each document once."""
    return list({json.dumps(document, sort_keys=True): document for document in documents}.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_what_is_rendered(version):
    """Strictly: unknown keys too are errors."""
    ours = different(each for case in cases() for each in rendered(case).documents if not is_custom(each))
    assert len(ours) > 30
    for document in ours:
        kubernetes_validate.validate(document, version, strict=True)


def test_the_chart_does_not_promise_more_than_was_tested():
    """Its oldest Kubernetes is the oldest of the versions above."""
    assert chart().metadata["kubeVersion"] == f">={VERSIONS[0]}.0-0"
    assert kubernetes_validate.latest_version().startswith(f"{VERSIONS[-1]}.")


def test_what_extends_kubernetes_takes_what_is_rendered():
    """Istio, Cilium, and the Prometheus Operator."""
    custom = different(each for case in cases() for each in rendered(case).documents if is_custom(each))
    assert {each["kind"] for each in custom} == {
        "AuthorizationPolicy",
        "CiliumNetworkPolicy",
        "PeerAuthentication",
        "PrometheusRule",
        "ServiceMonitor",
    }
    for document in custom:
        check(document)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_misspelt_key_is_found(kind):
    """In each kind, so none of the tests above passes for want of a schema."""
    wrong = deepcopy(EVERY_KIND[kind])
    place = wrong.get("spec", wrong.get("metadata"))
    place["selectorr"] = {}
    if is_custom(wrong):
        with pytest.raises(jsonschema.ValidationError):
            check(wrong)
    else:
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)
