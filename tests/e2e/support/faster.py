"""Rules and the configuration of Alertmanager in fast time: each duration divided by one factor, and nothing else."""

import re

import yaml

# The shortest window has five minutes: ten seconds then, with a sample each second.
FACTOR = 30
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
# A range, a subquery, an offset: what a number with a unit can be in PromQL.
IN_QUERY = re.compile(r"(?<=\[)\d+(?:ms|s|m|h|d)(?=\])|(?<=offset )\d+(?:ms|s|m|h|d)\b")
KEYS = ("for", "keep_firing_for", "interval")
ALERTMANAGER_KEYS = ("group_wait", "group_interval", "repeat_interval")


def duration(text, factor=FACTOR):
    """`5m` becomes `10s`; what is below a millisecond becomes one."""
    number, unit = DURATION.fullmatch(text).groups()
    return f"{max(1, round(int(number) * SECONDS[unit] * 1000 / factor))}ms"


def rules(text, factor=FACTOR):
    """A rule file."""
    parsed = yaml.safe_load(text)
    for group in parsed["groups"]:
        for one in [group, *group["rules"]]:
            for key in KEYS:
                if key in one:
                    one[key] = duration(one[key], factor)
            if "expr" in one:
                one["expr"] = IN_QUERY.sub(lambda found: duration(found[0], factor), one["expr"])
    return yaml.safe_dump(parsed)


def alertmanager(text, receivers, factor=FACTOR):
    """`receivers` is where its webhooks go: the name of the receiver is put behind it."""
    parsed = yaml.safe_load(text)
    routes = [parsed["route"]]
    while routes:
        route = routes.pop()
        routes += route.get("routes", [])
        for key in ALERTMANAGER_KEYS:
            # Alertmanager refuses an interval of zero, and knows whole milliseconds.
            if key in route and route[key] != "0s":
                route[key] = duration(route[key], factor)
    for receiver in parsed["receivers"]:
        for webhook in receiver.get("webhook_configs", []):
            webhook["url"] = f"{receivers}/{receiver['name']}"
    return yaml.safe_dump(parsed)
