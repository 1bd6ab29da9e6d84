"""A headless Chromium that a test drives, by WebDriver's JSON over HTTP. Debian: chromium and chromium-driver."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

BROWSERS = ("google-chrome", "chromium", "chromium-browser")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
    "--window-size=1000,900",
)
KEYS = {"End": "\ue010", "Home": "\ue011", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Tab": "\ue004"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that W3C WebDriver gives an element
LOCAL = build_opener(ProxyHandler({}))  # the driver runs on this machine, whatever proxy the environment names


def missing() -> str:
    """What a test needs and the machine does not have; empty if nothing."""
    if not any(map(shutil.which, BROWSERS)):
        return f"no Chromium: none of {', '.join(BROWSERS)} is on the path"
    return "" if shutil.which("chromedriver") else "no driver: chromedriver is not on the path"


@dataclass(frozen=True)
class Browser:
    """A session of the driver. address: where its commands go."""

    address: str

    def open(self, path: Path) -> None:
        """Show a file."""
        self._post("url", url=path.resolve().as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function body returns in the page."""
        return self._post("execute/sync", script=script, args=arguments)

    def find(self, selector: str) -> Any:
        """The first element of a CSS selector."""
        return self._post("element", using="css selector", value=selector)

    def click(self, selector: str) -> None:
        """Click into the middle of an element."""
        self._post(f"element/{self.find(selector)[ELEMENT]}/click")

    def press(self, *keys: str) -> None:
        """Press keys, by their names in KEYS or their characters, where the focus is."""
        strokes = [(kind, KEYS.get(key, key)) for key in keys for kind in ("keyDown", "keyUp")]
        actions = [{"type": kind, "value": value} for kind, value in strokes]
        self._post("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def picture(self) -> bytes:
        """What is to be seen, as a PNG."""
        return base64.b64decode(_ask(f"{self.address}/screenshot"))

    def _post(self, command: str, **data: Any) -> Any:
        return _ask(f"{self.address}/{command}", data)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A browser with an empty profile. It and its driver end with the block, however that is left."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            [str(shutil.which("chromedriver")), "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TMPDIR": profile},
            start_new_session=True,
        )
        try:
            assert driver.stdout is not None
            said = (re.search(r"started successfully on port (\d+)", line) for line in driver.stdout)
            root = f"http://127.0.0.1:{next(found for found in said if found)[1]}/session"
            binary = next(path for path in map(shutil.which, BROWSERS) if path)
            options = {"binary": binary, "args": [*FLAGS, f"--user-data-dir={profile}/profile", *flags]}
            session = _ask(root, {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})["sessionId"]
            try:
                yield Browser(f"{root}/{session}")
            finally:
                _ask(f"{root}/{session}", method="DELETE")
        finally:
            if os.name == "posix":
                os.killpg(driver.pid, signal.SIGKILL)  # and a browser that the driver has left behind
            driver.kill()
            driver.communicate()


def _ask(address: str, data: dict[str, Any] | None = None, method: str | None = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    request = Request(address, body, {"Content-Type": "application/json"}, method=method)
    try:
        with LOCAL.open(request, timeout=120) as answer:
            return json.load(answer)["value"]
    except HTTPError as error:
        with error:
            raise RuntimeError(f"{address}: {json.load(error)['value']['message']}") from None
