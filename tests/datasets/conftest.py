"""A web server on this machine, and a cache of its own for each test."""

import http.server
import threading

import pytest

from catenary.dataset import download


class Server:
    """Serves `files` by path; `asked` are the paths that were asked for."""

    def __init__(self):
        self.files, self.asked = {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                self.asked.append(handler.path)
                content = self.files.get(handler.path)
                if content is None:
                    handler.send_error(404)
                    return
                length, body = content if isinstance(content, tuple) else (len(content), content)
                handler.send_response(200)
                handler.send_header("Content-Length", str(length))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def root(tmp_path):
    before = download.get_dataset_root()
    download.set_dataset_root(str(tmp_path / "cache"))
    yield tmp_path / "cache"
    download.set_dataset_root(before)
