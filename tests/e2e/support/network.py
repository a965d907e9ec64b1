"""Free ports of loopback, and HTTP without whatever proxy is set."""

import socket
import time
import urllib.error
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_ports(count):
    """Ports that the kernel has just had to give, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def get(url, timeout=15):
    """The body, as text."""
    with OPENER.open(url, timeout=timeout) as answer:
        return answer.read().decode()


def post(url, body, content_type, timeout=30):
    """The status, also of a refusal. 0 when there is no answer."""
    request = urllib.request.Request(url, data=body, headers={"content-type": content_type})
    try:
        with OPENER.open(request, timeout=timeout) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def is_healthy(port):
    try:
        get(f"http://127.0.0.1:{port}/", timeout=2)
        return True
    except OSError:
        return False


def wait_until(condition, seconds, step=0.1):
    """Whether the condition came true in time. Gives what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result or time.monotonic() > deadline:
            return result
        time.sleep(step)
