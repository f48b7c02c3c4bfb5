"""A hub on this machine that answers as huggingface.co does, as far as downloads go; it misbehaves on demand."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0" * 39 + "1"


@dataclass
class FakeHub:
    """What it has, how it behaves, and what it was asked.

    Attributes:
        repository: "owner/name".
        files: name → content.
        token: what a download must bring; None lets everybody in.
        refused: accounts (tokens) that are known and not let in: status 403 instead of 401.
        break_after: bytes after which the connection breaks, once an entry.
        damaged: how many downloads still come with a wrong byte.
        ignores_ranges: sends everything, whatever was asked for.
        login_pages: how many downloads still get a page of the web, with status 200.
        scraps: how many downloads still get a few bytes that pretend to be the file.
        longer_by: what every download sends behind the file, its length not stated.
        listing: what it says that it has, if not what it has.
        requests: (method, path, Range, whether a token came) of every download.
    """

    repository: str = "SoccerNet/SN-BAS-2025"
    files: dict[str, bytes] = field(default_factory=dict)
    token: str | None = None
    refused: tuple[str, ...] = ()
    break_after: list[int] = field(default_factory=list)
    damaged: int = 0
    ignores_ranges: bool = False
    status: int | None = None
    login_pages: int = 0
    scraps: int = 0
    longer_by: bytes = b""
    listing: object = None
    requests: list[tuple[str, str | None, bool]] = field(default_factory=list)
    address: str = ""

    def downloads(self) -> list[tuple[str, str | None]]:
        """(name, Range) of every request for content."""
        return [(path, asked_range) for path, asked_range, _ in self.requests if path.startswith("content ")]

    def info(self) -> dict:
        """The answer to api/datasets/…?blobs=true."""
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": hashlib.sha1(content).hexdigest(),
                **({"lfs": _lfs(content)} if name.endswith(".zip") else {}),
            }
            for name, content in self.files.items()
        ]
        return {"id": self.repository, "sha": COMMIT, "private": False, "gated": "manual", "siblings": siblings,
                "tags": [], "downloads": 0, "likes": 0}  # fmt: skip


def _lfs(content: bytes) -> dict:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Run the hub on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_HEAD(self) -> None:  # noqa: N802
            self.do_GET()

        def do_GET(self) -> None:  # noqa: N802
            path, bearer = self.path.split("?")[0], self.headers.get("Authorization")
            if hub.status is not None:
                self._answer(hub.status, b"{}")
            elif path.startswith(f"/api/datasets/{hub.repository}"):
                listing = hub.info() if hub.listing is None else hub.listing
                content = listing if isinstance(listing, bytes) else json.dumps(listing).encode()
                self._answer(200, content, {"Content-Type": "application/json"})
            elif match := re.fullmatch(rf"/datasets/{hub.repository}/resolve/([^/]+)/(.+)", path):
                hub.requests.append((f"resolve {match[1]} {match[2]}", self.headers.get("Range"), bool(bearer)))
                self._resolve(match[2], bearer)
            elif path.startswith("/store/"):
                hub.requests.append((f"content {path[7:]}", self.headers.get("Range"), bool(bearer)))
                self._content(path[7:])
            else:
                self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})

        def _resolve(self, name: str, bearer: str | None) -> None:
            given = (bearer or "").removeprefix("Bearer ")
            if hub.token is not None and given != hub.token:
                known = given in hub.refused
                self._answer(403 if known else 401, b"", {"X-Error-Code": "GatedRepo"})
            elif name not in hub.files:
                self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            else:
                lfs = _lfs(hub.files[name])
                headers = {"X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{lfs["sha256"]}"',
                           "X-Linked-Size": str(lfs["size"]), "Location": f"/store/{name}"}  # fmt: skip
                self._answer(302, b"", headers)

        def _content(self, name: str) -> None:
            content = hub.files[name]
            if hub.login_pages:
                hub.login_pages -= 1
                self._answer(200, b"<html>log in</html>\n", {"Content-Type": "text/html; charset=utf-8"})
                return
            if hub.scraps:
                hub.scraps -= 1
                self._answer(200, b"denied\n", {"Content-Type": "application/octet-stream"})
                return
            if hub.damaged:
                hub.damaged -= 1
                content = content[:100] + bytes([content[100] ^ 255]) + content[101:]
            start, headers = 0, {"Accept-Ranges": "bytes", "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            if asked and not hub.ignores_ranges:
                start = int(asked[1])
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            rest = content[start:] + hub.longer_by
            self.send_response(206 if start else 200)
            stated = {"Connection": "close"} if hub.longer_by else {"Content-Length": str(len(rest))}
            for key, value in (headers | stated).items():
                self.send_header(key, value)
            self.end_headers()
            if hub.break_after:
                self.wfile.write(rest[: hub.break_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
            else:
                self.wfile.write(rest)

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
