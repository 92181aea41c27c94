#!/usr/bin/env python3
"""Holds every pod of built manifests against each control of Kubernetes' Pod Security Standard "restricted" (and the
"baseline" it contains), and the network policies against "nothing unless named". Prints findings; exit status 1 with any.

    pod-security.py FILE...
"""
import sys

import yaml

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}
SECCOMP = {"RuntimeDefault", "Localhost"}
SELINUX = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def pods(documents):
    """(name, labels, pod spec) of everything that makes pods."""
    for one in documents:
        spec = one.get("spec") or {}
        template = (spec.get("jobTemplate") or {}).get("spec", spec).get("template")
        if one["kind"] == "Pod":
            template = one
        if template:
            yield f"{one['kind']}/{one['metadata']['name']}", template["metadata"].get("labels", {}), template["spec"]


def both(pod, container, key):
    """A setting of the container, else of its pod."""
    own = container.get("securityContext") or {}
    return own[key] if key in own else (pod.get("securityContext") or {}).get(key)


def of_pod(pod):
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{key} is set"
    for volume in pod.get("volumes", []):
        for kind in set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {kind}"
    context = pod.get("securityContext") or {}
    for sysctl in context.get("sysctls", []):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"
    if pod.get("automountServiceAccountToken") is not False:
        yield "a service account's token is mounted"
    yield from common(context)


def common(context):
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield "hostProcess is set"
    selinux = context.get("seLinuxOptions") or {}
    if selinux.get("type") not in SELINUX or selinux.get("user") or selinux.get("role"):
        yield f"seLinuxOptions are {selinux}"
    if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in SECCOMP:
        yield "appArmorProfile is Unconfined"
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"
    if (context.get("seccompProfile") or {}).get("type", "RuntimeDefault") not in SECCOMP:
        yield "seccompProfile is Unconfined"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"


def of_container(pod, container):
    context = container.get("securityContext") or {}
    yield from common(context)
    capabilities = context.get("capabilities") or {}
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities are not dropped"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"capabilities are added: {capabilities['add']}"
    if both(pod, container, "runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if not both(pod, container, "seccompProfile"):
        yield "no seccompProfile"
    if context.get("procMount", "Default") != "Default":
        yield "procMount is not Default"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort is set"
    for handler in [container.get(p) for p in ("livenessProbe", "readinessProbe", "startupProbe")] + list((container.get("lifecycle") or {}).values()):
        if any((handler or {}).get(kind, {}).get("host") for kind in ("httpGet", "tcpSocket")):
            yield "a probe names a host"
    # more than restricted asks
    if context.get("readOnlyRootFilesystem") is not True:
        yield "the root can be written to"


def selects(selector, labels):
    """Whether a NetworkPolicy's podSelector takes a pod in: matchLabels, and In of matchExpressions."""
    wanted = (selector or {}).get("matchLabels", {})
    among = (selector or {}).get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in among), "only In is understood"
    return all(labels.get(k) == v for k, v in wanted.items()) and all(labels.get(m["key"]) in m["values"] for m in among)


def of_network(documents):
    policies = [one for one in documents if one["kind"] == "NetworkPolicy"]
    denied = [p for p in policies if not p["spec"]["podSelector"] and not p["spec"].get("ingress") and not p["spec"].get("egress")]
    if policies and not any({"Ingress", "Egress"} <= set(p["spec"]["policyTypes"]) for p in denied):
        yield "no policy denies everything"
    for policy in policies:
        name, spec = policy["metadata"]["name"], policy["spec"]
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(direction, []):
                if not rule.get(peers) or not rule.get("ports"):
                    yield f"NetworkPolicy/{name}: {direction} to or from everywhere or every port"
    for name, labels, _ in pods(documents):
        if policies and not any(selects(p["spec"]["podSelector"], labels) for p in policies if p not in denied and p["metadata"]["name"] != "names"):
            yield f"{name}: no NetworkPolicy names it"


def findings(documents):
    for one in documents:
        if one["kind"] == "Namespace" and one["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"Namespace/{one['metadata']['name']}: restricted is not enforced"
    for name, _, pod in pods(documents):
        yield from (f"{name}: {said}" for said in of_pod(pod))
        for container in pod.get("initContainers", []) + pod.get("ephemeralContainers", []) + pod["containers"]:
            yield from (f"{name}/{container['name']}: {said}" for said in of_container(pod, container))
    yield from of_network(documents)


def main(files):
    found = 0
    for file in files:
        with open(file) as text:
            documents = [one for one in yaml.safe_load_all(text) if one]
        said = list(findings(documents))
        found += len(said)
        print("\n".join(said) if said else f"restricted: {len(list(pods(documents)))} pod templates, nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
