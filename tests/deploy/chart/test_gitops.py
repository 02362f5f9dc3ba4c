"""Examples for Argo CD, Flux and Kustomize: they are what these take, and their values are what the chart takes."""

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from tests.deploy.chart.models import check, is_custom
from tests.deploy.chart.rendering import CHART, KUBERNETES, ROOT, chart, render

FLUX = KUBERNETES / "gitops" / "flux"
KUSTOMIZE = KUBERNETES / "kustomize"
APPLICATION = yaml.safe_load((KUBERNETES / "gitops" / "argocd" / "application.yaml").read_text())
RELEASE = yaml.safe_load((FLUX / "helmrelease.yaml").read_text())
SOURCE = yaml.safe_load((FLUX / "ocirepository.yaml").read_text())
BASE = yaml.safe_load((KUSTOMIZE / "base" / "kustomization.yaml").read_text())
OVERLAY = yaml.safe_load((KUSTOMIZE / "overlays" / "production" / "kustomization.yaml").read_text())


def test_the_application_is_one_and_installs_this_chart():
    """By its path in the repository, with values that it takes, into a namespace that is guarded."""
    check(APPLICATION)
    source = APPLICATION["spec"]["source"]
    assert ROOT / source["path"] == CHART
    assert source["targetRevision"] == f"v{chart().version}"
    made = render(source["helm"]["valuesObject"], namespace=APPLICATION["spec"]["destination"]["namespace"])
    assert made.one("DaemonSet")
    labels = APPLICATION["spec"]["syncPolicy"]["managedNamespaceMetadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_flux_objects_are_what_flux_takes():
    """And the kustomization lists all of them."""
    listed = yaml.safe_load((FLUX / "kustomization.yaml").read_text())["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in FLUX.iterdir()}
    for name in listed:
        document = yaml.safe_load((FLUX / name).read_text())
        if is_custom(document):
            check(document)
        else:
            kubernetes_validate.validate(document, "1.34", strict=True)


def test_the_release_is_of_the_source_and_its_values_are_the_charts():
    """The version asked for is one that includes the chart's."""
    assert RELEASE["spec"]["chartRef"] == {"kind": SOURCE["kind"], "name": SOURCE["metadata"]["name"]}
    assert RELEASE["metadata"]["namespace"] == SOURCE["metadata"]["namespace"]
    assert SOURCE["spec"]["ref"]["semver"].startswith(f">={chart().version} ")
    assert SOURCE["spec"]["url"].endswith(f"/{chart().name}")
    assert render(RELEASE["spec"]["values"]).one("DaemonSet")


def test_flux_waits_for_as_long_as_a_start_may_take():
    """A release that is rolled back while a member replays its log would never come to be."""
    startup = chart().values["probes"]["startupSeconds"]
    minutes = re.fullmatch(r"(\d+)m", RELEASE["spec"]["timeout"])
    assert int(minutes[1]) * 60 > startup


def from_chart():
    """What Kustomize's base makes of the chart."""
    (helm,) = BASE["helmCharts"]
    values = yaml.safe_load((KUSTOMIZE / "base" / helm["valuesFile"]).read_text())
    return render(values, name=helm["releaseName"], namespace=helm["namespace"])


def test_the_overlay_changes_what_is_there():
    """The base finds the chart; patches have targets; the image is the chart's."""
    (helm,) = BASE["helmCharts"]
    assert (KUSTOMIZE / "base" / BASE["helmGlobals"]["chartHome"] / helm["name"]).resolve() == CHART
    assert tuple(map(int, helm["kubeVersion"].split("."))) >= (1, 30)
    made = from_chart()
    overlay = KUSTOMIZE / "overlays" / "production"
    assert [(overlay / each).resolve() for each in OVERLAY["resources"]] == [KUSTOMIZE / "base"]
    server = made.one("StatefulSet", OVERLAY["patches"][1]["target"]["name"])
    (container,) = server["spec"]["template"]["spec"]["containers"]
    assert container["image"].rpartition(":")[0] == OVERLAY["images"][0]["name"]
    patch = yaml.safe_load((overlay / OVERLAY["patches"][0]["path"]).read_text())
    assert patch["metadata"].items() <= {**server["metadata"]}.items()
    (operation,) = yaml.safe_load(OVERLAY["patches"][1]["patch"])
    place = server
    for step in operation["path"].strip("/").split("/"):
        place = place[int(step) if step.isdigit() else step]
    assert place == "50Gi"


def test_kustomize_builds_the_overlay(tmp_path):
    """The real program, with the chart rendered beforehand; what comes out is what Kubernetes takes."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed: the Kustomize overlay is only compared with the chart here")
    shutil.copytree(KUSTOMIZE, tmp_path / "kustomize")
    base = tmp_path / "kustomize" / "base"
    (base / "logstore.yaml").write_text(from_chart().text)
    (base / "kustomization.yaml").write_text(
        yaml.safe_dump({"apiVersion": BASE["apiVersion"], "kind": BASE["kind"], "resources": ["logstore.yaml"]})
    )
    command = [kubectl, "kustomize", tmp_path / "kustomize" / "overlays" / "production"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    documents = list(yaml.safe_load_all(done.stdout))
    for document in (each for each in documents if not is_custom(each)):
        kubernetes_validate.validate(document, "1.34", strict=True)
    (server,) = [each for each in documents if each["kind"] == "StatefulSet"]
    pod = server["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example.com/platform/logstore:0.1.0"
    assert pod["hostUsers"] is False
    assert server["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "500Gi"
    assert all(each["metadata"]["labels"]["environment"] == "production" for each in documents)
