"""A headless Chromium, driven by its DevTools protocol over two pipes: no port is opened, no package is needed."""
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time

# What a page must not be able to do is what is tried, so nothing of the browser itself may ask for anything either.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
         "--force-color-profile=srgb", "--hide-scrollbars", "--window-size=1440,1000"]


class Failure(Exception):
    """The browser said no, or nothing in time."""


class Chromium:
    def __init__(self, patience=120):
        self.patience = patience
        self.events = []
        self.last = 0
        self.folder = tempfile.mkdtemp(prefix="cloison-chromium-")
        to_it, self.write_end = self._pipe()
        self.read_end, from_it = self._pipe()
        program = shutil.which("chromium") or "chromium"
        quiet = os.open(os.path.join(self.folder, "log"), os.O_WRONLY | os.O_CREAT, 0o600)
        actions = [(os.POSIX_SPAWN_DUP2, to_it, 3), (os.POSIX_SPAWN_DUP2, from_it, 4), (os.POSIX_SPAWN_DUP2, quiet, 1),
                   (os.POSIX_SPAWN_DUP2, quiet, 2)]
        self.process = os.posix_spawn(program, [program, *FLAGS, f"--user-data-dir={self.folder}/profile", "about:blank"],
                                      {**os.environ, "HOME": self.folder}, file_actions=actions, setpgroup=0)
        for number in (to_it, from_it, quiet):
            os.close(number)
        self.rest = b""
        targets = self.call("Target.getTargets", session=None)["targetInfos"]
        page = next(one for one in targets if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", session=None, targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Performance.enable", timeDomain="threadTicks")

    @staticmethod
    def _pipe():
        """Both ends above what the browser expects at 3 and 4."""
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 16))
            os.close(end)
        return ends

    def _receive(self, until):
        while b"\0" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.read_end], [], [], left)[0]:
                raise Failure("the browser does not answer")
            got = os.read(self.read_end, 1 << 20)
            if not got:
                raise Failure("the browser is gone")
            self.rest += got
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session="", **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session or self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        until = time.monotonic() + self.patience
        while True:
            answer = self._receive(until)
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        """Loads a page and forgets what went before; waits until its script says that it is ready."""
        self.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && 'ready' in document.documentElement.dataset", 60)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise Failure(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def busy(self):
        """Seconds of a processor that the page's main thread has had."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    def wait(self, condition, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.evaluate(condition):
                return
            time.sleep(0.02)
        raise Failure(f"never: {condition}")

    def click(self, expression):
        """A real click in the middle of an element, which a JavaScript expression names."""
        x, y = self.evaluate(f"(() => {{ const at = {expression}; at.scrollIntoView({{block: 'center', behavior: 'instant'}});"
                             " const box = at.getBoundingClientRect();"
                             " return [box.x + box.width / 2, box.y + Math.min(box.height / 2, 10)]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))

    def type(self, text):
        self.call("Input.insertText", text=text)

    def close(self):
        """Ends the process group that this object started."""
        try:
            os.killpg(self.process, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.process, 0)
        for number in (self.read_end, self.write_end):
            os.close(number)
        shutil.rmtree(self.folder, ignore_errors=True)
