"""The page's door: who may come in, how much may be brought, and what is left when the page has gone."""

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from blinking import blinking_config

from course_lib.page.build import WORKSPACE, build_page, gr, look
from course_lib.page.door import NAMES, close_environment, private_folder
from tests.page.test_build import PATIENT, free_port
from tests.runs.test_spotter import make_run, write_blinking

ROOT = Path(__file__).resolve().parents[2]
UPLOADS = WORKSPACE / "uploads"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Of a page that takes files of a megabyte, started behind a proxy that answers nothing."""
    run = make_run(tmp_path_factory.mktemp("door") / "run", blinking_config()).path
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            patch.setenv(name, "http://127.0.0.1:9")
        page, port = build_page({"it": run}), free_port()
        page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **look(0.001))
        yield port
        page.close()


def status(port, method="GET", path="/", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, names)
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9999", "127.0.0.1:1"])
def test_it_answers_to_its_own_names_whatever_the_port(port, host):
    assert status(port, Host=host) == 200
    assert status(port, Host=host, Origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1"]
)
def test_other_names_and_other_websites_are_refused(port, host):
    assert status(port, Host=host) == 400
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/join"):
        assert status(port, "POST", path, b"{}", Origin=f"http://{host}") == 403
    assert status(port, Origin="null") == 403


def multipart(number_of_bytes):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    return head + bytes(number_of_bytes) + b"\r\n--x--\r\n", {"Content_Type": "multipart/form-data; boundary=x"}


def test_what_is_too_large_is_refused_and_leaves_nothing(port):
    body, headers = multipart(900_000)
    assert status(port, "POST", "/gradio_api/upload", body, **headers) == 200
    body, headers = multipart(1_500_000)  # less than a request may have, more than a file may
    assert status(port, "POST", "/gradio_api/upload", body, **headers) == 413
    assert status(port, "POST", "/gradio_api/upload", b"", Content_Length=str(10**12), **headers) == 413
    assert not list(UPLOADS.glob("tmp*"))


def test_an_upload_that_breaks_off_vanishes(port):
    body, _ = multipart(900_000)
    head = (
        "POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head.encode() + body[:500_000])
            _wait(lambda: list(UPLOADS.glob("tmp*")), "the upload to begin")
    _wait(lambda: not list(UPLOADS.glob("tmp*")), "what broke off to vanish")


def test_nobody_else_can_look_into_its_folder_and_nothing_is_kept_in_the_browser(port):
    assert stat.S_IMODE(WORKSPACE.stat().st_mode) == 0o700 and WORKSPACE.parent == Path(tempfile.gettempdir())
    assert gr.utils.get_upload_folder() == str(UPLOADS)
    config = urllib.request.urlopen(f"http://127.0.0.1:{port}/config").read().decode()
    assert '"run_history":false' in config and status(port, path="/gradio_api/runs") == 404


def test_variables_of_the_library_open_nothing(monkeypatch):
    before = dict(os.environ)
    for name in ("SERVER_NAME", "SHARE", "ALLOWED_PATHS", "ROOT_PATH", "MCP_SERVER", "TEMP_DIR"):
        monkeypatch.setenv(f"GRADIO_{name}", "/")
    monkeypatch.setenv("no_proxy", "example.org")
    close_environment()
    left = {name for name in os.environ if name.startswith("GRADIO_")}
    own = os.environ["no_proxy"]
    os.environ.update({name: value for name, value in before.items() if name.startswith("GRADIO_")})
    assert left == {"GRADIO_ANALYTICS_ENABLED"} and own == f"example.org,{','.join(NAMES)}"


def test_what_a_killed_page_left_is_removed_by_the_next_and_of_a_living_one_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "import time; from course_lib.page.door import private_folder as f; print(f(), flush=True); time.sleep(99)"
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as other:
        theirs = Path(other.stdout.readline().strip())
        (theirs / "film.mp4").touch()
        mine = private_folder()
        assert theirs.is_dir() and mine.is_dir() and mine != theirs
        other.kill()
        other.wait()
    young = tmp_path / "spots-page-young"
    young.mkdir()
    (tmp_path / "spots-page-link").symlink_to(ROOT)
    private_folder()
    assert not theirs.exists() and mine.is_dir() and young.is_dir() and (ROOT / "course_lib").is_dir()


def _wait(condition, what, seconds=60):
    """Until there is a sign of it, minutes if need be."""
    for _ in range(seconds * 20):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


SLOWLY = """
import sys, time
sys.argv[0] = "course_lib"
from course_lib.runs.spotter import TrainedSpotter
plain = TrainedSpotter.export
def export(*arguments):
    from course_lib.files import atomic_path
    with atomic_path(OUT / "film.csv"):
        print("working", flush=True)
        time.sleep(600)
from pathlib import Path
OUT = Path(sys.argv[sys.argv.index("--out") + 1])
TrainedSpotter.export = export
from course_lib.__main__ import main
sys.exit(main())
"""


STAND_IN = """
import sys, threading, time, types
from pathlib import Path
from course_lib.files import atomic_path
from course_lib.page.door import private_folder
class Page:
    def launch(self, **_):
        threading.Thread(target=self.work).start()
    def work(self):
        with atomic_path(Path(sys.argv[sys.argv.index("--out") + 1]) / "film.csv"):
            time.sleep(1)
            print("working", flush=True)
            time.sleep(600)
build = types.ModuleType("course_lib.page.build")
build.WORKSPACE, build.build_page, build.look = private_folder(), lambda *_: Page(), lambda _: {}
sys.modules["course_lib.page.build"] = build
from course_lib.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_command_leaves_nothing_however_it_is_asked_to_end(tmp_path, name):
    """With a page that is none, but works on a film; the real one, which takes half a minute, is the next test's."""
    out = tmp_path / "elsewhere" / "out"
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", STAND_IN, "page", "run", "--out", str(out)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=environment, **pipes) as page:
        assert page.stdout.readline().startswith("open http://127.0.0.1") and page.stdout.readline() == "working\n"
        assert len(list((tmp_path / "tmp").glob("spots-page-*"))) == 1 and len(list(out.iterdir())) == 1
        page.send_signal(getattr(signal, name))
        assert page.wait(120) == 128 + getattr(signal, name)
        assert page.stderr.read() == "stopped\n"
    assert list((tmp_path / "tmp").glob("spots-page-*")) == [] and list(out.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_stopped_while_it_works_it_ends_cleanly(tmp_path, name):
    run = make_run(tmp_path / "run", blinking_config()).path
    film, port, out = write_blinking(tmp_path / "film.mp4"), free_port(), tmp_path / "elsewhere" / "out"
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
    words = ["page", str(run), "--out", str(out), "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-c", SLOWLY, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as page:
        assert page.stdout.readline().startswith("open http://127.0.0.1")
        from gradio_client import Client, handle_file

        client = Client(f"http://127.0.0.1:{port}", verbose=False, analytics_enabled=False, httpx_kwargs=PATIENT)
        job = client.submit("run", handle_file(film), False, api_name="/spot")
        assert page.stdout.readline() == "working\n"
        assert len(list((tmp_path / "tmp").glob("spots-page-*"))) == 1 and len(list(out.iterdir())) == 1
        page.send_signal(getattr(signal, name))
        assert page.wait(120) == 128 + getattr(signal, name)
        said = page.stderr.read()
        del job  # nobody answers it any more
    assert said.strip().endswith("stopped") and "Traceback" not in said
    assert list((tmp_path / "tmp").glob("spots-page-*")) == [] and list(out.iterdir()) == []


@pytest.mark.parametrize("words", [["--max-upload", "0"], ["--max-upload", "nan"]])
def test_limits_that_cannot_be(tmp_path, capsys, words):
    from course_lib.__main__ import main

    assert main(["page", str(tmp_path), *words]) == 2
    assert "expected gigabytes, more than 0" in capsys.readouterr().err
