"""A receiver of Alertmanager's webhooks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    """Remembers who was told what, in order: the receiver's name, the status and the labels of each alert."""

    def __init__(self):
        self.told = []
        self.lock = threading.Lock()
        told, lock = self.told, self.lock

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    told.extend((self.path.strip("/"), one["status"], one["labels"]) for one in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def heard(self):
        with self.lock:
            return list(self.told)

    def kill(self):
        self.server.shutdown()
        self.server.server_close()


class Refuser:
    """A collector for OTLP over HTTP that can be told to refuse: `is_refusing`."""

    def __init__(self):
        self.is_refusing = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(503 if owner.is_refusing else 200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
