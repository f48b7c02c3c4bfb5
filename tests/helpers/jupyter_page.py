"""A real JupyterLab in a real browser without a window, for tests of what a notebook shows.

Both are started for one test and gone after it; nothing is downloaded and no address but this machine's is asked.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--window-size=1280,1400",
)  # fmt: skip
START_SEC = 300  # on two busy cores a server took more than one minute; where they are free it takes three seconds


def programs():
    """Paths of a browser and its driver; None where one is missing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextlib.contextmanager
def jupyter_lab(folder):
    """Serve `folder`; gives the address. Settings and state stay in a hidden folder of it."""
    home = Path(folder) / ".jupyter"
    settings = home / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(REPOSITORY),
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.allow_root=True",
        f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None",
        # If the tests are killed, nobody ends the server: it does so itself, once no page has asked it for a while.
        "--MappingKernelManager.cull_idle_timeout=120", "--MappingKernelManager.cull_interval=30",
        "--ServerApp.shutdown_no_activity_timeout=120",
    ]  # fmt: skip
    log = home / "server.log"
    with log.open("wb") as output:
        # A session of its own, so that kernels end with the server.
        server = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/status", server, log)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(10)


def kernels(address):
    """The states of the kernels that a page is connected to ("busy", "idle" …), or why the server says none."""
    try:
        with _opener().open(f"{address}/api/kernels", timeout=30) as answer:
            return [kernel["execution_state"] for kernel in json.load(answer) if kernel["connections"]]
    except OSError as error:  # also while a kernel comes into being
        return [str(error)]


def _opener():
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _wait_for(url, server, log):
    opener, last = _opener(), time.monotonic() + START_SEC
    while time.monotonic() < last:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), opener.open(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    state = "still runs" if server.poll() is None else f"ended with {server.returncode}"
    said = log.read_text(errors="replace")[-3000:]
    raise AssertionError(f"JupyterLab did not answer within {START_SEC} s; its process {state} and said:\n{said}")


@contextlib.contextmanager
def browser(folder):
    """A headless browser with its profile in `folder`; gives the WebDriver."""
    from selenium import webdriver

    program, driver_path = programs()
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver_path))
    try:
        driver.set_page_load_timeout(START_SEC)
        driver.set_script_timeout(120)
        yield driver
    finally:
        driver.quit()


def page_errors(driver):
    """What the page's own scripts threw and nobody caught; missing files and the like are not among them."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["source"] == "javascript" and
            entry["level"] == "SEVERE"]  # fmt: skip
