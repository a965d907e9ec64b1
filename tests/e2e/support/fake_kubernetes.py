"""As much of the Kubernetes API as `k8s_attributes` asks for: lists of pods and of what they belong to. Watches stay
quiet.
"""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeKubernetes:
    def __init__(self, pods=(), node="node-1"):
        self.pods = [pod(*one, node=node) for one in pods]
        # Group and resource of everything that was asked for.
        self.asked = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                query = urllib.parse.parse_qs(url.query)
                kind = url.path.rsplit("/", 1)[1]
                outer.asked.add((url.path.split("/")[2] if url.path.startswith("/apis/") else "", kind))
                if query.get("sendInitialEvents"):
                    # An older server's answer: the client lists instead.
                    self.answer(
                        422,
                        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422},
                    )
                elif query.get("watch"):
                    self.send_response(200)
                    self.send_header("content-type", "application/json")
                    self.send_header("transfer-encoding", "chunked")
                    self.end_headers()
                    outer.ended.wait(600)
                else:
                    items = outer.pods if kind == "pods" else []
                    names = {
                        "pods": "PodList",
                        "replicasets": "ReplicaSetList",
                        "namespaces": "NamespaceList",
                        "nodes": "NodeList",
                    }
                    group = "apps/v1" if "/apps/" in url.path else "v1"
                    self.answer(
                        200,
                        {
                            "kind": names.get(kind, "List"),
                            "apiVersion": group,
                            "metadata": {"resourceVersion": "1"},
                            "items": items,
                        },
                    )

            def answer(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.ended = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A client that is gone is no news.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kubeconfig(self, folder):
        """Writes the file that leads a client here. Gives its path."""
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        path = folder / "kubeconfig"
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "fake", "cluster": {"server": url}}],
                    "users": [{"name": "fake", "user": {}}],
                    "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
                    "current-context": "fake",
                }
            )
        )
        return str(path)

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def pod(name, uid, ip, node, host_network=False):
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app.kubernetes.io/version": "1.2.3", "pod-template-hash": "7d4b9c6f5d"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"{name.rsplit('-', 1)[0]}-7d4b9c6f5d",
                    "uid": f"rs-{uid}",
                    "controller": True,
                }
            ],
        },
        "spec": {"nodeName": node, "hostNetwork": host_network, "containers": [{"name": "app", "image": "shop:1.2.3"}]},
        "status": {"phase": "Running", "podIP": ip, "hostIP": "10.0.0.1", "startTime": "2026-01-01T00:00:00Z"},
    }
