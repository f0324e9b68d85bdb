"""Stand-ins for the webhooks of Slack and Teams."""

import json
import threading
from http.server import BaseHTTPRequestHandler

# Each stand-in's path is an app's name; what it answers is what that app does.
APPS = {"slack": (200, b"ok"), "teams": (202, b"")}


class Webhooks:
    """What was posted, by app."""

    def __init__(self, folder, heard=lambda text: None):
        folder.mkdir(parents=True)
        self.folder = folder
        self.heard = heard
        self.posts = {app: [] for app in APPS}
        # Whether they are gone: the answer is then 404.
        self.gone = False
        self.lock = threading.Lock()

    def take(self, path, body):
        """Takes a post, and returns the status and text of the answer."""
        app = path.strip("/").split("/")[0]
        if self.gone or app not in APPS:
            return 404, b"no_service"
        with self.lock:
            self.posts[app].append(json.loads(body))
            file = self.folder / f"{app}-{len(self.posts[app]):04}.json"
        file.write_bytes(body)
        self.heard(f"a post to {app} ({file})")
        return APPS[app]

    def handler(self):
        webhooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, text = webhooks.take(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler
