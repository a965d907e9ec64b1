"""What stores answer to the queries of every page, as files for `dashboards/render`."""

import json
import time
import urllib.parse

from support import network

# So many points are drawn of a line.
POINTS = 240
# As Grafana has them, with a minute as the smallest step of annotations.
MARK_SECONDS = 60
INTERVALS = {"$__rate_interval": "60s", "$__interval_ms": str(1000 * MARK_SECONDS), "$__interval": f"{MARK_SECONDS}s"}
# Until a rate over such an interval is the rate.
WARM_UP_SECONDS = 60


class Recording:
    """The answers over the last `seconds`. `filled` puts values into variables."""

    def __init__(self, route, filled, seconds):
        self.route, self.filled_otherwise = route, filled
        self.end = time.time()
        self.seconds = seconds - WARM_UP_SECONDS
        self.begin = self.end - self.seconds
        self.step = max(1, round(self.seconds / POINTS))

    def filled(self, expr):
        for name, value in (INTERVALS | {"$__range": f"{self.seconds}s"}).items():
            expr = expr.replace(name, value)
        return self.filled_otherwise(expr)

    def write(self, pages, folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in pages:
            page = json.loads(path.read_text())
            answers = {
                "from": round(self.begin * 1000),
                "to": round(self.end * 1000),
                "stepSeconds": self.step,
                "variables": {one["name"]: self.variable(one) for one in page["templating"]["list"]},
                "annotations": {one["name"]: self.marks(one["target"]["expr"]) for one in page["annotations"]["list"]},
                "queries": {},
            }
            for drawn in page["panels"]:
                for panel in drawn.get("panels") or [drawn]:
                    if panel["type"] != "row":
                        answers["queries"] |= {key(one): self.answer(panel, one) for one in panel["targets"]}
            (folder / path.name).write_text(json.dumps(answers))

    def answer(self, panel, target):
        kind = panel["datasource"]["type"]
        if kind == "jaeger":
            query = {"service": "shop", "limit": target["limit"], "tags": as_json(target["tags"])}
            return {"traces": self.get(self.route.traces, "/api/traces", query)}
        if kind == "loki":
            window = {"start": self.begin, "end": self.end, "step": f"{self.step}s", "limit": 100}
            query = {"query": self.filled(target["expr"])} | window
            return self.get(self.route.logs, "/loki/api/v1/query_range", query)
        if target["instant"]:
            query = {"query": self.filled(target["expr"]), "time": self.end}
            return self.get(self.route.metrics, "/api/v1/query", query)
        found = self.range(target["expr"])
        if target["exemplar"]:
            query = {"query": self.filled(target["expr"]), "start": self.begin, "end": self.end}
            found["exemplars"] = self.get(self.route.metrics, "/api/v1/query_exemplars", query)
        return found

    def marks(self, expr):
        return self.range(expr, MARK_SECONDS)

    def range(self, expr, step=None):
        step = step or self.step
        # On whole steps, as Grafana asks.
        window = {"start": self.begin // step * step, "end": self.end // step * step, "step": step}
        query = {"query": self.filled(expr)} | window
        return self.get(self.route.metrics, "/api/v1/query_range", query)

    def variable(self, variable):
        """Its values: those of a label, or for a data source its name."""
        if variable["type"] != "query":
            return [variable["label"]]
        label = variable["definition"].removesuffix(")").rsplit(",", 1)[1].strip()
        series = variable["definition"].removeprefix("label_values(").rsplit(",", 1)[0]
        found = self.get(self.route.metrics, "/api/v1/series", {"match[]": self.filled(series)})
        return sorted({one[label] for one in found if label in one})

    @staticmethod
    def get(store, path, query):
        return json.loads(network.get(f"{store.url}{path}?{urllib.parse.urlencode(query)}"))["data"]


def key(target):
    """What makes an answer another one. `dashboards/render` finds it by this too."""
    how = "instant" if target.get("instant") else "range"
    return f"{how} {target['expr']}" if "expr" in target else f"search {target['tags']}"


def as_json(tags):
    """Jaeger wants what Grafana makes of logfmt."""
    return json.dumps(dict(pair.split("=") for pair in tags.split()))
