"""The Pod Security Standard `restricted`, point by point, and what else a pod must not be allowed."""

import re

import pytest

from tests.deploy.chart.rendering import cases, pod_templates, rendered

RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
ISTIO_PROXY = 1337


def servers():
    """The server's pod in each case."""
    return [
        pytest.param(template["spec"], id=f"{case} {name}")
        for case in cases()
        for name, template in pod_templates(rendered(case).documents)
        if name.startswith("StatefulSet/")
    ]


def pods():
    """Every pod in each case."""
    return [
        pytest.param(template["spec"], id=f"{case} {name}")
        for case in cases()
        for name, template in pod_templates(rendered(case).documents)
    ]


def containers(pod):
    """All containers of a pod."""
    return [*pod["containers"], *pod.get("initContainers", [])]


@pytest.mark.parametrize("pod", servers())
def test_the_server_keeps_to_the_standard_restricted(pod):
    """As kubernetes.io has it: host, volumes, users, privileges, seccomp, capabilities."""
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    for volume in pod["volumes"]:
        (kind,) = volume.keys() - {"name"}
        assert kind in RESTRICTED_VOLUMES
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] not in {0, ISTIO_PROXY}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile"} & context.keys()
    for container in containers(pod):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "procMount", "runAsUser", "seccompProfile"} & own.keys()
        assert all("hostPort" not in port for port in container["ports"])


@pytest.mark.parametrize("pod", servers())
def test_the_server_gets_nothing_that_it_does_not_need(pod):
    """No token, no variables of other Services, no room to write but for data and /tmp, nothing secret in variables."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/var/lib/logstore", "/tmp"}  # noqa: S108 (a volume of the pod)
    assert not [variable for variable in container["env"] if "secretKeyRef" in variable.get("valueFrom", {})]


@pytest.mark.parametrize("pod", pods())
def test_every_container_says_what_it_needs(pod):
    """CPU to be scheduled by, and memory that it cannot exceed; scratch room is bounded too."""
    for container in containers(pod):
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume)


@pytest.mark.parametrize("pod", pods())
def test_every_image_is_one_and_the_same_tomorrow(pod):
    """A tag other than `latest`, or a digest."""
    for container in containers(pod):
        assert re.search(r"(@sha256:[0-9a-f]{64}|:(?!latest$)[\w.-]+)$", container["image"]), container["image"]


def test_service_accounts_have_no_permissions_and_no_token_of_theirs():
    """The server asks nothing of Kubernetes."""
    for case in cases():
        account = rendered(case).one("ServiceAccount", rendered(case).one("StatefulSet")["metadata"]["name"])
        assert account["automountServiceAccountToken"] is False
        bound = [
            subject["name"]
            for kind in ("RoleBinding", "ClusterRoleBinding")
            for binding in rendered(case).all(kind)
            for subject in binding["subjects"]
        ]
        assert account["metadata"]["name"] not in bound
