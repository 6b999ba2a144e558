"""Whether the manifests of deploy/kubernetes refer to things that exist, and whether
compose.scale.yaml runs the service as compose.yaml does. For `.ci/manifests`."""

import re
import sys
from pathlib import Path

import yaml

FOLDER = Path("deploy/kubernetes")
problems = []


def check(condition, sentence):
    if not condition:
        problems.append(sentence)


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


# What kustomize applies, and the examples.
applied = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
for path in FOLDER.glob("*.yaml"):
    known = path.name in applied or path.name.endswith(".example.yaml") or path.name == "kustomization.yaml"
    check(known, f"{path} is neither an example nor in kustomization.yaml")

objects = {}
for name in [*applied, "secret.example.yaml", "ingress.example.yaml"]:
    for each in yaml.safe_load_all((FOLDER / name).read_text()):
        objects[each["kind"], each["metadata"]["name"]] = each
of_kind = lambda kind: [each for (found, _), each in objects.items() if found == kind]
pods = {each["metadata"]["name"]: each["spec"]["template"] for each in of_kind("Deployment")}


def selected(labels):
    """The pods with these labels."""
    found = [pod for pod in pods.values() if labels.items() <= pod["metadata"]["labels"].items()]
    check(len(found) == 1, f"{labels} selects {len(found)} kinds of pods")
    return found


def ports(pod):
    return {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}


for each in of_kind("Deployment") + of_kind("PodDisruptionBudget"):
    selected(each["spec"]["selector"]["matchLabels"])
for service in of_kind("Service"):
    for pod in selected(service["spec"]["selector"]):
        for port in service["spec"]["ports"]:
            check(port["targetPort"] in ports(pod), f"no pod has the port {port['targetPort']}")
for policy in of_kind("NetworkPolicy"):
    targets = selected(policy["spec"]["podSelector"]["matchLabels"])
    for rule in policy["spec"]["ingress"]:
        for source in rule["from"]:
            selected(source["podSelector"]["matchLabels"])
        for port in rule["ports"]:
            has = all(port["port"] in ports(target) for target in targets)
            check(has, f"no pod has the port {port['port']}")
for ingress in of_kind("Ingress"):
    for rule in ingress["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            backend = path["backend"]["service"]
            service = objects.get(("Service", backend["name"]))
            names = {port["name"] for port in service["spec"]["ports"]} if service else set()
            check(backend["port"]["name"] in names, f"the Ingress leads to {backend}, which does not exist")

for name, pod in pods.items():
    for constraint in pod["spec"].get("topologySpreadConstraints", []):
        selected(constraint["labelSelector"]["matchLabels"])
    for container in pod["spec"]["containers"]:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            check(port is None or port in ports(pod), f"{name}: {probe} has no port {port}")
        for source in container.get("envFrom", []):
            check(("ConfigMap", source["configMapRef"]["name"]) in objects, f"{name}: no {source}")
        volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])}
        for mount in container.get("volumeMounts", []):
            check(mount["name"] in volumes, f"{name}: no volume {mount['name']}")

# The service: its secret, its settings, its time limits.
pod = pods["aftermatch"]["spec"]
(container,) = pod["containers"]
settings = objects["ConfigMap", "aftermatch"]["data"]
secret = objects["Secret", "aftermatch"]["stringData"]
wanted = {each["valueFrom"]["secretKeyRef"]["key"] for each in container["env"] if "valueFrom" in each}
wanted |= {item["key"] for volume in pod["volumes"] for item in volume["secret"]["items"]}
check(wanted == set(secret), f"the secret has {sorted(secret)}, used are {sorted(wanted)}")

documented = set(re.findall(r"`(CHAT_\w+|DATABASE_URL)`", Path("README.md").read_text()))
for name in [*settings, *(each["name"] for each in container["env"])]:
    check(name in documented, f"{name} is no setting of the README")

host, port = re.fullmatch(r"nats://([\w-]+):(\d+)", settings["CHAT_RELAY"]).groups()
service = objects.get(("Service", host))
check(service and int(port) in [each["port"] for each in service["spec"]["ports"]], f"CHAT_RELAY: no Service {host}:{port}")
numbers = {each["name"]: each["containerPort"] for each in container["ports"]}
for name, setting in [("chat", "CHAT_LISTEN"), ("operators", "CHAT_OPS_LISTEN")]:
    check(settings[setting].endswith(f":{numbers[name]}"), f"{setting} is not the port `{name}`")

pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
shutdown = seconds(re.search(r"`CHAT_SHUTDOWN_TIMEOUT` \| `(\w+)`", Path("README.md").read_text())[1])
stopping = pause + seconds(settings["CHAT_DRAIN_TIME"]) + shutdown
check(pod["terminationGracePeriodSeconds"] > stopping, f"stopping can take {stopping} s")

# Compose: the same service as in compose.yaml, but for these.
one = yaml.safe_load(Path("compose.yaml").read_text())["services"]["aftermatch"]
scale = yaml.safe_load(Path("compose.scale.yaml").read_text())
process = scale["x-aftermatch"]
for key in ["image", "restart", "read_only", "cap_drop", "security_opt", "logging", "stop_grace_period"]:
    check(process[key] == one[key], f"`{key}` differs between compose.yaml and compose.scale.yaml")
more = {name: value for name, value in process["environment"].items() if one["environment"].get(name) != value}
check(set(more) == {"CHAT_RELAY", "CHAT_DRAIN_TIME"}, f"compose.scale.yaml sets {sorted(more)}")
check(one["environment"].keys() <= process["environment"].keys(), "compose.scale.yaml lacks settings of compose.yaml")
drain = seconds(process["environment"]["CHAT_DRAIN_TIME"])
check(seconds(process["stop_grace_period"]) > drain + shutdown, "stop_grace_period of compose.scale.yaml is too short")
for name, service in scale["services"].items():
    for port in service.get("ports", []):
        check(port.startswith("127.0.0.1:"), f"{name} of compose.scale.yaml opens {port} to other machines")

for problem in problems:
    print(problem, file=sys.stderr)
if problems:
    sys.exit(1)
print(f"{len(objects)} objects of Kubernetes and the files of Compose fit together")
